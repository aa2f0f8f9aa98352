"""What the ledger adds up to, read from the counters that `ledger_post` keeps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet, Sum

from organizations.models import Division
from organizations.pinyin import pinyin_of

from .document_numbers import normalize
from .models import Account, Allotment, Book, Entry, FundCategory, NumberSeries, Voucher

ZERO = Decimal(0)
K = Account.Kind

# A figure is what now stands in these accounts. An entry adds to it when it brings money in
# from any other account, and takes from it when it carries money out.
MADE_OF: dict[str, tuple[K, ...]] = {
    "received": (K.POOL, K.ALLOCATED, K.RELEASED, K.PAID, K.RETURNED),
    "allocated": (K.ALLOCATED, K.RELEASED, K.PAID),
    "released": (K.RELEASED, K.PAID),
    "paid": (K.PAID,),
    "returned": (K.RETURNED,),
    "pool": (K.POOL,),
    "balance": (K.POOL, K.ALLOCATED, K.RELEASED),
}


@dataclass(frozen=True)
class Figures:
    """Yuan, cumulative. `balance` is the dedicated account's: received − paid − returned."""

    issued: Decimal = ZERO
    balances: dict[str, Decimal] = field(default_factory=dict)

    def _sum(self, figure: str) -> Decimal:
        return sum((self.balances.get(kind, ZERO) for kind in MADE_OF[figure]), ZERO)

    @property
    def received(self) -> Decimal:
        return self._sum("received")

    @property
    def allocated(self) -> Decimal:
        return self._sum("allocated")

    @property
    def released(self) -> Decimal:
        return self._sum("released")

    @property
    def paid(self) -> Decimal:
        return self._sum("paid")

    @property
    def returned(self) -> Decimal:
        return self._sum("returned")

    @property
    def pool(self) -> Decimal:
        """In the pool and not allocated yet."""
        return self._sum("pool")

    @property
    def balance(self) -> Decimal:
        return self._sum("balance")

    @property
    def unpaid(self) -> Decimal:
        return self.allocated - self.paid

    @property
    def not_received(self) -> Decimal:
        return self.issued - self.received

    def __add__(self, other: Figures) -> Figures:
        kinds = {*self.balances, *other.balances}
        summed = {k: self.balances.get(k, ZERO) + other.balances.get(k, ZERO) for k in kinds}
        return Figures(self.issued + other.issued, summed)


def county_figures(counties: Iterable[Division]) -> Figures:
    return sum(figures_by_county(counties).values(), Figures())


def figures_by_county(counties: Iterable[Division]) -> dict[int, Figures]:
    """By county id; a county without money has zeros."""
    ids = [county.pk for county in counties]
    return {
        **dict.fromkeys(ids, Figures()),
        **_figures_by_county(Allotment.objects, county__in=ids),
    }


def figures_by_county_of(allotments: QuerySet[Allotment]) -> dict[int, Figures]:
    """The whole of a filtered list, by county id."""
    return _figures_by_county(allotments)


def _figures_by_county(allotments: Any, **only: Any) -> dict[int, Figures]:
    chosen = allotments.filter(**only).order_by()
    issued = dict(chosen.values_list("county_id").annotate(Sum("amount")))
    accounts = Account.objects.filter(allotment__in=chosen.values("pk"))
    if "county__in" in only:  # the index on the county answers alone
        accounts = Account.objects.filter(**only)
    balances = _balances(accounts, "county_id")
    return {county: Figures(amount, balances[county]) for county, amount in issued.items()}


def figures_by_allotment(allotments: Iterable[Allotment]) -> dict[int, Figures]:
    """By allotment id."""
    given = list(allotments)
    balances = _balances(Account.objects.filter(allotment__in=given), "allotment_id")
    return {a.pk: Figures(a.amount, balances[a.pk]) for a in given}


def _balances(accounts: QuerySet[Account], group: str) -> dict[int, dict[str, Decimal]]:
    found: dict[int, dict[str, Decimal]] = defaultdict(dict)
    for owner, kind, total in (
        accounts.order_by().values_list(group, "kind").annotate(Sum("balance"))
    ):
        found[owner][kind] = total
    return found


