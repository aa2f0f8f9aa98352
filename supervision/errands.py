"""An overdue problem waits for the head of the unit, and for the leading group, to be seen."""

from __future__ import annotations

from django.urls import reverse

from approvals.errands import Errand, ErrandKind, register_errands
from organizations.models import User

from .escalations import awaiting, sees
from .models import Escalation


def count_escalations(user: User) -> int:
    return awaiting(user).count() if sees(user) else 0


def escalations_for(user: User) -> list[Errand]:
    if not sees(user):
        return []
    rows = awaiting(user).select_related("finding__division__parent", "finding__responsible_unit")
    return [escalation(row) for row in rows]


def escalation(row: Escalation) -> Errand:
    finding = row.finding
    late = f"{finding.responsible_unit}整改逾期 {finding.days_late} 天"
    return Errand(
        title=str(finding),
        url=finding.get_absolute_url(),
        place=finding.division,
        action="阅示督办",
        act_url=reverse("escalation_see", args=(row.pk,)),
        since=row.raised_at,
        note=f"{late}，升级至{row.get_level_display()}",
    )


register_errands(ErrandKind(count_escalations, escalations_for))
