from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction

from funds.models import Voucher
from funds.money import format_yuan
from organizations.models import Division, User
from organizations.policies import Refused, demand
from organizations.signature import sign
from projects.models import Project
from projects.policies import raise_if

from .models import Asset, AssetValue, NoAssets, Operation
from .policies import (
    CLAUSE,
    IMPORTERS,
    REGISTRARS,
    left_register,
    not_in_registration,
    refuse_stating_none,
)
from .queries import worth_of


@transaction.atomic
def register_asset(
    *,
    project: Project,
    by: User,
    facts: Mapping[str, Any],
    value: Decimal,
    document: str,
    operation: Mapping[str, Any] | None = None,
) -> Asset:
    """An asset of a project that stands at 资产登记. `facts` are the model's fields, `operation`
    those of who runs it, which an operating asset needs. Raises Refused."""
    demand(by, REGISTRARS, project.division)
    project = Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    raise_if(not_in_registration(project))
    raise_if_over(project, value)
    asset = Asset(county=project.county, year=project.year, project=project, **facts)
    return write_asset(asset, by=by, value=value, document=document, operation=operation)


def raise_if_over(project: Project, more: Decimal) -> None:
    worth = worth_of(project)
    if more > worth.missing:
        raise Refused(
            f"项目已支付 {format_yuan(worth.paid)} 元，已登记 {format_yuan(worth.worth)} 元，"
            f"本次最多 {format_yuan(max(worth.missing, Decimal(0)))} 元",
            clause=CLAUSE,
            who_can_clear="登记人（改正金额）",
        )


@transaction.atomic
def register_earlier_asset(
    *,
    county: Division,
    by: User,
    facts: Mapping[str, Any],
    value: Decimal,
    document: str,
    operation: Mapping[str, Any] | None = None,
) -> Asset:
    """An asset of a project of earlier years, which this register does not hold."""
    demand(by, IMPORTERS, county)
    asset = Asset(county=county, **facts)
    return write_asset(asset, by=by, value=value, document=document, operation=operation)


def write_asset(
    asset: Asset, *, by: User, value: Decimal, document: str, operation: Mapping[str, Any] | None
) -> Asset:
    """Numbers without a gap in a county and year, given with the county's row locked."""
    county = Division.objects.select_for_update(no_key=True).get(pk=asset.county_id)
    given = Asset.objects.filter(county=county, year=asset.year).order_by("-sequence")
    asset.sequence = (given.values_list("sequence", flat=True).first() or 0) + 1
    asset.number = f"{county.code[:6]}-{asset.year}-ZC-{asset.sequence:04d}"
    asset.registered_by = by
    asset.full_clean()
    sign(asset, by).save()
    record_value(
        AssetValue(asset=asset, kind=AssetValue.Kind.INITIAL, amount=value, document=document), by
    )
    if operation:
        record_operation(Operation(asset=asset, **operation), by)
    return asset


def record_value(row: AssetValue, by: User) -> AssetValue:
    row.recorded_by = by
    row.full_clean()
    row.save(force_insert=True)
    return row


def record_operation(row: Operation, by: User) -> Operation:
    row.recorded_by = by
    row.full_clean()
    row.save(force_insert=True)
    return row


def locked(asset: Asset) -> Asset:
    rows = Asset.objects.select_related("county", "division", "project")
    return rows.select_for_update(of=("self",)).get(pk=asset.pk)


@transaction.atomic
def amend_asset(*, asset: Asset, by: User, facts: Mapping[str, Any], reason: str) -> Asset:
    """Change what may change of an asset, with the reason in its history. Raises Refused."""
    demand(by, REGISTRARS, asset.division)
    asset = locked(asset)
    raise_if(left_register(asset))
    if not reason.strip():
        raise Refused("修改须写明事由", who_can_clear="修改人（写明事由）")
    for name, value in facts.items():
        setattr(asset, name, value)
    asset.full_clean()
    sign(asset, by, reason.strip()).save()
    return asset


@transaction.atomic
def capitalise(
    *, asset: Asset, voucher: Voucher, amount: Decimal, document: str, by: User
) -> AssetValue:
    """A payment after the registration, the retention money say, raises the asset's value."""
    demand(by, REGISTRARS, asset.division)
    asset = locked(asset)
    raise_if(left_register(asset))
    if asset.project is None:
        raise Refused("以前年度的资产没有本系统的支付凭证", who_can_clear="登记人（改用更正）")
    raise_if_over(asset.project, amount)
    row = AssetValue(
        asset=asset,
        kind=AssetValue.Kind.CAPITALISED,
        amount=amount,
        document=document,
        voucher=voucher,
    )
    return record_value(row, by)


@transaction.atomic
def correct_value(
    *, asset: Asset, amount: Decimal, document: str, paper: str, reason: str, by: User
) -> AssetValue:
    """`amount` is what is added, below zero what is taken away; on a document with its original."""
    demand(by, REGISTRARS, asset.division)
    asset = locked(asset)
    raise_if(left_register(asset))
    if asset.project and amount > 0:
        raise_if_over(asset.project, amount)
    row = AssetValue(
        asset=asset,
        kind=AssetValue.Kind.CORRECTED,
        amount=amount,
        document=document,
        paper=paper,
        reason=reason,
    )
    return record_value(row, by)


@transaction.atomic
def change_operator(
    *, asset: Asset, by: User, operation: Mapping[str, Any], end_reason: str = ""
) -> Operation:
    """Who runs it from a day on. Whoever still runs it then is ended the day before."""
    demand(by, REGISTRARS, asset.division)
    asset = locked(asset)
    raise_if(left_register(asset))
    starts_on: dt.date = operation["starts_on"]
    for present in asset.operations.all():
        if present.starts_on < starts_on and (present.last_day or starts_on) >= starts_on:
            end_operation(operation=present, on=starts_on - dt.timedelta(days=1), reason=end_reason)
    return record_operation(Operation(asset=asset, **operation), by)


def end_operation(*, operation: Operation, on: dt.date, reason: str) -> None:
    if operation.ended_on:
        raise Refused(
            f"“{operation}”已终止于 {operation.ended_on}，新的经营期须在其后",
            who_can_clear="登记人（改正起始日期）",
        )
    if not reason.strip():
        raise Refused(
            f"“{operation}”尚未到期，须写明提前终止的事由", who_can_clear="登记人（写明事由）"
        )
    operation.ended_on, operation.end_reason = on, reason.strip()
    operation.save(update_fields=["ended_on", "end_reason"])


@transaction.atomic
def state_no_assets(*, project: Project, reason: str, by: User) -> NoAssets:
    project = Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    raise_if(refuse_stating_none(project, by))
    row = NoAssets(project=project, reason=reason.strip(), stated_by=by)
    row.full_clean()
    row.save(force_insert=True)
    return row
