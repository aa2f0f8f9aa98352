"""A subject of each life, and a way to put it at any status without walking there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from approvals.models import Decision, Duty, Subject
from approvals.workflow import Transition, Workflow, move
from funds.models import Month
from organizations.models import User
from tests import factories as make
from tests.cast import Cast

# A payment is the only one that needs a whole life behind it.
SUBJECTS: dict[str, Callable[[Cast], Subject]] = {
    "projects.project": make.draft_project,
    "projects.paymentrequest": lambda cast: make.draft_payment(cast, make.approved_project(cast)),
    "funds.month": lambda cast: Month.objects.create(
        division=cast.county, first_day=dt.date(2025, 3, 1)
    ),
}


def place(subject: Subject, status: str, cast: Cast, since: dt.datetime | None = None) -> None:
    """Put it at `status`, with the decision that the database demands, in no case at all."""
    if subject.status == status:
        return
    post = cast.post("region_clerk")
    decide(subject, cast.users["region_clerk"], Duty.CLOSE, to=status, cases=[], post_id=post.pk)
    move(subject, status)
    if since:
        type(subject)._default_manager.filter(pk=subject.pk).update(status_since=since)
        subject.status_since = since


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
    """A bare decision, as somebody who writes rows past the workflow would make it."""
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
        by_name="冒名",
        by_unit="冒名单位",
        by_title="冒名职务",
    )


def statuses(workflow: Workflow) -> list[str]:
    return [value for value, _ in workflow.model._meta.get_field("status").choices or ()]


def actions(workflow: Workflow) -> list[str]:
    return list(dict.fromkeys(step.action for step in workflow.transitions))


def good_answers(step: Transition) -> list[dict[str, str]]:
    return [{"code": c.code, "result": "pass"} for c in step.criteria]
