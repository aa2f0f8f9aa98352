"""What a project's assets are worth, out of which payments and allotments; and the sums of the
register."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum

from funds.models import Account, Allotment, Entry, Voucher
from projects.models import Project
from projects.queries import figures_by_project

from .models import Asset, AssetClass, AssetValue

ZERO = Decimal(0)
# Of the county's own document under which proceeds of disposals come into the pool.
PROCEEDS_CATEGORY = "QT-CZ"


@dataclass(frozen=True)
class Share:
    """So much of an asset was paid by this voucher out of this allotment."""

    voucher: Voucher
    allotment: Allotment
    amount: Decimal


@dataclass(frozen=True)
class Worth:
    """Of one project: what was paid, what its assets are worth, and whether that is the same."""

    paid: Decimal
    worth: Decimal
    count: int

    @property
    def missing(self) -> Decimal:
        """Paid and not yet in an asset; below zero where money came back since."""
        return self.paid - self.worth


def worth_of(project: Project) -> Worth:
    rows = AssetValue.objects.filter(asset__project=project)
    found = rows.aggregate(total=Sum("amount"), count=Count("asset", distinct=True))
    paid = figures_by_project([project])[project.earmark_id].paid
    return Worth(paid, found["total"] or ZERO, found["count"])


def standing_payments(project: Project) -> list[Share]:
    """What reached a payee and did not come back, payment by payment in their order."""
    return payments_by_earmark([project.earmark_id])[project.earmark_id]


def payments_by_earmark(earmarks: Collection[int]) -> dict[int, list[Share]]:
    """As `standing_payments`, of several projects in two queries."""
    entries = (
        Entry.objects.filter(
            destination__earmark__in=earmarks,
            destination__kind=Account.Kind.PAID,
            voucher__kind=Voucher.Kind.PAY,
            voucher__reversal__isnull=True,
        )
        .select_related("voucher", "destination__allotment__category")
        .order_by("voucher__sequence", "line")
    )
    back = _came_back(earmarks)
    shares: dict[int, list[Share]] = defaultdict(list)
    for entry in entries:
        allotment = entry.destination.allotment
        taken = min(entry.amount, back[entry.voucher_id, allotment.pk])
        back[entry.voucher_id, allotment.pk] -= taken
        if entry.amount > taken:
            share = Share(entry.voucher, allotment, entry.amount - taken)
            shares[entry.destination.earmark_id or 0].append(share)
    return shares


def _came_back(earmarks: Collection[int]) -> dict[tuple[int | None, int], Decimal]:
    """By the voucher of the payment and the allotment."""
    back: dict[tuple[int | None, int], Decimal] = defaultdict(lambda: ZERO)
    rows = Entry.objects.filter(
        source__earmark__in=earmarks,
        voucher__kind=Voucher.Kind.REFUND,
        voucher__reversal__isnull=True,
    ).values_list("voucher__refers_to_id", "source__allotment_id", "amount")
    for voucher, allotment, amount in rows:
        back[voucher, allotment] += amount
    return back


@dataclass(frozen=True)
class Used:
    """Of some projects' payments: what stands in which asset, and of each earmark what in none."""

    shares: Mapping[int, list[Share]]
    left: Mapping[int, list[Share]]


def shares_by_asset(project: Project) -> Mapping[int, list[Share]]:
    return payments_used([project]).shares


def payments_used(projects: Iterable[Project]) -> Used:
    """First paid, first put into an asset: the payments in their order fill the values in theirs,
    so that the shares of an asset add up to its value and those of a payment to the payment.
    Three queries, however many the projects."""
    earmarks = {project.pk: project.earmark_id for project in projects}
    values = standing_values(earmarks)
    payments = payments_by_earmark(list(earmarks.values()))
    shares: dict[int, list[Share]] = defaultdict(list)
    left: dict[int, list[Share]] = {}
    for project, earmark in earmarks.items():
        left[earmark] = _fill(shares, values[project], payments[earmark])
    return Used(shares, left)


def _fill(
    shares: dict[int, list[Share]], values: Iterable[tuple[int, Decimal]], paid: Iterable[Share]
) -> list[Share]:
    """Adds to `shares`, and returns what of the payments is left."""
    payments = deque(paid)
    for asset, amount in values:
        while amount and payments:
            first = payments.popleft()
            taken = min(amount, first.amount)
            shares[asset].append(replace(first, amount=taken))
            amount -= taken
            if first.amount > taken:
                payments.appendleft(replace(first, amount=first.amount - taken))
    return list(payments)


def standing_values(projects: Collection[int]) -> dict[int, list[tuple[int, Decimal]]]:
    """By project (asset, amount) in the order of the rows, less what was corrected away, latest
    first."""
    rows: dict[int, list[list[Any]]] = defaultdict(list)
    values = AssetValue.objects.filter(asset__project__in=projects).order_by("id")
    for project, asset, amount in values.values_list("asset__project", "asset_id", "amount"):
        if amount > 0:
            rows[project].append([asset, amount])
            continue
        for row in reversed(rows[project]):
            if row[0] == asset and amount:
                taken = min(row[1], -amount)
                row[1] -= taken
                amount += taken
    found: dict[int, list[tuple[int, Decimal]]] = defaultdict(list)
    for project, found_rows in rows.items():
        found[project] = [(asset, amount) for asset, amount in found_rows if amount]
    return found


def by_allotment(shares: Iterable[Share]) -> list[tuple[Allotment, Decimal]]:
    """资金来源构成 of an asset."""
    sums: dict[Allotment, Decimal] = defaultdict(lambda: ZERO)
    for share in shares:
        sums[share.allotment] += share.amount
    return list(sums.items())


def sources_in_words(asset: Asset, shares: Sequence[Share]) -> str:
    if asset.project_id is None:
        return asset.earlier_sources
    return "；".join(
        f"{allotment.get_level_display()}·{allotment.category} {amount} 元"
        for allotment, amount in by_allotment(shares)
    )


@dataclass(frozen=True)
class Tally:
    count: int = 0
    amount: Decimal = ZERO

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.count + other.count, self.amount + other.amount)


@dataclass(frozen=True)
class ClassSums:
    """A class of assets: of each level of ownership and in all."""

    label: str
    by_level: list[Tally]
    total: Tally


def sums_of(assets: QuerySet[Asset]) -> list[ClassSums]:
    """个数与金额 by class and level of whatever the filter found, and last of all of them."""
    rows = (
        AssetValue.objects.filter(asset__in=assets.order_by().values("pk"))
        .order_by()
        .values_list("asset__asset_class", "asset__owner_level")
        .annotate(count=Count("asset", distinct=True), amount=Sum("amount"))
    )
    found = {(kind, level): Tally(count, amount) for kind, level, count, amount in rows}
    kinds = [_class_sums(str(c.label), [c.value], found) for c in AssetClass]
    return [*kinds, _class_sums("合计", list(AssetClass.values), found)]


def _class_sums(label: str, kinds: list[str], found: dict[tuple[str, str], Tally]) -> ClassSums:
    levels = [
        sum((found.get((kind, level), Tally()) for kind in kinds), Tally())
        for level in Asset.Level.values
    ]
    return ClassSums(label, levels, sum(levels, Tally()))


def assets_of(project: Project) -> QuerySet[Asset]:
    return Asset.objects.filter(project=project).with_value().order_by("pk")
