"""Who answers for a project: named with the decision that approves it, and read for any day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q, Sum
from django.utils import timezone

from approvals.models import Decision
from organizations.models import Parameter
from organizations.policies import Refusal

from .criteria import DOCUMENT
from .models import Adjustment, MajorRating, PaymentRequest, Project, Responsibility

D = Responsibility.Duty
S = Project.Status
CLAUSE = f"{DOCUMENT} 三(二)"
LIFELONG_CLAUSE = f"{DOCUMENT} 二(六)"
MAJOR_AMOUNT = "project.major_amount"
# For life, where the project is major.
LIFELONG = (D.PROJ_LEADER, D.PROJ_OWNER)
# Without whom no work begins and no money is asked for.
INDISPENSABLE = (D.PROJ_LEADER, D.PROJ_OWNER)
# From the approval on, for ever: it is the meeting that approved it.
ANSWERED_FOR = Q(meeting__isnull=False)
WITH_ASSETS = (S.ASSET_REGISTRATION, S.CLOSED)
UNIT_COLUMNS = {"implementing_unit", "owner_name", "owner_title"}


def rate(project: Project, decision: Decision) -> MajorRating:
    """重大项目 or not, by all that stands approved, written down with the decision."""
    amount = project.sources.aggregate(total=Sum("amount"))["total"] or Decimal(0)
    threshold = Decimal(Parameter.objects.value(MAJOR_AMOUNT))
    return MajorRating.objects.create(
        project=project,
        decision=decision,
        amount=amount,
        threshold=threshold,
        is_major=amount >= threshold,
    )


def name_first(project: Project, decision: Decision) -> None:
    """Whom the proposal named answers from the day of the approval on."""
    Responsibility.objects.bulk_create(
        Responsibility(
            project=project,
            duty=duty,
            name=name,
            unit=unit,
            title=title,
            valid_from=timezone.localdate(),
            reason="随项目审定确定",
            decision=decision,
            recorded_by_id=decision.by_id,
            recorded_as_id=decision.post_id,
        )
        for duty, name, unit, title in (
            (D.PROJ_LEADER, project.leader_name, "", project.leader_title),
            (D.PROJ_OWNER, project.owner_name, project.implementing_unit, project.owner_title),
        )
        if name and title
    )


def follow_adjustment(adjustment: Adjustment, project: Project, decision: Decision) -> None:
    """Another 实施单位 or 责任人 was approved: the owner of the former one is followed by him."""
    before = {row["name"]: row["before"] for row in adjustment.changes if "value" in row}
    if not UNIT_COLUMNS.intersection(before):
        return
    unit = before.get("implementing_unit", project.implementing_unit)
    owners = project.responsibilities.filter(duty=D.PROJ_OWNER, valid_until__isnull=True)
    former = owners.filter(unit=unit).first() or owners.first()
    if former is None:
        return
    former.valid_until = max(timezone.localdate(), former.valid_from)
    former.save(update_fields=["valid_until"])
    Responsibility.objects.create(
        project=project,
        duty=D.PROJ_OWNER,
        name=project.owner_name,
        unit=project.implementing_unit,
        title=project.owner_title,
        valid_from=former.valid_until + dt.timedelta(days=1),
        reason=f"项目调整 {adjustment.number}",
        predecessor=former,
        decision=decision,
        recorded_by_id=decision.by_id,
        recorded_as_id=decision.post_id,
    )


def is_major(project: Project) -> bool:
    return project.major_ratings.filter(is_major=True).exists()


def major_among(projects: Iterable[int]) -> set[int]:
    """By primary key, in one query."""
    rows = MajorRating.objects.filter(project__in=list(projects), is_major=True)
    return set(rows.values_list("project_id", flat=True))


def refuse_unnamed(project: Project) -> Refusal | None:
    """Why nobody may ask for money of this project yet."""
    named = set(project.responsibilities.in_force().values_list("duty", flat=True))
    lacking = [str(duty.label) for duty in INDISPENSABLE if duty not in named]
    if not lacking:
        return None
    return Refusal(
        f"项目没有在任的{'、'.join(lacking)}",
        CLAUSE,
        "项目主管部门经办（在项目页“责任实名”中登记）",
        f"/projects/{project.pk}/responsibilities/new/",
    )


def payment_unnamed(request: PaymentRequest) -> Refusal | None:
    return refuse_unnamed(request.project)


@dataclass(frozen=True)
class Named:
    """One row with the mark of life and, while nobody took over, that it is being handed over."""

    row: Responsibility
    is_lifelong: bool
    is_handing_over: bool = False


def answering(project: Project, day: dt.date | None = None) -> list[Named]:
    """Everybody who answers for it on the day, in the order of the duties."""
    rows = project.responsibilities.answering(day).select_related("person", "successor")
    return named(rows, {project.pk} if is_major(project) else set(), day)


def named(
    rows: Iterable[Responsibility], major: set[int], day: dt.date | None = None
) -> list[Named]:
    on = day or timezone.localdate()
    order = {duty: place for place, duty in enumerate(D.values)}
    found = [
        Named(
            row,
            row.duty in LIFELONG and row.project_id in major,
            row.valid_until is not None and row.valid_until < on,
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: (order[one.row.duty], one.row.unit, one.row.pk))


def expected(project: Project) -> list[Responsibility.Duty]:
    """The duties that somebody should hold (FACTS §2.7), given what the project is."""
    wanted = [D.LEAD_CHIEF, D.PROJ_LEADER, D.PROJ_OWNER, D.FIN_REVIEWER, D.DEPT_SUPERVISOR]
    wanted.append(D.TOWN_OWNER)
    if project.division.level == "village":
        wanted.append(D.VILLAGE_OWNER)
    if project.status in WITH_ASSETS:
        wanted.append(D.ASSET_KEEPER)
    return wanted


def by_duty(found: Iterable[Named]) -> Mapping[str, list[Named]]:
    held: dict[str, list[Named]] = {}
    for one in found:
        held.setdefault(one.row.duty, []).append(one)
    return held


def leader_and_owners(project: Project) -> tuple[str, str]:
    """责任领导 and 责任人 in words, as they stand: whom the proposal named until it is approved."""
    held = by_duty(answering(project)) if project.meeting_id else {}
    if not held:
        leader = said(project.leader_name, project.leader_title)
        return leader, said(project.owner_name, project.owner_title)
    return tuple(  # type: ignore[return-value]
        "、".join(said(one.row.name, one.row.title) for one in held.get(duty, ()))
        for duty in INDISPENSABLE
    )


def said(name: str, title: str) -> str:
    return f"{name}（{title}）" if name.strip() and title.strip() else ""
