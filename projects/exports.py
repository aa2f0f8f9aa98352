"""Sheets of projects that go out, with the same rows as the pages they are called from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import count
from typing import Any

from django.http import Http404, QueryDict
from django.utils import timezone

from funds.exports import BATCH, TOTAL, Export, batches
from funds.spreadsheets import as_rows
from funds.workbooks import AMOUNT, DATE, WHOLE, Column, Sheet
from organizations.calendar import Calendar, load_calendar
from organizations.models import User

from .filings import county_rows, punctuality
from .filters import FilingFilter, LibraryFilter, PlanFilter
from .library import ENTERED, STAGES, LibraryRow, at_stage, library_rows, ranked
from .models import AnnualPlan, Filing, PlanItem, Project
from .plans import PlanLine, plan_lines, total_of
from .queries import project_totals

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


FILING = Sheet(
    "备案一览",
    (
        Column("序号", "number", format=WHOLE, width=6),
        Column("县（市）", "county", width=18),
        Column("年度", "year", format=WHOLE, width=8),
        Column("备案事项", "title", width=44),
        Column("批准日期", "approved_on", format=DATE, width=12),
        Column("应报日期", "due_on", format=DATE, width=12),
        Column("首次报送", "first_sent_on", format=DATE, width=12),
        Column("是否按期", "punctuality", width=20),
        Column("报送次数", "versions", format=WHOLE, width=9),
        Column("报备文号", "letter_number", width=22),
        Column("项目数", "projects", format=WHOLE, width=8),
        Column("总资金（元）", "amount", format=AMOUNT, width=17),
        Column("状态", "status", width=24),
        Column("收讫编号", "receipt_number", width=22),
        Column("收讫（退回）日期", "received_on", format=DATE, width=14),
        Column("反馈意见", "opinion", width=32),
    ),
)


LIBRARY = Sheet(
    "项目库",
    (
        Column("序号", "number", format=WHOLE, width=6),
        Column("库别", "stage", width=8),
        Column("年度", "year", format=WHOLE, width=8),
        Column("排序号", "rank", format=WHOLE, width=8),
        Column("县（市）", "county", width=16),
        Column("项目编号", "code", width=18),
        Column("项目名称", "name", width=32),
        Column("项目类别", "type", width=20),
        Column("建设性质", "nature", width=9),
        Column("实施地点", "places", width=24),
        Column("计划开工", "start", format=DATE, width=12),
        Column("计划完工", "end", format=DATE, width=12),
        Column("责任单位", "unit", width=20),
        Column("建设任务", "content", width=40),
        Column("估算总投资（元）", "investment", format=AMOUNT, width=17),
        Column("申请财政资金（元）", "requested", format=AMOUNT, width=17),
        Column("批准资金（元）", "approved", format=AMOUNT, width=17),
        Column("资金来源", "sources", width=24),
        Column("受益户数", "households", format=WHOLE, width=9),
        Column("受益人数", "people", format=WHOLE, width=9),
        Column("带贫减贫机制", "linkages", width=20),
        Column("入库日期", "entered_on", format=DATE, width=12),
        Column("入库文号", "entry_number", width=22),
        Column("出库日期", "left_on", format=DATE, width=12),
        Column("出库原因", "left_because", width=24),
        Column("状态", "status", width=16),
        Column("备注", "remark", width=20),
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


def filing_export(params: QueryDict, user: User) -> Export:
    """The filings of a filter, then the counties of which nothing was due that year."""
    visible = Filing.objects.visible_to(user).select_related("division")
    filters = FilingFilter(params, visible, user=user)
    found = filters.qs.with_first_sent().order_by("division__code", "approved_on", "pk")
    year = int(filters.form.cleaned_data.get("year") or timezone.localdate().year)
    missing = [row.county for row in county_rows(user, year) if not row.total]

    def rows() -> Iterator[list[Any]]:
        number, calendar = count(1), load_calendar()
        shown = found.prefetch_related("versions__receipt")
        for filing in shown:
            yield from as_rows(FILING, [filing_values(filing, next(number), calendar)])
        for county in missing:
            status = f"{year}年没有经批准须备案的计划"
            yield from as_rows(FILING, [{"county": county.name, "year": year, "status": status}])

    total = found.count() + len(missing)
    return Export(FILING, f"备案一览 {timezone.localdate()}", total, rows)


def filing_values(filing: Filing, number: int, calendar: Calendar) -> dict[str, Any]:
    versions = list(filing.versions.all())
    last = versions[-1] if versions else None
    receipt = getattr(last, "receipt", None)
    return {
        "number": number,
        "county": filing.division.name,
        "year": filing.year,
        "title": filing.title,
        "approved_on": filing.approved_on,
        "due_on": filing.due_on,
        "first_sent_on": versions[0].sent_on if versions else None,
        "punctuality": punctuality(filing, calendar).in_words,
        "versions": len(versions),
        "letter_number": last.letter_number if last else "",
        "projects": last.projects if last else None,
        "amount": last.amount if last else None,
        "status": filing.get_status_display(),
        "receipt_number": receipt.receipt_number if receipt else "",
        "received_on": receipt.received_on if receipt else None,
        "opinion": receipt.opinion if receipt else "",
    }


def library_export(params: QueryDict, user: User) -> Export:
    """One tab of the library with its filter, in the order of the ranking."""
    filters = LibraryFilter(params, Project.objects.visible_to(user), user=user)
    stage = str(params.get("stage", ENTERED))
    stage = stage if stage in STAGES else ENTERED
    found = at_stage(filters.qs, stage)

    def rows() -> Iterator[list[Any]]:
        number, total = count(1), project_totals(found)
        shown = ranked(found).select_related("county", "type").prefetch_related("places__division")
        for batch in batches(shown.iterator(BATCH)):
            for row in library_rows(batch):
                values = library_values(row)
                yield from as_rows(
                    LIBRARY, [{**values, "number": next(number), "stage": STAGES[stage]}]
                )
        sums = {"requested": total.requested, "approved": total.approved}
        yield from as_rows(LIBRARY, [{"county": TOTAL, **sums}])

    heading = f"项目库（{STAGES[stage]}） {timezone.localdate()}"
    return Export(LIBRARY, heading, found.count(), rows)


def library_values(row: LibraryRow) -> dict[str, Any]:
    project = row.project
    linkages = dict(Project.Linkage.choices)
    return {
        "year": project.year,
        "rank": project.rank,
        "county": project.county.name,
        "code": project.code,
        "name": project.name,
        "type": str(project.type),
        "nature": project.get_nature_display(),
        "places": "、".join(str(place.division) for place in project.places.all()),
        "start": project.planned_start,
        "end": project.planned_end,
        "unit": project.implementing_unit,
        "content": project.content,
        "investment": project.total_investment,
        "requested": project.requested_amount,
        "approved": row.approved,
        "sources": "、".join(row.sources),
        "households": project.households,
        "people": project.people,
        "linkages": "、".join(str(linkages.get(code, code)) for code in project.linkages),
        "entered_on": row.entered_on,
        "entry_number": row.entry_number,
        "left_on": row.left_on,
        "left_because": row.left_because,
        "status": project.get_status_display(),
        "remark": row.remark,
    }
