"""报送情况: who reported which month, when, and what came of it; and 通报 by county and source."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import timezone

from organizations.calendar import Calendar, load_calendar
from organizations.models import Division, User
from organizations.models.divisions import Level

from .fund_figures import ADDED, rates
from .models import MonthlyReturn, ReturnDispatch, ReturnReceipt, ReturnVersion
from .periods import due_on, last_ended_month, month_before

MONTHS = 12
R = MonthlyReturn.Status
RECEIVED = (R.RECEIVED, R.ROLLED_UP, R.REPORTED, R.CLOSED)


@dataclass(frozen=True)
class Cell:
    """One unit and one month. `was_late` stays, whatever came after."""

    month: dt.date
    due_on: dt.date
    status: str = ""
    sent_on: dt.date | None = None
    was_late: bool = False
    url: str = ""
    is_overdue: bool = False

    @property
    def label(self) -> str:
        if self.status in RECEIVED:
            return "接收"
        if self.status == R.RETURNED:
            return "退回"
        if self.status == R.SENT:
            return "已报"
        return "更正中" if self.sent_on else "未报"

    @property
    def badge(self) -> str:
        if self.label == "接收":
            return "badge-warn" if self.was_late else "badge-good"
        if self.label in ("退回",) or self.is_overdue:
            return "badge-bad"
        return "badge-warn" if self.was_late else ""


@dataclass(frozen=True)
class MatrixRow:
    unit: Division
    cells: list[Cell]

    @property
    def reported(self) -> int:
        return sum(cell.sent_on is not None for cell in self.cells)

    @property
    def in_time(self) -> int:
        return sum(cell.sent_on is not None and not cell.was_late for cell in self.cells)


def last_months(count: int = MONTHS) -> list[dt.date]:
    """The ended months, the oldest first."""
    months = [last_ended_month()]
    while len(months) < count:
        months.append(month_before(months[-1]))
    return months[::-1]


def matrix(user: User, months: list[dt.date]) -> list[MatrixRow]:
    """Every county of the person's territory, also those that never reported. Four queries."""
    counties = Division.objects.visible_to(user).filter(level=Level.COUNTY, is_current=True)
    returns: dict[tuple[int, dt.date], MonthlyReturn] = {
        (row.division_id, row.first_day): row
        for row in MonthlyReturn.objects.visible_to(user).filter(first_day__in=months)
    }
    sent = first_dispatches(returns.values())
    calendar, today = load_calendar(first=months[0]), timezone.localdate()
    found = []
    for county in counties.order_by("path"):
        cells = [
            cell_of(county, month, returns.get((county.pk, month)), sent, calendar, today)
            for month in months
        ]
        found.append(MatrixRow(county, cells))
    return found


def first_dispatches(returns: Iterable[MonthlyReturn]) -> dict[int, ReturnDispatch]:
    """By return: how it was reported for the first time."""
    rows = ReturnDispatch.objects.filter(version__monthly__in=[r.pk for r in returns])
    found: dict[int, ReturnDispatch] = {}
    for row in rows.order_by("-pk").select_related("version"):
        found[row.version.monthly_id or 0] = row
    return found


def cell_of(
    county: Division,
    month: dt.date,
    monthly: MonthlyReturn | None,
    sent: Mapping[int, ReturnDispatch],
    calendar: Calendar,
    today: dt.date,
) -> Cell:
    if monthly is None:
        due = due_on(county, month, calendar)
        return Cell(month, due, is_overdue=today > due)
    first = sent.get(monthly.pk)
    return Cell(
        month,
        monthly.due_on,
        status=monthly.status,
        sent_on=first.sent_on if first else None,
        was_late=first.is_late if first else False,
        url=monthly.get_absolute_url(),
        is_overdue=first is None and today > monthly.due_on,
    )


@dataclass(frozen=True)
class BulletinRow:
    """A county in the 通报: its received figures by source, or 未报."""

    unit: Division
    version: ReturnVersion | None
    groups: list[dict[str, Any]]
    total: Mapping[str, Any] | None


def bulletin(user: User, first_day: dt.date) -> list[BulletinRow]:
    """From what the prefectures received, and nothing else; the best payment rate first."""
    counties = Division.objects.visible_to(user).filter(level=Level.COUNTY, is_current=True)
    receipts = ReturnReceipt.objects.filter(
        is_received=True, dispatch__version__monthly__first_day=first_day
    ).select_related("dispatch__version__monthly")
    versions = {
        r.dispatch.version.monthly.division_id: r.dispatch.version
        for r in receipts.order_by("dispatch__version__number")
        if r.dispatch.version.monthly
    }
    rows = [bulletin_row(county, versions.get(county.pk)) for county in counties.order_by("path")]
    return sorted(rows, key=lambda row: (row.total is None, -payment_rate(row)))


def payment_rate(row: BulletinRow) -> Decimal:
    return Decimal((row.total or {}).get("paid_rate") or 0)


def bulletin_row(county: Division, version: ReturnVersion | None) -> BulletinRow:
    if version is None:
        return BulletinRow(county, None, [], None)
    figures = version.figures
    return BulletinRow(county, version, figures["fund_groups"], figures["total"])


def bulletin_total(rows: Iterable[BulletinRow]) -> dict[str, Any]:
    there = [row.total for row in rows if row.total is not None]
    sums = {name: sum((Decimal(t[name]) for t in there), Decimal("0.00")) for name in ADDED}
    return {**sums, **rates(sums)}
