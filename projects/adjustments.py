"""Adjustments of approved projects: written down by the township, read by everybody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from approvals.models import AgendaItem, Decision, Meeting, Subject
from approvals.queries import InboxItem, items
from organizations.calendar import working_days_after
from organizations.models import Parameter, User
from organizations.policies import demand
from organizations.signature import sign

from .adjusting import lock_project, not_adjustable, open_adjustment, reasons_for_major
from .changes import approved_total, ending_row, rows_of
from .models import Adjustment, Project
from .policies import ADJUSTERS, already_put_forward, raise_if

PUBLISH_WORKDAYS = "plan.change_publish_workdays"


@transaction.atomic
def start_adjustment(
    *, project: Project, by: User, facts: Mapping[str, Any], proposed: Mapping[str, Any]
) -> Adjustment:
    """A draft. `facts` are kinds, reason and is_marked_major; `proposed` the new values by the
    names of `changes.CHANGEABLE`, as forms clean them. Raises Refused, ValidationError."""
    demand(by, ADJUSTERS, project.division)
    project = lock_project(project.pk)
    raise_if(open_adjustment(project))
    adjustment = Adjustment(
        project=project,
        division=project.division,
        number=f"{project.code}-T{project.adjustments.count() + 1:02d}",
        proposed_by=by,
    )
    write_down(adjustment, facts, proposed)
    sign(adjustment, by).save()
    return adjustment


@transaction.atomic
def amend_adjustment(
    *, adjustment: Adjustment, by: User, facts: Mapping[str, Any], proposed: Mapping[str, Any]
) -> Adjustment:
    """Write a draft anew, before it is put forward or after it came back."""
    demand(by, ADJUSTERS, adjustment.division)
    # First the adjustment, then its project: the order in which putting forward locks them.
    adjustment = Adjustment.objects.select_for_update(of=("self",)).get(pk=adjustment.pk)
    raise_if(already_put_forward(adjustment))
    adjustment.project = lock_project(adjustment.project_id)
    write_down(adjustment, facts, proposed)
    sign(adjustment, by, "修改填报").save()
    return adjustment


def write_down(
    adjustment: Adjustment, facts: Mapping[str, Any], proposed: Mapping[str, Any]
) -> None:
    """With the project's row locked."""
    project = adjustment.project
    for name, value in facts.items():
        setattr(adjustment, name, value)
    before = approved_total(project)
    adjustment.approved_before = before
    adjustment.money_change = proposed.get("approved_amount", before) - before
    raise_if(not_adjustable(project, adjustment.kinds, adjustment.money_change))
    ending = adjustment.is_termination
    adjustment.changes = [ending_row(project)] if ending else rows_of(project, proposed)
    adjustment.major_reason = reasons_for_major(adjustment)
    adjustment.full_clean()


@dataclass(frozen=True)
class Approval:
    """What the leading group decided: in which meeting, by which decision."""

    meeting: Meeting
    decision: Decision


def approval_of(adjustment: Subject) -> Approval | None:
    item = (
        AgendaItem.objects.filter(
            subject_type=adjustment.life(),
            subject_id=adjustment.pk,
            decision__action="determine",
        )
        .select_related("meeting", "decision")
        .first()
    )
    return Approval(item.meeting, item.decision) if item and item.decision else None


@dataclass(frozen=True)
class Publication:
    """Until when an approved adjustment has to be made public again, and whether it is late."""

    due_on: dt.date
    published_on: dt.date | None

    @property
    def is_late(self) -> bool:
        return (self.published_on or timezone.localdate()) > self.due_on


def publication_of(adjustment: Subject) -> Publication | None:
    """None while nothing is approved. The days are counted from the approval."""
    approval = approval_of(adjustment)
    if approval is None:
        return None
    approved_on = timezone.localdate(approval.decision.at)
    days = Parameter.objects.number(PUBLISH_WORKDAYS, approved_on)
    assert isinstance(adjustment, Adjustment)
    return Publication(working_days_after(approved_on, days), adjustment.published_on)


def adjustments_of(project: Project) -> list[tuple[InboxItem, Publication | None]]:
    """Newest first, with who holds each and until when it has to be made public again."""
    rows = project.adjustments.select_related("project", "division__parent").order_by("-id")
    return [(item, publication_of(item.subject)) for item in items(rows)]


def termination_of(project: Project) -> Adjustment | None:
    """The approved adjustment that ended the project."""
    ended = project.adjustments.filter(status__in=Adjustment.APPROVED)
    return ended.filter(kinds=[Adjustment.Kind.TERMINATION]).first()
