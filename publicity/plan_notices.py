"""What is announced of an annual plan: the plan (N05), its integrated money (N06), what became of
it (N10). Each project stands in them with its own elements, as it is now: an approved adjustment
makes the next version due."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal

from django.utils import timezone

from funds.models import Allotment
from funds.money import format_yuan, in_words
from organizations.policies import Refusal
from projects.adjustments import termination_of
from projects.models import Adjustment, AnnualPlan, Project
from projects.plans import breakdown
from projects.queries import approved_sources

from .composers import (
    ADMINISTRATORS,
    HOTLINE,
    LEADING_GROUP,
    Composer,
    Line,
    in_chinese,
    linkage,
    missing,
    project_lines,
    reachable,
    results,
    targets,
)

ZERO = Decimal(0)
Money = list[tuple[Allotment, Decimal]]


def plan_notice(plan: AnnualPlan) -> list[Line]:
    """年度项目计划公告 with every approved adjustment in it."""
    projects = projects_of(plan)
    money = {project.pk: approved_sources(project) for project in projects}
    return [
        *heading(plan),
        Line("扶贫项目名称", names(projects), LEADING_GROUP),
        Line("资金来源", by_category(money), LEADING_GROUP),
        Line("资金规模", sum_in_words(money), LEADING_GROUP),
        Line("目标任务", plan.objectives),
        Line("计划调整", adjustments_in_words(projects) or "无"),
        *listed(projects),
        telephone(plan, projects),
    ]


def integration_notice(plan: AnnualPlan) -> list[Line]:
    """统筹整合方案公告: the allotments that are integrated, with both who answer for them."""
    projects = [p for p in projects_of(plan) if integrated(approved_sources(p))]
    money = {project.pk: integrated(approved_sources(project)) for project in projects}
    return [
        *heading(plan),
        Line("扶贫项目名称", names(projects), LEADING_GROUP),
        Line("纳入整合资金", allotments_in_words(money), LEADING_GROUP),
        Line("资金规模", sum_in_words(money), LEADING_GROUP),
        Line("计划调整", adjustments_in_words(projects) or "无"),
        *listed(projects),
        telephone(plan, projects),
    ]


def completion_notice(plan: AnnualPlan) -> list[Line]:
    """年度计划完成情况公告: what each project came to by now."""
    projects = projects_of(plan)
    money = {project.pk: approved_sources(project) for project in projects}
    return [
        *heading(plan),
        Line("扶贫项目名称", names(projects), LEADING_GROUP),
        Line("资金来源", by_category(money), LEADING_GROUP),
        Line("资金规模", sum_in_words(money), LEADING_GROUP),
        *(
            Line(numbered(number, project), in_lines(outcome(project)))
            for number, project in enumerate(projects, start=1)
        ),
        telephone(plan, projects),
    ]


def projects_of(plan: AnnualPlan) -> list[Project]:
    rows = Project.objects.filter(plan_item__plan=plan).order_by("plan_item__pk")
    return list(rows.select_related("division__parent", "county", "department"))


def heading(plan: AnnualPlan) -> list[Line]:
    meeting = plan.meeting
    return [
        Line("计划名称", plan.title),
        Line("计划文号", plan.document_number),
        Line("年度批次", f"{plan.year}年第{plan.batch}批"),
        Line("审定会议", f"{meeting}（{meeting.minutes_document}）" if meeting else ""),
    ]


def names(projects: Sequence[Project]) -> str:
    listed_names = "；".join(project.name for project in projects)
    return f"共{len(projects)}个项目：{listed_names}" if projects else ""


def by_category(money: dict[int, Money]) -> str:
    parts = breakdown(
        (str(allotment.category), project, amount)
        for project, sources in money.items()
        for allotment, amount in sources
    )
    return "；".join(
        f"{part.label} {part.count}个项目 {format_yuan(part.amount)} 元" for part in parts
    )


def allotments_in_words(money: dict[int, Money]) -> str:
    sums: dict[int, Decimal] = {}
    found: dict[int, Allotment] = {}
    for sources in money.values():
        for allotment, amount in sources:
            found[allotment.pk] = allotment
            sums[allotment.pk] = sums.get(allotment.pk, ZERO) + amount
    return "；".join(
        f"{tag.document_number} {tag.get_level_display()}{tag.category} "
        f"{format_yuan(sums[pk])} 元（整合部门 {tag.integrating_department}，"
        f"使用单位 {tag.using_unit or '项目实施单位'}）"
        for pk, tag in found.items()
    )


def sum_in_words(money: dict[int, Money]) -> str:
    total = sum((amount for sources in money.values() for _, amount in sources), ZERO)
    return f"合计 {format_yuan(total)} 元（{in_words(total)}）" if total else ""


def integrated(sources: Money) -> Money:
    return [(tag, amount) for tag, amount in sources if tag.is_integrated]


def adjustments_in_words(projects: Sequence[Project]) -> str:
    """What the leading group has changed since the plan was approved."""
    rows = Adjustment.objects.filter(project__in=projects, status__in=Adjustment.APPROVED)
    return "；".join(
        f"{row.project.name}（{row.number}）调整{row.kind_names}"
        for row in rows.select_related("project").order_by("pk")
    )


def listed(projects: Sequence[Project]) -> Iterator[Line]:
    """Each project with its nine elements, and a line of its own for any that is missing."""
    for number, project in enumerate(projects, start=1):
        ended = termination_of(project)
        if ended:
            yield Line(numbered(number, project), f"已终止（{ended.number}）：{ended.reason}")
            continue
        elements = [line for line in project_lines(project) if line.label != HOTLINE]
        yield Line(numbered(number, project), in_lines(elements))
        for gap in missing(elements):
            yield Line(f"{numbered(number, project)}的{gap.label}", "", gap.filled_by)


def numbered(number: int, project: Project) -> str:
    return f"{number}．{project.name}"


def in_lines(elements: Sequence[Line]) -> str:
    return "\n".join(f"{line.label}：{line.text}" for line in elements if line.text)


def outcome(project: Project) -> list[Line]:
    """Money, works and acceptance as far as they are recorded, beside what was aimed at."""
    ended = termination_of(project)
    return [
        Line("项目编号", project.code),
        Line("现状", f"已终止（{ended.number}）" if ended else str(project.get_status_display())),
        *results(project),
        Line("绩效目标", targets(project)),
        Line("带贫减贫机制", linkage(project)),
    ]


def telephone(plan: AnnualPlan, projects: Sequence[Project]) -> Line:
    numbers = [project.department.office_phone for project in projects]
    return Line(HOTLINE, reachable(plan.division, numbers), ADMINISTRATORS)


def nothing_integrated(plan: AnnualPlan) -> Refusal | None:
    if any(integrated(approved_sources(project)) for project in projects_of(plan)):
        return None
    return Refusal(
        "本批计划没有安排统筹整合资金，不发布统筹整合方案公告", who_can_clear="本人（无须再办）"
    )


def year_not_over(plan: AnnualPlan) -> Refusal | None:
    last = dt.date(plan.year, 12, 31)
    if timezone.localdate() > last:
        return None
    return Refusal(
        f"{plan.year}年度未结束，{in_chinese(last)}以后发布完成情况",
        who_can_clear="年末后由发布岗位",
    )


A = AnnualPlan.Status
PLAN_NOTICES = {
    "N05": Composer(AnnualPlan, plan_notice, (A.APPROVED,)),
    "N06": Composer(AnnualPlan, integration_notice, (A.APPROVED,), refuse=nothing_integrated),
    "N10": Composer(AnnualPlan, completion_notice, (A.APPROVED,), refuse=year_not_over),
}
