"""Runs the checks of a draft, keeps what they found with it, and lets a red one pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.utils import timezone

from approvals.constraints import naming_the_constraint
from organizations.models import Role, User
from organizations.policies import Refusal, Refused, demand, role_names

from .checks import BY_CODE, CHECKS, Check
from .findings import SHOWN, Look
from .models import CheckWaiver, MonthlyReturn, ReturnVersion
from .services import FILLERS, lock_return

AGREERS = (Role.FINANCE_HEAD, Role.PROJECT_REVIEWER)
CHECKERS = (*FILLERS, Role.FINANCE_REVIEWER, *AGREERS)


def found_by(check: Check, look: Look) -> dict[str, Any]:
    found = list(check.find(look))
    return {"code": check.code, "count": len(found), "found": found[:SHOWN]}


Progress = Callable[[int, int], None]


def unseen(done: int, total: int) -> None:
    """Nobody watches."""


def look_at(version: ReturnVersion, progress: Progress = unseen) -> list[dict[str, Any]]:
    """Every check, in the order of the list. JSON-ready; what is in order has a count of 0."""
    look, results = Look(version), []
    for done, check in enumerate(CHECKS, start=1):
        results.append(found_by(check, look))
        progress(done, len(CHECKS))
    return results


@transaction.atomic
def run_checks(*, monthly: MonthlyReturn, by: User, progress: Progress = unseen) -> ReturnVersion:
    """And keep the results. Raises Refused once it is sealed."""
    demand(by, CHECKERS, monthly.division)
    monthly = lock_return(monthly)
    version = open_version(monthly)
    version.checks, version.checked_at = look_at(version, progress), timezone.now()
    version.save(update_fields=["checks", "checked_at"])
    return version


def open_version(monthly: MonthlyReturn) -> ReturnVersion:
    version: ReturnVersion | None = monthly.versions.filter(sealed_at=None).first()
    if version is None:
        raise Refused(f"“{monthly}”没有未封存的版本", who_can_clear="填报人（取数）")
    return version


def reds(version: ReturnVersion) -> list[str]:
    """The codes that stop the seal: found something, no hint, and not let pass by a second."""
    passed = set(version.waivers.filter(agreed_by__isnull=False).values_list("code", flat=True))
    return [
        row["code"]
        for row in version.checks
        if row["count"] and not BY_CODE[row["code"]].is_hint and row["code"] not in passed
    ]


def refuse_red(monthly: MonthlyReturn) -> Refusal | None:
    """By what the last run of the checks found; the seal itself looks again."""
    version: ReturnVersion | None = monthly.versions.order_by("number").last()
    if version is None or version.checked_at is None:
        return Refusal("还没有运行核对", "", role_names(CHECKERS))
    found = reds(version)
    if not found:
        return None
    # What nobody may let pass comes first.
    first = min((BY_CODE[code] for code in found), key=lambda check: check.is_waivable)
    more = f"等 {len(found)} 项" if len(found) > 1 else ""
    way = "，或经另一人同意放行" if first.is_waivable else "；这一项不能放行"
    return Refusal(
        f"核对“{first.name}”{more}不符，须改正后重新取数{way}",
        first.clause,
        first.owner,
        f"{monthly.get_absolute_url()}#checks",
    )


def demand_green(monthly: MonthlyReturn) -> ReturnVersion:
    """In the transaction of the seal: the checks are run once more. Raises Refused."""
    version = open_version(monthly)
    version.checks, version.checked_at = look_at(version), timezone.now()
    version.save(update_fields=["checks", "checked_at"])
    refusal = refuse_red(monthly)
    if refusal:
        raise Refused(refusal.reason, clause=refusal.clause, who_can_clear=refusal.who_can_clear)
    return version


@transaction.atomic
def ask_to_waive(*, monthly: MonthlyReturn, code: str, reason: str, by: User) -> CheckWaiver:
    """Raises Refused where the check may not be let pass, or found nothing."""
    demand(by, FILLERS, monthly.division)
    version = open_version(lock_return(monthly))
    check = BY_CODE.get(code)
    if check is None or code not in reds(version):
        raise Refused("这一项没有不符，无须放行", who_can_clear="填报人")
    if not check.is_waivable:
        raise Refused(
            f"“{check.name}”不能放行，须改正", clause=check.clause, who_can_clear=check.owner
        )
    waiver = CheckWaiver(version=version, code=code, reason=reason.strip(), asked_by=by)
    waiver.full_clean(exclude=("version",), validate_constraints=False)
    with naming_the_constraint(waiver):
        waiver.save()
    return waiver


@transaction.atomic
def agree_to_waive(*, waiver: CheckWaiver, by: User) -> CheckWaiver:
    """By a second person. Raises Refused."""
    monthly = waiver.version.monthly
    assert monthly
    demand(by, AGREERS, monthly.division, in_person=True)
    waiver = CheckWaiver.objects.select_for_update(of=("self",)).get(pk=waiver.pk)
    if waiver.agreed_by_id:
        return waiver
    if waiver.asked_by_id == by.pk:
        raise Refused("放行须由申请人以外的人同意", who_can_clear=role_names(AGREERS))
    waiver.agreed_by, waiver.agreed_at = by, timezone.now()
    waiver.save(update_fields=["agreed_by", "agreed_at"])
    return waiver
