"""What happens with the steps of a return and of a roll-up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from approvals.models import Decision, Subject
from approvals.workflow import workflow_of
from organizations.models.divisions import Level
from organizations.policies import Refusal, Refused

from .checking import demand_green
from .delivery import queue_deliveries
from .models import (
    Delivery,
    MonthlyReturn,
    ReceivedReturn,
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


def seal_checked(
    monthly: MonthlyReturn, decision: Decision, data: Mapping[str, Any]
) -> tuple[str, ...]:
    """Looked at once more before it is sealed: what is found now counts."""
    demand_green(monthly)
    return seal(monthly, decision, data)


def dispatch(subject: Reported, decision: Decision, data: Mapping[str, Any]) -> tuple[str, ...]:
    """报送, to the unit that this one reports to."""
    to = subject.division.reports_to
    if to is None:
        raise Refused(f"{subject.division}没有上报单位", who_can_clear="系统管理员（上报路径）")
    sent = ReturnDispatch.objects.create(
        version=latest(subject), to=to, decision=decision, due_on=subject.due_on
    )
    queue_deliveries(sent)
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


def seal_roll_up(rollup: RollUp, decision: Decision, data: Mapping[str, Any]) -> tuple[str, ...]:
    """The returns that are added up in it go on with it."""
    changed = seal(rollup, decision, data)
    carry_along(rollup, "roll_up", decision)
    return changed


def send_roll_up(rollup: RollUp, decision: Decision, data: Mapping[str, Any]) -> tuple[str, ...]:
    changed = dispatch(rollup, decision, data)
    carry_along(rollup, "report", decision)
    return changed


def receive_roll_up(rollup: RollUp, decision: Decision, data: Mapping[str, Any]) -> tuple[str, ...]:
    changed = receive(rollup, decision, data)
    carry_along(rollup, "close", decision)
    return changed


def carry_along(rollup: RollUp, action: str, decision: Decision) -> None:
    """Returns that stand where the step begins; past the prefecture only with what goes to the
    region, and none that was corrected since."""
    to = rollup.division.reports_to
    if action != "roll_up" and (to is None or to.level != Level.REGION):
        return
    numbers = {
        row["code"]: row["number"] for row in latest(rollup).figures["units"] if row["reported"]
    }
    here = {"division__code__in": numbers, "first_day": rollup.first_day}
    returns = MonthlyReturn.objects.filter(**here).select_related("division")
    from_afar = ReceivedReturn.objects.filter(**here, to=rollup.division, is_roll_up=False)
    for monthly in returns.order_by("pk"):
        version = latest(monthly)
        is_afar = Delivery.objects.filter(dispatch__version=version).exists()
        if version.number == numbers[monthly.division.code] and not is_afar:
            go_on(monthly, action, rollup, decision)
    for arrived in from_afar.select_related("division").order_by("pk"):
        if arrived.number == numbers[arrived.division.code]:
            go_on(arrived, action, rollup, decision)


def go_on(subject: Subject, action: str, rollup: RollUp, decision: Decision) -> None:
    life = workflow_of(subject)
    if life.find(action, subject.status):
        life.perform(subject, action, by=decision.by, comment=str(rollup))
