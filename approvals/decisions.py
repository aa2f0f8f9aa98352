"""Writing a decision down, and the change of status that follows from it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db import DatabaseError
from django.db.models import QuerySet
from django.utils import timezone

from organizations.models import Post, Role, User
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
    """What a rule of the database refused because another request came in between, or because
    the step rests on something that is not there."""
    cause: Any = error.__cause__
    state = getattr(cause, "sqlstate", None) or ""
    if not state.startswith("YC"):
        return None
    kinds = {"YC002": WrongRole, "YC003": IncompatibleDuty, "YC004": WrongState}
    refused = kinds.get(state, Refused)(
        cause.diag.message_primary, who_can_clear="办理人（刷新后再办）"
    )
    refused.code = state
    return refused


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


COPIES_AT_MOST = 10


def readers_of(subject: Subject) -> QuerySet[Post]:
    """The posts of today by which somebody has the subject in his territory."""
    posts = Post.objects.in_force().over(subject.division)
    return posts.exclude(role=Role.SYSTEM_ADMIN)


def send_copies(
    subject: Subject, decision: Decision, roles: Iterable[str], people: Sequence[int] = ()
) -> None:
    """抄送: to those whom the step names by their role, and to chosen colleagues."""
    wanted, chosen = list(roles), set(people)
    if not wanted and not chosen:
        return
    if len(chosen) > COPIES_AT_MOST:
        raise Refused(f"抄送 {len(chosen)} 人，最多 {COPIES_AT_MOST} 人", who_can_clear="办理人")
    posts = readers_of(subject).values_list("user_id", flat=True)
    if chosen - set(posts.filter(user__in=chosen)):
        raise Refused("抄送的人员不在本事项的管辖范围内", who_can_clear="办理人")
    users = chosen | set(posts.filter(role__in=wanted))
    CarbonCopy.objects.bulk_create(
        [CarbonCopy(decision=decision, user_id=user) for user in sorted(users - {decision.by_id})]
    )
