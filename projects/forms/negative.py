"""What a person types about the nine prohibitions: a second look, a waiver, its publication."""

from __future__ import annotations

from typing import Any

from django import forms

from approvals.forms import StepForm
from organizations.forms import date_input, words
from projects.models import NegativeReview, NegativeRule

from .steps import day


class ReviewForm(forms.Form):
    conclusion = forms.ChoiceField(
        label="复核结论", choices=NegativeReview.Conclusion.choices, widget=forms.RadioSelect
    )
    note = words("复核说明", rows=2, max_length=500)


class WaiverForm(forms.Form):
    rule = forms.ModelChoiceField(label="豁免条目", queryset=NegativeRule.objects.none())
    reason = words("豁免理由")
    valid_from = forms.DateField(label="起始日期", widget=date_input())
    valid_until = forms.DateField(label="截止日期", widget=date_input())

    def __init__(self, *args: Any, rules: list[NegativeRule], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["rule"]
        assert isinstance(choice, forms.ModelChoiceField)
        choice.queryset = NegativeRule.objects.filter(pk__in=[rule.pk for rule in rules])

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        start, end = data.get("valid_from"), data.get("valid_until")
        if start and end and end < start:
            self.add_error("valid_until", f"截止日期 {end} 早于起始日期 {start}")
        return data


class PublicationForm(StepForm):
    notice_number = forms.CharField(label="公告文号", max_length=60)
    published_on = day("公告日期")
