"""When a project may be adjusted, what counts as a major change, what it can give back."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from django.db import connection

from organizations.models import Parameter
from organizations.policies import Refusal

from .models import Adjustment, Project
from .queries import unreleased_by_allotment

S = Project.Status
K = Adjustment.Kind
ZERO = Decimal(0)
OVER_INVESTMENT = "plan.over_invest_reapprove"
# Until when each thing can still change. [D] Money after acceptance only because the audited
# amount may lie above the approved one, and the period because an acceptance may be sent back.
BEFORE_COMPLETION = (S.RESULT_FEEDBACK, S.IMPLEMENTATION)
INSPECTED = (S.PRELIMINARY_ACCEPTANCE, S.RECTIFICATION, S.ACCEPTANCE)
ADJUSTABLE: dict[str, tuple[str, ...]] = {
    K.CONTENT: BEFORE_COMPLETION,
    K.PLACE: BEFORE_COMPLETION,
    K.SCALE: BEFORE_COMPLETION,
    K.MONEY: (*BEFORE_COMPLETION, *INSPECTED, S.SETTLEMENT),
    K.PERIOD: (*BEFORE_COMPLETION, *INSPECTED),
    K.UNIT: BEFORE_COMPLETION,
    K.TERMINATION: BEFORE_COMPLETION,
}


def not_adjustable(
    project: Project, kinds: Sequence[str] = (), money_change: Decimal = ZERO
) -> Refusal | None:
    """Why the project as it stands can not be adjusted, in these ways or at all."""
    status = S(project.status)
    if status not in ADJUSTABLE[K.MONEY]:
        return Refusal(
            f"项目现为“{status.label}”，只有经领导小组审定、尚未核定决算的项目可以调整",
            who_can_clear="领导小组（审定后再调整）",
        )
    closed = [str(K(kind).label) for kind in kinds if status not in ADJUSTABLE[kind]]
    if closed:
        return Refusal(
            f"项目现为“{status.label}”，不能再调整{'、'.join(closed)}",
            who_can_clear="项目主管部门（另立项目）",
        )
    if status == S.SETTLEMENT and money_change < 0:
        return Refusal(
            "项目已在结算审定，多余的资金随决算核定收回，不另作调减",
            who_can_clear="财政审核（核定决算）",
        )
    return None


def open_adjustment(project: Project) -> Refusal | None:
    """Why no other adjustment can be started; the database holds the same."""
    other = project.adjustments.open().first()
    if other is None:
        return None
    return Refusal(
        f"项目调整 {other.number} 现为“{other.get_status_display()}”，一个项目同时只办理一项调整",
        who_can_clear="该项调整的办理人",
    )


def stands_adjustable(adjustment: Adjustment) -> Refusal | None:
    project = lock_project(adjustment.project_id)
    return not_adjustable(project, adjustment.kinds, adjustment.money_change)


def lock_project(pk: int) -> Project:
    """What was looked at stays so until the step is over; outside a step it is only read."""
    rows = Project.objects.select_related("county", "division")
    if connection.in_atomic_block:
        rows = rows.select_for_update(of=("self",), no_key=True)
    return rows.get(pk=pk)


def within_unreleased(adjustment: Adjustment) -> Refusal | None:
    return not_enough_left(adjustment.project, adjustment.money_change)


def not_enough_left(project: Project, money_change: Decimal) -> Refusal | None:
    """A reduction takes only what is neither released nor asked for."""
    if money_change >= 0:
        return None
    left = sum(unreleased_by_allotment(project).values(), ZERO)
    if -money_change <= left:
        return None
    return Refusal(
        f"拟调减 {-money_change:,.2f} 元，项目已分配未核拨的资金减在途申请后为 {left:,.2f} 元",
        who_can_clear="乡镇经办（改小调减金额），或在途申请的办理人（退回）",
    )


def nothing_awaited(project: Project) -> Refusal | None:
    """A project does not go on while it is asked to change."""
    waiting = project.adjustments.awaited().first()
    if waiting is None:
        return None
    return Refusal(
        f"项目调整 {waiting.number} 现为“{waiting.get_status_display()}”，尚未办结",
        who_can_clear="该项调整的办理人",
    )


def reasons_for_major(adjustment: Adjustment) -> str:
    """Why this is a 重大变更, empty when it is none. Neither rule binds here: one is a sample from
    elsewhere [L·S33], the others are ours [D], so each says what it is."""
    reasons = []
    rule = Parameter.objects.row(OVER_INVESTMENT)
    if exceeds(adjustment.money_change, adjustment.approved_before, Fraction(rule.setting)):
        reasons.append(
            f"资金增减超过批准金额的 {percent(Fraction(rule.setting))}%"
            f"（{rule.get_source_display()}）"
        )
    if adjustment.is_termination:
        reasons.append("项目终止（可配置的默认值）")
    if adjustment.is_marked_major:
        reasons.append("申请人标明内容、地点属重大变更（可配置的默认值）")
    return "；".join(reasons)


def exceeds(change: Decimal, approved: Decimal, share: Fraction) -> bool:
    """Exactly the share is not more than it."""
    return Fraction(abs(change)) > Fraction(approved) * share


def percent(share: Fraction) -> str:
    return f"{(Decimal(share.numerator) * 100 / share.denominator).normalize():f}"
