"""领导小组一页通: the county's money on one sheet: six figures, twelve months, what is red, what
waits for whom, and who has how much, by township, source and type."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone

from approvals.standing import Standing, standing_in
from funds.queries import Figures, figures_by_county
from organizations.models import Division
from projects.idle import RED, graded, idle_rows, in_order, shown_with, thresholds
from projects.models import Filing, IdleLayer

from .figures import county_figures
from .fund_figures import moved
from .matrix import last_months
from .models import LedgerDifference, MonthlyReturn
from .periods import as_known_now, month_after

MONTHS = 12
REDS = 8
WAITS = 10
FIGURES = ("received", "allocated", "released", "paid")
SUMS = ", ".join(f"coalesce(sum(e.amount * {moved(name)}), 0.00)" for name in FIGURES)
# Every name in it is ours; what is asked for comes as parameters.
BY_MONTH = f"""
    SELECT date_trunc('month', v.occurred_on)::date, {SUMS}
      FROM funds_voucher v
      JOIN funds_entry e ON e.voucher_id = v.id
      JOIN funds_account s ON s.id = e.source_id
      JOIN funds_account t ON t.id = e.destination_id
     WHERE v.county_id = %s AND v.occurred_on >= %s
     GROUP BY 1
"""  # noqa: S608


@dataclass(frozen=True)
class Month:
    first_day: dt.date
    sums: Mapping[str, Decimal]


@dataclass(frozen=True)
class Red:
    """Something that is over a limit: what, how far, in whose hands."""

    what: str
    note: str
    holder: str
    url: str


@dataclass(frozen=True)
class Overview:
    county: Division
    at: dt.datetime
    figures: Figures
    months: list[Month]
    reds: list[Red]
    more_reds: int
    waits: list[Standing]
    more_waits: int
    by: Mapping[str, Any]


def overview_of(county: Division) -> Overview:
    """As of now. A constant number of queries."""
    now = timezone.now()
    figures = county_figures(as_known_now(county, timezone.localdate(now).replace(day=1)))
    reds, waits = list(reds_of(county)), standing_in(county)
    return Overview(
        county=county,
        at=now,
        figures=figures_by_county([county])[county.pk],
        months=months_of(county),
        reds=reds[:REDS],
        more_reds=max(len(reds) - REDS, 0),
        waits=waits[:WAITS],
        more_waits=max(len(waits) - WAITS, 0),
        by={name: figures[name] for name in ("townships", "fund_groups", "types", "target")},
    )


def months_of(county: Division) -> list[Month]:
    """The eleven that ended last, and this one as far as it has come."""
    months = last_months(MONTHS - 1)
    months.append(month_after(months[-1]))
    with connection.cursor() as cursor:
        cursor.execute(BY_MONTH, [county.pk, months[0]])
        found = {day: dict(zip(FIGURES, sums, strict=True)) for day, *sums in cursor.fetchall()}
    nothing = dict.fromkeys(FIGURES, Decimal("0.00"))
    return [Month(day, found.get(day, nothing)) for day in months]


def reds_of(county: Division) -> Iterator[Red]:
    """Unreported first, then the two ledgers, then filings, then money by its age."""
    today = timezone.localdate()
    due = MonthlyReturn.objects.filter(division=county, due_on__lt=today)
    unsent = due.exclude(versions__dispatch__isnull=False)
    for monthly in unsent.select_related("division"):
        yield Red(str(monthly), f"应报 {monthly.due_on}，未报", "", monthly.get_absolute_url())
    open_ = LedgerDifference.objects.filter(county=county, cleared_on=None)
    for row in open_:
        days = (today - row.found_on).days
        yield Red(f"两本总台账不符：{row.name}", f"{row.kind}，{days} 天", "", "/reconciliation/")
    for filing in Filing.objects.filter(division=county).overdue().select_related("division"):
        yield Red(str(filing), f"应报备 {filing.due_on}", "", filing.get_absolute_url())
    yield from idle_reds(county, today)


def idle_reds(county: Division, today: dt.date) -> Iterator[Red]:
    layers: Any = graded(IdleLayer.objects.filter(county=county), thresholds())
    red = shown_with(in_order(layers.filter(level=RED)))
    for row in idle_rows(list(red), today):
        layer = row.layer
        what = str(layer.project or layer.allotment)
        note = f"{layer.get_kind_display()} {layer.amount:,} 元，{row.days} 天"
        yield Red(what, note, row.holder, "/idle/?level=red")
