"""What happens with the steps of a return and of a roll-up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from approvals.models import Decision
from organizations.policies import Refusal, Refused

from .models import (
    MonthlyReturn,
    ReturnDispatch,
    ReturnReceipt,
    ReturnUnlock,
    ReturnVersion,
    RollUp,
)
from .rollups import add_up
from .services import has_ended, take_figures

Reported = MonthlyReturn | RollUp


def latest(subject: Reported) -> ReturnVersion:
    found: ReturnVersion = subject.versions.latest("number")
    return found


def refuse_without_figures(monthly: MonthlyReturn) -> Refusal | None:
    if not has_ended(monthly.first_day):
        return Refusal(f"{monthly.first_day:%Y年%m月}尚未结束，不能送审", "", "填报人（月末以后）")
    if not monthly.versions.exists():
        return Refusal("还没有取数", "", "填报人（取数）")
    return None


def seal(subject: Reported, decision: Decision, data: Mapping[str, Any]) -> tuple[str, ...]:
    """封存: from now on nothing of this version changes; the trigger writes when."""
    version = latest(subject)
    version.decision, version.sealed_at = decision, timezone.now()
    version.save(update_fields=["decision", "sealed_at"])
    return ()


def dispatch(subject: Reported, decision: Decision, data: Mapping[str, Any]) -> tuple[str, ...]:
    """报送, to the unit that this one reports to."""
    to = subject.division.reports_to
    if to is None:
        raise Refused(f"{subject.division}没有上报单位", who_can_clear="系统管理员（上报路径）")
    ReturnDispatch.objects.create(
        version=latest(subject), to=to, decision=decision, due_on=subject.due_on
    )
    return ()


def receive(subject: Reported, decision: Decision, data: Mapping[str, Any]) -> tuple[str, ...]:
    write_receipt(subject, decision, is_received=True)
    return ()


def send_back(subject: Reported, decision: Decision, data: Mapping[str, Any]) -> tuple[str, ...]:
    write_receipt(subject, decision, is_received=False)
    return ()


def write_receipt(subject: Reported, decision: Decision, *, is_received: bool) -> ReturnReceipt:
    return ReturnReceipt.objects.create(
        dispatch=latest(subject).dispatch,
        decision=decision,
        is_received=is_received,
        opinion=decision.comment,
    )


def correct(monthly: MonthlyReturn, decision: Decision, data: Mapping[str, Any]) -> tuple[str, ...]:
    """更正第N号: what was sealed stays; a new version with its reason is taken."""
    take_figures(
        monthly,
        by=decision.by,
        number=latest(monthly).number + 1,
        reason=decision.comment,
        unlock=unlock_in_force(monthly),
    )
    return ()


def unlock_in_force(monthly: MonthlyReturn) -> ReturnUnlock | None:
    """Approved, not expired, and not used yet."""
    found: ReturnUnlock | None = (
        monthly.unlocks.filter(
            status=ReturnUnlock.Status.APPROVED,
            valid_until__gte=timezone.localdate(),
            version__isnull=True,
        )
        .order_by("pk")
        .first()
    )
    return found


def refuse_locked(monthly: MonthlyReturn) -> Refusal | None:
    if unlock_in_force(monthly):
        return None
    return Refusal("已接收的月报须先申请解锁，经地州同意后在有效期内更正", "", "填报人（申请解锁）")


def correct_roll_up(rollup: RollUp, decision: Decision, data: Mapping[str, Any]) -> tuple[str, ...]:
    number = latest(rollup).number + 1
    add_up(rollup, by=decision.by, number=number, reason=decision.comment)
    return ()