@dataclass(frozen=True)
class Use:
    """Where money of one allotment went: one project as the ledger knows it."""

    earmark_id: int
    code: str
    title: str
    figures: Figures


def uses_of(allotment: Allotment) -> list[Use]:
    balances: dict[int, dict[str, Decimal]] = defaultdict(dict)
    names: dict[int, tuple[str, str]] = {}
    accounts = Account.objects.filter(allotment=allotment, earmark__isnull=False)
    for earmark, code, title, kind, balance in accounts.order_by("earmark__code").values_list(
        "earmark_id", "earmark__code", "earmark__title", "kind", "balance"
    ):
        names[earmark] = (code, title)
        balances[earmark][kind] = balance
    return [Use(e, *names[e], Figures(ZERO, balances[e])) for e in names]


@dataclass(frozen=True)
class Arrival:
    """When an allotment's money first and last arrived, and in how many vouchers."""

    first_on: Any
    last_on: Any
    vouchers: int


def arrivals_by_allotment(allotments: Iterable[Allotment]) -> dict[int, Arrival]:
    rows = (
        Entry.objects.filter(
            source__allotment__in=list(allotments),
            source__kind=K.OUTSIDE,
            voucher__reversal__isnull=True,
        )
        .order_by()
        .values_list("source__allotment_id")
        .annotate(Min("voucher__occurred_on"), Max("voucher__occurred_on"), Count("id"))
    )
    return {allotment: Arrival(*rest) for allotment, *rest in rows}


# A part of a document number may begin or end inside the year's brackets.
YEAR_BRACKETS = str.maketrans("[【(（﹝［】])）﹞］", "〔〔〔〔〔〔〕〕〕〕〕〕")


def search_allotments(allotments: QuerySet[Allotment], words: str) -> QuerySet[Allotment]:
    """By document number in any bracket style, name of the fund, its pinyin, or unit."""
    words = words.strip()
    if not words:
        return allotments
    return allotments.filter(
        Q(document_number__icontains=normalize(words))
        | Q(document_number__icontains=words.translate(YEAR_BRACKETS))
        | Q(document_text__icontains=words)
        | Q(local_document_number__icontains=words)
        | Q(using_unit__icontains=words)
        | Q(category_id__in=_categories_called(words))
    )


def _categories_called(words: str) -> list[int]:
    """There are some thirty categories: reading them is cheaper than keeping a column."""
    typed = words.lower().replace(" ", "")
    return [
        category.pk
        for category in FundCategory.objects.all()
        if typed in category.name.lower()
        or (typed.isascii() and any(typed in spelled for spelled in pinyin_of(category.name)))
    ]


def recent_receipts(allotments: QuerySet[Allotment], today: Any, limit: int = 10) -> list[Entry]:
    """The last receipts keyed in today, newest first."""
    return list(
        Entry.objects.filter(
            source__allotment__in=allotments.order_by().values("pk"),
            voucher__kind=Voucher.Kind.RECEIVE,
            voucher__posted_at__date=today,
        )
        .select_related("voucher", "source__allotment__category")
        .order_by("-id")[:limit]
    )


@dataclass(frozen=True)
class BookState:
    """What a month's checklist asks of the whole book."""

    balance: Decimal
    of_accounts: Decimal
    gaps: list[int]  # years whose voucher numbers do not run from 1 without a gap
    closed_through: Any


def book_state(county: Division) -> BookState:
    book = Book.objects.filter(county=county).first()
    last = dict(NumberSeries.objects.filter(county=county).values_list("year", "last_number"))
    counted = dict(
        Voucher.objects.filter(county=county).order_by().values_list("year").annotate(Count("id"))
    )
    return BookState(
        balance=book.balance if book else ZERO,
        of_accounts=county_figures([county]).balance,
        gaps=sorted(year for year in {*last, *counted} if last.get(year) != counted.get(year)),
        closed_through=book.closed_through if book else None,
    )
