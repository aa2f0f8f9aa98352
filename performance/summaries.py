"""绩效汇总: targets, evaluations and results by department, township, type and year; and what a
year's results mean for the next one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone

from funds.exports import TOTAL, Export
from funds.spreadsheets import as_rows
from funds.workbooks import AMOUNT, WHOLE, Column, Sheet
from organizations.models import User
from organizations.models.divisions import Level
from projects.models import Project

from .models import Declaration, Evaluation, Grade, ResultUse
from .scoring import ZERO, percent, rounded, share

SHEET = Sheet(
    "绩效汇总表",
    (
        Column("分组", "label", width=30),
        Column("审定项目数", "projects", format=WHOLE, width=12),
        Column("目标审核通过", "declared", format=WHOLE, width=12),
        Column("自评数", "evaluated", format=WHOLE, width=10),
        Column("自评率（%）", "rate", width=11),
        Column("复评数", "reviewed", format=WHOLE, width=10),
        Column("平均得分", "average", width=10),
        *(Column(str(grade.label), str(grade), format=WHOLE, width=7) for grade in Grade),
        Column("预算数（元）", "budget", format=AMOUNT, width=17),
        Column("执行数（元）", "spent", format=AMOUNT, width=17),
        Column("执行率（%）", "spent_rate", width=11),
        Column("调减（收回）金额（元）", "cut", format=AMOUNT, width=17),
        Column("待落实结果应用", "open_uses", format=WHOLE, width=13),
    ),
)
BY: dict[str, tuple[str, Callable[[Project], str]]] = {
    "department": ("主管部门", lambda p: str(p.department)),
    "township": ("乡镇", lambda p: township_of(p)),
    "type": ("项目类型", lambda p: str(p.type)),
    "year": ("年度", lambda p: f"{p.year}"),
}


@dataclass
class Group:
    label: str
    projects: int = 0
    declared: int = 0
    evaluated: int = 0
    totals: list[Decimal] = field(default_factory=list)
    grades: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    budget: Decimal = ZERO
    spent: Decimal = ZERO
    cut: Decimal = ZERO
    open_uses: int = 0

    @property
    def reviewed(self) -> int:
        return len(self.totals)

    @property
    def rate(self) -> Decimal:
        return percent(share(Decimal(self.evaluated), Decimal(self.projects)))

    @property
    def spent_rate(self) -> Decimal:
        return percent(share(self.spent, self.budget))

    @property
    def average(self) -> Decimal | None:
        return (
            rounded(share(sum(self.totals, ZERO), Decimal(len(self.totals))))
            if (self.totals)
            else None
        )

    def values(self) -> dict[str, Any]:
        names = ("label", "projects", "declared", "evaluated", "rate", "reviewed", "budget",
                 "spent", "spent_rate", "cut", "open_uses")  # fmt: skip
        found = {name: getattr(self, name) for name in names}
        shown = "" if self.average is None else str(self.average)
        texts = {"rate": str(self.rate), "spent_rate": str(self.spent_rate), "average": shown}
        return {**found, **texts, **{grade: self.grades[grade] for grade in Grade.values}}

    def by_grade(self) -> list[int]:
        return [self.grades[grade] for grade in Grade.values]


def township_of(project: Project) -> str:
    place = project.division
    above = place.parent if place.level == Level.VILLAGE else None
    return str(above or place)


def summary(user: User, by: str, year: int | None = None) -> list[Group]:
    """A row for each group and the total last; four queries, however many projects."""
    rows = Project.objects.visible_to(user).filter(meeting__isnull=False)
    if year:
        rows = rows.filter(year=year)
    projects = list(rows.select_related("department", "type", "division__parent"))
    ids = [project.pk for project in projects]
    declared = set(
        Declaration.objects.filter(project__in=ids, status="approved").values_list(
            "project_id", flat=True
        )
    )
    evaluations: dict[int, Evaluation] = {}
    for row in evaluations_of(ids).order_by("year"):
        before = evaluations.get(row.project_id)
        # One that has its result is not put aside for one that still waits for it.
        if before is None or before.final_total is None or row.final_total is not None:
            evaluations[row.project_id] = row
    uses: dict[int, list[ResultUse]] = defaultdict(list)
    for use in ResultUse.objects.filter(evaluation__project__in=ids).select_related(
        "evaluation", "done"
    ):
        uses[use.evaluation.project_id].append(use)
    label_of = BY[by][1]
    groups: dict[str, Group] = {}
    total = Group(TOTAL)
    for project in projects:
        label = label_of(project)
        for group in (groups.setdefault(label, Group(label)), total):
            add(group, project.pk in declared, evaluations.get(project.pk), uses[project.pk])
    return [*(groups[label] for label in sorted(groups)), total]


def evaluations_of(ids: Iterable[int]) -> QuerySet[Evaluation]:
    """Those that were sent in."""
    rows = Evaluation.objects.filter(project__in=list(ids)).select_related("check_row")
    return rows.exclude(status=Evaluation.Status.DRAFT)


def add(
    group: Group, is_declared: bool, evaluation: Evaluation | None, uses: Sequence[ResultUse]
) -> None:
    group.projects += 1
    group.declared += is_declared
    group.cut += sum((use.amount for use in uses), ZERO)
    group.open_uses += sum(not hasattr(use, "done") for use in uses)
    if evaluation is None:
        return
    group.evaluated += 1
    group.budget += evaluation.budget
    group.spent += evaluation.spent
    if evaluation.final_total is not None:
        group.totals.append(evaluation.final_total)
        group.grades[evaluation.final_grade] += 1


def asked(params: QueryDict) -> tuple[str, int | None]:
    """By what, and of which year; what makes no sense is passed over."""
    by = str(params.get("by", ""))
    year = str(params.get("year", ""))
    known = year.isascii() and year.isdecimal() and len(year) == len("2026")
    return by if by in BY else "department", int(year) if known else None


def summary_export(params: QueryDict, user: User) -> Export:
    by, year = asked(params)
    groups = summary(user, by, year)

    def rows() -> Iterator[list[Any]]:
        yield from as_rows(SHEET, [group.values() for group in groups])

    words = f"{year}年度" if year else ""
    heading = f"{words}绩效汇总表（按{BY[by][0]}） {timezone.localdate()}"
    return Export(SHEET, heading, len(groups), rows)


@dataclass(frozen=True)
class PastResult:
    """What a unit's results of the year before say to who ranks and allocates now."""

    year: int
    count: int
    average: Decimal
    grade: str
    consequences: Sequence[str]

    def __str__(self) -> str:
        found = f"{self.year} 年绩效评价 {self.count} 个，平均 {self.average} 分"
        return "；".join([found, *self.consequences])


