"""What waits for a person, of every life, in SQL. Derived from the tables of transitions."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
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


@dataclass(frozen=True)
class Beside:
    """The lives in which the plain rule, that a step waits for its posts, is not the whole truth
    for one person: his units have seats to sign, or something was handed over to one of his kind.
    Known beforehand, so that nothing else has to ask."""

    seated: frozenset[str]
    handed: frozenset[str]


def beside(user: User) -> Beside:
    """In one query."""
    roles = {post.role for post in user.posts_today}
    seats = Seat.objects.filter(_held_by(user), signature__isnull=True)
    seats = seats.annotate(what=Value("seat", output_field=CharField()))
    handed = Assignment.objects.filter(post__role__in=_kin(roles))
    handed = handed.annotate(what=Value("handed", output_field=CharField()))
    columns = ("what", "subject_type")
    rows = list(
        seats.order_by().values_list(*columns).union(handed.order_by().values_list(*columns))
    )
    return Beside(
        seated=frozenset(life for what, life in rows if what == "seat"),
        handed=frozenset(life for what, life in rows if what == "handed"),
    )


def _kin(roles: set[str]) -> set[str]:
    """These roles and all that take a step with them."""
    steps = [t for workflow in WORKFLOWS.values() for t in workflow.transitions]
    return {str(role) for t in steps if roles.intersection(t.roles) for role in t.roles}


def _held_by(user: User) -> Q:
    held = Q(pk__in=[])
    for post in user.posts_today:
        held |= Q(organization_id=post.organization_id, role=post.role)
    return held


def waiting(workflow: Workflow, user: User, known: Beside | None = None) -> Rows:
    """Things of one life with a step forward for a post that the person holds over them, or with
    a seat for his unit to sign."""
    known = known or beside(user)
    awaited = _awaited(workflow, user)
    mine = Q(pk__in=[])
    for path, statuses in awaited.paths.items():
        mine |= Q(status__in=sorted(statuses), division__path__startswith=path)
    for status, (name, by_value) in workflow.role_by.items():
        his = [value for value, role in by_value.items() if role in awaited.roles.get(status, ())]
        mine &= ~Q(status=status) | Q(**{f"{name}__in": his})
    if workflow.life in known.handed:
        bound = Q(pk__in=[])
        for status, roles in awaited.roles.items():
            bound |= Q(status=status, post__role__in=_sharing(workflow, status, roles))
        elsewhere = _handed_over(workflow).filter(bound).exclude(post__in=user.posts_today)
        mine &= Q(~Exists(elsewhere))
    if workflow.life in known.seated:
        mine |= Q(Exists(_seats_waiting(workflow, user)))
    return workflow.model._default_manager.filter(mine)


@dataclass(frozen=True)
class Awaited:
    """What of a life waits for a person's posts: statuses by the division path of the post, and
    the roles by status."""

    paths: Mapping[str, set[str]]
    roles: Mapping[str, set[str]]


def _awaited(workflow: Workflow, user: User) -> Awaited:
    paths: dict[str, set[str]] = defaultdict(set)
    roles: dict[str, set[str]] = defaultdict(set)
    seated = workflow.seated()
    for status in dict.fromkeys(s for t in workflow.transitions for s in t.sources):
        if status in seated:
            continue
        for post in user.posts_today:
            if post.role in workflow.next_roles(status, lent=post.user_id != user.pk):
                paths[post.division.path].add(status)
                roles[status].add(post.role)
    return Awaited(paths, roles)


def _lives(user: User) -> Iterator[tuple[Workflow, Rows]]:
    """The lives of which something may wait for this person, and what does."""
    known = beside(user)
    for workflow in WORKFLOWS.values():
        if workflow.life in known.seated or _awaited(workflow, user).paths:
            yield workflow, waiting(workflow, user, known)


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
    arrived = arrivals().filter(
        subject_type=workflow.life,
        subject_id=OuterRef("subject_id"),
        to_status=OuterRef("status"),
    )
    return (
        Seat.objects.filter(
            _held_by(user),
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
    if not parts:
        return []
    found = united(parts).order_by("-is_urged", "-is_late", "status_since", "life", "pk")
    return [(row["life"], row["pk"]) for row in found[offset : offset + limit]]


def counts_of(user: User) -> Iterator[tuple[str, str, int]]:
    """Life, status, how many."""
    parts = [
        named(rows, workflow).order_by().values("life", "status").annotate(count=Count("pk"))
        for workflow, rows in _lives(user)
    ]
    for row in united(parts) if parts else ():
        yield row["life"], row["status"], row["count"]


def sums_of(user: User, wanted: Wanted, due: Deadlines) -> Iterable[dict[str, Any]]:
    """By life and status: count, amount, oldest, how many are overdue, and at their limit."""
    parts = []
    for workflow, rows in _rows(user, wanted, due):
        last = is_late(workflow, due, left=1)
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
    return united(parts) if parts else ()


def united(parts: Sequence[Rows]) -> Rows:
    """One query of all of them."""
    return parts[0].union(*parts[1:], all=True)


def named(rows: Rows, workflow: Workflow) -> Rows:
    found: Rows = rows.annotate(life=Value(workflow.life, output_field=CharField()))
    return found


def _rows(user: User, wanted: Wanted, due: Deadlines) -> Iterator[tuple[Workflow, Rows]]:
    """Of the lives that are wanted."""
    step_life, _, status = wanted.step.partition(":")
    for workflow, waiting_rows in _lives(user):
        if workflow.life not in {wanted.life or workflow.life} & {step_life or workflow.life}:
            continue
        late = ExpressionWrapper(is_late(workflow, due), output_field=BooleanField())
        rows = named(waiting_rows, workflow).annotate(is_late=late)
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


def is_late(workflow: Workflow, due: Deadlines, *, left: int = 0) -> Q:
    """In SQL what Clock says of one row: fewer working days are left than that."""
    whens = [
        When(status=status, then=Value(due.overdue_if_before(limit - left)))
        for (life, status), limit in due.limits.items()
        if life == workflow.life
    ]
    long_ago = Value(dt.datetime(1970, 1, 1, tzinfo=dt.UTC))
    return Q(status_since__lt=Case(*whens, default=long_ago, output_field=DateTimeField()))
