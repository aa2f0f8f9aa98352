"""What happens with a step of an adjustment: old values settled, the project changed, money given
or taken back. Each runs inside `Workflow.perform`, with the decision already written."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from approvals.models import Decision
from approvals.workflow import workflow_of
from funds.models import Voucher

from .adjusting import ZERO, lock_project, reasons_for_major
from .changes import approved_total, carry_out, settled
from .effects import Changed, Data, by_id, post, total
from .filings import open_filing
from .models import Adjustment, Filing, Project, ProjectSource
from .queries import unreleased_by_allotment
from .responsible import follow_adjustment, rate

Shares = list[tuple[int, Decimal]]  # of allotments, by id


def put_forward(adjustment: Adjustment, decision: Decision, data: Data) -> Changed:
    """What the village says of it, and the values that everybody after it is shown."""
    project = lock_project(adjustment.project_id)
    adjustment.opinion_held_on = data["held_on"]
    adjustment.opinion = data["opinion"]
    adjustment.minutes_files = data["minutes_files"]
    adjustment.changes = settled(project, adjustment.changes)
    adjustment.approved_before = approved_total(project)
    adjustment.major_reason = reasons_for_major(adjustment)
    return (
        "opinion_held_on", "opinion", "minutes_files", "changes", "approved_before",
        "major_reason",
    )  # fmt: skip


def added_amount(adjustment: Adjustment, data: Data) -> Decimal:
    return total(data["sources"])


def approve(adjustment: Adjustment, decision: Decision, data: Data) -> Changed:
    """The decision, the new text and the money in one transaction, and the duty to report it
    again. What goes back to the pool is settled here, source by source; finance posts it in the
    next step."""
    project = lock_project(adjustment.project_id)
    reason = f"项目调整 {adjustment.number}"
    carry_out(project, adjustment.changes, by=decision.by, reason=reason)
    follow_adjustment(adjustment, project, decision)
    if adjustment.takes_money_back:
        take_away(adjustment, project)
    elif adjustment.money_change > 0:
        add_money(adjustment, project, decision, data)
    if adjustment.is_termination:
        workflow_of(project).perform(project, "terminate", by=decision.by, comment=reason)
    open_filing(adjustment, Filing.Kind.ADJUSTMENT, project.county, decision.by, decision)
    return ()


def add_money(adjustment: Adjustment, project: Project, decision: Decision, data: Data) -> None:
    ProjectSource.objects.bulk_create(
        ProjectSource(project=project, allotment=allotment, adjustment=adjustment, amount=amount)
        for allotment, amount in data["sources"]
    )
    rate(project, decision)
    meeting = data["meeting"]
    post(
        Voucher.Kind.ALLOCATE,
        project,
        by_id(data["sources"]),
        decision=decision,
        memo=f"{meeting.name}审定追加 {project.name}（{adjustment.number}）",
        document=meeting.minutes_document,
    )


def take_away(adjustment: Adjustment, project: Project) -> None:
    wanted = None if adjustment.is_termination else -adjustment.money_change
    ProjectSource.objects.bulk_create(
        ProjectSource(
            project=project, allotment_id=allotment, adjustment=adjustment, amount=-amount
        )
        for allotment, amount in returnable(project, wanted)
    )


def returnable(project: Project, wanted: Decimal | None) -> Shares:
    """Out of what is neither released nor asked for, the newest allotment first; all of it where
    no sum is named."""
    free = unreleased_by_allotment(project)
    left = sum(free.values(), ZERO) if wanted is None else wanted
    shares = []
    for allotment, there in reversed(free.items()):
        share = min(left, there)
        if share > 0:
            shares.append((allotment, share))
            left -= share
    return shares


def to_recover(adjustment: Adjustment) -> Shares:
    rows = adjustment.sources.filter(amount__lt=0).order_by("id")
    return [
        (allotment, -amount) for allotment, amount in rows.values_list("allotment_id", "amount")
    ]


def recovered_amount(adjustment: Adjustment, data: Mapping[str, Any]) -> Decimal:
    return sum((amount for _, amount in to_recover(adjustment)), ZERO)


def recover(adjustment: Adjustment, decision: Decision, data: Data) -> Changed:
    """调减、终止的资金 goes back to the pool, each yuan under its own allotment."""
    sources = to_recover(adjustment)
    if sources:
        project = adjustment.project
        post(
            Voucher.Kind.RECOVER,
            project,
            sources,
            decision=decision,
            memo=f"项目调整收回 {project.name}（{adjustment.number}）",
            document=adjustment.number,
        )
    return ()


def record_publication(adjustment: Adjustment, decision: Decision, data: Data) -> Changed:
    adjustment.published_on = data["published_on"]
    adjustment.published_where = data["published_where"]
    return ("published_on", "published_where")
