"""Adjustments of a project, walked by the people whose steps they are."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import connection

from approvals.models import AgendaItem, Meeting
from approvals.workflow import workflow_of
from config.demo.photos import store_sheet
from funds.models import Allotment
from projects.adjustments import start_adjustment
from projects.models import Adjustment, Project
from publicity.adjustment_notices import ANNOUNCED_FIRST
from tests import factories as make
from tests.cast import Cast

S = Adjustment.Status
WAY = (
    ("submit", "township_clerk"),
    ("endorse", "township_reviewer"),
    ("appraise", "project_clerk"),
    ("approve", "project_reviewer"),
)


def prove() -> None:
    """Ask now what the database asks when a transaction ends."""
    if connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def draft(
    cast: Cast, project: Project, kinds: Sequence[str] = ("content",), *, major: bool = False,
    **proposed: Any,
) -> Adjustment:  # fmt: skip
    """Another content unless something else is named. What was decided before is proved as if it
    had been committed: an adjustment comes in a later transaction than the approval."""
    prove()
    return start_adjustment(
        project=Project.objects.get(pk=project.pk),
        by=cast["township_clerk"],
        facts={"kinds": list(kinds), "reason": "实施中情况变化", "is_marked_major": major},
        proposed=proposed
        or ({} if "termination" in kinds else {"content": "新建库房一座，500平方米"}),
    )


def draft_of_money(cast: Cast, project: Project, change: str | int) -> Adjustment:
    """By so many yuan, the investment with it."""
    project.refresh_from_db()
    approved = sum((s.amount for s in project.sources.all()), Decimal(0))
    return draft(
        cast, project, ["money"],
        approved_amount=approved + make.yuan(change),
        total_investment=project.total_investment + max(make.yuan(change), Decimal(0)),
    )  # fmt: skip


def opinion(cast: Cast, adjustment: Adjustment) -> dict[str, Any]:
    by, tag = cast["township_clerk"], str(uuid.uuid4())
    return {
        "held_on": make.today(),
        "opinion": "村民代表会议同意调整",
        "minutes_files": [store_sheet(f"纪要 {tag}", division=adjustment.division, by=by)],
    }


def put_forward(cast: Cast, adjustment: Adjustment) -> Adjustment:
    make.do(adjustment, "put_forward", cast, "township_clerk", opinion(cast, adjustment))
    return adjustment


def walk(cast: Cast, adjustment: Adjustment, until: str = S.DETERMINATION) -> Adjustment:
    if adjustment.status == S.DRAFT and until != S.DRAFT:
        put_forward(cast, adjustment)
    if adjustment.status == S.VILLAGE_NOTICE != until and needs_notice(adjustment):
        make.run_notice(cast, adjustment)
    for action, who in WAY:
        if adjustment.status != until and workflow_of(adjustment).find(action, adjustment.status):
            make.do(adjustment, action, cast, who)
    return adjustment


def needs_notice(adjustment: Adjustment) -> bool:
    return bool(set(adjustment.kinds).intersection(ANNOUNCED_FIRST))


def bring_up(
    cast: Cast, adjustment: Adjustment, sources: Sequence[tuple[Allotment, Decimal]] = ()
) -> tuple[Meeting, AgendaItem]:
    """Before a meeting that has voted for it."""
    held = make.meeting(cast)
    item = make.agenda_item(cast, held, adjustment, sources)
    make.open_meeting(cast, held)
    make.vote_on(item)
    return held, item


def close(cast: Cast, held: Meeting) -> None:
    """With minutes of its own number."""
    make.close(cast, held, number=make.minutes_number())


def approve(
    cast: Cast, adjustment: Adjustment, sources: Sequence[tuple[Allotment, Decimal]] = ()
) -> Adjustment:
    """From wherever it stands through the meeting."""
    held, _ = bring_up(cast, walk(cast, adjustment), sources)
    close(cast, held)
    adjustment.refresh_from_db()
    return adjustment


def recover(cast: Cast, adjustment: Adjustment) -> Adjustment:
    make.do(adjustment, "recover", cast, "finance_reviewer")
    return adjustment


def cancel(cast: Cast, adjustment: Adjustment) -> None:
    make.do(adjustment, "cancel", cast, "township_clerk")


def publish(cast: Cast, adjustment: Adjustment) -> Adjustment:
    facts = {"published_on": make.today(), "published_where": "县政府网站、村公示栏"}
    make.do(adjustment, "publish", cast, "project_clerk", facts)
    return adjustment
