"""What is typed when a filing is sent, received or sent back."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from approvals.forms import StepForm
from approvals.papers import PaperField
from funds.document_numbers import normalize
from organizations.forms import words
from projects.models import Filing

from .steps import day


class SendFilingForm(StepForm):
    letter_number = forms.CharField(label="报备文号", max_length=60)
    dated_on = day("报备日期")
    papers = PaperField(label="报备材料", help_text="报备函、计划和实施方案，PDF 或图片")
    note = words("补正说明", max_length=300, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.subject.status == Filing.Status.RETURNED:
            self.fields["note"].required = True
        else:
            del self.fields["note"]

    def clean_letter_number(self) -> str:
        return normalize(self.cleaned_data["letter_number"])

    def clean_dated_on(self) -> dt.date:
        dated_on: dt.date = self.cleaned_data["dated_on"]
        assert isinstance(self.subject, Filing)
        if dated_on < self.subject.approved_on:
            raise ValidationError(f"{dated_on} 早于批准日期 {self.subject.approved_on}")
        return dated_on


class ReceiveFilingForm(StepForm):
    receipt_number = forms.CharField(label="收讫编号", max_length=60)
