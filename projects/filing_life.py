"""备案: from the approval to the prefecture's receipt, and how each life is described in it."""

from __future__ import annotations

from approvals.models import Duty
from approvals.workflow import Transition, Workflow, register
from organizations.models import Role

from . import filings
from .filings import CLAUSE, DESCRIPTIONS, DUE_WORKDAYS, Described
from .forms.filings import ReceiveFilingForm, SendFilingForm
from .models import Adjustment, AnnualPlan, Filing
from .plans import plan_content, plan_lines, total_of

S = Filing.Status


def described_plan(plan: AnnualPlan) -> Described:
    lines = plan_lines(plan)
    return Described(plan_content(plan), projects=len(lines), amount=total_of(lines))


def described_adjustment(adjustment: Adjustment) -> Described:
    """Old and new values as they were decided, and by how much the money changed."""
    facts = [adjustment.number, adjustment.reason, adjustment.changes, adjustment.money_change]
    return Described(facts, projects=1, amount=abs(adjustment.money_change))


DESCRIPTIONS[AnnualPlan.life()] = described_plan
DESCRIPTIONS[Adjustment.life()] = described_adjustment

FILING = register(
    Workflow(
        Filing,
        name="备案",
        start=S.DUE,
        limit_keys={S.DUE: DUE_WORKDAYS},
        transitions=(
            Transition(
                "send", "报备", (S.DUE, S.RETURNED), S.SENT,
                (Role.GROUP_SECRETARY,), Duty.FILE, clause=CLAUSE,
                form=SendFilingForm, effect=filings.send_filing,
            ),
            Transition(
                "receive", "收讫", (S.SENT,), S.RECEIVED,
                (Role.PREFECTURE_CLERK,), Duty.RECEIVE, clause=CLAUSE,
                form=ReceiveFilingForm, effect=filings.receive_filing,
                copy_to=(Role.GROUP_SECRETARY, Role.PROJECT_CLERK),
            ),
            Transition(
                "return", "退回补正", (S.SENT,), S.RETURNED,
                (Role.PREFECTURE_CLERK,), Duty.RECEIVE, clause=CLAUSE,
                needs_comment=True, is_return=True, style="secondary",
                effect=filings.return_filing, copy_to=(Role.GROUP_SECRETARY,),
            ),
        ),
    )
)  # fmt: skip
