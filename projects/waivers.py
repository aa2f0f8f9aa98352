"""豁免: asked for by the department, let pass by the leading group, told to everybody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from approvals.agenda import AgendaKind
from approvals.constraints import naming_the_constraint
from approvals.models import AgendaItem, Decision, Subject
from organizations.models import Division, Role, User
from organizations.policies import Refused, demand

from .models import NegativeRule, NegativeWaiver, Project

PROPOSERS = (Role.PROJECT_CLERK,)


def ready_waivers(county: Division) -> QuerySet[NegativeWaiver]:
    waiting = NegativeWaiver.objects.filter(status=NegativeWaiver.Status.DETERMINATION)
    return waiting.filter(project__county=county).select_related("division__parent", "project")


def content_of_waiver(subject: Subject, item: AgendaItem) -> dict[str, Any]:
    assert isinstance(subject, NegativeWaiver)
    return {
        "project": subject.project.name,
        "rule": subject.rule.text,
        "reason": subject.reason,
        "from": str(subject.valid_from),
        "until": str(subject.valid_until),
    }


WAIVERS = AgendaKind(
    life=NegativeWaiver.life(),
    label="负面清单豁免",
    ready=ready_waivers,
    content=content_of_waiver,
    facts=lambda subject, item: {},
)


def authorise(
    waiver: NegativeWaiver, decision: Decision, data: Mapping[str, Any]
) -> tuple[str, ...]:
    """The effect of the meeting's agreement; in force it is only once it was published."""
    waiver.meeting = data["meeting"]
    return ("meeting",)


def publish(waiver: NegativeWaiver, decision: Decision, data: Mapping[str, Any]) -> tuple[str, ...]:
    waiver.notice_number = data["notice_number"]
    waiver.published_on = data["published_on"]
    return ("notice_number", "published_on")


@transaction.atomic
def propose_waiver(
    *,
    project: Project,
    rule: NegativeRule,
    reason: str,
    valid_from: dt.date,
    valid_until: dt.date,
    by: User,
) -> NegativeWaiver:
    """In draft; it binds nobody until a meeting agreed and it was published."""
    demand(by, PROPOSERS, project.division)
    waiver = NegativeWaiver(
        project=project,
        division=project.division,
        rule=rule,
        reason=reason,
        valid_from=valid_from,
        valid_until=valid_until,
        proposed_by=by,
    )
    waiver.full_clean(validate_constraints=False)
    with naming_the_constraint(waiver):
        waiver.save()
    return waiver


@transaction.atomic
def amend_waiver(
    *,
    waiver: NegativeWaiver,
    rule: NegativeRule,
    reason: str,
    valid_from: dt.date,
    valid_until: dt.date,
    by: User,
) -> NegativeWaiver:
    """While it is a draft: before it goes to a meeting, or after one put it off."""
    demand(by, PROPOSERS, waiver.division)
    waiver = NegativeWaiver.objects.select_for_update(of=("self",)).get(pk=waiver.pk)
    if waiver.status != NegativeWaiver.Status.DRAFT:
        raise Refused(
            f"豁免现为“{waiver.get_status_display()}”，内容不能改动", who_can_clear="领导小组"
        )
    waiver.rule, waiver.reason = rule, reason
    waiver.valid_from, waiver.valid_until = valid_from, valid_until
    waiver.full_clean(validate_constraints=False)
    with naming_the_constraint(waiver):
        waiver.save()
    return waiver
