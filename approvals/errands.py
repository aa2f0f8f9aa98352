"""What waits for a person beside the steps of the lives: a small act that is asked of him by
name, not of his post. It stands in his inbox and counts in its badge.

An app registers its kind in its own `errands.py`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from organizations.models import Division, User


@dataclass(frozen=True)
class Errand:
    """`act_url` takes an empty POST of the person himself, and it is done."""

    title: str
    url: str
    place: Division
    action: str
    act_url: str
    since: dt.datetime
    note: str = ""


@dataclass(frozen=True)
class ErrandKind:
    count: Callable[[User], int]
    errands: Callable[[User], list[Errand]]


KINDS: list[ErrandKind] = []


def register_errands(kind: ErrandKind) -> None:
    KINDS.append(kind)


def errand_count(user: User) -> int:
    return sum(kind.count(user) for kind in KINDS)


def errands_of(user: User) -> list[Errand]:
    """The oldest first."""
    found = [errand for kind in KINDS for errand in kind.errands(user)]
    return sorted(found, key=lambda errand: errand.since)
