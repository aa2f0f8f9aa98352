"""What a meeting may decide on: each life says how its subjects come before the members.

An app further up registers a kind for its life; `approvals` knows no project and no money.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from organizations.models import Division, Role
from organizations.policies import Refusal, Refused

from .models import AgendaItem, AgendaVersion, Duty, Subject
from .transitions import Effect, Transition
from .workflow import WORKFLOWS

Outcome = AgendaItem.Outcome
MEETING = "领导小组会议"


@dataclass(frozen=True)
class AgendaKind:
    """How one life stands on an agenda. `ready` are the subjects of a county that wait for a
    meeting; `content` is everything that the members decide on, as JSON-ready facts; `facts` is
    what the step needs when the item is closed with an outcome; `refuse` says why the item can
    not be agreed to as it stands; `places` are the divisions that the thing is for: who has, or
    had, a post below the county there stands aside; `prefetch` is what `places` reads; `release`
    lets go of what the kind keeps about an item that leaves an agenda in preparation;
    `takes_sources` when an item that asks for money can only be agreed to with its sources;
    `not_ready` tells of a whole agenda, by id, what can not be voted on yet."""

    life: str
    label: str
    ready: Callable[[Division], QuerySet[Any]]
    content: Callable[[Subject, AgendaItem], Any]
    facts: Callable[[Subject, AgendaItem], Mapping[str, Any]]
    asked: Callable[[Subject], Decimal | None] = lambda subject: subject.asked_amount
    proposed: Callable[[AgendaItem], Sequence[tuple[str, Decimal]]] = lambda item: ()
    refuse: Callable[[Subject, AgendaItem], str] = lambda subject, item: ""
    places: Callable[[Subject], Sequence[Division]] = lambda subject: (subject.division,)
    prefetch: tuple[str, ...] = ()
    release: Callable[[AgendaItem], None] = lambda item: None
    takes_sources: bool = False
    not_ready: Callable[[Sequence[Subject]], Mapping[int, Refusal]] = lambda subjects: {}


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
    return next(iter(subjects_of([item]).values()))


def subjects_of(items: Iterable[AgendaItem]) -> dict[int, Subject]:
    """By the item's id; as many queries as there are lives among them."""
    given = list(items)
    found: dict[int, Subject] = {}
    for life in {item.subject_type for item in given}:
        model, those = WORKFLOWS[life].model, [i for i in given if i.subject_type == life]
        rows = model._default_manager.select_related(*model.read_with)
        rows = rows.prefetch_related(*KINDS[life].prefetch)
        by_id = {row.pk: row for row in rows.filter(pk__in=[i.subject_id for i in those])}
        found |= {item.pk: by_id[item.subject_id] for item in those}
    return found


def text_of(subject: Subject, item: AgendaItem, number: int = 1) -> str:
    """What the members see, in one writing. Numbered, so that a vote on a former version does
    not come back to life when a change is taken back."""
    kind = kind_of(item)
    content = {
        "version": number,
        "title": item.title,
        "asked": kind.asked(subject),
        "amendment": item.amendment,
        "content": kind.content(subject, item),
    }
    return json.dumps(content, sort_keys=True, ensure_ascii=False, default=str)


def digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def keep_version(item: AgendaItem, subject: Subject) -> bool:
    """Write down what the members now decide on; False when that has not changed. Called with
    the meeting locked and open."""
    latest = item.versions.last()
    if latest and text_of(subject, item, latest.number) == latest.text:
        return False
    number = latest.number + 1 if latest else 1
    text = text_of(subject, item, number)
    item.digest = digest_of(text)
    AgendaVersion.objects.create(item=item, number=number, text=text, digest=item.digest)
    return True


def is_as_voted(item: AgendaItem, subject: Subject) -> bool:
    """Whether the thing still is what the item's latest version says."""
    latest = item.versions.last()
    return (
        latest is not None
        and latest.digest == item.digest
        and text_of(subject, item, latest.number) == latest.text
    )


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
    agreed_or: tuple[str, ...] = (),
) -> tuple[Transition, ...]:
    """The four steps of a life that a meeting takes: the votes, and the three ways it may end.
    An agreement may lead to one of `agreed_or`, which the kind's facts name as `return_to`."""
    members = (Role.GROUP_MEMBER,)
    return (
        Transition(
            "vote", "表决", (status,), status, members, Duty.DETERMINE, clause, only_in=MEETING
        ),
        Transition(
            "determine", "审定同意", (status,), agreed, members, Duty.DETERMINE, clause,
            amount=amount, effect=effect, copy_to=copy_to, return_to=agreed_or, only_in=MEETING,
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
        raise Refused(
            "此类事项不由领导小组会议审定", who_can_clear="办理人（由本事项的规定环节办理）"
        )
    return kind
