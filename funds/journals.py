"""专账明细账: the entries that make up a figure, in the order of posting."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from django.core.cache import cache
from django.db.models import Case, Count, F, Q, QuerySet, Sum, When
from django.db.models.functions import Coalesce, TruncMonth

from organizations.models import Division

from .models import Account, Book, Entry, Voucher
from .queries import MADE_OF, ZERO

T = TypeVar("T")
V = Voucher.Kind

# Which way a kind moves the dedicated account; the other kinds move money inside it.
INCOME = (V.RECEIVE, V.REFUND)
EXPENDITURE = (V.PAY, V.RETURN)


def touching(figure: str) -> Q:
    """Entries that change a figure: exactly one end lies in the accounts that make it up."""
    inside = MADE_OF[figure]
    outside = [kind for kind in Account.Kind if kind not in inside]
    return Q(destination__kind__in=inside, source__kind__in=outside) | Q(
        source__kind__in=inside, destination__kind__in=outside
    )


def entries_of(county: Division) -> QuerySet[Entry]:
    return Entry.objects.filter(voucher__county=county)


@dataclass(frozen=True)
class Row:
    """One line of the journal. A reversal stands in its original's column, below zero."""

    entry: Entry
    increase: Decimal | None
    decrease: Decimal | None
    moved: Decimal
    closes_voucher: bool

    @property
    def is_red(self) -> bool:
        return self.entry.voucher.kind == V.REVERSE


def rows_of(entries: Iterable[Entry], figure: str) -> list[Row]:
    """The voucher's last line on the page carries the balance."""
    shown = list(entries)
    last = {entry.voucher_id: 0 for entry in shown}
    for entry in shown:
        last[entry.voucher_id] = max(last[entry.voucher_id], entry.line)
    return [_row(e, figure, closes_voucher=e.line == last[e.voucher_id]) for e in shown]


def _row(entry: Entry, figure: str, *, closes_voucher: bool) -> Row:
    is_red = entry.voucher.kind == V.REVERSE
    moved = -entry.amount if is_red else entry.amount
    inside = MADE_OF.get(figure, MADE_OF["balance"])
    comes, goes = entry.destination.kind in inside, entry.source.kind in inside
    if comes == goes:
        return Row(entry, None, None, moved, closes_voucher)
    if comes != is_red:
        return Row(entry, moved, None, moved, closes_voucher)
    return Row(entry, None, moved, moved, closes_voucher)


@dataclass(frozen=True)
class Totals:
    """Of a whole filter. `increase` and `decrease` are net of red-letter lines."""

    count: int = 0
    increase: Decimal = ZERO
    decrease: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        return self.increase - self.decrease

    def __add__(self, other: Totals) -> Totals:
        return Totals(
            self.count + other.count,
            self.increase + other.increase,
            self.decrease + other.decrease,
        )


def totals_of(entries: QuerySet[Entry], figure: str) -> Totals:
    inside = MADE_OF.get(figure, MADE_OF["balance"])
    comes = Q(destination__kind__in=inside) & ~Q(source__kind__in=inside)
    goes = Q(source__kind__in=inside) & ~Q(destination__kind__in=inside)
    red = Q(voucher__kind=V.REVERSE)
    found = entries.order_by().aggregate(
        count=Count("id"),
        increase=Sum(
            Case(When(comes & ~red, then=F("amount")), When(goes & red, then=-F("amount")))
        ),
        decrease=Sum(
            Case(When(goes & ~red, then=F("amount")), When(comes & red, then=-F("amount")))
        ),
    )
    return Totals(found["count"], found["increase"] or ZERO, found["decrease"] or ZERO)


def remembered_totals(
    entries: QuerySet[Entry], figure: str, *, county: Division, asked: Mapping[str, Any]
) -> Totals:
    """`totals_of`, of which only what was posted since the last time is added up anew."""

    def add_up(known: Totals | None, since: int, until: int) -> Totals:
        fresh = totals_of(
            entries.filter(voucher__sequence__gt=since, voucher__sequence__lte=until), figure
        )
        return (known or Totals()) + fresh

    return remember("totals", county, {**asked, "figure": figure}, add_up)


def remember(
    what: str, county: Division, asked: Mapping[str, Any], add_up: Callable[[T | None, int, int], T]
) -> T:
    """What the vouchers up to the present one amount to. What is posted never changes, so a
    result is carried on from the voucher it stood at, as long as that one is still there."""
    text = json.dumps([what, county.pk, sorted(asked.items())], default=str)
    name = "journal:" + hashlib.sha256(text.encode()).hexdigest()
    book = Book.objects.filter(county=county).values_list("sequence", "head").first() or (0, "")
    since, head, known = cache.get(name) or (0, "", None)
    if (since, head) == book and known is not None:
        return known  # type: ignore[no-any-return]
    if not Voucher.objects.filter(county=county, sequence=since, digest=head).exists():
        since, known = 0, None
    known = add_up(known, since, book[0])
    cache.set(name, (*book, known), 3600)
    return known


