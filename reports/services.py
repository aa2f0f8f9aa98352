"""A return is opened once for its county and month, and its figures are taken while it is a
draft."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from organizations.models import Division, Role, User
from organizations.policies import Refused, demand

from .figures import canonical, county_figures, digest_of
from .models import MonthlyReturn, ReturnUnlock, ReturnVersion, Scope
from .periods import AsOf, as_known_now, due_on, month_after

FILLERS = (Role.FINANCE_CLERK, Role.PROJECT_CLERK)
S = MonthlyReturn.Status


def open_return(*, county: Division, first_day: dt.date) -> MonthlyReturn:
    """The same row however often it is asked for. Raises Refused for a month to come."""
    if first_day > timezone.localdate():
        raise Refused(f"{first_day:%Y年%m月}还没有开始", who_can_clear="填报人（另选月份）")
    return MonthlyReturn.objects.get_or_create(
        division=county, first_day=first_day, defaults={"due_on": due_on(county, first_day)}
    )[0]


@transaction.atomic
def start_return(*, county: Division, first_day: dt.date) -> tuple[MonthlyReturn, bool]:
    """What the calendar does after the cut-off: nothing where there is a draft already. The
    second answer says whether figures were taken."""
    monthly = lock_return(open_return(county=county, first_day=first_day))
    if monthly.versions.exists():
        return monthly, False
    take_figures(monthly, by=None)
    return monthly, True


@transaction.atomic
def retake_figures(*, county: Division, first_day: dt.date, by: User) -> ReturnVersion:
    """By hand at any time, as long as it is a draft. Raises Refused."""
    demand(by, FILLERS, county)
    monthly = lock_return(open_return(county=county, first_day=first_day))
    if monthly.status != S.DRAFT:
        raise Refused(
            f"“{monthly}”现为“{monthly.get_status_display()}”，草稿以外不能重新取数",
            who_can_clear="现办理人（退回填报）",
        )
    return take_figures(monthly, by=by)


def lock_return(monthly: MonthlyReturn) -> MonthlyReturn:
    found: MonthlyReturn = (
        MonthlyReturn.objects.select_related("division")
        .select_for_update(of=("self",))
        .get(pk=monthly.pk)
    )
    return found


def take_figures(
    monthly: MonthlyReturn,
    *,
    by: User | None,
    number: int | None = None,
    reason: str = "",
    unlock: ReturnUnlock | None = None,
) -> ReturnVersion:
    """Into the draft that there is; with a `number` into that correction, which is new."""
    at = as_known_now(monthly.division, monthly.first_day)
    draft = monthly.versions.filter(sealed_at=None).first() if number is None else None
    version = draft or ReturnVersion(
        monthly=monthly, number=number or 0, reason=reason, unlock=unlock
    )
    version.content = canonical(county_figures(at))
    version.sha256 = digest_of(version.content)
    version.known_at, version.ledger_sequence, version.ledger_head = (
        at.known_at,
        at.sequence,
        at.head,
    )
    version.computed_at, version.computed_by = timezone.now(), by
    version.checks, version.checked_at = [], None
    version.save()
    return version


def made_again(version: ReturnVersion) -> str:
    """The content as it comes out today for the same month as known at the same moment."""
    assert version.monthly
    at = AsOf(
        version.monthly.division,
        version.monthly.first_day,
        version.known_at,
        version.ledger_sequence,
    )
    return canonical(county_figures(at))


@transaction.atomic
def ask_to_unlock(
    *, monthly: MonthlyReturn, reason: str, scope: Iterable[str], valid_until: dt.date, by: User
) -> ReturnUnlock:
    """Leave to correct what the level above has received. Raises Refused."""
    demand(by, FILLERS, monthly.division)
    monthly = lock_return(monthly)
    if monthly.status not in UNLOCKABLE:
        raise Refused(
            f"“{monthly}”现为“{monthly.get_status_display()}”，地州接收以后才须解锁更正",
            who_can_clear="现办理人",
        )
    if valid_until < timezone.localdate():
        raise Refused(f"有效期 {valid_until} 已过", who_can_clear="申请人（改正有效期）")
    unlock = ReturnUnlock(
        monthly=monthly,
        division=monthly.division,
        reason=reason.strip(),
        scope=[code for code in Scope.values if code in set(scope)],
        valid_until=valid_until,
        asked_by=by,
    )
    unlock.full_clean()
    unlock.save()
    return unlock


UNLOCKABLE = (S.RECEIVED, S.ROLLED_UP, S.REPORTED, S.CLOSED)


def has_ended(first_day: dt.date) -> bool:
    return timezone.localdate() >= month_after(first_day)
