"""Monthly progress of many projects on one page, and of one: photos, quality checks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from approvals.evidence import refuse_used_photos
from approvals.papers import PaperField
from funds.fields import AmountOrZeroField
from organizations.forms import date_input
from organizations.personal_data import refuse_personal_data
from projects.models import ProgressReport, Project, QualityCheck

from .steps import day

MONTHS_BACK = 6
COUNTED = ("percent", "invested")


def months() -> list[dt.date]:
    """This month and those before it, newest first."""
    first = timezone.localdate().replace(day=1)
    found = [first]
    while len(found) < MONTHS_BACK:
        found.append((found[-1] - dt.timedelta(days=1)).replace(day=1))
    return found


class MonthForm(forms.Form):
    month = forms.TypedChoiceField(
        label="月份", required=False, coerce=dt.date.fromisoformat, empty_value=None
    )
    township = forms.ChoiceField(label="乡镇", required=False)

    def __init__(self, *args: Any, townships: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        month, township = self.fields["month"], self.fields["township"]
        assert isinstance(month, forms.TypedChoiceField)
        assert isinstance(township, forms.ChoiceField)
        month.choices = [(m.isoformat(), f"{m:%Y-%m}") for m in months()]
        township.choices = [("", "全部"), *townships]
        if len(townships) < 2:
            del self.fields["township"]


class ProgressRowForm(forms.Form):
    """One project's line. A line in which nothing is typed is left alone."""

    started_on = day("开工日期", required=False)
    percent = forms.IntegerField(
        label="形象进度（%）", min_value=0, max_value=100, required=False,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "amount", "size": 4}),
    )  # fmt: skip
    invested = AmountOrZeroField(label="累计完成投资（元）", required=False)
    note = forms.CharField(
        label="进展和问题", max_length=200, required=False, validators=[refuse_personal_data]
    )
    correction = forms.CharField(
        label="更正说明", max_length=100, required=False, validators=[refuse_personal_data]
    )

    def __init__(
        self, *args: Any, project: Project, report: ProgressReport | None,
        before: ProgressReport | None, begun: dt.date | None, **kwargs: Any,
    ) -> None:  # fmt: skip
        """`report` is what the month says already, `before` the latest month before it."""
        if report:
            kwargs["initial"] = {
                "percent": report.percent, "invested": f"{report.invested:,.2f}",
                "note": report.note, "correction": report.correction,
            }  # fmt: skip
        kwargs["prefix"] = f"p{project.pk}"
        super().__init__(*args, **kwargs)
        self.reports = False  # whether the month's figures are typed
        self.project, self.report, self.before, self.begun = project, report, before, begun
        for name, field in self.fields.items():
            field.widget.attrs["aria-label"] = f"{project.name} {field.label}"
            if name == "invested" and before:
                field.widget.attrs["data-remaining"] = str(before.invested)
        if begun:
            del self.fields["started_on"]

    def is_typed(self) -> bool:
        """Whether something differs from what stood there."""
        return any(
            typed is not None and typed.strip() != str(self.initial.get(name, "")).strip()
            for name in self.fields
            for typed in [self.data.get(self.add_prefix(name))]
        )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        typed = [name for name in COUNTED if (self.data.get(self.add_prefix(name)) or "").strip()]
        if self.begun is None and not data.get("started_on") and "started_on" not in self.errors:
            self.add_error("started_on", "请先填开工日期")
        if len(typed) == 1:
            missing = next(name for name in COUNTED if name not in typed)
            self.add_error(missing, f"请填写{self.fields[missing].label}")
        if not typed and (self.report or not data.get("started_on")):
            self.add_error("percent", "请填写形象进度和累计完成投资")
        self.reports = bool(typed)
        return data

    def facts(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in (*COUNTED, "note", "correction")}


class PhotosForm(forms.Form):
    photos = PaperField(
        label="现场照片", photos=True, help_text="JPG 或 PNG，每张照片只能用于一个项目的一个月"
    )

    def clean_photos(self) -> list[str]:
        photos: list[str] = self.cleaned_data["photos"]
        refusal = refuse_used_photos(photos)
        if refusal:
            raise ValidationError(refusal.reason)
        return photos


class QualityCheckForm(forms.ModelForm[QualityCheck]):
    checked_on = day("检查日期")
    rectify_by = forms.DateField(
        label="整改期限", widget=date_input(), required=False, help_text="发现问题时填写"
    )

    class Meta:
        model = QualityCheck
        fields = ("checked_on", "checked_by", "found", "problem", "rectify_by")
        widgets = {name: forms.Textarea(attrs={"rows": 2}) for name in ("found", "problem")}

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("problem") and not data.get("rectify_by") and "rectify_by" not in self.errors:
            self.add_error("rectify_by", "发现问题的，须定整改期限")
        if data.get("rectify_by") and not data.get("problem"):
            self.add_error("problem", "请写明要整改的问题")
        return data


class RectifiedForm(forms.Form):
    rectified_on = day("整改完成日期")
    rectification = forms.CharField(
        label="整改情况", max_length=200, validators=[refuse_personal_data]
    )
