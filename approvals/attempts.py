"""被拒办理: every step that somebody wanted to take and was refused is kept, with the reason."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from organizations.models import Post, Role, User
from organizations.policies import Refused, WrongRole

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


@contextmanager
def keeping_refusals(subject: Subject, action: str, label: str, by: User) -> Iterator[None]:
    """Around a step, outside its transaction: what it wrote is rolled back, the attempt is not.
    The innermost of several keeps it."""
    try:
        yield
    except Refused as refused:
        if not getattr(refused, "is_kept", False):
            refused.is_kept = True  # type: ignore[attr-defined]
            keep_attempt(subject, action, label, by, refused)
        raise


def keep_attempt(subject: Subject, action: str, label: str, by: User, refused: Refused) -> None:
    """The same on the same day counts up: a trigger does that. What goes wrong here does not
    hide the refusal."""
    if connection.needs_rollback:
        logger.warning("attempt at %s of %s is lost with its transaction", action, subject)
        return
    post = post_over(subject, by)
    attempt = RefusedAttempt(
        subject_type=subject.life(),
        subject_id=subject.pk,
        subject_title=str(subject)[:160],
        division=subject.division,
        status=subject.status,
        action=action[:40],
        action_label=label[:60],
        kind=next(kind for error, kind in KINDS if isinstance(refused, error)),
        by=by,
        post=post,
        reason=refused.refusal.reason[:500],
        clause=refused.refusal.clause[:200],
        day=timezone.localdate(),
    )
    try:
        with transaction.atomic():
            RefusedAttempt.objects.bulk_create(
                [attempt], update_conflicts=True, unique_fields=SAME, update_fields=["last_at"]
            )
    except DatabaseError:
        logger.exception("attempt at %s of %s could not be kept", action, subject)


def post_over(subject: Subject, by: User) -> Post | None:
    """A post of today that reaches the subject, else any."""
    posts = by.posts_today
    over = [post for post in posts if post.division.contains(subject.division)]
    return next(iter([*over, *posts]), None)
