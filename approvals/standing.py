"""What stands where in a territory, whoever looks: how many, since when, and how many overdue."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Min

from organizations.models import Division
from organizations.policies import role_names

from .holders import deadlines
from .waiting import is_late, named, united
from .workflow import WORKFLOWS


@dataclass(frozen=True)
class Standing:
    """The things of one life at one status, which wait for one kind of people."""

    life: str
    status: str
    roles: str
    count: int
    overdue: int
    oldest: dt.datetime


def standing_in(division: Division) -> list[Standing]:
    """The most overdue first, then the oldest. In one query beside the limits."""
    due, parts = deadlines(), []
    for workflow in WORKFLOWS.values():
        model: Any = workflow.model
        statuses = dict(model._meta.get_field("status").choices)
        waiting = [status for status in statuses if workflow.next_roles(status)]
        rows = model._default_manager.filter(
            division__path__startswith=division.path, status__in=waiting
        )
        grouped = named(rows, workflow).order_by().values("life", "status")
        parts.append(
            grouped.annotate(
                count=Count("pk"),
                oldest=Min("status_since"),
                overdue=Count("pk", filter=is_late(workflow, due)),
            )
        )
    found = [standing(row) for row in united(parts)]
    return sorted(found, key=lambda row: (-row.overdue, row.oldest))


def standing(row: dict[str, Any]) -> Standing:
    workflow, status = WORKFLOWS[row["life"]], row["status"]
    return Standing(
        life=workflow.name,
        status=workflow.label_of(status),
        roles=role_names(sorted(workflow.next_roles(status))),
        count=row["count"],
        overdue=row["overdue"],
        oldest=row["oldest"],
    )
