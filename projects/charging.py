"""Which of a project's sources a payment is charged to, by the rule that its meeting decided."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_FLOOR, Decimal

from approvals.models import Decision
from organizations.policies import Refusal, Refused

from .criteria import DOCUMENT
from .models import PaymentRequest, Project, ProjectCharge
from .models.charges import ChargeRule
from .queries import approved_by_allotment, unreleased_by_allotment

ZERO, FEN = Decimal(0), Decimal("0.01")
Amounts = Mapping[int, Decimal]  # by allotment, oldest first
CLAUSE = f"{DOCUMENT} 二(二)"


def rule_of(project: Project) -> ProjectCharge | None:
    """None is 先下达先用, which nobody had to decide."""
    return ProjectCharge.objects.filter(project=project).first()


def keep_rule(project: Project, decision: Decision, said: tuple[str, str] | None) -> None:
    """With the decision that gave the money. `said` is the rule and why."""
    if said:
        rule, reason = said
        ProjectCharge.objects.create(project=project, decision=decision, rule=rule, reason=reason)


def charge(project: Project, amount: Decimal) -> dict[int, Decimal]:
    """By allotment, in yuan. Raises Refused when there is not so much."""
    available = unreleased_by_allotment(project)
    decided = rule_of(project)
    if decided and decided.rule == ChargeRule.SHARES:
        return by_shares(amount, available, approved_by_allotment(project))
    return apportion(amount, available)


def apportion(amount: Decimal, available: Amounts) -> dict[int, Decimal]:
    """First in, first out over what each allotment still has. Raises Refused when short."""
    left = amount
    shares: dict[int, Decimal] = {}
    for allotment, there in available.items():
        share = min(left, there)
        if share > 0:
            shares[allotment] = share
            left -= share
    if left > 0:
        raise too_little(amount, amount - left)
    return shares


def by_shares(amount: Decimal, available: Amounts, approved: Amounts) -> dict[int, Decimal]:
    """Each source its part of what was approved, down to the fen; the fens that are left over,
    and what a source has no more of, go to the others, oldest first. So none is ever charged more
    than it has, and the last payment takes whatever the roundings left. Raises Refused when short.
    """
    if amount > sum(available.values(), ZERO):
        raise too_little(amount, sum(available.values(), ZERO))
    whole = sum((approved.get(tag, ZERO) for tag in available), ZERO) or Decimal(1)
    shares = {
        tag: min(there, (amount * approved.get(tag, ZERO) / whole).quantize(FEN, ROUND_FLOOR))
        for tag, there in available.items()
    }
    left = amount - sum(shares.values(), ZERO)
    few = len(shares) * FEN
    while left > 0:
        for tag, there in available.items():
            # A fen each while it is a matter of rounding; else what somebody else has no more of.
            more = min(left, there - shares[tag], FEN if left <= few else left)
            shares[tag] += more
            left -= more
    return {tag: share for tag, share in shares.items() if share}


def too_little(amount: Decimal, there: Decimal) -> Refused:
    return Refused(
        f"本次申请 {amount:,.2f} 元，项目可申请 {there:,.2f} 元，差 {amount - there:,.2f} 元",
        clause="新扶贫领字〔2018〕76号 二(二)：严格按照批复的项目拨付资金",
        who_can_clear="领导小组（追加分配）",
    )


def refuse_other_shares(request: PaymentRequest) -> Refusal | None:
    """Where shares were decided: no source bears less than its part while it still has money. The
    database holds the same when the request is sent in (`projects_shares_hold`)."""
    decided = rule_of(request.project)
    if decided is None or decided.rule != ChargeRule.SHARES:
        return None
    approved = approved_by_allotment(request.project)
    whole = sum(approved.values(), ZERO)
    available = unreleased_by_allotment(request.project)
    borne = dict(request.sources.values_list("allotment_id", "amount"))
    for tag, there in available.items():
        own, part = borne.get(tag, ZERO), request.amount * approved.get(tag, ZERO) / whole
        if own <= part - FEN and there > own:
            return Refusal(
                f"本项目审定的资金分摊规则为“{decided}”，本次申请的资金来源不是按批复比例分摊的",
                CLAUSE,
                "申请人（在“修改申请”中重新保存）",
            )
    return None
