"""表一 资金支出进度: what the vouchers say of each allotment and each project, in yuan.

支出 is what was paid to the payee: money that finance released and that lies in a bureau or a
township counts as unspent, and so does retention money.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from funds.models import FundLevel
from funds.money import percentage
from funds.queries import MADE_OF

from .periods import AsOf

ZERO = Decimal("0.00")
NAMES = ("received", "allocated", "released", "paid", "returned", "pool")


def moved(name: str) -> str:
    """+1 where an entry brings money into the accounts of the figure, -1 where it takes it out."""
    kinds = ", ".join(f"'{kind}'" for kind in MADE_OF[name])
    return f"((t.kind IN ({kinds}))::int - (s.kind IN ({kinds}))::int)"


MONTH = "FILTER (WHERE v.occurred_on >= %(first)s)"
SUMS = ",\n".join(
    f"coalesce(sum(e.amount * {moved(name)}), 0.00), "
    f"coalesce(sum(e.amount * {moved(name)}) {MONTH}, 0.00)"
    for name in NAMES
)
# Every name in it is ours; what is asked for comes as parameters.
MONEY = f"""
    SELECT s.allotment_id, coalesce(s.earmark_id, t.earmark_id), {SUMS},
           coalesce(sum(e.amount) FILTER (WHERE v.kind = 'recover'), 0.00)
      FROM funds_voucher v
      JOIN funds_entry e ON e.voucher_id = v.id
      JOIN funds_account s ON s.id = e.source_id
      JOIN funds_account t ON t.id = e.destination_id
     WHERE v.county_id = %(county)s AND v.sequence <= %(sequence)s
       AND v.occurred_on <= %(cutoff)s
     GROUP BY 1, 2
     ORDER BY 1, 2
"""  # noqa: S608
ALLOTMENTS = """
    SELECT a.id, coalesce(h.document_number, a.document_number), coalesce(h.level, a.level),
           c.code, c.name, coalesce(h.fund_year, a.fund_year), coalesce(h.issued_on, a.issued_on),
           coalesce(h.amount, a.amount)
      FROM funds_allotment a
      LEFT JOIN LATERAL (
           SELECT * FROM funds_historicalallotment h
            WHERE h.id = a.id AND h.history_date <= %(known)s
            ORDER BY h.history_date DESC, h.history_id DESC LIMIT 1) h ON true
      JOIN funds_fundcategory c ON c.id = coalesce(h.category_id, a.category_id)
     WHERE a.county_id = %(county)s
       AND (a.id = ANY(%(moved)s) OR a.recorded_at <= %(known)s
            AND coalesce(h.issued_on, a.issued_on) <= %(cutoff)s)
     ORDER BY 6, 3, 4, 2, 1
