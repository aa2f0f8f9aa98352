"""接受交接 waits for the person who was named, until he says yes or somebody else is named."""

from __future__ import annotations

from django.urls import reverse

from approvals.errands import Errand, ErrandKind, register_errands
from organizations.models import User

from .models import Responsibility


def count_hand_overs(user: User) -> int:
    return Responsibility.objects.to_be_accepted_by(user).count()


def hand_overs(user: User) -> list[Errand]:
    rows = Responsibility.objects.to_be_accepted_by(user)
    return [
        hand_over(row) for row in rows.select_related("project__division__parent", "predecessor")
    ]


def hand_over(row: Responsibility) -> Errand:
    after = f"，接替{row.predecessor.name}" if row.predecessor else ""
    return Errand(
        title=str(row.project),
        url=row.project.get_absolute_url(),
        place=row.project.division,
        action="接受交接",
        act_url=reverse("responsibility_accept", args=(row.pk,)),
        since=row.recorded_at,
        note=f"{row.get_duty_display()}，自 {row.valid_from} 起{after}",
    )


register_errands(ErrandKind(count_hand_overs, hand_overs))
