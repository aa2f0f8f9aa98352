"""The life of an accounting month: open → closed, and back only with a second person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from approvals.models import Decision, Duty
from approvals.workflow import Transition, Workflow, register
from organizations.models import Role

from . import ledger
from .models import Month

S = Month.Status


def close(month: Month, decision: Decision, data: Mapping[str, Any]) -> tuple[str, ...]:
    ledger.close_month(month.division, month.first_day, decision=decision)
    return ()


def reopen(month: Month, decision: Decision, data: Mapping[str, Any]) -> tuple[str, ...]:
    ledger.reopen_month(month.division, month.first_day, decision=decision)
    return ()


MONTH = register(
    Workflow(
        Month,
        name="会计月份",
        start=S.OPEN,
        transitions=(
            Transition(
                "close", "结账", (S.OPEN,), S.CLOSED,
                (Role.FINANCE_REVIEWER,), Duty.CLOSE, effect=close,
            ),
            Transition(
                "request_reopening", "申请反结账", (S.CLOSED,), S.REOPENING,
                (Role.FINANCE_CLERK, Role.FINANCE_REVIEWER), Duty.REQUEST_REOPENING,
                needs_comment=True, is_return=True, style="secondary",
            ),
            Transition(
                "reopen", "同意反结账", (S.REOPENING,), S.OPEN,
                (Role.FINANCE_HEAD,), Duty.REOPEN, needs_comment=True, effect=reopen,
                style="danger",
            ),
            Transition(
                "refuse_reopening", "不同意反结账", (S.REOPENING,), S.CLOSED,
                (Role.FINANCE_HEAD,), Duty.REOPEN, needs_comment=True, is_return=True,
                style="secondary",
            ),
        ),
    )
)  # fmt: skip
