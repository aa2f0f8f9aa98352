from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from organizations.forms import date_input, words
from organizations.models import Division
from organizations.personal_data import refuse_personal_data

from . import edits
from .time_machine import LISTINGS


class AsOfForm(forms.Form):
    """业务日期 and 入账时点, of one county."""

    county = forms.ModelChoiceField(
        label="县（市）", queryset=Division.objects.none(), to_field_name="code", empty_label=None
    )
    listing = forms.ChoiceField(
        label="内容", choices=[(key, listing.label) for key, listing in LISTINGS.items()]
    )
    on = forms.DateField(label="业务日期（截至）", widget=date_input())
    known = forms.DateTimeField(
        label="当时所知（截至）",
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"}),
        help_text="在此之后登记的，不论业务日期，都不列入",
    )

    def __init__(self, data: Any, counties: list[Division]) -> None:
        super().__init__(data)
        codes = [county.code for county in counties]
        field: Any = self.fields["county"]
        field.queryset = Division.objects.filter(code__in=codes).order_by("code")

    def clean_on(self) -> dt.date:
        day: dt.date = self.cleaned_data["on"]
        if day > timezone.localdate():
            raise ValidationError(f"{day} 还没有到")
        return day

    def clean_known(self) -> dt.datetime:
        known: dt.datetime = self.cleaned_data["known"]
        # A minute is named by its beginning, and all of it is meant.
        return min(known + dt.timedelta(minutes=1), timezone.now())


class EditsForm(forms.Form):
    kind = forms.ChoiceField(label="类别", choices=edits.choices)
    since = forms.DateField(label="自", required=False, widget=date_input())
    until = forms.DateField(label="至", required=False, widget=date_input())
    person = forms.CharField(label="修改人", required=False, max_length=40)


class PurposeForm(forms.Form):
    purpose = forms.CharField(
        label="用途", max_length=200, validators=[refuse_personal_data],
        help_text="写明审计（检查）事项，登记后不能更改",
    )  # fmt: skip


class SheetForm(forms.Form):
    audited_unit = forms.CharField(label="被审计（调查）单位", max_length=80)
    matter = forms.CharField(
        label="审计（调查）事项", max_length=120, validators=[refuse_personal_data]
    )
    summary = words("事项摘要", rows=6, help_text="事实、依据和问题；系统记载附后，不必重抄")
