"""Monthly returns as people make them. Months are told by how many lie between them and today's."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone

from organizations.models import Division
from reports.models import MonthlyReturn, ReturnUnlock, RollUp, Scope
from reports.periods import due_on, month_before
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
        make.do(monthly, action, cast, who)
    return monthly


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
    unit, month = Division.objects.get(code="652800000000"), first_day or last_month()
    return RollUp.objects.create(division=unit, first_day=month, due_on=due_on(unit, month))
