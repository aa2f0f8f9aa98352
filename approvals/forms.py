from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms

from organizations.models import Organization, Post
from organizations.personal_data import refuse_personal_data

from .decisions import COPIES_AT_MOST
from .models import Evidence, Subject
from .waiting import Wanted
from .workflow import WORKFLOWS, Criterion, Transition

UNANSWERED = "请逐项表明意见"


class StepForm(forms.Form):
    """What must be recorded with one step of a life. Knows the subject, never saves.

    `fields_template` lays the fields out where one under the other does not do.
    """

    fields_template = ""

    def __init__(self, *args: Any, subject: Subject, **kwargs: Any) -> None:
        self.subject = subject
        super().__init__(*args, **kwargs)


class DecisionForm(forms.Form):
    """What every step asks: an answer to each question, an opinion, the papers it rests on."""

    comment = forms.CharField(
        label="意见",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        validators=[refuse_personal_data],
        error_messages={"required": "请写明意见"},
    )
    evidence = forms.MultipleChoiceField(
        label="所附佐证", required=False, widget=forms.CheckboxSelectMultiple
    )
    copy_to = forms.TypedMultipleChoiceField(
        label="抄送给",
        required=False,
        coerce=int,
        help_text=f"本步规定抄送的岗位之外，另外抄送的同事，最多 {COPIES_AT_MOST} 人，可多选",
        widget=forms.SelectMultiple(attrs={"size": 6}),
    )
    # What the person looked at: a second click finds it moved on.
    seen_status = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        *args: Any,
        step: Transition,
        criteria: Sequence[Criterion] = (),
        places: Sequence[tuple[str, str]] = (),
        papers: Iterable[Evidence] = (),
        readers: Iterable[Post] = (),
        **kwargs: Any,
    ) -> None:
        """`criteria` are the step's questions for its subject, `places` where a return may go,
        `readers` to whom a copy may go."""
        super().__init__(*args, **kwargs)
        self.step = step
        self.criteria = criteria
        self.fields["comment"].required = step.needs_comment
        papers = list(papers)
        evidence = self.fields["evidence"]
        assert isinstance(evidence, forms.MultipleChoiceField)
        evidence.choices = [(paper.sha256, str(paper)) for paper in papers]
        if not papers:
            del self.fields["evidence"]
        copies = self.fields["copy_to"]
        assert isinstance(copies, forms.TypedMultipleChoiceField)
        copies.choices = [(post.user_id, in_full(post)) for post in readers]
        if places:
            self.fields["return_to"] = forms.ChoiceField(label="退回到", choices=places)
        for criterion in criteria:
            self._ask(criterion)

    def _ask(self, criterion: Criterion) -> None:
        self.fields[f"opinion_{criterion.code}"] = forms.ChoiceField(
            label=criterion.label,
            choices=(
                ("pass", criterion.pass_label or self.step.pass_label),
                ("fail", criterion.fail_label or self.step.fail_label),
            ),
            widget=forms.RadioSelect,
            error_messages={"required": UNANSWERED},
        )
        self.fields[f"text_{criterion.code}"] = forms.CharField(
            label=f"{criterion.label}：说明",
            required=False,
            max_length=500,
            validators=[refuse_personal_data],
        )

    def clean_copy_to(self) -> list[int]:
        people: list[int] = self.cleaned_data["copy_to"]
        if len(people) > COPIES_AT_MOST:
            raise forms.ValidationError(f"选了 {len(people)} 人，最多 {COPIES_AT_MOST} 人")
        return people

    def questions(self) -> list[tuple[Criterion, forms.BoundField, forms.BoundField]]:
        return [(c, self[f"opinion_{c.code}"], self[f"text_{c.code}"]) for c in self.criteria]

    def opinions(self) -> list[dict[str, str]]:
        return [
            {
                "code": criterion.code,
                "result": self.cleaned_data[f"opinion_{criterion.code}"],
                "text": self.cleaned_data[f"text_{criterion.code}"],
            }
            for criterion in self.criteria
        ]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        for criterion in self.criteria:
            name = f"opinion_{criterion.code}"
            if data.get(name) == "fail":
                said = criterion.fail_label or self.step.fail_label
                self.add_error(name, f"结论为“{said}”，不能{self.step.label}，请退回并写明意见")
            elif criterion.needs_words and not data.get(f"text_{criterion.code}"):
                self.add_error(f"text_{criterion.code}", f"{criterion.hint}，并写明说明")
        return data


class InboxFilter(forms.Form):
    """Of 待办. What makes no sense is passed over, as if nothing had been asked."""

    life = forms.ChoiceField(label="类别", required=False)
    q = forms.CharField(label="事项名称", required=False, max_length=40)
    overdue = forms.BooleanField(label="只看超期", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        life = self.fields["life"]
        assert isinstance(life, forms.ChoiceField)
        lives = [(workflow.life, workflow.name) for workflow in WORKFLOWS.values()]
        life.choices = [("", "全部"), *lives]

    def wanted(self, step: str = "") -> Wanted:
        self.is_valid()
        given = self.cleaned_data
        return Wanted(
            step=step.replace("\0", ""),
            life=given.get("life", ""),
            overdue=given.get("overdue", False),
            words=given.get("q", ""),
        )


def in_full(post: Post) -> str:
    return f"{post.user}（{post.organization} {post.title}）"


class ReasonForm(forms.Form):
    """What 转办, 加签 and 催办 have in common: they stay on record with their reason."""

    reason = forms.CharField(
        label="事由",
        max_length=200,
        widget=forms.Textarea(attrs={"rows": 2}),
        validators=[refuse_personal_data],
    )


class HandOverForm(ReasonForm):
    to = forms.TypedChoiceField(label="转交给", coerce=int)
    field_order = ("to", "reason")

    def __init__(self, *args: Any, posts: Iterable[Post], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        to = self.fields["to"]
        assert isinstance(to, forms.TypedChoiceField)
        to.choices = [("", "请选择"), *((post.pk, in_full(post)) for post in posts)]


class AskForm(ReasonForm):
    organization = forms.TypedChoiceField(label="会签单位", coerce=int)
    field_order = ("organization", "reason")

    def __init__(self, *args: Any, units: Iterable[Organization], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        organization = self.fields["organization"]
        assert isinstance(organization, forms.TypedChoiceField)
        offered = ((unit.pk, f"{unit.name}（{unit.division.name}）") for unit in units)
        organization.choices = [("", "请选择"), *offered]
