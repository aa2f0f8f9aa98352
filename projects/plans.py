"""年度项目计划和实施方案: the projects of a batch, what they were given and what it adds up to.

A project starts, and is paid for, only in a plan that the leading group approved
(新扶贫领字〔2018〕76号 二(三)).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max, Q, QuerySet

from approvals.constraints import naming_the_constraint
from approvals.models import AgendaItem, Decision
from funds.document_numbers import normalize
from funds.models import Allotment
from funds.money import shares
from organizations.models import Division, Role, User
from organizations.policies import Refusal, Refused, demand
from organizations.signature import sign

from .criteria import DOCUMENT
from .effects import APPROVED
from .filings import open_filing
from .models import (
    AnnualPlan,
    Filing,
    ItemSource,
    PaymentRequest,
    PlanItem,
    PlanItemSource,
    Project,
    ProjectSource,
)

ZERO = Decimal(0)
S = AnnualPlan.Status
CLAUSE = f"{DOCUMENT} 二(三)：年度项目计划经县级扶贫开发领导小组审批后即可启动实施"
CLERKS = (Role.PROJECT_CLERK,)
Money = list[tuple[Allotment, Decimal]]


@dataclass(frozen=True)
class PlanLine:
    """One project of a plan and what it gets out of each allotment, in yuan."""

    item: PlanItem
    sources: Money

    @property
    def project(self) -> Project:
        return self.item.project

    @property
    def amount(self) -> Decimal:
        return sum((amount for _, amount in self.sources), ZERO)


@dataclass(frozen=True)
class Part:
    """A row of a breakdown: how many projects, yuan, and the share of the whole in per cent."""

    label: str
    count: int
    amount: Decimal
    share: Decimal


def plan_lines(plan: AnnualPlan) -> list[PlanLine]:
    """As approved; before that, as the meeting gave or is about to give. Six queries at most."""
    items = list(
        plan.items.select_related(
            "project__division__parent", "project__type__parent", "project__department"
        ).prefetch_related("project__places__division")
    )
    if plan.status == S.APPROVED:
        rows = PlanItemSource.objects.filter(item__plan=plan)
        money = grouped(rows.select_related("allotment__category"), "item_id")
        return [PlanLine(item, money.get(item.pk, [])) for item in items]
    planned = planned_money([item.project for item in items])
    return [PlanLine(item, planned.get(item.project_id, [])) for item in items]


def planned_money(projects: Iterable[Project]) -> Mapping[int, Money]:
    """By project: what the meeting gave, else what the latest agenda item proposes to give, so
    that what the members vote on does not change when the meeting closes."""
    ids = [project.pk for project in projects]
    # What an adjustment gives or takes is no part of the plan.
    given = ProjectSource.objects.filter(project_id__in=ids, adjustment__isnull=True)
    money = grouped(given.select_related("allotment__category"), "project_id")
    return {**money, **proposed_money(set(ids) - set(money))}


def proposed_money(ids: Iterable[int]) -> Mapping[int, Money]:
    items = AgendaItem.objects.filter(
        subject_type=Project.life(), subject_id__in=list(ids), is_removed=False
    )
    latest = dict(items.values_list("subject_id").annotate(Max("pk")))
    rows = ItemSource.objects.filter(item_id__in=latest.values())
    by_item = grouped(rows.select_related("allotment__category"), "item_id")
    return {project: by_item[item] for project, item in latest.items() if item in by_item}


def plan_content(plan: AnnualPlan) -> dict[str, Any]:
    """Every word and figure of the plan, as JSON-ready facts in a fixed order."""
    return {
        "plan": [plan.year, plan.batch, plan.title, plan.document_number],
        "scheme": [plan.objectives, plan.funding, plan.schedule, plan.safeguards],
        "projects": [
            [
                line.project.code,
                line.project.name,
                [[a.document_number, a.category.code, str(amount)] for a, amount in line.sources],
            ]
            for line in plan_lines(plan)
        ],
    }


def grouped(rows: QuerySet[Any], name: str) -> dict[int, Money]:
    found: dict[int, Money] = {}
    for row in rows.order_by("allotment_id"):
        found.setdefault(getattr(row, name), []).append((row.allotment, row.amount))
    return found


def by_type(lines: Sequence[PlanLine]) -> list[Part]:
    """By the upper level of the project types."""
    return breakdown(
        (str(line.project.type.parent or line.project.type), line.project.pk, line.amount)
        for line in lines
    )


def by_source(lines: Sequence[PlanLine]) -> list[Part]:
    """By fund category; a project that is paid out of two counts in both."""
    return breakdown(
        (str(allotment.category), line.project.pk, amount)
        for line in lines
        for allotment, amount in line.sources
    )


def breakdown(rows: Iterable[tuple[str, int, Decimal]]) -> list[Part]:
    """From (label, project, yuan), the largest sum first."""
    amounts: dict[str, Decimal] = defaultdict(lambda: ZERO)
    projects: dict[str, set[int]] = defaultdict(set)
    for label, project, amount in rows:
        amounts[label] += amount
        projects[label].add(project)
    labels = sorted(amounts, key=lambda label: (-amounts[label], label))
    parts = shares([amounts[label] for label in labels])
    return [
        Part(label, len(projects[label]), amounts[label], share)
        for label, share in zip(labels, parts, strict=True)
    ]


def total_of(lines: Iterable[PlanLine]) -> Decimal:
    return sum((line.amount for line in lines), ZERO)


def candidates(plan: AnnualPlan) -> QuerySet[Project]:
    """What the plan may hold: of its county and year, determined or waiting for the meeting,
    and in no other plan."""
    rows = Project.objects.filter(
        Q(plan_item__isnull=True) | Q(plan_item__plan=plan),
        county=plan.division,
        year=plan.year,
        status__in=(Project.Status.DETERMINATION, *APPROVED),
    )
    return rows.select_related("division__parent", "type").order_by("code")


def in_approved_plan(project: Project) -> bool:
    return PlanItem.objects.filter(project=project, plan__status=S.APPROVED).exists()


def not_in_plan(project: Project) -> Refusal | None:
    """Why the project may not start yet."""
    if in_approved_plan(project):
        return None
    return Refusal(
        f"项目“{project}”没有列入领导小组批准的年度项目计划",
        CLAUSE,
        "项目主管部门经办（编制年度项目计划，提交领导小组审定）",
    )


def payment_not_in_plan(request: PaymentRequest) -> Refusal | None:
    return not_in_plan(request.project)


def no_projects(plan: AnnualPlan) -> Refusal | None:
    if plan.items.exists():
        return None
    return Refusal("计划还没有列入项目", CLAUSE, "项目主管部门经办（选择项目）")


def whole_amount(plan: AnnualPlan, data: Mapping[str, Any]) -> Decimal:
    return total_of(plan_lines(plan))


def approve_plan(plan: AnnualPlan, decision: Decision, data: Mapping[str, Any]) -> tuple[str, ...]:
    """The effect of the leading group's decision: each project's money as it is now, for ever;
    and the plan is due to be reported, which holds up nothing."""
    plan.meeting = data["meeting"]
    PlanItemSource.objects.bulk_create(
        PlanItemSource(item=line.item, allotment=allotment, amount=amount)
        for line in plan_lines(plan)
        for allotment, amount in line.sources
    )
    open_filing(plan, Filing.Kind.PLAN, plan.division, decision.by, decision)
    return ("meeting",)


@transaction.atomic
def draw_up_plan(*, county: Division, year: int, by: User, facts: Mapping[str, Any]) -> AnnualPlan:
    """The next batch of the year, in draft and without projects. `facts` are the model's
    title, document number and the four parts of the 实施方案. Raises Refused, ValidationError."""
    demand(by, CLERKS, county)
    Division.objects.select_for_update(no_key=True).get(pk=county.pk)
    last = AnnualPlan.objects.filter(division=county, year=year).aggregate(Max("batch"))
    plan = AnnualPlan(
        division=county, year=year, batch=(last["batch__max"] or 0) + 1, drawn_up_by=by
    )
    return save_plan(plan, facts, by)


@transaction.atomic
def amend_plan(*, plan: AnnualPlan, by: User, facts: Mapping[str, Any], reason: str) -> AnnualPlan:
    """Change the text of a plan in draft. Keeps history."""
    demand(by, CLERKS, plan.division)
    return save_plan(lock_draft(plan), facts, by, reason)


def save_plan(plan: AnnualPlan, facts: Mapping[str, Any], by: User, reason: str = "") -> AnnualPlan:
    for name, value in facts.items():
        setattr(plan, name, value)
    plan.document_number = normalize(plan.document_number)
    plan.full_clean()
    with naming_the_constraint(plan):
        sign(plan, by, reason).save()
    return plan


def lock_draft(plan: AnnualPlan) -> AnnualPlan:
    locked = AnnualPlan.objects.select_for_update(of=("self",)).get(pk=plan.pk)
    refusal = no_longer_draft(locked)
    if refusal:
        raise Refused(refusal.reason, who_can_clear=refusal.who_can_clear)
    locked.division = plan.division
    return locked


def no_longer_draft(plan: AnnualPlan) -> Refusal | None:
    if plan.status == S.DRAFT:
        return None
    return Refusal(
        f"计划现为“{plan.get_status_display()}”，只有在编制时可以改动",
        who_can_clear="现办理人（退回）",
    )


@transaction.atomic
def set_plan_projects(*, plan: AnnualPlan, projects: Iterable[Project], by: User) -> AnnualPlan:
    """Which projects the draft holds. Raises Refused for one that may not stand in it."""
    demand(by, CLERKS, plan.division)
    plan = lock_draft(plan)
    wanted = {project.pk for project in projects}
    lawful = {project.pk for project in candidates(plan)}
    for project in Project.objects.filter(pk__in=wanted - lawful):
        raise Refused(
            f"“{project}”不是本县{plan.year}年度待审定或已审定的项目，或已列入另一批计划",
            who_can_clear="项目主管部门经办",
        )
    for item in plan.items.exclude(project__in=wanted):
        sign(item, by).delete()
    present = set(plan.items.values_list("project_id", flat=True))
    try:
        for project_id in sorted(wanted - present):
            sign(PlanItem(plan=plan, project_id=project_id), by).save()
    except IntegrityError as error:  # another batch took it in the meantime
        raise Refused(
            "所选项目刚刚列入了另一批计划，请重新选择", who_can_clear="编制人（重新选择项目）"
        ) from error
    return plan
