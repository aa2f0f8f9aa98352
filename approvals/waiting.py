"""What waits for a person, of every life, in SQL. Derived from the tables of transitions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    Count,
    DateTimeField,
    DecimalField,
    Exists,
    ExpressionWrapper,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Cast

from organizations.models import Post, User

from .holders import Deadlines
from .models import Assignment, Reminder, Seat
from .seats import Key, arrivals
from .workflow import WORKFLOWS, Workflow

Rows = QuerySet[Any]
SUMS = ("count", "amount", "oldest", "overdue", "at_limit")


@dataclass(frozen=True)
class Wanted:
    """What of the inbox somebody wants to see. `step` is “life:status”, `words` are of a title."""

    step: str = ""
    life: str = ""
    overdue: bool = False
    words: str = ""


EVERYTHING = Wanted()


def waiting(workflow: Workflow, user: User) -> Rows:
    """Things of one life with a step forward for a post that the person holds over them, or with
    a seat for his unit to sign."""
    mine = Q(pk__in=[])
    seated = workflow.seated()
    bound = Q(pk__in=[])
    for status in dict.fromkeys(s for t in workflow.transitions for s in t.sources):
        roles = set()
        for post in user.posts_today:
            awaited = workflow.next_roles(status, lent=post.user_id != user.pk)
            if post.role in awaited and status not in seated:
                mine |= Q(status=status, division__path__startswith=post.division.path)
                roles.add(post.role)
        if roles:
            bound |= Q(status=status, post__role__in=_sharing(workflow, status, roles))
    elsewhere = _handed_over(workflow).filter(bound).exclude(post__in=user.posts_today)
    rows = workflow.model._default_manager.all()
    return rows.filter(mine & ~Exists(elsewhere) | Exists(_seats_waiting(workflow, user)))


def _sharing(workflow: Workflow, status: str, roles: set[str]) -> set[str]:
    """The roles that take each step which these roles take: where one of them was named, there is
    nothing left for the others."""
    steps = [t for t in workflow.forward(status) if roles.intersection(t.roles)]
    return set.intersection(*({str(role) for role in t.roles} for t in steps)) if steps else set()


def _handed_over(workflow: Workflow) -> QuerySet[Assignment]:
    """The last hand-over of the present step, while somebody holds the named post."""
    here = Assignment.objects.filter(
        subject_type=workflow.life,
        subject_id=OuterRef("pk"),
        status=OuterRef("status"),
        at__gte=OuterRef("status_since"),
    )
    later = Assignment.objects.filter(
        subject_type=workflow.life,
        subject_id=OuterRef("subject_id"),
        status=OuterRef("status"),
        id__gt=OuterRef("id"),
    )
    return here.filter(~Exists(later), post__in=Post.objects.in_force())


def _seats_waiting(workflow: Workflow, user: User) -> QuerySet[Seat]:
    """Unsigned seats of this person's units in the present stay."""
    held = Q(pk__in=[])
    for post in user.posts_today:
        held |= Q(organization_id=post.organization_id, role=post.role)
    arrived = arrivals().filter(
        subject_type=workflow.life,
        subject_id=OuterRef("subject_id"),
        to_status=OuterRef("status"),
    )
    return (
        Seat.objects.filter(
            held,
            subject_type=workflow.life,
            subject_id=OuterRef("pk"),
            status=OuterRef("status"),
            signature__isnull=True,
        )
        .annotate(arrived=Subquery(arrived.order_by("-id").values("id")[:1]))
        .filter(Q(stay_id=F("arrived")) | Q(stay__isnull=True, arrived__isnull=True))
    )


def page_of(user: User, wanted: Wanted, due: Deadlines, *, limit: int, offset: int) -> list[Key]:
    """The things of one page, in one query."""
    columns = ("life", "pk", "is_urged", "is_late", "status_since")
    parts = [
        rows.annotate(is_urged=Exists(_urged(workflow))).order_by().values(*columns)
        for workflow, rows in _rows(user, wanted, due)
    ]
    found = united(parts).order_by("-is_urged", "-is_late", "status_since", "life", "pk")
    return [(row["life"], row["pk"]) for row in found[offset : offset + limit]]


def counts_of(user: User) -> Iterator[tuple[str, str, int]]:
    """Life, status, how many."""
    parts = [
        named(waiting(workflow, user), workflow)
        .order_by()
        .values("life", "status")
        .annotate(count=Count("pk"))
        for workflow in WORKFLOWS.values()
    ]
    for row in united(parts):
        yield row["life"], row["status"], row["count"]


def sums_of(user: User, wanted: Wanted, due: Deadlines) -> Rows:
    """By life and status: count, amount, oldest, how many are overdue, and at their limit."""
    parts = []
    for workflow, rows in _rows(user, wanted, due):
        last = _is_late(workflow, due, left=1)
        name = workflow.model.amount_field
        money: Any = DecimalField(max_digits=18, decimal_places=2)
        total: Any = Sum(name) if name else Cast(Value(None), money)
        grouped = rows.order_by().values("life", "status")
        parts.append(
            grouped.annotate(
                count=Count("pk"),
                amount=total,
                oldest=Min("status_since"),
                overdue=Count("pk", filter=Q(is_late=True)),
                at_limit=Count("pk", filter=last & Q(is_late=False)),
            )
        )
    return united(parts)


def united(parts: Sequence[Rows]) -> Rows:
    """One query of all of them."""
    return parts[0].union(*parts[1:], all=True)


def named(rows: Rows, workflow: Workflow) -> Rows:
    found: Rows = rows.annotate(life=Value(workflow.life, output_field=CharField()))
    return found


def _rows(user: User, wanted: Wanted, due: Deadlines) -> Iterator[tuple[Workflow, Rows]]:
    """Every life, with no rows where nothing of it is wanted."""
    step_life, _, status = wanted.step.partition(":")
    for workflow in WORKFLOWS.values():
        late = ExpressionWrapper(_is_late(workflow, due), output_field=BooleanField())
        rows = named(waiting(workflow, user), workflow).annotate(is_late=late)
        if workflow.life not in {wanted.life or workflow.life} & {step_life or workflow.life}:
            rows = rows.none()
        if wanted.step:
            rows = rows.filter(status=status)
        if wanted.overdue:
            rows = rows.filter(is_late=True)
        if wanted.words:
            rows = rows.filter(_titled(workflow, wanted.words))
        yield workflow, rows


def _titled(workflow: Workflow, words: str) -> Q:
    found = Q(pk__in=[])
    for name in workflow.model.title_fields:
        found |= Q(**{f"{name}__icontains": words})
    return found


def _urged(workflow: Workflow) -> QuerySet[Reminder]:
    return Reminder.objects.filter(
        subject_type=workflow.life,
        subject_id=OuterRef("pk"),
        status=OuterRef("status"),
        at__gte=OuterRef("status_since"),
    )


def _is_late(workflow: Workflow, due: Deadlines, *, left: int = 0) -> Q:
    """In SQL what Clock says of one row: fewer working days are left than that."""
    whens = [
        When(status=status, then=Value(due.overdue_if_before(limit - left)))
        for (life, status), limit in due.limits.items()
        if life == workflow.life
    ]
    long_ago = Value(dt.datetime(1970, 1, 1, tzinfo=dt.UTC))
    return Q(status_since__lt=Case(*whens, default=long_ago, output_field=DateTimeField()))
