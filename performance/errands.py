"""Approved targets wait for the department's clerk until he has made them public."""

from __future__ import annotations

from django.urls import reverse

from approvals.errands import Errand, ErrandKind, register_errands
from organizations.models import Parameter, User

from .publications import WITHIN, owed_by


def count_unpublished(user: User) -> int:
    return owed_by(user).count()


def unpublished(user: User) -> list[Errand]:
    rows = list(owed_by(user).select_related("project", "division__parent"))
    limit = Parameter.objects.number(WITHIN) if rows else 0
    return [
        Errand(
            title=str(row),
            url=row.get_absolute_url(),
            place=row.division,
            action="登记公开",
            act_url=reverse("declaration_publish", args=(row.pk,)),
            since=row.formed_at,  # type: ignore[attr-defined]
            note=f"绩效目标批复后 {limit} 个工作日内公开",
        )
        for row in rows
    ]


register_errands(ErrandKind(count_unpublished, unpublished))
