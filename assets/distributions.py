"""收益到账 and 收益分配 of an asset."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from funds.money import format_yuan
from organizations.models import User
from organizations.policies import Refused, demand
from projects.policies import raise_if

from .incomes import undistributed
from .models import Asset, Distribution, DistributionLine, Income
from .policies import OWNERS, not_of_households, refuse_distributing
from .services import locked


@transaction.atomic
def record_income(
    *, asset: Asset, year: int, amount: Decimal, received_on: dt.date, document: str, by: User,
    note: str = "",
) -> Income:  # fmt: skip
    """A sum that came in. Of an asset that has left too: arrears are paid late."""
    demand(by, OWNERS, asset.division)
    asset = locked(asset)
    raise_if(not_of_households(asset))
    if received_on > timezone.localdate():
        raise Refused(f"到账日期 {received_on} 在今天之后", who_can_clear="登记人（改正日期）")
    return _save(
        Income(
            asset=asset, year=year, amount=amount, received_on=received_on, document=document,
            note=note, recorded_by=by,
        )
    )  # fmt: skip


@transaction.atomic
def reverse_income(*, income: Income, reason: str, by: User) -> Income:
    """红字冲销 of a row that was wrong, once, and not below what was distributed."""
    demand(by, OWNERS, income.asset.division)
    asset = locked(income.asset)
    if income.reverses_id or Income.objects.filter(reverses=income).exists():
        raise Refused("这一笔已冲销，或本身是冲销", who_can_clear="本人（无须再办）")
    left = undistributed(asset, income.year)
    if left < income.amount:
        raise Refused(
            f"{income.year}年度未分配的收益 {format_yuan(left)} 元，"
            f"少于要冲销的 {format_yuan(income.amount)} 元",
            who_can_clear="先退回已议定的收益分配",
        )
    return _save(
        Income(
            asset=asset, year=income.year, amount=-income.amount,
            received_on=timezone.localdate(), document=income.document, note=reason.strip(),
            reverses=income, recorded_by=by,
        )
    )  # fmt: skip


def _save(income: Income) -> Income:
    income.full_clean()
    income.save(force_insert=True)
    return income


Line = Mapping[str, Any]


@transaction.atomic
def draw_up_distribution(
    *, asset: Asset, year: int, lines: Sequence[Line], by: User
) -> Distribution:
    """`lines` have use, amount, households, people, note. Raises Refused."""
    demand(by, OWNERS, asset.division)
    asset = locked(asset)
    raise_if(refuse_distributing(asset, by))
    raise_over(asset, year, lines)
    distribution = Distribution(
        asset=asset,
        division=asset.division,
        number=f"{asset.number}-S{asset.distributions.count() + 1:02d}",
        year=year,
        started_by=by,
    )
    distribution.full_clean()
    distribution.save(force_insert=True)
    write_lines(distribution, lines)
    return distribution


@transaction.atomic
def amend_distribution(
    *, distribution: Distribution, lines: Sequence[Line], by: User
) -> Distribution:
    """Other lines while it is drawn up, or when it came back."""
    demand(by, OWNERS, distribution.division)
    distribution = Distribution.objects.select_for_update(of=("self",)).get(pk=distribution.pk)
    if distribution.status != Distribution.Status.DRAFT:
        raise Refused(
            f"收益分配现为“{distribution.get_status_display()}”，只有拟定时可以改动明细",
            who_can_clear="乡镇审核（退回）",
        )
    raise_over(distribution.asset, distribution.year, lines)
    distribution.lines.all().delete()
    write_lines(distribution, lines)
    return distribution


def write_lines(distribution: Distribution, lines: Sequence[Line]) -> None:
    for facts in lines:
        line = DistributionLine(distribution=distribution, **facts)
        if not line.use.is_allowed:
            raise Refused(f"收益不得用于“{line.use}”", who_can_clear="拟定人（改为允许的用途）")
        line.full_clean()
        line.save(force_insert=True)


def raise_over(asset: Asset, year: int, lines: Sequence[Line]) -> None:
    wanted = sum((line["amount"] for line in lines), Decimal(0))
    there = undistributed(asset, year)
    if wanted > there:
        raise Refused(
            f"拟分配 {format_yuan(wanted)} 元，{year}年度实收未分配 {format_yuan(there)} 元",
            who_can_clear="拟定人（调减分配金额）或登记收益到账",
        )
