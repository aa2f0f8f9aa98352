"""What is typed when a year is evaluated, looked at again, drawn for a check and put to use."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone

from approvals.forms import StepForm
from approvals.papers import PaperField
from funds.fields import AmountOrZeroField
from organizations.forms import date_input, words
from organizations.models import Division
from performance.evaluating import points_by_line, rules_of
from performance.models import Evaluation, ResultUseKind, Score, TargetLine
from performance.scoring import earned
from projects.forms.steps import day
from projects.models import Project

from .targets import line, quantity

CHAPTERS = ("organized", "analysis", "deviation", "intended_use")


class EvaluationForm(forms.Form):
    """A row for each approved indicator, and the words of the report. No points are typed."""

    year = forms.IntegerField(label="评价年度", min_value=2012, max_value=2100)
    organized = words("二、自评开展情况", rows=2)
    analysis = words("三、目标完成情况分析", rows=3)
    deviation = words("四、偏离原因和改进措施", rows=2)
    intended_use = words("五、结果拟应用和公开情况", rows=2)

    def __init__(
        self, *args: Any, project: Project, lines: Sequence[TargetLine],
        evaluation: Evaluation | None = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        self.project, self.lines = project, lines
        there: dict[int, Score] = {}
        self.initial.setdefault("year", timezone.localdate().year)
        if evaluation:
            there = {row.line_id: row for row in evaluation.scores.all()}
            for name in self.base_fields:
                self.initial[name] = getattr(evaluation, name)
            self.fields["year"].disabled = True
        for row in lines:
            self._add(row, there.get(row.pk))

    def _add(self, row: TargetLine, score: Score | None) -> None:
        unit = "完成程度，%" if row.in_words else row.unit
        fields: dict[str, forms.Field] = {
            "actual": quantity(f"实际完成值（{unit}）"),
            "cause": line("偏差原因及改进措施", 200, required=False),
            "excess_reason": line(
                "超额完成的原因", 200, required=False, help_text="不是目标定低的，写明原因，不扣分"
            ),
            "papers": PaperField(label="佐证", at_most=5),
        }
        for name, field in fields.items():
            self.fields[f"{name}_{row.pk}"] = field
            if score:
                self.initial[f"{name}_{row.pk}"] = getattr(score, name)

    def common(self) -> list[forms.BoundField]:
        return [self[name] for name in self.base_fields]

    def rows(self) -> Iterator[tuple[TargetLine, list[forms.BoundField]]]:
        names = ("actual", "cause", "excess_reason", "papers")
        for row in self.lines:
            yield row, [self[f"{n}_{row.pk}"] for n in names]

    def clean_year(self) -> int:
        year: int = self.cleaned_data["year"]
        if year > timezone.localdate().year:
            raise forms.ValidationError(f"{year} 年尚未开始")
        if year < self.project.year:
            raise forms.ValidationError(f"早于项目年度 {self.project.year}")
        try:
            self.rules = rules_of(year)
        except KeyError as error:
            raise forms.ValidationError(f"{year} 年没有评价规则") from error
        return year

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if "year" in self.errors:
            return data
        points = points_by_line(self.lines, self.rules, data["year"])
        for row in self.lines:
            actual = data.get(f"actual_{row.pk}")
            if actual is None:
                continue
            if row.in_words and actual > 100:
                self.add_error(f"actual_{row.pk}", "完成程度不超过 100%")
            elif earned(row, actual, points[row.pk], self.rules, is_low=False) < points[
                row.pk
            ] and not data.get(f"cause_{row.pk}"):
                self.add_error(f"cause_{row.pk}", "未达标的，写明偏差原因及改进措施")
        return data

    def facts(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in CHAPTERS}

    def reached(self) -> list[dict[str, Any]]:
        names = ("actual", "cause", "excess_reason", "papers")
        return [
            {"line": row, **{n: self.cleaned_data[f"{n}_{row.pk}"] for n in names}}
            for row in self.lines
        ]


class ReviewForm(StepForm):
    """复评: each value as the county finds it; what changes a score is explained."""

    fields_template = "performance/_review_fields.html"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        assert isinstance(self.subject, Evaluation)
        self.rules = rules_of(self.subject.year)
        self.scores = list(self.subject.scores.select_related("line"))
        for score in self.scores:
            self.fields[f"actual_{score.pk}"] = quantity(f"{score.line.name}：复评完成值")
            self.fields[f"low_{score.pk}"] = forms.BooleanField(
                label=f"{score.line.name}：超额系目标偏低", required=False
            )
            self.fields[f"note_{score.pk}"] = line(
                f"{score.line.name}：复评说明", 200, required=False
            )
            self.initial[f"actual_{score.pk}"] = score.actual
            self.initial[f"low_{score.pk}"] = not score.excess_reason

    def rows(self) -> Iterator[tuple[Score, forms.BoundField, forms.BoundField, forms.BoundField]]:
        for score in self.scores:
            pk = score.pk
            yield score, self[f"actual_{pk}"], self[f"low_{pk}"], self[f"note_{pk}"]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        data["reviewed"] = reviewed = []
        for score in self.scores:
            actual, note = data.get(f"actual_{score.pk}"), data.get(f"note_{score.pk}", "")
            if actual is None:
                continue
            is_low = data.get(f"low_{score.pk}", False)
            found = earned(score.line, actual, score.points, self.rules, is_low=is_low)
            if found != score.score and not note:
                self.add_error(f"note_{score.pk}", f"得分由 {score.score} 改为 {found}，须写明说明")
            reviewed.append((score, actual, found, note))
        return data


class ApplyForm(StepForm):
    """结果应用. What a grade asks for by default is left out only with a reason."""

    kinds = forms.ModelMultipleChoiceField(
        label="结果应用", queryset=ResultUseKind.objects.none(),
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    detail = words("具体意见", rows=2, max_length=400)
    amount = AmountOrZeroField(
        label="调减或收回金额（元）", required=False, help_text="选“调减或收回资金”的填写"
    )
    due_on = forms.DateField(label="落实时限", widget=date_input())
    waived = line("不采用默认应用的理由", 200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        assert isinstance(self.subject, Evaluation)
        grade = self.subject.final_grade
        field = self.fields["kinds"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = ResultUseKind.objects.in_force()
        self.due = [kind for kind in field.queryset if grade in kind.grades]
        self.initial.setdefault("kinds", [kind.pk for kind in self.due])

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        chosen = list(data.get("kinds") or ())
        missing = [kind for kind in self.due if kind not in chosen]
        if missing and not data.get("waived") and "kinds" not in self.errors:
            names = "、".join(str(kind) for kind in missing)
            self.add_error("waived", f"本等级默认应用“{names}”，不采用的写明理由")
        takes_money = any(kind.code == "E" for kind in chosen)
        if takes_money and not data.get("amount") and "amount" not in self.errors:
            self.add_error("amount", "请填写调减或收回的金额")
        if data.get("amount") and not takes_money:
            self.add_error("amount", "没有选“调减或收回资金”的不填金额")
        due_on = data.get("due_on")
        if due_on and due_on < timezone.localdate():
            self.add_error("due_on", f"{due_on} 在今天之前")
        return data


class DoneForm(forms.Form):
    done_on = day("落实日期")
    note = words("落实情况", rows=2, max_length=400)
    papers = PaperField(label="佐证")


class FrameForm(forms.Form):
    county = forms.ModelChoiceField(
        label="县（市）", queryset=Division.objects.none(), empty_label=None
    )
    year = forms.IntegerField(label="评价年度", min_value=2012, max_value=2100)
    seed_source = line(
        "种子来源", 120, help_text="名单固定后才公开、谁也不能左右的数，如某日某期彩票开奖号码"
    )
    draw_on = forms.DateField(label="抽取日期", widget=date_input())

    def __init__(self, *args: Any, counties: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["county"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = counties
        self.initial.setdefault("year", timezone.localdate().year)
        self.initial.setdefault("draw_on", timezone.localdate() + dt.timedelta(days=1))

    def clean_draw_on(self) -> dt.date:
        draw_on: dt.date = self.cleaned_data["draw_on"]
        if draw_on <= timezone.localdate():
            raise forms.ValidationError("须在今天之后，种子不能在固定名单前已知")
        return draw_on


class DrawForm(forms.Form):
    seed = line("种子", 120, help_text="按名单公布的来源，照原样填写")


class CheckForm(forms.Form):
    total = forms.DecimalField(
        label="抽查得分", max_digits=5, decimal_places=2, min_value=Decimal(0),
        max_value=Decimal(100),
    )  # fmt: skip
    partners = line("会同单位", 80)
    finding = words("抽查情况", rows=3, max_length=400)
    papers = PaperField(label="抽查底稿")
