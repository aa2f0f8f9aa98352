"""现由谁办理: who holds a thing now, how long, and how long it may take."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from organizations.calendar import Calendar, load_calendar
from organizations.models import Delegation, Parameter, Post
from organizations.policies import role_names

from .models import Seat, Subject
from .seats import Key, assigned_posts, seats_waiting
from .workflow import WORKFLOWS, workflow_of

NOBODY = "无人在岗"


@dataclass(frozen=True)
class Holder:
    """People of one unit in one post that can take the next step."""

    unit: str
    names: tuple[str, ...]
    role: str

    def __str__(self) -> str:
        return f"{self.unit} {'、'.join(self.names)}"


def holders(subjects: Iterable[Subject]) -> dict[Key, list[Holder]]:
    """By (life, id), nearest to the thing first, in a constant number of queries for things of
    mixed lives. While seats wait to be signed it is theirs; a step that was handed over is the
    named post's."""
    page = list(subjects)
    seats, handed = seats_waiting(page), assigned_posts(page)
    posts = list(
        Post.objects.in_force()
        .filter(_could_hold(page, seats))
        .select_related("organization__division", "user")
        .order_by("organization_id", "id")
    )
    deputies = deputies_of([*posts, *handed.values()])
    found = {}
    for subject in page:
        key = (subject.life(), subject.pk)
        if key in seats:
            signers = {(seat.organization_id, seat.role) for seat in seats[key]}
            mine = [p for p in posts if (p.organization_id, p.role) in signers]
        elif key in handed:
            mine = [handed[key]]
        else:
            mine = _awaited_posts(subject, posts)
        found[key] = _by_unit(mine, deputies)
    return found


def deputies_of(posts: Iterable[Post]) -> dict[int, str]:
    """Who acts today for the holder of each post, where somebody does."""
    rows = Delegation.objects.in_force().filter(post__in={post.pk for post in posts})
    return dict(rows.values_list("post", "delegate__real_name"))


def _could_hold(page: Sequence[Subject], seats: Mapping[Key, Sequence[Seat]]) -> Q:
    roles = {role for subject in page for role in _awaited(subject)}
    paths = {path for subject in page for path in subject.division.paths_above()}
    asked = [seat for waiting in seats.values() for seat in waiting]
    return Q(role__in=roles, organization__division__path__in=paths) | Q(
        role__in={seat.role for seat in asked},
        organization__in={seat.organization_id for seat in asked},
    )


def _awaited(subject: Subject) -> set[str]:
    return workflow_of(subject).roles_holding(subject)


def _awaited_posts(subject: Subject, posts: Iterable[Post]) -> list[Post]:
    awaited = _awaited(subject)
    return [p for p in posts if p.role in awaited and p.division.contains(subject.division)]


def _by_unit(posts: Iterable[Post], deputies: Mapping[int, str]) -> list[Holder]:
    units: dict[tuple[str, str, int], list[str]] = defaultdict(list)
    for post in posts:
        deputy = f"（{deputies[post.pk]}代办）" if post.pk in deputies else ""
        key = (post.organization.name, post.role, len(post.division.path))
        units[key].append(f"{post.user.real_name}{deputy}")
    nearest = sorted(units.items(), key=lambda item: -item[0][2])
    return [Holder(unit, tuple(names), role_names([role])) for (unit, role, _), names in nearest]


def in_words(subject: Subject, held_by: Sequence[Holder]) -> str:
    """For a table cell. Empty when nothing more is awaited."""
    if held_by:
        return "；".join(str(holder) for holder in held_by)
    awaited = _awaited(subject)
    return f"{NOBODY}（{role_names(sorted(awaited))}）" if awaited else ""


def limits() -> dict[tuple[str, str], int]:
    """Working days that each step may take today, by (life, status)."""
    named = {
        key: (workflow.life, status)
        for workflow in WORKFLOWS.values()
        for status, key in workflow.limit_keys.items()
    }
    rows = (
        Parameter.objects.filter(
            Q(key__startswith="limit.") | Q(key__in=named), valid_from__lte=timezone.localdate()
        )
        .order_by("key", "valid_from")
        .values_list("key", "setting")
    )
    found = {}
    for key, setting in rows:
        life, status = named.get(key) or key.removeprefix("limit.").rsplit(".", 1)
        found[life, status] = int(setting)
    return found


@dataclass(frozen=True)
class Clock:
    """How long a thing has stood in its present status, and the limit where one is set.

    It stands for `days`, whole natural days; what it may take, what is left of it and what it
    is over are working days, counted from the day after `since`.
    """

    since: dt.datetime
    now: dt.datetime
    limit_days: int | None
    calendar: Calendar

    @property
    def days(self) -> int:
        return (self.now - self.since).days

    @property
    def left(self) -> int | None:
        """Below zero once it is overdue."""
        if self.limit_days is None:
            return None
        start, today = timezone.localdate(self.since), timezone.localdate(self.now)
        return self.limit_days - self.calendar.working_days_between(start, today)

    @property
    def due_on(self) -> dt.date | None:
        if self.limit_days is None:
            return None
        return self.calendar.working_days_after(timezone.localdate(self.since), self.limit_days)

    @property
    def overdue(self) -> bool:
        return self.left is not None and self.left < 0

    @property
    def in_words(self) -> str:
        left = self.left
        if left is None:
            return "无时限"
        if left < 0:
            return f"超期 {-left} 个工作日"
        if left:
            return f"剩 {left} 个工作日"
        # On days off after the last day nothing is over yet, and nothing can be done either.
        return "今日到期" if self.due_on == timezone.localdate(self.now) else "已到期"


@dataclass(frozen=True)
class Deadlines:
    """What each step may take, by (life, status), and the calendar: read once for a list."""

    limits: Mapping[tuple[str, str], int]
    calendar: Calendar
    now: dt.datetime

    def clock(self, subject: Subject) -> Clock:
        limit = self.limits.get((subject.life(), subject.status))
        return Clock(subject.status_since, self.now, limit, self.calendar)

    def overdue_if_before(self, limit_days: int) -> dt.datetime:
        """The same answer as Clock.overdue turned round, for SQL: whatever took up its status
        before this instant has gone on for more working days than the limit."""
        today = timezone.localdate(self.now)
        last = self.calendar.working_days_before(today, limit_days + 1)
        return timezone.make_aware(dt.datetime.combine(last + dt.timedelta(days=1), dt.time.min))


def deadlines() -> Deadlines:
    """In two queries."""
    return Deadlines(limits(), load_calendar(), timezone.now())
