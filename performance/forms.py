from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

from organizations.personal_data import refuse_personal_data

from .models import Target


class TargetForm(forms.Form):
    """One indicator; with a target it is that one's value which changes."""

    aspect = forms.ChoiceField(label="二级指标", choices=Target.Aspect.choices)
    name = forms.CharField(label="三级指标", max_length=80, validators=[refuse_personal_data])
    operator = forms.ChoiceField(label="关系", choices=Target.Operator.choices)
    value = forms.DecimalField(
        label="目标值", max_digits=14, decimal_places=2, min_value=Decimal(0)
    )
    unit = forms.CharField(label="计量单位", max_length=20)

    def __init__(self, *args: Any, target: Target | None = None, **kwargs: Any) -> None:
        names = ("aspect", "name", "operator", "value", "unit")
        initial = {name: getattr(target, name) for name in names} if target else {}
        super().__init__(*args, **{"initial": initial, **kwargs})
        if target:
            self.fields["aspect"].disabled = self.fields["name"].disabled = True

    def facts(self) -> dict[str, Any]:
        """As `set_target` takes them."""
        return dict(self.cleaned_data)
