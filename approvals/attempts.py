"""被拒办理: every step that somebody wanted to take and was refused is kept, with the reason.

A refusal rolls back the transaction that it happens in, and that of everything the step was a
part of. So the attempt is written when they have ended: `keeping_attempts` stands around a
request or a job as a whole.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial

from django.db import DatabaseError, Error, connection, transaction
from django.utils import timezone

from organizations.models import Post, Role, User
from organizations.policies import Refused, WrongRole

from .decisions import refused_by_trigger
from .models import RefusedAttempt, Subject
from .transitions import ConditionUnmet, IncompatibleDuty, WrongState

logger = logging.getLogger(__name__)
Kind = RefusedAttempt.Kind
KINDS: tuple[tuple[type[Refused], Kind], ...] = (
    (WrongState, Kind.STATE),
    (IncompatibleDuty, Kind.SEPARATION),
    (ConditionUnmet, Kind.CONDITION),
    (WrongRole, Kind.POST),
    (Refused, Kind.OTHER),
)
READERS = (Role.AUDITOR, Role.DISCIPLINE_INSPECTOR)
SAME = ("by", "subject_type", "subject_id", "action", "reason", "day")


@dataclass(frozen=True)
class Attempt:
    """A step on its way. `status` is where the subject stood before it."""

    subject: Subject
    status: str
    action: str
    label: str
    by: User


@dataclass
class Keeper:
    """What one request or one job tried: what was refused, and what was taken in a transaction
    that has not been committed."""

    refused: list[tuple[Attempt, Refused]] = field(default_factory=list)
    uncommitted: list[Attempt] = field(default_factory=list)


KEEPER: ContextVar[Keeper | None] = ContextVar("keeper", default=None)


@contextmanager
def keeping_attempts() -> Iterator[None]:
    """Around all that a request or a job does, outside its transactions."""
    keeper = Keeper()
    token = KEEPER.set(keeper)
    try:
        yield
    finally:
        KEEPER.reset(token)
        for attempt, refused in keeper.refused:
            write_attempt(attempt, refused)


@contextmanager
def keeping_refusals(subject: Subject, action: str, label: str, by: User) -> Iterator[None]:
    """Around a step, outside its transaction; of several around the same the innermost keeps it.
    What the database refuses when the step is committed is a refusal like any other."""
    attempt = Attempt(subject, subject.status, action, label, by)
    try:
        yield
    except DatabaseError as error:
        refusal = refused_by_trigger(error)
        if refusal is None:
            raise
        keep(attempt, refusal)
        raise refusal from error
    except Refused as refused:
        keep(attempt, refused)
        raise


def keep(attempt: Attempt, refused: Refused) -> None:
    if refused.is_kept:
        return
    refused.is_kept = True
    keeper = KEEPER.get()
    if keeper:
        keeper.refused.append((attempt, refused))
    else:
        write_attempt(attempt, refused)


def await_commit(subject: Subject, status: str, action: str, label: str, by: User) -> None:
    """The step is taken, and the transaction that it is a part of may still be refused."""
    keeper = KEEPER.get()
    if keeper and connection.in_atomic_block:
        attempt = Attempt(subject, status, action, label, by)
        keeper.uncommitted.append(attempt)
        transaction.on_commit(partial(keeper.uncommitted.remove, attempt))


def keep_uncommitted(refused: Refused) -> None:
    """For whoever turns what the database refused at COMMIT into an answer: no step was refused
    then, but each that was in the transaction."""
    keeper = KEEPER.get()
    if keeper:
        keeper.refused += [(attempt, refused) for attempt in keeper.uncommitted]
        keeper.uncommitted.clear()


def write_attempt(attempt: Attempt, refused: Refused) -> None:
    """The same on the same day counts up: a trigger does that. What goes wrong here does not
    hide the refusal."""
    subject = attempt.subject
    if connection.needs_rollback:
        logger.warning("attempt at %s of %s is lost with its transaction", attempt.action, subject)
        return
    try:
        with transaction.atomic():
            row = RefusedAttempt(
                subject_type=subject.life(),
                subject_id=subject.pk,
                subject_title=str(subject)[:160],
                division=subject.division,
                status=attempt.status,
                action=attempt.action[:40],
                action_label=attempt.label[:60],
                kind=next(kind for error, kind in KINDS if isinstance(refused, error)),
                by=attempt.by,
                post=post_over(subject, attempt.by),
                reason=refused.refusal.reason[:500],
                clause=refused.refusal.clause[:200],
                day=timezone.localdate(),
            )
            RefusedAttempt.objects.bulk_create(
                [row], update_conflicts=True, unique_fields=SAME, update_fields=["last_at"]
            )
    except Error:
        logger.exception("attempt at %s of %s could not be kept", attempt.action, subject)


def post_over(subject: Subject, by: User) -> Post | None:
    """A post of today that reaches the subject, else any."""
    posts = by.posts_today
    over = [post for post in posts if post.division.contains(subject.division)]
    return next(iter([*over, *posts]), None)
