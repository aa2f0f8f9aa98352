"""A key means one request for ever: sent twice, it is answered with the first decision."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from organizations.models import User
from organizations.policies import Refused

from .models import Decision, Subject


class KeyReused(Refused):
    """The key already stands for another request."""

    status_code = 422


@dataclass(frozen=True)
class KeyedRequest:
    """Who asks for what under which key. `body_digest` tells apart two bodies under one key."""

    action: str
    by: User
    key: str | None = None
    body_digest: str = ""


def earlier_decision(subject: Subject, request: KeyedRequest) -> Decision | None:
    """What this very request decided before. Raises KeyReused when the key is another's.

    Inside a transaction two requests with one key wait for each other here.
    """
    if not request.key:
        return None
    if connection.in_atomic_block:
        _wait_for(request.key)
    decision = Decision.objects.filter(key=request.key).first()
    if decision is None:
        return None
    same = (
        decision.subject_type == subject.life()
        and decision.subject_id == subject.pk
        and decision.action == request.action
        and decision.by_id == request.by.pk
        and decision.body_digest == request.body_digest
    )
    if not same:
        raise KeyReused("此幂等键已用于另一次办理，内容不同", who_can_clear="换一个新键再提交")
    return decision


def _wait_for(key: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"key:{key}"])
