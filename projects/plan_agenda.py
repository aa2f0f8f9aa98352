"""An annual plan before the leading group, in the same meeting as its projects or a later one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from approvals.agenda import AgendaKind
from approvals.meeting_rules import SECRETARY
from approvals.meetings import SECRETARIES, lock_meeting, renew_digest
from approvals.models import AgendaItem, Meeting, Subject
from organizations.models import Division, User
from organizations.policies import Refusal, Refused, demand
from organizations.signature import sign

from .models import AnnualPlan, PlanItem
from .plans import CLAUSE, plan_content, plan_lines, total_of

S = Meeting.Status


def ready_plans(county: Division) -> QuerySet[AnnualPlan]:
    waiting = AnnualPlan.objects.filter(division=county, status=AnnualPlan.Status.DETERMINATION)
    return waiting.select_related("division__parent")


def content_of_plan(subject: Subject, item: AgendaItem) -> dict[str, Any]:
    """The text, and each project with its money out of each source."""
    assert isinstance(subject, AnnualPlan)
    return plan_content(subject)


def refuse_plan(subject: Subject, item: AgendaItem) -> str:
    """Items are decided in their order: each project before the plan that holds it."""
    assert isinstance(subject, AnnualPlan)
    projects = [line.project for line in plan_lines(subject)]
    undecided = [project.name for project in projects if project.meeting_id is None]
    if undecided:
        return f"计划中的“{'”“'.join(undecided)}”没有经领导小组审定，须先审定或移出本批计划"
    return "" if projects else "计划没有列入项目"


def asked_for_plan(subject: Subject) -> Decimal:
    assert isinstance(subject, AnnualPlan)
    return total_of(plan_lines(subject))


PLANS = AgendaKind(
    life=AnnualPlan.life(),
    label="年度项目计划",
    ready=ready_plans,
    content=content_of_plan,
    facts=lambda subject, item: {},
    asked=asked_for_plan,
    refuse=refuse_plan,
)


def waiting_item(plan: AnnualPlan) -> AgendaItem | None:
    """The plan on the agenda of a meeting that is not over."""
    items = AgendaItem.objects.filter(
        subject_type=plan.life(), subject_id=plan.pk, outcome="", is_removed=False
    )
    return items.select_related("meeting__division").first()


def refuse_drop(plan: AnnualPlan) -> Refusal | None:
    """Why a project can not be taken out of the plan before the meeting."""
    if plan.status != AnnualPlan.Status.DETERMINATION:
        return Refusal(
            f"计划现为“{plan.get_status_display()}”，只有待领导小组审定时可以移出项目",
            who_can_clear="编制人（退回后修改计划）",
        )
    if waiting_item(plan) is None:
        return Refusal("计划没有列入会议议程", CLAUSE, SECRETARY)
    return None


@transaction.atomic
def drop_project(*, item: PlanItem, by: User, reason: str) -> AgendaItem:
    """Take a project out of a plan that is before the meeting, because it is deferred say.
    Earlier votes on the plan no longer count. Raises Refused."""
    plan = item.plan
    demand(by, SECRETARIES, plan.division)
    agenda = waiting_item(plan)
    refusal = refuse_drop(plan)
    if refusal or agenda is None:
        raise Refused(refusal.reason if refusal else "", who_can_clear=SECRETARY)
    meeting = lock_meeting(agenda.meeting, S.PREPARING, S.OPEN)
    project = item.project
    sign(item, by, reason).delete()
    agenda.amendment = f"移出“{project.name}”：{reason}；{agenda.amendment}".rstrip("；")[:300]
    agenda.is_amended = agenda.is_amended or meeting.status == S.OPEN
    return renew_digest(agenda)