def past_results(projects: Iterable[Project]) -> dict[int, PastResult]:
    """By project id, in two queries: the results of the same implementing unit in the year before
    the project's. Units without any are not in it."""
    wanted = list(projects)
    keys = {(p.county_id, p.implementing_unit, p.year - 1) for p in wanted}
    if not keys:
        return {}
    rows = Evaluation.objects.reviewed().filter(
        project__county__in={county for county, _, _ in keys},
        project__implementing_unit__in={unit for _, unit, _ in keys},
        year__in={year for _, _, year in keys},
    )
    found: dict[tuple[int, str, int], list[Evaluation]] = defaultdict(list)
    for row in rows.select_related("project", "check_row").prefetch_related("uses__kind"):
        key = (row.project.county_id, row.project.implementing_unit, row.year)
        found[key].append(row)
    results = {key: past_result(key[2], rows) for key, rows in found.items()}
    return {
        p.pk: results[key]
        for p in wanted
        if (key := (p.county_id, p.implementing_unit, p.year - 1)) in results
    }


def past_result(year: int, rows: Sequence[Evaluation]) -> PastResult:
    totals = [row.final_total for row in rows if row.final_total is not None]
    worst = min(rows, key=lambda row: row.final_total or ZERO)
    told = [
        f"{use.kind.name}{f' {use.amount:,.2f} 元' if use.amount else ''}"
        for row in rows
        for use in row.uses.all()
        if use.kind.code in "EFGJ"
    ]
    average = rounded(share(sum(totals, ZERO), Decimal(len(totals))))
    return PastResult(year, len(rows), average, worst.final_grade, tuple(dict.fromkeys(told)))
