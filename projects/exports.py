"""Sheets of projects that go out, with the same rows as the pages they are called from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import count
from typing import Any

from django.http import Http404, QueryDict
from django.utils import timezone

from funds.exports import TOTAL, Export
from funds.spreadsheets import as_rows
from funds.workbooks import AMOUNT, DATE, WHOLE, Column, Sheet
from organizations.models import User

from .filters import PlanFilter
from .models import AnnualPlan, PlanItem
from .plans import PlanLine, plan_lines, total_of

PLAN = Sheet(
    "年度项目计划表",
    (
        Column("序号", "number", format=WHOLE, width=6),
        Column("县（市）", "county", width=16),
        Column("计划文号", "plan_number", width=22),
        Column("项目编号", "code", width=18),
        Column("项目名称", "name", width=32),
        Column("项目类型", "type", width=20),
        Column("实施地点", "places", width=24),
        Column("建设内容与规模", "content", width=40),
        Column("主管部门", "department", width=20),
        Column("实施单位", "unit", width=20),
        Column("责任人", "owner", width=16),
        Column("计划开工", "start", format=DATE, width=12),
        Column("计划完工", "end", format=DATE, width=12),
        Column("受益户数", "households", format=WHOLE, width=9),
        Column("受益人数", "people", format=WHOLE, width=9),
        Column("资金来源文号", "document_number", width=24),
        Column("资金类别", "category", width=24),
        Column("计划金额（元）", "amount", format=AMOUNT, width=17),
    ),
)


def plan_export(params: QueryDict, user: User) -> Export:
    """One plan, or all of a filter: a row for each project and source, the facts of the project
    in the first of them."""
    visible = AnnualPlan.objects.visible_to(user).select_related("division")
    found = PlanFilter(params, visible, user=user).qs
    if "plan" in params:
        found = visible.filter(pk=pk_in(params["plan"]))
        if not found:
            raise Http404("没有这份计划")

    def rows() -> Iterator[list[Any]]:
        number, total = count(1), Decimal(0)
        for plan in found:
            lines = plan_lines(plan)
            total += total_of(lines)
            for line in lines:
                yield from as_rows(PLAN, plan_values(plan, next(number), line))
        yield from as_rows(PLAN, [{"county": TOTAL, "amount": total}])

    projects = PlanItem.objects.filter(plan__in=found.order_by()).count()
    title = str(found[0]) if "plan" in params else "年度项目计划"
    return Export(PLAN, f"{title} {timezone.localdate()}", projects, rows)


def pk_in(typed: object) -> int:
    """A primary key out of an address; none that exists when it is no number."""
    text = str(typed)
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def plan_values(plan: AnnualPlan, number: int, line: PlanLine) -> Iterable[dict[str, Any]]:
    project = line.project
    facts: dict[str, Any] = {
        "number": number,
        "county": plan.division.name,
        "plan_number": plan.document_number,
        "code": project.code,
        "name": project.name,
        "type": str(project.type),
        "places": "、".join(str(place.division) for place in project.places.all()),
        "content": project.content,
        "department": str(project.department),
        "unit": project.implementing_unit,
        "owner": f"{project.owner_name} {project.owner_title}",
        "start": project.planned_start,
        "end": project.planned_end,
        "households": project.households,
        "people": project.people,
    }
    for allotment, amount in line.sources:
        yield {
            **facts,
            "document_number": allotment.document_number,
            "category": str(allotment.category),
            "amount": amount,
        }
        facts = {}
    if facts:
        yield facts
