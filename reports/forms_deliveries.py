from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from .packages import PACKAGE_MAX

MEGABYTES = PACKAGE_MAX // 1024 // 1024


class ParcelForm(forms.Form):
    file = forms.FileField(
        label="报送包或回执",
        help_text=f"报送单位导出的 .zip，或收报单位出具的回执 .json；不超过 {MEGABYTES} MB",
        widget=forms.FileInput(attrs={"accept": ".zip,.json"}),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > PACKAGE_MAX:
            raise ValidationError(f"文件超过 {MEGABYTES} MB")
        return file
