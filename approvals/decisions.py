"""Writing a decision down, and the change of status that follows from it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db import DatabaseError
from django.utils import timezone

from organizations.models import Post, User
from organizations.policies import Refused, WrongRole

from .constraints import naming_the_constraint
from .keys import KeyedRequest
from .models import CarbonCopy, Decision, Subject
from .transitions import IncompatibleDuty, Transition, WrongState


def write_decision(
    subject: Subject,
    transition: Transition,
    *,
    target: str,
    by: User,
    post: Post,
    comment: str = "",
    opinions: list[dict[str, str]] | None = None,
    amount: Decimal | None = None,
    evidence: Sequence[str] = (),
    request: KeyedRequest | None = None,
) -> Decision:
    decision = Decision(
        subject_type=subject.life(),
        subject_id=subject.pk,
        subject_title=str(subject)[:160],
        division=subject.division,
        cases=subject.case_keys(),
        action=transition.action,
        action_label=transition.label,
        duty=transition.duty,
        from_status=subject.status,
        to_status=target,
        by=by,
        post=post,
        by_name=by.real_name,
        by_unit=post.organization.name,
        by_title=post.title,
        comment=comment.strip(),
        opinions=opinions or [],
        amount=amount,
        evidence=list(evidence),
        key=request.key if request else None,
        body_digest=request.body_digest if request else "",
    )
    try:
        decision.save(force_insert=True)
    except DatabaseError as error:
        refusal = refused_by_trigger(error)
        if refusal is None:
            raise
        raise refusal from error
    return decision


def refused_by_trigger(error: DatabaseError) -> Refused | None:
    """What the trigger on decisions refused because another request came in between."""
    cause: Any = error.__cause__
    kind = {"YC002": WrongRole, "YC003": IncompatibleDuty, "YC004": WrongState}.get(
        getattr(cause, "sqlstate", "")
    )
    return kind(cause.diag.message_primary) if kind else None


def move(
    subject: Subject, status: str, since: dt.datetime | None = None, also: Iterable[str] = ()
) -> None:
    """Set the status. Called with a decision just written, which a trigger checks.

    A step that leaves the subject where it is does not start its clock anew.
    """
    moving = ("status", "status_since") if status != subject.status else ()
    if moving:
        subject.status = status
        subject.status_since = since or timezone.now()
    fields = [*moving, *also]
    if fields:
        with naming_the_constraint(subject):
            subject.save(update_fields=fields)


def send_copies(subject: Subject, decision: Decision, roles: Iterable[str]) -> None:
    wanted = list(roles)
    if not wanted:
        return
    posts = Post.objects.in_force().over(subject.division).filter(role__in=wanted)
    users = set(posts.values_list("user_id", flat=True)) - {decision.by_id}
    CarbonCopy.objects.bulk_create(
        [CarbonCopy(decision=decision, user_id=user) for user in sorted(users)]
    )
