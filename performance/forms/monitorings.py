"""What is typed about a period: what each target reached, and what is done where it lags."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from django import forms

from approvals.forms import StepForm
from approvals.papers import PaperField
from funds.fields import AmountOrZeroField
from organizations.forms import date_input, words
from performance.models import Actual, Level, Monitoring, PaymentHold, TargetLine
from performance.monitoring import Limits, figures_on, level_of
from projects.forms.steps import day
from projects.models import Project

from .targets import line, quantity

CORRECTIONS = ("cause_note", "correction", "corrected_by", "correct_until")


class MonitoringForm(forms.Form):
    """A row for each approved indicator. Money and progress are not typed."""

    as_of = day("监控截止日")
    expected_spending = AmountOrZeroField(label="全年预计执行数（元）")
    likelihood = forms.ChoiceField(label="完成目标可能性", choices=Monitoring.Likelihood.choices)
    causes = forms.MultipleChoiceField(
        label="偏差原因", choices=Monitoring.Cause.choices, required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    cause_note = words("偏差原因说明", rows=2, max_length=400, required=False)
    correction = words("纠偏措施", rows=2, max_length=400, required=False)
    corrected_by = line("纠偏责任人（职务）", 60, required=False)
    correct_until = forms.DateField(label="纠偏时限", widget=date_input(), required=False)

    def __init__(
        self, *args: Any, project: Project, lines: Sequence[TargetLine],
        monitoring: Monitoring | None = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        self.project, self.lines = project, lines
        there: dict[int, Actual] = {}
        if monitoring:
            there = {row.line_id: row for row in monitoring.actuals.all()}
            for name in self.base_fields:
                self.initial.setdefault(name, getattr(monitoring, name))
        for row in lines:
            self._add(row, there.get(row.pk))

    def _add(self, row: TargetLine, actual: Actual | None) -> None:
        unit = "完成程度（%）" if row.in_words else row.unit
        fields: dict[str, forms.Field] = {
            "actual": quantity(f"执行情况（{unit}）", required=False),
            "expected": quantity(f"全年预计（{unit}）", required=False),
            "note": line("说明", 200, required=False),
            "papers": PaperField(label="佐证", at_least=0, at_most=5),
        }
        for name, field in fields.items():
            self.fields[f"{name}_{row.pk}"] = field
            if actual:
                self.initial[f"{name}_{row.pk}"] = getattr(actual, name)

    def common(self) -> list[forms.BoundField]:
        return [self[name] for name in self.base_fields]

    def rows(self) -> Iterator[tuple[TargetLine, list[forms.BoundField]]]:
        for row in self.lines:
            yield row, [self[f"{n}_{row.pk}"] for n in ("actual", "expected", "note", "papers")]

    def clean_as_of(self) -> dt.date:
        as_of: dt.date = self.cleaned_data["as_of"]
        if as_of < self.project.planned_start:
            raise forms.ValidationError(f"早于计划开工日 {self.project.planned_start}")
        if as_of.year < self.project.year:
            raise forms.ValidationError(f"早于项目年度 {self.project.year}")
        try:
            Limits.on(as_of)
        except KeyError as error:
            raise forms.ValidationError(f"{as_of.year} 年没有评价规则") from error
        return as_of

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        for row in self.lines:
            self._check(row, data)
        if not self.errors and self.level() == Level.RED:
            for name in CORRECTIONS:
                if not data.get(name):
                    self.add_error(name, "严重偏离的必填")
        return data

    def _check(self, row: TargetLine, data: dict[str, Any]) -> None:
        actual = data.get(f"actual_{row.pk}")
        if f"actual_{row.pk}" in self.errors:
            return
        if actual is None and not data.get(f"note_{row.pk}"):
            self.add_error(f"note_{row.pk}", "没有执行情况的，说明尚未到考核时点等原因")
        if actual is not None and not data.get(f"papers_{row.pk}"):
            self.add_error(f"papers_{row.pk}", "请上传佐证材料")
        if row.in_words and actual is not None and actual > 100:
            self.add_error(f"actual_{row.pk}", "完成程度不超过 100%")

    def level(self) -> str:
        as_of = self.cleaned_data["as_of"]
        given = [(row, self.cleaned_data.get(f"actual_{row.pk}")) for row in self.lines]
        return level_of(figures_on(self.project, as_of), given, as_of)

    def facts(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.base_fields}

    def actuals(self) -> list[dict[str, Any]]:
        names = ("actual", "expected", "note", "papers")
        return [
            {"line": row, **{n: self.cleaned_data[f"{n}_{row.pk}"] for n in names}}
            for row in self.lines
        ]


class HoldForm(forms.Form):
    kind = forms.ChoiceField(
        label="处理", choices=PaymentHold.Kind.choices,
        help_text="暂缓：不核拨、不支付；停止：拨付申请的各个环节都不办理",
    )  # fmt: skip
    reason = words("事由", rows=3, max_length=400)
    demand = words("整改要求", rows=2, max_length=400)


class MendedForm(StepForm):
    mended = words("整改情况", rows=3)
    papers = PaperField(label="整改佐证")
