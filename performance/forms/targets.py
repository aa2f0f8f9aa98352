"""What is typed about a project's targets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from django import forms

from approvals.papers import PaperField
from organizations.forms import words
from organizations.personal_data import refuse_personal_data
from performance.models import Aspect, Indicator, Operator, Target
from performance.targets import Wanted
from projects.forms.steps import day


def line(label: str, length: int, **kwargs: Any) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=length, validators=[refuse_personal_data], **kwargs
    )


def quantity(label: str, **kwargs: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, max_digits=14, decimal_places=2, min_value=Decimal(0), **kwargs
    )


class TargetForm(forms.Form):
    """One indicator; with a target it is that one's value which changes."""

    aspect = forms.ChoiceField(label="二级指标", choices=Aspect.choices)
    name = line("三级指标", 80)
    operator = forms.ChoiceField(label="关系", choices=Operator.choices)
    value = quantity("目标值", required=False, help_text="定性指标不填")
    wording = line("定性目标", 80, required=False, help_text="定性指标填写要达到的状态")
    unit = line("计量单位", 20, required=False)
    weight = forms.DecimalField(
        label="权重", max_digits=5, decimal_places=2, min_value=Decimal("0.01"), required=False,
        help_text="在同一个一级指标内按权重分摊分值，不填为 10",
    )  # fmt: skip
    explanation = line("指标解释", 200, required=False)
    data_source = line("数据来源", 100, required=False)
    evidence = line("佐证材料", 100, required=False)

    def __init__(self, *args: Any, target: Target | None = None, **kwargs: Any) -> None:
        names = self.base_fields
        initial = {name: getattr(target, name) for name in names} if target else {}
        super().__init__(*args, **{"initial": initial, **kwargs})
        if target:
            self.fields["aspect"].disabled = self.fields["name"].disabled = True

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("operator") == Operator.IN_WORDS:
            if not data.get("wording") and "wording" not in self.errors:
                self.add_error("wording", "定性指标须写明要达到的状态")
            if data.get("value"):
                self.add_error("value", "定性指标不填目标值")
            return data
        for name, problem in (("value", "请填写目标值"), ("unit", "请填写计量单位")):
            if data.get(name) in (None, "") and name not in self.errors:
                self.add_error(name, problem)
        if data.get("wording"):
            self.add_error("wording", "有目标值的指标不填定性目标")
        return data

    def facts(self) -> dict[str, Any]:
        """As `set_target` takes them."""
        data = dict(self.cleaned_data)
        return {
            **data,
            "value": data.get("value") or Decimal(0),
            "weight": data.get("weight") or Decimal(10),
        }


class FillForm(forms.Form):
    """From the library: a value for each indicator that the project takes."""

    def __init__(
        self, *args: Any, library: Sequence[Indicator], targets: Sequence[Target], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.library = library
        there = {(target.aspect, target.name): target for target in targets}
        for row in library:
            target = there.get((row.aspect, row.name))
            self._add(row, target)

    def _add(self, row: Indicator, target: Target | None) -> None:
        if row.operator == Operator.IN_WORDS:
            field: forms.Field = line(f"{row}：定性目标", 80, required=False)
            shown: Any = target.wording if target else row.wording if row.is_core else ""
        else:
            field = quantity(f"{row}：目标值", required=False)
            shown = target.value if target else row.value if row.is_core else None
        self.fields[f"value_{row.pk}"] = field
        self.initial[f"value_{row.pk}"] = shown

    def rows(self) -> Iterator[tuple[Indicator, forms.BoundField]]:
        for row in self.library:
            yield row, self[f"value_{row.pk}"]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        for row in self.library:
            name = f"value_{row.pk}"
            if row.is_core and data.get(name) in (None, "") and name not in self.errors:
                self.add_error(name, "核心指标必填")
        return data

    def wanted(self) -> list[Wanted]:
        found = []
        for row in self.library:
            given = self.cleaned_data.get(f"value_{row.pk}")
            if given in (None, ""):
                continue
            in_words = row.operator == Operator.IN_WORDS
            value, wording = (Decimal(0), given) if in_words else (given, "")
            found.append(Wanted(row, value, wording))
        return found


class GoalForm(forms.Form):
    goal = words("年度总体目标", rows=4)


class VersionForm(forms.Form):
    reason = line("调整原因", 200, help_text="审核通过后作为新版本，原版本保留")


class PublicationForm(forms.Form):
    published_on = day("公开日期")
    place = line("公开渠道", 80, help_text="如县政府网站扶贫项目专栏")
    address = forms.URLField(
        label="公开网址", max_length=300, required=False, assume_scheme="https"
    )
    papers = PaperField(label="公开截图或照片", at_least=0)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not data.get("address") and not data.get("papers") and not self.errors:
            self.add_error("address", "请填写公开网址，或上传公开的截图、照片")
        return data
