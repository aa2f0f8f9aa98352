"""A subject of each life, and a way to put it at any status without walking there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.utils import timezone

from approvals.models import Decision, Seat, Subject
from approvals.workflow import Transition, Workflow
from funds.models import Month
from organizations.models import Organization, User
from projects.models import Adjustment
from tests import adjusting
from tests import factories as make
from tests.assets import using
from tests.cast import Cast
from tests.performance import performing
from tests.reports import delivering, reporting
from tests.supervision import registering

# A payment is the only one that needs a whole life behind it.
SUBJECTS: dict[str, Callable[[Cast], Subject]] = {
    "projects.project": make.draft_project,
    "projects.paymentrequest": lambda cast: make.draft_payment(cast, make.approved_project(cast)),
    "projects.annualplan": make.draft_plan,
    "projects.filing": make.due_filing,
    "projects.adjustment": lambda cast: adjusting.draft(cast, make.approved_project(cast)),
    "projects.negativewaiver": make.draft_waiver,
    "approvals.meeting": make.meeting,
    "publicity.objection": make.objection,
    "performance.declaration": performing.declaration,
    "performance.monitoring": performing.monitoring,
    "performance.paymenthold": performing.hold,
    "performance.evaluation": performing.evaluation,
    "assets.handover": using.handover,
    "assets.distribution": using.distribution,
    "assets.disposal": using.disposal,
    "assets.stocktake": using.stocktake,
    "supervision.alert": registering.alert,
    "supervision.finding": lambda cast: registering.finding(cast, make.draft_project(cast)),
    "reports.monthlyreturn": lambda cast: reporting.draft_return(cast),
    "reports.returnunlock": lambda cast: reporting.asked_unlock(cast),
    "reports.receivedreturn": lambda cast: delivering.arrived(cast),
    "reports.receivedunlock": lambda cast: delivering.unlock_asked_for(cast),
    "reports.rollup": lambda cast: reporting.draft_roll_up(cast),
    "funds.month": lambda cast: Month.objects.create(
        division=cast.county, first_day=dt.date(2025, 3, 1)
    ),
}


# What the table demands of a row at some statuses, by (life, status).
FROM_THE_VILLAGE = {
    "minutes_files": ["0" * 64], "opinion": "同意调整", "opinion_held_on": dt.date(2025, 6, 1),
}  # fmt: skip
PUBLISHED = {"published_on": dt.date(2025, 9, 1), "published_where": "县政府网站"}
NEEDED: dict[tuple[str, str], dict[str, object]] = {
    **{("projects.adjustment", status): FROM_THE_VILLAGE for status in Adjustment.Status.values},
    ("projects.adjustment", "closed"): {**FROM_THE_VILLAGE, **PUBLISHED},
    ("projects.annualplan", "approved"): {"meeting_id": 1},
    ("projects.negativewaiver", "published"): {
        "notice_number": "652826-2025-公示-0001",
        "published_on": dt.date(2025, 6, 1),
        "meeting_id": 1,
    },
    **{
        ("assets.disposal", status): using.DECIDED
        for status in ("notice", "township_review", "department_review", "finance_review")
    },
    ("assets.disposal", "execution"): using.DECIDED,
    ("assets.disposal", "proceeds"): {**using.DECIDED, **using.SCRAPPED},
    ("assets.disposal", "closed"): {**using.DECIDED, **using.SCRAPPED},
    ("assets.distribution", "notice"): using.VOTED,
    ("assets.distribution", "closed"): using.VOTED,
    ("performance.paymenthold", "lifting"): performing.MENDED,
    ("supervision.alert", "finding"): {"finding_id": 1},
    ("supervision.finding", "assigned"): registering.ASSIGNED,
    ("supervision.finding", "rectifying"): registering.PLANNED,
    ("supervision.finding", "review"): registering.DONE,
    ("supervision.finding", "closed"): registering.DONE,
    ("performance.evaluation", "result_use"): performing.REVIEWED,
    ("performance.evaluation", "closed"): performing.REVIEWED,
    ("approvals.meeting", "closed"): {
        "minutes_document": "焉扶领纪〔2025〕3号",
        "chair": "杨岳",
        "members_due": 1,
        "members_present": 1,
    },
}


def place(subject: Subject, status: str, cast: Cast, since: dt.datetime | None = None) -> None:
    """Put it at `status` without a step, as if it had always stood there."""
    subject.status = status
    subject.status_since = since or timezone.now()
    needed = NEEDED.get((subject.life(), status), {})
    for name, value in needed.items():
        setattr(subject, name, value)
    with unruled():
        subject.save(update_fields=["status", "status_since", *needed])


def seat_everyone(subject: Subject, step: Transition) -> None:
    """Where the subject stands, a seat for every unit that has one of the step's posts."""
    units = Organization.objects.filter(
        posts__role__in=step.roles, division__path__in=subject.division.paths_above()
    )
    with unruled():
        for unit in units.distinct():
            Seat.objects.create(
                subject_type=subject.life(),
                subject_id=subject.pk,
                status=subject.status,
                organization=unit,
                role=step.roles[0],
                reason="会审",
                by=User.objects.order_by("pk")[0],
            )


@contextmanager
def undone() -> Iterator[None]:
    """Nothing of what happens inside is ever committed, nor asked whether it could be."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def unruled() -> Iterator[None]:
    """No trigger fires inside: for arranging what nobody could do. What waits for the end of
    the transaction is asked before."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("SELECT test_without_triggers(true)")
        yield
        cursor.execute("SELECT test_without_triggers(false)")


def decide(
    subject: Subject,
    by: User,
    duty: str,
    *,
    to: str = "",
    cases: list[str] | None = None,
    post_id: int | None = None,
    action: str = "arranged",
) -> Decision:
    """A decision as if it had been taken long ago."""
    with unruled():
        return Decision.objects.create(
            subject_type=subject.life(),
            subject_id=subject.pk,
            subject_title=str(subject)[:160],
            division=subject.division,
            cases=subject.case_keys() if cases is None else cases,
            action=action,
            action_label="安排",
            duty=duty,
            from_status=subject.status,
            to_status=to or subject.status,
            by=by,
            post_id=post_id or by.posts_today[0].pk,
            by_name=by.real_name,
            by_unit="单位",
            by_title="职务",
        )


def statuses(workflow: Workflow) -> list[str]:
    return [value for value, _ in workflow.model._meta.get_field("status").choices or ()]


def actions(workflow: Workflow) -> list[str]:
    return list(dict.fromkeys(step.action for step in workflow.transitions))


def good_answers(step: Transition, subject: Subject) -> list[dict[str, str]]:
    return make.good_answers(step, subject)
