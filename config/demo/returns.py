"""Monthly returns: two months that the prefecture received, one of them corrected, last month's
draft with what is still red, and the neighbour's, which came late and is carried by hand."""

from __future__ import annotations

import datetime as dt

from funds.models import Book
from funds.services import close_month
from organizations.models import Division, Role
from reports.checking import run_checks
from reports.keys import make_key
from reports.models import Addressee, MonthlyReturn, Office
from reports.rollups import compile_roll_up
from reports.services import start_return

from .days import days_ago, month_ago
from .people import Staff
from .steps import act

WAY = (
    ("submit", Role.FINANCE_CLERK, "数据已与明细账核对"),
    ("approve", Role.PROJECT_REVIEWER, "项目进度与总台账一致"),
    ("seal", Role.FINANCE_HEAD, "同意上报"),
    ("send", Role.GROUP_SECRETARY, "按月上报"),
)


def report_months(ours: Division, neighbour: Division, staff: Staff) -> None:
    for months in (3, 2):
        open_due_today(ours, month_ago(months))
        monthly = report(ours, month_ago(months), staff)
        if months == 2:
            send_back_once(monthly, staff)
        act(monthly, "receive", staff.of(Role.PREFECTURE_CLERK, ours), "数据齐全")
    report_by_hand(neighbour, month_ago(2), staff)
    monthly = start_return(county=ours, first_day=month_ago(1))[0]
    run_checks(monthly=monthly, by=staff.of(Role.FINANCE_CLERK, ours))
    compiler = staff.of(Role.PREFECTURE_CLERK, ours)
    unit = compiler.posts_today[0].division
    compile_roll_up(unit=unit, first_day=month_ago(2), by=compiler)


def open_due_today(county: Division, first_day: dt.date) -> None:
    """The day of sending is the server's, so what shall be in time is due on the day on which
    the demonstration is made."""
    MonthlyReturn.objects.get_or_create(
        division=county, first_day=first_day, defaults={"due_on": days_ago(0)}
    )


def report(county: Division, first_day: dt.date, staff: Staff) -> MonthlyReturn:
    close(county, first_day, staff)
    monthly = start_return(county=county, first_day=first_day)[0]
    walk(monthly, staff)
    return monthly


def report_by_hand(county: Division, first_day: dt.date, staff: Staff) -> None:
    """Its package waits to be exported, carried and imported. Later returns stay within."""
    to = county.reports_to
    assert to
    for unit in (county, to):
        make_key(unit)
    addressee = Addressee.objects.create(division=to, office=Office.FINANCE)
    report(county, first_day, staff)
    addressee.is_current = False
    addressee.save(update_fields=["is_current"])


def close(county: Division, first_day: dt.date, staff: Staff) -> None:
    through = Book.objects.get(county=county).closed_through
    if through is None or through < first_day:
        reviewer = staff.of(Role.FINANCE_REVIEWER, county)
        close_month(county=county, first_day=first_day, by=reviewer, comment="账实核对无误，结账")


def walk(monthly: MonthlyReturn, staff: Staff) -> None:
    for action, role, comment in WAY:
        if action == "seal":
            run_checks(monthly=monthly, by=staff.of(Role.FINANCE_CLERK, monthly.division))
        act(monthly, action, staff.of(role, monthly.division), comment)


def send_back_once(monthly: MonthlyReturn, staff: Staff) -> None:
    receiver = staff.of(Role.PREFECTURE_CLERK, monthly.division)
    act(monthly, "send_back", receiver, "请核实本月到账后重新上报")
    clerk = staff.of(Role.FINANCE_CLERK, monthly.division)
    act(monthly, "correct", clerk, "已与国库对账单核实，重新取数上报")
    walk(monthly, staff)