@dataclass(frozen=True)
class Cursor:
    """A place in the journal: voucher's sequence and line. Paging by place stays fast at the
    end of a long ledger, and a voucher posted meanwhile moves nothing."""

    sequence: int
    line: int

    @classmethod
    def read(cls, text: str) -> Cursor | None:
        sequence, _, line = text.partition("-")
        if not (sequence.isdecimal() and line.isdecimal() and len(text) < 24):
            return None
        return cls(int(sequence), int(line))

    @classmethod
    def of(cls, entry: Entry) -> str:
        return f"{entry.voucher.sequence}-{entry.line}"

    def older(self) -> Q:
        return Q(voucher__sequence__lte=self.sequence) & (
            Q(voucher__sequence__lt=self.sequence) | Q(line__lt=self.line)
        )

    def newer(self) -> Q:
        return Q(voucher__sequence__gte=self.sequence) & (
            Q(voucher__sequence__gt=self.sequence) | Q(line__gt=self.line)
        )


@dataclass(frozen=True)
class JournalPage:
    entries: list[Entry]
    previous: str  # a cursor, or empty on the first page
    next: str


SHOWN_WITH = (
    "voucher",
    "source__allotment__category",
    "source__earmark",
    "destination__earmark",
)


def page_of(
    entries: QuerySet[Entry], *, start: str = "", end: str = "", size: int, oldest_first: bool
) -> JournalPage:
    """The page that begins after the cursor `start`, or the one that stops before `end`."""
    going_back = Cursor.read(end) is not None
    cursor = Cursor.read(end) or Cursor.read(start)
    ascending = oldest_first != going_back
    chosen = entries.select_related(*SHOWN_WITH)
    if cursor:
        chosen = chosen.filter(cursor.newer() if ascending else cursor.older())
    order = ("voucher__sequence", "line") if ascending else ("-voucher__sequence", "-line")
    found = list(chosen.order_by(*order)[: size + 1])
    more, found = len(found) > size, found[:size]
    if going_back:
        return _page(found[::-1], has_previous=more, has_next=True)
    return _page(found, has_previous=cursor is not None, has_next=more)


def _page(found: list[Entry], *, has_previous: bool, has_next: bool) -> JournalPage:
    if not found:
        return JournalPage([], "", "")
    previous = Cursor.of(found[0]) if has_previous else ""
    return JournalPage(found, previous, Cursor.of(found[-1]) if has_next else "")


# By month, kind of what moved, and whether in red: how many vouchers, and how much.
Flows = dict[tuple[dt.date, str, bool], tuple[int, Decimal]]


@dataclass(frozen=True)
class MonthFigures:
    """One month of the dedicated account by business date, red letters taken off."""

    first_day: dt.date
    vouchers: int
    income: Decimal
    expenditure: Decimal
    opening: Decimal
    income_this_year: Decimal
    expenditure_this_year: Decimal

    @property
    def closing(self) -> Decimal:
        return self.opening + self.income - self.expenditure


def months_of(county: Division, *, until: dt.date) -> list[MonthFigures]:
    """From the first voucher's month to `until`'s, oldest first, quiet months included."""

    def add_up(known: Flows | None, since: int, upto: int) -> Flows:
        flows = dict(known or {})
        rows = (
            Voucher.objects.filter(county=county, sequence__gt=since, sequence__lte=upto)
            .order_by()
            .annotate(month=TruncMonth("occurred_on"), flow=Coalesce("reverses__kind", "kind"))
            .values_list("month", "flow", "kind")
            .annotate(Count("id"), Sum("total"))
        )
        for month, flow, kind, count, total in rows:
            key = (month, flow, kind == V.REVERSE)
            before, amount = flows.get(key, (0, ZERO))
            flows[key] = (before + count, amount + total)
        return flows

    return _months_from(remember("months", county, {}, add_up), until)


def _months_from(flows_by_key: Flows, until: dt.date) -> list[MonthFigures]:
    flows: dict[dt.date, list[tuple[int, str, bool, Decimal]]] = {}
    for (month, flow, is_red), (count, total) in flows_by_key.items():
        flows.setdefault(month, []).append((count, flow, is_red, total))
    months: list[MonthFigures] = []
    opening = income_this_year = expenditure_this_year = ZERO
    for first_day in _months(min(flows), until) if flows else ():
        if first_day.month == 1:
            income_this_year = expenditure_this_year = ZERO
        found = flows.get(first_day, [])
        income, expenditure = _sum(found, INCOME), _sum(found, EXPENDITURE)
        income_this_year += income
        expenditure_this_year += expenditure
        vouchers = sum(count for count, *_ in found)
        months.append(
            MonthFigures(
                first_day, vouchers, income, expenditure, opening,
                income_this_year, expenditure_this_year,
            )
        )  # fmt: skip
        opening += income - expenditure
    return months


def _sum(flows: list[tuple[int, str, bool, Decimal]], kinds: tuple[V, ...]) -> Decimal:
    return sum((-t if red else t for _, flow, red, t in flows if flow in kinds), ZERO)


def _months(first: dt.date, until: dt.date) -> Iterable[dt.date]:
    day = first.replace(day=1)
    while day <= until:
        yield day
        day = (day + dt.timedelta(days=32)).replace(day=1)
