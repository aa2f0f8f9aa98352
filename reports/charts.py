"""Charts as SVG made on the server: told apart by hatching, dashes and numbers, not by colour."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from funds.money import format_wan
from organizations.models import Division, Parameter

from .figures import MILESTONES
from .fund_figures import Target
from .periods import last_day_of

LETTER, LABEL_MAX, BAR = 13, 290, 290  # user units; the rest of 760 is for the words beside a bar
ROW, THICK, TOP = 30, 18, 26
FUNNEL = (("received", "到位"), ("allocated", "分配"), ("released", "核拨"), ("paid", "支付"))
LEFT, RIGHT, HIGH, LOW = 50, 740, 20, 220

RATES = """
    SELECT DISTINCT ON (r.first_day) r.first_day, v.content::jsonb #>> '{target,rate}'
      FROM reports_monthlyreturn r JOIN reports_returnversion v ON v.monthly_id = r.id
     WHERE r.division_id = %s AND r.first_day BETWEEN %s AND %s AND v.sealed_at IS NOT NULL
     ORDER BY r.first_day, v.number DESC
"""


@dataclass(frozen=True)
class Bar:
    label: str
    text: str
    width: int
    y: int
    x: int
    hatch: str = "plain"

    @property
    def label_x(self) -> int:
        return self.x - 8

    @property
    def text_x(self) -> int:
        return self.x + self.width + 8

    @property
    def text_y(self) -> int:
        return self.y + THICK - 4


@dataclass(frozen=True)
class Bars:
    """`marker` is a line across all bars, such as the time target."""

    key: str
    title: str
    bars: Sequence[Bar]
    marker: int | None = None
    marker_label: str = ""

    @property
    def height(self) -> int:
        return TOP + ROW * len(self.bars) + 10


def bars_of(
    key: str,
    title: str,
    rows: Iterable[tuple[str, str, Decimal]],
    *,
    hatches: Sequence[str] = ("plain",),
) -> Bars:
    """`rows` are label, words beside the bar, and its length in per cent, at most 100."""
    shown = list(rows)
    left = left_of(label for label, _, _ in shown)
    bars = [
        Bar(label, text, length(percent), TOP + ROW * place, left, hatches[place % len(hatches)])
        for place, (label, text, percent) in enumerate(shown)
    ]
    return Bars(key, title, bars)


def left_of(labels: Iterable[str]) -> int:
    """Where the bars begin: no label is cut off."""
    return min(LETTER * max((len(label) for label in labels), default=0) + 16, LABEL_MAX)


def length(percent: Decimal) -> int:
    return int(min(max(percent, Decimal(0)), Decimal(100)) * BAR / 100)


def funnel(total: Mapping[str, Any]) -> Bars:
    """到位 → 分配 → 核拨 → 支付, each as a share of what was received."""
    received = Decimal(total["received"])
    rows = []
    for name, label in FUNNEL:
        amount = Decimal(total[name])
        percent = amount * 100 / received if received else Decimal(0)
        rows.append((label, f"{format_wan(amount)} 万元（{percent:.2f}%）", percent))
    return bars_of("funnel", "到位、分配、核拨、支付", rows,
                   hatches=("plain", "lines", "dots", "cross"))  # fmt: skip


def rates_against(
    key: str, title: str, rows: Iterable[tuple[str, Any]], target: Any = None
) -> Bars:
    """Payment rates on one axis, with the time target as a line."""
    found = bars_of(
        key,
        title,
        [
            (label, "—" if rate is None else f"{Decimal(rate):.2f}%", Decimal(rate or 0))
            for label, rate in rows
        ],
    )
    if target is None or not found.bars:
        return found
    at = found.bars[0].x + length(Decimal(target))
    return Bars(key, title, found.bars, at, f"时序目标 {target}%")


@dataclass(frozen=True)
class Point:
    x: int
    y: int
    text: str


@dataclass(frozen=True)
class Lines:
    """Spending against the time target, month by month of one year."""

    year: int
    target: Sequence[Point]
    actual: Sequence[Point]

    @property
    def target_path(self) -> str:
        return " ".join(f"{p.x},{p.y}" for p in self.target)

    @property
    def actual_path(self) -> str:
        return " ".join(f"{p.x},{p.y}" for p in self.actual)


def spending_line(county: Division, first_day: dt.date, rate: Any) -> Lines:
    """The months sealed before, and this one as it is shown."""
    january = first_day.replace(month=1)
    with connection.cursor() as cursor:
        cursor.execute(RATES, [county.pk, january, first_day])
        rates = {month: Decimal(found) for month, found in cursor.fetchall() if found is not None}
    if rate is not None:
        rates[first_day] = Decimal(rate)
    target = Target.of(Parameter.objects.value(MILESTONES, last_day_of(first_day)))
    months = [first_day.replace(month=month) for month in range(1, 13)]
    return Lines(
        first_day.year,
        [point(month, target.at(month)) for month in months],
        [point(month, rates[month]) for month in months if month in rates],
    )


def point(month: dt.date, percent: Decimal) -> Point:
    x = LEFT + (RIGHT - LEFT) * (month.month - 1) // 11
    y = LOW - int((LOW - HIGH) * min(max(percent, Decimal(0)), Decimal(100)) / 100)
    return Point(x, y, f"{month.month}月 {percent:.2f}%")
