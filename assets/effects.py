"""What happens with a step of these lives besides the change of status."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils import timezone

from approvals.models import Decision
from approvals.workflow import Effect
from funds.services import record_receipt, reverse_voucher
from organizations.signature import sign

from .models import Asset, Disposal, Distribution, Stocktake, StocktakeLine
from .policies import beyond_income, raise_refusal

Data = Mapping[str, Any]
Changed = tuple[str, ...]  # fields of the subject, saved with its status


def kept(*names: str) -> Effect:
    """An effect that puts what the step's form asked for into the subject."""

    def keep(subject: Any, decision: Decision, data: Data) -> Changed:
        for name in names:
            setattr(subject, name, data[name])
        return names

    return keep


def sold_price(disposal: Disposal, data: Data) -> Decimal:
    return disposal.sold_price or Decimal(0)


def book_proceeds(disposal: Disposal, decision: Decision, data: Data) -> Changed:
    """What it brought goes into the pool under the county's own document; then the asset leaves
    the register."""
    if disposal.sold_price:
        disposal.voucher = record_receipt(
            allotment=data["allotment"],
            amount=disposal.sold_price,
            occurred_on=data["occurred_on"],
            memo=f"资产处置收入 {disposal.asset}"[:200],
            key=f"disposal:{disposal.pk}:{decision.pk}",
            by=decision.by,
            document=data["document"],
            payer=disposal.buyer,
        )
    asset = Asset.objects.select_for_update(of=("self",)).get(pk=disposal.asset_id)
    asset.left_on = disposal.disposed_on
    reason = f"{disposal.get_way_display()}，{disposal.number}"
    sign(asset, decision.by, reason).save(update_fields=["left_on"])
    return ("voucher",)


def take_back_proceeds(disposal: Disposal, decision: Decision, data: Data) -> Changed:
    """The receipt is turned round, and the asset stands in the register again until what it
    brought is booked anew."""
    assert disposal.voucher
    reverse_voucher(
        voucher=disposal.voucher,
        occurred_on=timezone.localdate(),
        memo=f"冲销资产处置收入 {disposal.number}：{decision.comment}"[:200],
        key=f"disposal:{disposal.pk}:{decision.pk}",
        by=decision.by,
        within_step=True,
    )
    disposal.voucher = None
    asset = Asset.objects.select_for_update(of=("self",)).get(pk=disposal.asset_id)
    asset.left_on = None
    sign(asset, decision.by, f"冲销处置收入，{disposal.number}").save(update_fields=["left_on"])
    return ("voucher",)


def decide_distribution(distribution: Distribution, decision: Decision, data: Data) -> Changed:
    """The asset's row is locked, so that no income is taken back meanwhile."""
    Asset.objects.select_for_update(of=("self",)).get(pk=distribution.asset_id)
    raise_refusal(beyond_income(distribution))
    return kept("held_on", "due", "present", "in_favour", "minutes_files")(
        distribution, decision, data
    )  # type: ignore[return-value]


def close_stocktake(stocktake: Stocktake, decision: Decision, data: Data) -> Changed:
    """What was found is what the register says from now on, with the sheet as the reason."""
    lines = stocktake.lines.select_related("asset").select_for_update(of=("asset",))
    for line in lines.order_by("id"):
        changed = take_over(line, stocktake.as_of)
        if changed:
            sign(line.asset, decision.by, str(stocktake)).save(update_fields=changed)
    return ()


def take_over(line: StocktakeLine, as_of: dt.date) -> list[str]:
    """Puts into the asset what was found of it, and names what changed. A quantity that the
    register amended after the sheet began stays; of what is gone altogether the register keeps
    the quantity too, until it leaves by a disposal."""
    asset, changed = line.asset, []
    if asset.left_on:
        return []
    counted_on = timezone.localdate(line.counted_at) if line.counted_at else as_of
    newer = asset.condition_since > counted_on
    if asset.condition != line.condition and not newer:
        asset.condition, asset.condition_since, asset.remedy = line.condition, as_of, line.opinion
        changed += ["condition", "condition_since", "remedy"]
    if line.difference and line.counted_quantity and asset.quantity == line.book_quantity:
        asset.quantity = line.counted_quantity
        changed += ["quantity"]
    return changed