"""


@dataclass(frozen=True)
class Sums:
    """Cumulative at the cut-off, and what of it was moved in the month."""

    cumulative: Mapping[str, Decimal]
    month: Mapping[str, Decimal]
    recovered: Decimal = ZERO

    def __add__(self, other: Sums) -> Sums:
        return Sums(
            {n: self.cumulative[n] + other.cumulative[n] for n in NAMES},
            {n: self.month[n] + other.month[n] for n in NAMES},
            self.recovered + other.recovered,
        )


NOTHING = Sums(dict.fromkeys(NAMES, ZERO), dict.fromkeys(NAMES, ZERO))
Money = dict[tuple[int, int | None], Sums]  # by allotment and earmark


def parameters(at: AsOf) -> dict[str, Any]:
    return {
        "county": at.county.pk,
        "sequence": at.sequence,
        "cutoff": at.cutoff,
        "first": at.first_day,
        "known": at.known_at,
    }


def read_money(at: AsOf) -> Money:
    """In one query."""
    found: Money = {}
    with connection.cursor() as cursor:
        cursor.execute(MONEY, parameters(at))
        for allotment, earmark, *sums, recovered in cursor.fetchall():
            cumulative = dict(zip(NAMES, sums[::2], strict=True))
            month = dict(zip(NAMES, sums[1::2], strict=True))
            found[allotment, earmark] = Sums(cumulative, month, recovered)
    return found


def by_earmark(money: Money) -> dict[int, Sums]:
    found: dict[int, Sums] = defaultdict(lambda: NOTHING)
    for (_, earmark), sums in money.items():
        if earmark is not None:
            found[earmark] += sums
    return found


def fund_rows(at: AsOf, money: Money, held: Mapping[int, Decimal]) -> list[dict[str, Any]]:
    """A row for each allotment known by then, or of which money moved. `held` is the retention
    money not yet due, by earmark."""
    by_allotment: dict[int, Sums] = defaultdict(lambda: NOTHING)
    for (allotment, _), sums in money.items():
        by_allotment[allotment] += sums
    retention = spread(money, held)
    with connection.cursor() as cursor:
        cursor.execute(ALLOTMENTS, parameters(at) | {"moved": list(by_allotment)})
        rows = cursor.fetchall()
    return [
        {
            "id": pk,
            "document": document,
            "level": level,
            "level_name": FundLevel(level).label,
            "category": code,
            "category_name": name,
            "fund_year": year,
            "issued_on": issued_on,
            **fund_figures(by_allotment[pk], issued, retention.get(pk, ZERO)),
        }
        for pk, document, level, code, name, year, issued_on, issued in rows
    ]


def spread(money: Money, held: Mapping[int, Decimal]) -> dict[int, Decimal]:
    """A project's retention money is held back from its oldest allotments first, from each at
    most what is not paid."""
    left = dict(held)
    found: dict[int, Decimal] = defaultdict(Decimal)
    for (allotment, earmark), sums in sorted(money.items(), key=lambda item: item[0][0]):
        if earmark is None or not left.get(earmark):
            continue
        unpaid = sums.cumulative["allocated"] - sums.cumulative["paid"]
        part = max(min(left[earmark], unpaid), ZERO)
        left[earmark] -= part
        found[allotment] += part
    return found


def fund_figures(sums: Sums, issued: Decimal, retention: Decimal) -> dict[str, Any]:
    total, month = sums.cumulative, sums.month
    unspent = total["received"] - total["returned"] - total["paid"]
    # What projects gave back and nobody has given to another yet.
    surplus = max(min(sums.recovered, total["pool"]), ZERO)
    figures = {
        "issued": issued,
        "received": total["received"],
        "received_month": month["received"],
        "allocated": total["allocated"],
        "released": total["released"],
        "released_month": month["released"],
        "paid": total["paid"],
        "paid_month": month["paid"],
        "returned": total["returned"],
        "pool": total["pool"],
        "parked": total["released"] - total["paid"],
        "retention": retention,
        "surplus": surplus,
        "carried": unspent - surplus,
    }
    return figures | rates(figures)


# Added up over rows; the rates are made anew from the sums.
ADDED = (
    "issued", "received", "received_month", "allocated", "released", "released_month", "paid",
    "paid_month", "returned", "pool", "parked", "retention", "surplus", "carried",
)  # fmt: skip


def rates(figures: Mapping[str, Decimal]) -> dict[str, Decimal | None]:
    """分配率, 核拨率 and 支付率, all over what was received (FACTS §6.1); none of nothing."""
    return {
        f"{name}_rate": share(figures[name], figures["received"])
        for name in ("allocated", "released", "paid")
    }


def share(part: Decimal | int, whole: Decimal | int) -> Decimal | None:
    """Per cent with two decimals; None of nothing."""
    return percentage(Decimal(part), Decimal(whole)) if whole else None


def added_up(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    there = list(rows)
    figures = {name: sum((row[name] for row in there), ZERO) for name in ADDED}
    return figures | rates(figures)


def fund_groups(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """按资金类别×级次."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row["category"], row["level"]].append(row)
    named = ("category", "category_name", "level", "level_name")
    return [
        {**{name: group[0][name] for name in named}, **added_up(group)}
        for _, group in sorted(groups.items())
    ]


@dataclass(frozen=True)
class Target:
    """时序目标: how much of the year's received money should be paid by the end of a month."""

    milestones: tuple[tuple[int, Decimal], ...]

    @classmethod
    def of(cls, text: str) -> Target:
        """From `3:30 6:50 …`: month and per cent."""
        pairs = (part.split(":") for part in text.split())
        return cls(tuple((int(month), Decimal(percent)) for month, percent in pairs))

    def at(self, day: dt.date) -> Decimal:
        """Per cent, on the straight line between the milestones around the month of the day."""
        start, low = 0, Decimal(0)
        for month, percent in self.milestones:
            if day.month <= month:
                part = (percent - low) * (day.month - start) / (month - start)
                return (low + part).quantize(Decimal("0.01"))
            start, low = month, percent
        return low.quantize(Decimal("0.01"))
