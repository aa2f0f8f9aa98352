"""Monthly returns as people make them. Months are told by how many lie between them and today's."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from funds.models import Book
from funds.services import close_month
from organizations.models import Division
from reports.checking import agree_to_waive, ask_to_waive, reds, run_checks
from reports.models import MonthlyReturn, ReturnUnlock, RollUp, Scope
from reports.periods import month_before
from reports.rollups import compile_roll_up
from reports.services import ask_to_unlock, open_return, start_return
from tests import factories as make
from tests import lives
from tests.cast import Cast

STEPS = (
    ("submit", "finance_clerk"),
    ("approve", "project_reviewer"),
    ("seal", "finance_head"),
    ("send", "group_secretary"),
    ("receive", "prefecture_clerk"),
)


def this_month() -> dt.date:
    return timezone.localdate().replace(day=1)


def last_month() -> dt.date:
    return month_before(this_month())


def draft_return(cast: Cast, first_day: dt.date | None = None) -> MonthlyReturn:
    """Of last month, with its figures."""
    return start_return(county=cast.county, first_day=first_day or last_month())[0]


def return_at(cast: Cast, status: str, first_day: dt.date | None = None) -> MonthlyReturn:
    monthly = draft_return(cast, first_day)
    for action, who in STEPS:
        if monthly.status == status:
            break
        if action == "seal":
            clear(cast, monthly)
        make.do(monthly, action, cast, who)
    return monthly


def clear(cast: Cast, monthly: MonthlyReturn) -> None:
    """The month closed, the checks run, what is still red let pass by a second person."""
    book = Book.objects.filter(county=cast.county).first()
    if book and (book.closed_through or monthly.first_day) <= monthly.first_day:
        close_month(county=cast.county, first_day=monthly.first_day, by=cast["finance_reviewer"])
    version = run_checks(monthly=monthly, by=cast["finance_clerk"])
    for code in reds(version):
        waiver = ask_to_waive(
            monthly=monthly, code=code, reason="县里正在补办", by=cast["finance_clerk"]
        )
        agree_to_waive(waiver=waiver, by=cast["finance_head"])


def unlock_facts(**changes: Any) -> dict[str, Any]:
    return {
        "reason": "一笔支付的级次登记有误",
        "scope": [Scope.FUNDS, Scope.TOTAL],
        "valid_until": timezone.localdate() + dt.timedelta(days=5),
        **changes,
    }


def asked_unlock(cast: Cast, monthly: MonthlyReturn | None = None) -> ReturnUnlock:
    if monthly is None:
        monthly = open_return(county=cast.county, first_day=last_month())
        lives.place(monthly, MonthlyReturn.Status.RECEIVED, cast)
    return ask_to_unlock(monthly=monthly, by=cast["finance_clerk"], **unlock_facts())


def draft_roll_up(cast: Cast, first_day: dt.date | None = None) -> RollUp:
    return compile_roll_up(
        unit=Division.objects.get(code="652800000000"),
        first_day=first_day or last_month(),
        by=cast["prefecture_clerk"],
    )
