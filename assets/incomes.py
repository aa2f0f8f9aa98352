"""收益: what is due by contract, what came in, what was distributed; year by year."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum
from django.utils import timezone

from .models import Asset, Distribution, DistributionLine, Income

ZERO = Decimal(0)


@dataclass(frozen=True)
class YearOfIncome:
    """One year of one asset, in yuan. `arrears` counts only what fell due up to today."""

    year: int
    due: Decimal = ZERO
    overdue: Decimal = ZERO  # of it what fell due
    received: Decimal = ZERO
    distributed: Decimal = ZERO

    @property
    def arrears(self) -> Decimal:
        return max(self.overdue - self.received, ZERO)

    @property
    def kept(self) -> Decimal:
        """留存: received and not distributed."""
        return self.received - self.distributed


def years_of(asset: Asset) -> list[YearOfIncome]:
    return years_by_asset([asset])[asset.pk]


def years_by_asset(assets: Iterable[Asset]) -> Mapping[int, list[YearOfIncome]]:
    """The newest year first; two queries and the operations of the assets."""
    rows = list(assets)
    due, fallen = dues_of(rows)
    keys = [asset.pk for asset in rows]
    received = sums(
        Income.objects.filter(asset__in=keys).values_list("asset_id", "year")
        .annotate(total=Sum("amount"))
    )  # fmt: skip
    spent = sums(
        DistributionLine.objects.filter(
            distribution__asset__in=keys,
            distribution__status__in=(Distribution.Status.NOTICE, Distribution.Status.CLOSED),
        )
        .order_by()
        .values_list("distribution__asset_id", "distribution__year")
        .annotate(total=Sum("amount"))
    )
    found: dict[int, list[YearOfIncome]] = defaultdict(list)
    for asset, year in sorted({*due, *received, *spent}, key=lambda key: -key[1]):
        key = (asset, year)
        found[asset].append(YearOfIncome(year, due[key], fallen[key], received[key], spent[key]))
    return found


Sums = dict[tuple[int, int], Decimal]


def dues_of(assets: Iterable[Asset]) -> tuple[Sums, Sums]:
    """By asset and year: what falls due to the end of this year, and what of it has."""
    today = timezone.localdate()
    due: Sums = defaultdict(lambda: ZERO)
    fallen: Sums = defaultdict(lambda: ZERO)
    for asset in assets:
        for operation in asset.operations.all():
            for day in operation.due_days():
                if day.year > today.year or (asset.left_on and day > asset.left_on):
                    continue
                due[asset.pk, day.year] += operation.yearly_rent
                if day <= today:
                    fallen[asset.pk, day.year] += operation.yearly_rent
    return due, fallen


def sums(rows: Iterable[tuple[int, int, Decimal]]) -> Sums:
    found: Sums = defaultdict(lambda: ZERO)
    for asset, year, total in rows:
        found[asset, year] += total
    return found


def undistributed(asset: Asset, year: int) -> Decimal:
    """What came in of that year and stands in no decided distribution."""
    return next((row.kept for row in years_of(asset) if row.year == year), ZERO)
