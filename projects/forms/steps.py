"""What a person types with a step of a project's life."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from approvals.evidence import refuse_used_photos
from approvals.forms import StepForm
from approvals.papers import PaperField
from organizations.forms import date_input, words
from projects.models import Answer, Feedback, FeedbackItem, Project
from projects.versions import refuse_unchanged
from projects.village import majority, photos_shown_for, quorum


def day(label: str, **kwargs: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        # A date field of the browser takes no other format, and shows nothing instead.
        widget=date_input(),
        validators=[not_later],
        **kwargs,
    )


def not_later(value: dt.date) -> None:
    if value > timezone.localdate():
        raise ValidationError(f"{value} 在今天之后")


class VillageMeetingForm(StepForm):
    """The counts as 村民委员会组织法 §26 asks for; the shares are dated parameters."""

    held_on = day("会议日期")
    due = forms.IntegerField(label="应到人数", min_value=1, max_value=10000)
    present = forms.IntegerField(label="实到人数", min_value=1, max_value=10000)
    in_favour = forms.IntegerField(label="同意人数", min_value=0, max_value=10000)
    chair = forms.CharField(label="主持人", max_length=40)
    minutes = words("会议纪要")
    proposal = words("立项意见", rows=2)
    minutes_file = PaperField(label="会议纪要原件", at_most=1)
    photos = PaperField(
        label="会议照片", photos=True, help_text="JPG 或 PNG，每张照片只能用于一次会议或公示"
    )

    def clean_held_on(self) -> dt.date:
        held_on: dt.date = self.cleaned_data["held_on"]
        if quorum(held_on) is None or majority(held_on) is None:
            raise ValidationError(f"{held_on} 还没有生效的到会和同意比例，请核对会议日期")
        return held_on

    def clean_photos(self) -> list[str]:
        photos: list[str] = self.cleaned_data["photos"]
        assert isinstance(self.subject, Project)
        same = photos_shown_for(self.subject, self.cleaned_data.get("held_on"))
        refusal = refuse_used_photos(set(photos) - same)
        if refusal:
            raise ValidationError(refusal.reason)
        return photos

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        due, present, in_favour = (data.get(k) for k in ("due", "present", "in_favour"))
        if due and present:
            self.check_present(due, present, data.get("held_on"))
        if present and in_favour is not None:
            self.check_majority(present, in_favour, data.get("held_on"))
        return data

    def check_present(self, due: int, present: int, on: dt.date | None) -> None:
        share = quorum(on)
        if present > due:
            self.add_error("present", f"实到 {present} 人多于应到 {due} 人")
        elif share and present < due * share.fraction:
            self.add_error("present", f"实到 {present} 人，不足应到 {due} 人的 {share}")

    def check_majority(self, present: int, in_favour: int, on: dt.date | None) -> None:
        share = majority(on)
        if in_favour > present:
            self.add_error("in_favour", f"同意 {in_favour} 人多于实到 {present} 人")
        elif share and in_favour <= present * share.fraction:
            self.add_error("in_favour", f"同意 {in_favour} 人，未过实到 {present} 人的 {share}")


class FeedbackForm(StepForm):
    letter_number = forms.CharField(label="反馈意见书编号", max_length=40)
    issued_on = day("反馈日期")
    items = words("反馈意见", rows=6, help_text="每行一条意见，乡村逐条答复")

    def clean_items(self) -> list[str]:
        lines = [line.strip() for line in self.cleaned_data["items"].splitlines()]
        items = [line for line in lines if line]
        if len(items) > 50:
            raise ValidationError(f"共 {len(items)} 条，最多 50 条")
        if long := next((item for item in items if len(item) > 500), ""):
            raise ValidationError(f"“{long[:20]}…”超过 500 字，请分成几条")
        return items


class RevisionForm(StepForm):
    """Each opinion of the latest letter answered; `answer` is what the county reads first."""

    answer = words("修改总说明", rows=3)
    fields_template = "projects/_revision_fields.html"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.items = opinions_on(self.subject)
        for item in self.items:
            self.fields[f"adoption_{item.pk}"] = forms.ChoiceField(
                label=f"第 {item.position} 条采纳情况",
                choices=(("", "请选择"), *Answer.Adoption.choices),
                help_text=item.text,
            )
            self.fields[f"answer_{item.pk}"] = words(
                f"第 {item.position} 条的修改内容或理由", rows=2, max_length=500, required=False
            )

    def rows(self) -> Iterator[tuple[FeedbackItem, forms.BoundField, forms.BoundField]]:
        for item in self.items:
            yield item, self[f"adoption_{item.pk}"], self[f"answer_{item.pk}"]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        for item in self.items:
            self.demand_words(item, data)
        if self.errors:
            return data
        answers = {
            item.pk: (data[f"adoption_{item.pk}"], data[f"answer_{item.pk}"]) for item in self.items
        }
        assert isinstance(self.subject, Project)
        refusal = refuse_unchanged(self.subject, [adoption for adoption, _ in answers.values()])
        if refusal:
            self.add_error(None, f"{refusal.reason}。可由{refusal.who_can_clear}办理")
        return {"answer": data["answer"], "answers": answers}

    def demand_words(self, item: FeedbackItem, data: dict[str, Any]) -> None:
        """What was changed, or why not."""
        adoption = data.get(f"adoption_{item.pk}")
        if not adoption or data.get(f"answer_{item.pk}") or f"answer_{item.pk}" in self.errors:
            return
        if adoption == Answer.Adoption.ADOPTED:
            self.add_error(f"answer_{item.pk}", "已采纳的意见，请写明修改了什么")
        else:
            label = Answer.Adoption(adoption).label
            self.add_error(f"answer_{item.pk}", f"“{label}”的意见须写明理由")


def opinions_on(subject: Any) -> list[FeedbackItem]:
    letter = Feedback.objects.filter(project=subject).order_by("-id").first()
    return list(letter.items.all()) if letter else []
