"""报送情况: who reported which month, when, and what came of it; and 通报 by county and source."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import timezone

from organizations.calendar import load_calendar
from organizations.models import Division, User
from organizations.models.divisions import Level

from .fund_figures import ADDED, rates
from .models import MonthlyReturn, ReceivedReturn, ReturnDispatch, ReturnReceipt
from .periods import due_on, last_ended_month, month_before

MONTHS = 12
R = MonthlyReturn.Status
RECEIVED = (R.RECEIVED, R.ROLLED_UP, R.REPORTED, R.CLOSED)
Key = tuple[int, dt.date]


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
    def was_sent(self) -> bool:
        """A county that stands in a roll-up from afar has been received; its day is not told."""
        return self.sent_on is not None or self.status in RECEIVED

    @property
    def label(self) -> str:
        if self.status in RECEIVED:
            return "接收"
        if self.status in (R.RETURNED, ReceivedReturn.Status.SENT_BACK):
            return "退回"
        if self.status in (R.SENT, ReceivedReturn.Status.ARRIVED):
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
        return sum(cell.was_sent for cell in self.cells)

    @property
    def in_time(self) -> int:
        return sum(cell.was_sent and not cell.was_late for cell in self.cells)


def last_months(count: int = MONTHS) -> list[dt.date]:
    """The ended months, the oldest first."""
    months = [last_ended_month()]
    while len(months) < count:
        months.append(month_before(months[-1]))
    return months[::-1]


def matrix(user: User, months: list[dt.date]) -> list[MatrixRow]:
    """Every county of the person's territory, also those that never reported. Its queries are as
    many for one county as for all of them."""
    visible = Division.objects.visible_to(user).filter(level=Level.COUNTY, is_current=True)
    counties = list(visible.order_by("path"))
    returns: dict[Key, MonthlyReturn] = {
        (row.division_id, row.first_day): row
        for row in MonthlyReturn.objects.visible_to(user).filter(first_day__in=months)
    }
    sent, afar = first_dispatches(returns.values()), cells_from_afar(user, months)
    calendar, today = load_calendar(first=months[0]), timezone.localdate()
    # They are all of one level.
    due = {month: due_on(counties[0], month, calendar) for month in months} if counties else {}
    found = []
    for county in counties:
        cells = []
        for month in months:
            monthly = returns.get((county.pk, month))
            there = None if monthly else afar.get((county.code, month))
            cells.append(there or cell_of(month, due[month], monthly, sent, today))
        found.append(MatrixRow(county, cells))
    return found


def first_dispatches(returns: Iterable[MonthlyReturn]) -> dict[int, ReturnDispatch]:
    """By return: how it was reported for the first time."""
    rows = ReturnDispatch.objects.filter(version__monthly__in=[r.pk for r in returns])
    found: dict[int, ReturnDispatch] = {}
    rows = rows.select_related("version").only("sent_on", "is_late", "version__monthly")
    for row in rows.order_by("-pk"):
        found[row.version.monthly_id or 0] = row
    return found


def cells_from_afar(user: User, months: list[dt.date]) -> dict[tuple[str, dt.date], Cell]:
    """By code and month: of counties whose returns, or the roll-ups that hold them, were made in
    another deployment."""
    rows = ReceivedReturn.objects.visible_to(user).filter(first_day__in=months)
    found: dict[tuple[str, dt.date], Cell] = {}
    for row in rows.select_related("division").defer("content").order_by("is_roll_up", "number"):
        if row.is_roll_up:
            if row.status in ReceivedReturn.ACCEPTED:
                found.update({key: c for key, c in cells_of_roll_up(row) if key not in found})
            continue
        key = (row.division.code, row.first_day)
        first = found.get(key)
        found[key] = Cell(
            row.first_day,
            row.due_on,
            status=row.status,
            sent_on=first.sent_on if first else timezone.localdate(row.arrived_at),
            was_late=first.was_late if first else row.came_late,
            url=row.get_absolute_url(),
        )
    return found


def cells_of_roll_up(row: ReceivedReturn) -> Iterator[tuple[tuple[str, dt.date], Cell]]:
    for unit in row.summary["units"]:
        if unit["reported"]:
            cell = Cell(
                row.first_day, row.due_on, status=R.REPORTED, was_late=unit["late"],
                url=row.get_absolute_url(),
            )  # fmt: skip
            yield (unit["code"], row.first_day), cell


def cell_of(
    month: dt.date,
    due: dt.date,
    monthly: MonthlyReturn | None,
    sent: Mapping[int, ReturnDispatch],
    today: dt.date,
) -> Cell:
    if monthly is None:
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
    groups: list[dict[str, Any]]
    total: Mapping[str, Any] | None


def bulletin(user: User, first_day: dt.date) -> list[BulletinRow]:
    """From what the level above received, and nothing else; the best payment rate first."""
    counties = Division.objects.visible_to(user).filter(level=Level.COUNTY, is_current=True)
    receipts = ReturnReceipt.objects.filter(
        is_received=True, dispatch__version__monthly__first_day=first_day
    ).select_related("dispatch__version__monthly__division")
    receipts = receipts.defer("dispatch__version__content")
    figures = figures_from_afar(user, first_day)
    for receipt in receipts.order_by("dispatch__version__number"):
        version = receipt.dispatch.version
        figures[version.subject.division.code] = version.summary
    rows = [bulletin_row(county, figures.get(county.code)) for county in counties.order_by("path")]
    return sorted(rows, key=lambda row: (row.total is None, -payment_rate(row)))


def figures_from_afar(user: User, first_day: dt.date) -> dict[str, Mapping[str, Any]]:
    """By the county's code: its received return, or its row in a received roll-up."""
    rows = ReceivedReturn.objects.visible_to(user).filter(
        first_day=first_day, status__in=ReceivedReturn.ACCEPTED
    )
    found: dict[str, Mapping[str, Any]] = {}
    for row in rows.select_related("division").defer("content").order_by("-is_roll_up", "number"):
        units = row.summary["units"] if row.is_roll_up else ()
        found.update({unit["code"]: unit for unit in units if unit["reported"]})
        if not row.is_roll_up:
            found[row.division.code] = row.summary
    return found


def payment_rate(row: BulletinRow) -> Decimal:
    return Decimal((row.total or {}).get("paid_rate") or 0)


def bulletin_row(county: Division, figures: Mapping[str, Any] | None) -> BulletinRow:
    if figures is None:
        return BulletinRow(county, [], None)
    return BulletinRow(county, figures["fund_groups"], figures["total"])


def bulletin_total(rows: Iterable[BulletinRow]) -> dict[str, Any]:
    """Of nobody there is no sum."""
    there = [row.total for row in rows if row.total is not None]
    if not there:
        return {}
    sums = {name: sum((Decimal(t[name]) for t in there), Decimal("0.00")) for name in ADDED}
    return {**sums, **rates(sums)}
