"""What a person types with a step of a problem's life."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from approvals.forms import StepForm
from approvals.papers import PaperField
from funds.fields import AmountField
from funds.money import format_yuan
from organizations.forms import date_input, words
from supervision.models import Finding
from supervision.policies import recovered


class AssignForm(StepForm):
    """交办: by when, in which way, and how much money has to come back."""

    term = forms.ChoiceField(label="整改类型", choices=Finding.Term.choices)
    due_on = forms.DateField(label="整改时限", widget=date_input())
    to_recover = AmountField(label="应追回金额（元）", required=False, help_text="不涉及追回的不填")

    def clean_due_on(self) -> date:
        due_on: date = self.cleaned_data["due_on"]
        if due_on < timezone.localdate():
            raise ValidationError(f"整改时限 {due_on} 早于今天")
        return due_on

    def clean_to_recover(self) -> Any:
        wanted = self.cleaned_data.get("to_recover") or 0
        assert isinstance(self.subject, Finding)
        if wanted > self.subject.amount:
            raise ValidationError(f"应追回金额不能超过涉及金额 {self.subject.amount:,.2f} 元")
        back = recovered(self.subject)
        if wanted < back:
            raise ValidationError(f"应追回金额不能少于已追回的 {format_yuan(back)} 元")
        return wanted


class PlanForm(StepForm):
    measures = words("整改措施", help_text="逐条写明措施、责任人和完成时间")


class ResultForm(StepForm):
    result = words("整改结果")
    result_papers = PaperField(label="整改佐证")
