"""现由谁办理: who holds a thing now, how long, and how long it may take."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils import timezone

from organizations.models import Parameter, Post
from organizations.policies import role_names

from .models import Subject
from .workflow import workflow_of

NOBODY = "无人在岗"


@dataclass(frozen=True)
class Holder:
    """People of one unit in one post that can take the next step."""

    unit: str
    names: tuple[str, ...]
    role: str

    def __str__(self) -> str:
        return f"{self.unit} {'、'.join(self.names)}"


def holders(subjects: Iterable[Subject]) -> dict[tuple[str, int], list[Holder]]:
    """By (life, id), nearest to the thing first; one query for things of mixed lives."""
    page = list(subjects)
    roles = {role for subject in page for role in _awaited(subject)}
    paths = {path for subject in page for path in subject.division.paths_above()}
    posts = list(
        Post.objects.in_force()
        .filter(role__in=roles, organization__division__path__in=paths)
        .select_related("organization__division", "user")
        .order_by("organization_id", "id")
    )
    return {(s.life(), s.pk): _holding(s, posts) for s in page}


def _awaited(subject: Subject) -> set[str]:
    return workflow_of(subject).next_roles(subject.status)


def _holding(subject: Subject, posts: Iterable[Post]) -> list[Holder]:
    awaited = _awaited(subject)
    units: dict[tuple[str, str, int], list[str]] = defaultdict(list)
    for post in posts:
        if post.role in awaited and post.division.contains(subject.division):
            key = (post.organization.name, post.role, len(post.division.path))
            units[key].append(post.user.real_name)
    nearest = sorted(units.items(), key=lambda item: -item[0][2])
    return [Holder(unit, tuple(names), role_names([role])) for (unit, role, _), names in nearest]


def in_words(subject: Subject, held_by: Sequence[Holder]) -> str:
    """For a table cell. Empty when nothing more is awaited."""
    if held_by:
        return "；".join(str(holder) for holder in held_by)
    awaited = _awaited(subject)
    return f"{NOBODY}（{role_names(sorted(awaited))}）" if awaited else ""


def limits() -> dict[tuple[str, str], int]:
    """Days that each step may take today, by (life, status)."""
    rows = (
        Parameter.objects.filter(key__startswith="limit.", valid_from__lte=timezone.localdate())
        .order_by("key", "valid_from")
        .values_list("key", "setting")
    )
    found = {}
    for key, setting in rows:
        life, status = key.removeprefix("limit.").rsplit(".", 1)
        found[life, status] = int(setting)
    return found


@dataclass(frozen=True)
class Clock:
    """Whole days in the present status, and the limit where one is set."""

    days: int
    limit_days: int | None

    @property
    def overdue(self) -> bool:
        return self.limit_days is not None and self.days > self.limit_days

    @property
    def in_words(self) -> str:
        if self.limit_days is None:
            return "无时限"
        left = self.limit_days - self.days
        if left < 0:
            return f"超期 {-left} 天"
        return f"剩 {left} 天" if left else "今日到期"


def clock(subject: Subject, limit_days: dict[tuple[str, str], int]) -> Clock:
    days = (timezone.now() - subject.status_since).days
    return Clock(days, limit_days.get((subject.life(), subject.status)))
