from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from .money import AmountError, parse_amount


class AmountField(forms.CharField):
    """An amount in yuan as people type it; full-width digits, commas and 万 are understood."""

    def __init__(self, *, allow_zero: bool = False, **kwargs: Any) -> None:
        self.allow_zero = allow_zero
        kwargs.setdefault(
            "widget",
            forms.TextInput(attrs={"inputmode": "decimal", "class": "amount", "data-amount": ""}),
        )
        super().__init__(max_length=40, **kwargs)

    def clean(self, value: Any) -> Decimal | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_amount(text, allow_zero=self.allow_zero)
        except AmountError as error:
            raise ValidationError(str(error)) from error


class AmountOrZeroField(AmountField):
    """Like its parent, but nothing at all is an answer too."""

    def clean(self, value: Any) -> Decimal:
        text = forms.CharField.clean(self, value)
        try:
            return parse_amount(text or "0", allow_zero=True)
        except AmountError as error:
            raise ValidationError(str(error)) from error
