"""What a meeting may decide on: each life says how its subjects come before the members.

An app further up registers a kind for its life; `approvals` knows no project and no money.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from organizations.models import Division, Role
from organizations.policies import Refused

from .models import AgendaItem, Duty, Subject
from .transitions import Effect, Transition
from .workflow import WORKFLOWS

Outcome = AgendaItem.Outcome
MEETING = "领导小组会议"


@dataclass(frozen=True)
class AgendaKind:
    """How one life stands on an agenda. `ready` are the subjects of a county that wait for a
    meeting; `content` is everything that the members decide on, as JSON-ready facts; `facts` is
    what the step needs when the item is closed with an outcome; `refuse` says why the item can
    not be voted on or closed as it stands."""

    life: str
    label: str
    ready: Callable[[Division], QuerySet[Any]]
    content: Callable[[Subject, AgendaItem], Any]
    facts: Callable[[Subject, AgendaItem], Mapping[str, Any]]
    asked: Callable[[Subject], Decimal | None] = lambda subject: subject.asked_amount
    proposed: Callable[[AgendaItem], Sequence[tuple[str, Decimal]]] = lambda item: ()
    refuse: Callable[[Subject, AgendaItem], str] = lambda subject, item: ""


KINDS: dict[str, AgendaKind] = {}
ACTIONS: dict[str, str] = {
    Outcome.AGREED: "determine",
    Outcome.AMENDED: "determine",
    Outcome.DEFERRED: "defer",
    Outcome.REJECTED: "reject",
}


def bring_before_meetings(kind: AgendaKind) -> None:
    KINDS[kind.life] = kind


def kind_of(item: AgendaItem) -> AgendaKind:
    return KINDS[item.subject_type]


def subject_of(item: AgendaItem) -> Subject:
    model = WORKFLOWS[item.subject_type].model
    rows = model._default_manager.select_related(*model.read_with)
    subject: Subject = rows.get(pk=item.subject_id)
    return subject


def digest_of(subject: Subject, item: AgendaItem) -> str:
    """SHA-256 of what the members see, so that a vote holds for that and nothing else."""
    content = {"amendment": item.amendment, "content": kind_of(item).content(subject, item)}
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def meeting_steps(
    status: str,
    *,
    agreed: str,
    deferred: str,
    rejected: str,
    clause: str,
    effect: Effect,
    amount: Callable[[Any, Mapping[str, Any]], Decimal] | None = None,
    copy_to: tuple[Role, ...] = (),
) -> tuple[Transition, ...]:
    """The four steps of a life that a meeting takes: the votes, and the three ways it may end."""
    members = (Role.GROUP_MEMBER,)
    return (
        Transition(
            "vote", "表决", (status,), status, members, Duty.DETERMINE, clause, only_in=MEETING
        ),
        Transition(
            "determine", "审定同意", (status,), agreed, members, Duty.DETERMINE, clause,
            amount=amount, effect=effect, copy_to=copy_to, only_in=MEETING,
        ),
        Transition(
            "defer", "暂缓", (status,), deferred, members, Duty.DETERMINE, clause,
            needs_comment=True, is_return=True, style="secondary", copy_to=copy_to,
            only_in=MEETING,
        ),
        Transition(
            "reject", "不同意", (status,), rejected, members, Duty.DETERMINE, clause,
            needs_comment=True, is_return=True, style="danger", copy_to=copy_to, only_in=MEETING,
        ),
    )  # fmt: skip


def demand_kind(subject: Subject) -> AgendaKind:
    kind = KINDS.get(subject.life())
    if kind is None:
        raise Refused("此类事项不由领导小组会议审定")
    return kind
