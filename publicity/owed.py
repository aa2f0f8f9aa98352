"""应公开: what has come about and is not announced yet, for each type of notice with a time limit.

Nothing waits for it; the working days count from the day after what is to be announced came about.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import DateTimeField, Exists, F, Func, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from approvals.holders import Clock, deadlines
from approvals.models import Decision, Meeting, Subject
from organizations.calendar import Calendar
from organizations.models import User
from projects.effects import APPROVED
from projects.models import Adjustment, AnnualPlan, ItemSource, PlanItemSource, Project

from .meeting_notices import AGREED
from .models import Notice, NoticeType
from .queries import type_in_force

Rows = QuerySet[Any]


@dataclass(frozen=True)
class Owed:
    """Something to be announced, and how long that has been so."""

    subject: Subject
    rule: NoticeType
    clock: Clock


@dataclass(frozen=True)
class OwedCount:
    rule: NoticeType
    count: int
    overdue: int


def changed_plans() -> Rows:
    """Approved plans with the moment from which they say what they say today: approved, or a
    project of theirs adjusted."""
    adjusted = Adjustment.objects.filter(
        project__plan_item__plan=OuterRef(OuterRef("pk")), status__in=Adjustment.APPROVED
    )
    decided = Decision.objects.filter(
        subject_type=Adjustment.life(), action="determine", subject_id__in=adjusted.values("pk")
    ).order_by("-id")
    plans = AnnualPlan.objects.filter(status=AnnualPlan.Status.APPROVED)
    return plans.annotate(formed_at=Greatest(F("status_since"), Subquery(decided.values("at")[:1])))


def integrated_plans() -> Rows:
    given = PlanItemSource.objects.filter(item__plan=OuterRef("pk"), allotment__is_integrated=True)
    return changed_plans().filter(Exists(given))


def ended_plans() -> Rows:
    """From the end of their year, or from their approval where that came later."""
    name = timezone.get_current_timezone_name()
    year_end: Any = Func(
        F("year"), 12, 31, 0, 0, Value(0.0), Value(name),
        function="make_timestamptz", output_field=DateTimeField(),
    )  # fmt: skip
    plans = AnnualPlan.objects.filter(
        status=AnnualPlan.Status.APPROVED, year__lt=timezone.localdate().year
    )
    return plans.annotate(formed_at=Greatest(F("status_since"), year_end))


def approved_projects() -> Rows:
    determined = Decision.objects.filter(
        subject_type=Project.life(), subject_id=OuterRef("pk"), action="determine"
    ).order_by("-id")
    projects = Project.objects.filter(status__in=APPROVED)
    return projects.annotate(formed_at=Subquery(determined.values("at")[:1]))


def giving_meetings() -> Rows:
    given = ItemSource.objects.filter(item__meeting=OuterRef("pk"), item__outcome__in=AGREED)
    meetings = Meeting.objects.filter(Exists(given), status=Meeting.Status.CLOSED)
    return meetings.annotate(formed_at=F("status_since"))


# By the type of notice: what it is about, with `formed_at`, the moment it came about.
SOURCES: dict[str, Callable[[], Rows]] = {
    "N04": giving_meetings,
    "N05": changed_plans,
    "N06": integrated_plans,
    "N07": approved_projects,
    "N10": ended_plans,
}


def owed(user: User, rule: NoticeType) -> Rows:
    """What of the person's territory is to be announced, the oldest first."""
    rows = SOURCES[rule.code]()
    model = rows.model
    visible = model._default_manager.visible_to(user)
    announced = Notice.objects.filter(
        type__code=rule.code,
        subject_type=model.life(),
        subject_id=OuterRef("pk"),
        recorded_at__gte=OuterRef("formed_at"),
    )
    rows = rows.filter(~Exists(announced), pk__in=visible.values("pk"), formed_at__isnull=False)
    return rows.select_related(*model.read_with).order_by("formed_at", "pk")


def owed_counts(user: User, *, own: bool = False) -> list[OwedCount]:
    """By type; `own` are those that one of the person's posts publishes. A query for each."""
    due = deadlines()
    found = []
    for code in SOURCES:
        rule = type_in_force(code)
        limit = rule.publish_within_workdays
        if limit is None or own and not user.roles().intersection(rule.publishers):
            continue
        rows = owed(user, rule)
        late = rows.filter(formed_at__lt=due.overdue_if_before(limit)).count()
        found.append(OwedCount(rule, rows.count(), late))
    return found


def with_clocks(rows: list[Any], rule: NoticeType, calendar: Calendar) -> list[Owed]:
    now, limit = timezone.now(), rule.publish_within_workdays
    return [Owed(row, rule, Clock(row.formed_at, now, limit, calendar)) for row in rows]
