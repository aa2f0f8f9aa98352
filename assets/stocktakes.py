"""巡查 and the yearly 清查."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from approvals.evidence import claim_photos
from approvals.models import PhotoUse
from organizations.models import Division, User
from organizations.policies import Refusal, Refused, demand, refuse_without
from organizations.signature import sign
from projects.policies import raise_if

from .models import Asset, AssetClass, Inspection, Stocktake, StocktakeLine
from .policies import COUNTERS, INSPECTORS, STOCKTAKERS, left_register, not_of_households
from .services import locked


@transaction.atomic
def record_inspection(
    *,
    asset: Asset,
    inspected_on: dt.date,
    condition: str,
    finding: str,
    photos: Sequence[str],
    by: User,
    remedy: str = "",
    remedy_note: str = "",
) -> Inspection:
    """What was found; a condition other than the register's is the register's from then on."""
    post = demand(by, INSPECTORS, asset.division)
    asset = locked(asset)
    raise_if(left_register(asset) or not_of_households(asset))
    inspection = Inspection(
        asset=asset, inspected_on=inspected_on, condition=condition, finding=finding,
        photos=list(photos), inspected_by=by, unit=post.organization.name,
    )  # fmt: skip
    inspection.full_clean()
    inspection.save(force_insert=True)
    claim_asset_photos(photos, asset, f"资产巡查 {asset}", by)
    if condition != asset.condition:
        asset.condition, asset.condition_since = condition, inspected_on
        asset.remedy, asset.remedy_note = remedy, remedy_note
        asset.full_clean()
        sign(asset, by, f"{inspected_on} 巡查").save()
    return inspection


def claim_asset_photos(photos: Sequence[str], asset: Asset, shown_for: str, by: User) -> None:
    """Each photo proves this and nothing else. An asset has no life of its own, so the row names
    its table alone."""
    used = PhotoUse.objects.filter(sha256__in=photos).order_by("used_at").first()
    if used:
        raise Refused(
            f"同一张照片已用于“{used.shown_for}”，不能重复使用",
            who_can_clear="上传人（换用本次现场的照片）",
        )
    PhotoUse.objects.bulk_create(
        PhotoUse(
            sha256=photo, subject_type=Asset._meta.label_lower, subject_id=asset.pk,
            shown_for=shown_for[:160], used_by=by,
        )
        for photo in photos
    )  # fmt: skip


def to_be_counted(assets: QuerySet[Asset], as_of: dt.date) -> QuerySet[Asset]:
    """In the register, of no household, and built by the day."""
    standing = assets.filter(left_on__isnull=True, built_on__lte=as_of)
    return standing.exclude(asset_class=AssetClass.HOUSEHOLD)


@transaction.atomic
def start_stocktake(*, county: Division, year: int, as_of: dt.date, by: User) -> Stocktake:
    """A line for every operating and public asset in the register that was built by the day."""
    demand(by, STOCKTAKERS, county)
    stocktake = Stocktake(division=county, year=year, as_of=as_of, started_by=by)
    stocktake.full_clean()
    rows = to_be_counted(Asset.objects.filter(county=county), as_of)
    rows = rows.order_by("division__code", "pk")
    if not rows.exists():
        raise Refused("本县没有在册的经营性、公益性资产", who_can_clear="乡镇经办（登记资产）")
    stocktake.save(force_insert=True)
    StocktakeLine.objects.bulk_create(
        StocktakeLine(stocktake=stocktake, asset=asset, book_quantity=asset.quantity)
        for asset in rows
    )
    return stocktake


def refuse_counting(line: StocktakeLine, user: User) -> Refusal | None:
    refusal = refuse_without(user, COUNTERS, line.asset.division)
    if refusal or line.stocktake.status == Stocktake.Status.COUNTING:
        return refusal
    return Refusal(
        f"清查现为“{line.stocktake.get_status_display()}”，不能盘点",
        who_can_clear="项目主管部门审核（退回重盘）",
    )


@transaction.atomic
def count_asset(*, line: StocktakeLine, by: User, facts: Mapping[str, Any]) -> StocktakeLine:
    """`facts` are counted_quantity, condition, photo, reason and opinion. The photo is of this
    count alone; counted again with the same photo, it stays."""
    demand(by, COUNTERS, line.asset.division)
    raise_if(refuse_counting(line, by))
    line = StocktakeLine.objects.select_for_update(of=("self",)).get(pk=line.pk)
    before = line.photo
    for name, value in facts.items():
        setattr(line, name, value)
    line.counted_by, line.counted_at = by, timezone.now()
    line.full_clean()
    line.save()
    if line.photo != before:
        claim_photos(
            [line.photo], subject=line.stocktake, shown_for=f"{line.stocktake} {line.asset}", by=by
        )
    return line
