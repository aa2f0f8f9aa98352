"""公开: approved targets of an approved project are to be public within some working days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Greatest
from django.utils import timezone

from approvals.holders import Clock
from approvals.models import Decision
from organizations.calendar import load_calendar
from organizations.models import Parameter, User
from projects.models import Project

from .models import Declaration
from .policies import PUBLISHERS

WITHIN = "perf.target_publish_workdays"


@dataclass(frozen=True)
class Owed:
    declaration: Declaration
    clock: Clock


def to_be_published() -> QuerySet[Declaration]:
    """With `formed_at`, when both the version and the project were approved. A version that was
    followed by another one is owed no more."""
    determined = Decision.objects.filter(
        subject_type=Project.life(), subject_id=OuterRef("project_id"), action="determine"
    ).order_by("-id")
    later = Declaration.objects.filter(
        project=OuterRef("project_id"), status=Declaration.Status.APPROVED
    ).order_by("-number")
    rows: Any = Declaration.objects.filter(
        status=Declaration.Status.APPROVED,
        project__meeting__isnull=False,
        publication__isnull=True,
        pk=Subquery(later.values("pk")[:1]),
    )
    found: QuerySet[Declaration] = rows.annotate(
        formed_at=Greatest("status_since", Subquery(determined.values("at")[:1]))
    )
    return found


def owed_by(user: User) -> QuerySet[Declaration]:
    """What this person's posts publish."""
    if not user.roles().intersection(PUBLISHERS):
        return Declaration.objects.none()
    mine = Declaration.objects.visible_to(user)
    return to_be_published().filter(pk__in=mine.values("pk"))


def clock_of(declaration: Declaration) -> Clock | None:
    """How long it has been owed; None where it is not, or no more."""
    row = to_be_published().filter(pk=declaration.pk).first()
    if row is None:
        return None
    limit = Parameter.objects.number(WITHIN)
    since = row.formed_at  # type: ignore[attr-defined]
    return Clock(since, timezone.now(), limit, load_calendar())
