from __future__ import annotations

import datetime as dt

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from organizations.forms import date_input, words

from .models import Scope


class WaiveForm(forms.Form):
    reason = words("放行事由", max_length=300, help_text="写在月报上，随月报上报")


class UnlockForm(forms.Form):
    reason = words("解锁事由", max_length=500)
    scope = forms.MultipleChoiceField(
        label="更正范围", choices=Scope.choices, widget=forms.CheckboxSelectMultiple
    )
    valid_until = forms.DateField(label="有效期至", widget=date_input())

    def clean_valid_until(self) -> dt.date:
        day: dt.date = self.cleaned_data["valid_until"]
        if day < timezone.localdate():
            raise ValidationError(f"{day} 已过")
        return day
