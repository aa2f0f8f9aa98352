from __future__ import annotations

from typing import Any

from django import forms

from .models import Subject


class StepForm(forms.Form):
    """What must be recorded with one step of a life. Knows the subject, never saves."""

    def __init__(self, *args: Any, subject: Subject, **kwargs: Any) -> None:
        self.subject = subject
        super().__init__(*args, **kwargs)
