"""巡查 and 清查: what is found, with a photo, and a sheet that closes when all is counted."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from approvals.errands import errand_count, errands_of
from approvals.workflow import ConditionUnmet
from assets.errands import FROM
from assets.models import Asset, Inspection, Stocktake, StocktakeLine
from assets.services import amend_asset
from assets.stocktakes import count_asset, record_inspection, start_stocktake
from config.demo.photos import photo as picture
from organizations.models import Parameter
from organizations.policies import Refused, WrongRole
from tests import factories as make
from tests.assets import registering as reg
from tests.assets import using
from tests.assets.sheets import cells_of
from tests.cast import Cast
from tests.pages import queries_of
from tests.plain_sql import commit_rules
from tests.projects.pages import enter, read, send


def test_an_inspection_changes_the_condition_and_starts_its_days(cast: Cast) -> None:
    asset = reg.earlier(cast)
    day = make.today() - dt.timedelta(days=100)
    facts: dict[str, Any] = {
        "asset": asset, "inspected_on": day, "condition": "idle", "finding": "停用",
        "photos": [using.photo(cast)], "by": cast["village_cadre"], "remedy": "revive",
    }  # fmt: skip
    with pytest.raises(WrongRole):
        record_inspection(**{**facts, "by": cast["finance_clerk"]})
    record_inspection(**facts)
    asset.refresh_from_db()
    assert (asset.condition, asset.idle_days, asset.remedy) == ("idle", 100, "revive")
    with pytest.raises(Refused, match="同一张照片已用于"):
        record_inspection(**facts)
    with pytest.raises(DatabaseError), transaction.atomic():
        Inspection.objects.update(finding="x")


def test_a_sheet_closes_when_everything_is_counted(cast: Cast) -> None:
    sheet = using.stocktake(cast)
    reg.earlier(cast)  # after it began: next year's
    line = sheet.lines.get()
    with pytest.raises(ConditionUnmet, match="还有 1 项资产没有盘点"):
        make.do(sheet, "submit", cast, "project_clerk")
    facts = {"counted_quantity": Decimal(470), "condition": "idle", "photo": using.photo(cast)}
    with pytest.raises(ValidationError, match="须写明原因和处理意见"):
        count_asset(line=line, by=cast["village_cadre"], facts=facts)
    with pytest.raises(WrongRole):
        count_asset(line=line, by=cast["other_village_cadre"], facts=facts)
    said = {"reason": "拆除一间", "opinion": "revive"}
    counted = count_asset(line=line, by=cast["village_cadre"], facts={**facts, **said})
    assert (counted.result, counted.difference) == ("盘亏", Decimal(-10))
    make.do(sheet, "submit", cast, "project_clerk")
    with pytest.raises(Refused, match="不能盘点"):
        count_asset(line=StocktakeLine.objects.get(), by=cast["village_cadre"], facts=facts)
    make.do(sheet, "close", cast, "project_reviewer")
    commit_rules()
    asset = line.asset
    asset.refresh_from_db()
    assert (asset.condition, asset.condition_since) == ("idle", sheet.as_of)
    assert asset.quantity == Decimal(470)
    assert Asset.history.filter(id=asset.pk).latest().history_change_reason == str(sheet)
    for change in ({"counted_quantity": 1}, {"book_quantity": 1}):
        with pytest.raises(DatabaseError), transaction.atomic():
            StocktakeLine.objects.update(**change)


def test_the_register_keeps_a_quantity_that_it_amended_and_of_what_is_gone(cast: Cast) -> None:
    amended, gone = reg.earlier(cast), reg.earlier(cast)
    sheet = using.stocktake(cast)
    said = {"reason": "实物与账面不符", "opinion": "write_off"}
    using.count(cast, sheet, counted_quantity=Decimal(470), **said)
    nothing = {"counted_quantity": Decimal(0), "condition": "lost", "photo": using.photo(cast)}
    line = sheet.lines.get(asset=gone)
    count_asset(line=line, by=cast["village_cadre"], facts={**nothing, **said})
    amend_asset(
        asset=amended, by=cast["township_clerk"], facts={"quantity": Decimal(500)}, reason="扩建"
    )
    make.do(sheet, "submit", cast, "project_clerk")
    make.do(sheet, "close", cast, "project_reviewer")
    found = {a.pk: (a.quantity, a.condition) for a in Asset.objects.all()}
    assert found.pop(amended.pk) == (Decimal(500), "in_use")
    assert found.pop(gone.pk) == (Decimal(480), "lost")
    assert list(found.values()) == [(Decimal(470), "in_use")]


def test_the_clerk_is_reminded_from_a_day_on_until_it_has_begun(client: Client, cast: Cast) -> None:
    reg.earlier(cast)
    today, clerk = timezone.localdate(), cast["project_clerk"]
    said = {"key": FROM, "name": "开始提醒", "source": "K"}
    later = Parameter.objects.create(**said, setting="12-31", valid_from=today)
    assert not errands_of(clerk) or f"{today:%m-%d}" == "12-31"
    Parameter.objects.filter(pk=later.pk).update(setting=f"{today:%m-%d}")
    (errand,) = errands_of(clerk)
    assert (errand.place, errand.action) == (cast.county, "发起清查")
    assert errand_count(clerk) == 1 and not errand_count(cast["project_reviewer"])
    enter(client, cast, "project_clerk")
    assert f"{cast.county.name}{today.year}年度资产清查" in read(client, "/inbox/")
    assert "请填写" not in send(client, errand.act_url, {}, 200)
    start_stocktake(county=cast.county, year=today.year, as_of=today, by=clerk)
    assert not errands_of(clerk)


def test_once_a_year_in_a_county_with_assets(cast: Cast) -> None:
    facts: dict[str, Any] = {"year": 2026, "as_of": make.today(), "by": cast["project_clerk"]}
    with pytest.raises(Refused, match="没有在册的"):
        start_stocktake(county=cast.county, **facts)
    with pytest.raises(WrongRole):
        start_stocktake(county=cast.other_county, **facts)
    using.stocktake(cast)
    with pytest.raises(ValidationError, match="已发起"):
        start_stocktake(county=cast.county, **facts)


def test_the_database_counts_too(cast: Cast) -> None:
    sheet = using.stocktake(cast)
    line = sheet.lines.get()
    using.count(cast, sheet)
    make.do(sheet, "submit", cast, "project_clerk")
    with pytest.raises(DatabaseError), transaction.atomic():
        StocktakeLine.objects.create(
            stocktake=sheet, asset=reg.earlier(cast), book_quantity=line.book_quantity
        )
    with pytest.raises(DatabaseError), transaction.atomic():
        line.delete()


def test_the_county_starts_and_the_village_counts_on_the_pages(client: Client, cast: Cast) -> None:
    reg.earlier(cast)
    enter(client, cast, "project_clerk")
    assert "发起清查" in read(client, "/stocktakes/")
    typed = {"county": cast.county.pk, "year": 2026, "as_of": make.today()}
    send(client, "/stocktakes/new/", typed)
    assert "已发起" in send(client, "/stocktakes/new/", typed, 200)
    sheet = Stocktake.objects.get()
    line = sheet.lines.get()
    enter(client, cast, "village_cadre")
    assert f"/stocktake-lines/{line.pk}/" in read(client, sheet.get_absolute_url())
    address = f"/stocktake-lines/{line.pk}/"
    count = {"counted_quantity": "479.5", "condition": "in_use", "photo": picture("盘点")}
    page = send(client, address, count, 200)
    assert "请填写处理意见" in page and "照片.png" in page
    kept = line_photo(page)
    send(client, address, {**count, "photo": kept, "reason": "丈量误差", "opinion": "settle"})
    assert "盘亏 -0.5" in read(client, f"{sheet.get_absolute_url()}?show=differs")
    rows = cells_of(client.get(f"/stocktakes/export/?stocktake={sheet.pk}"))
    assert rows[1][6:10] == ["480", "479.5", "-0.5", "盘亏"]
    enter(client, cast, "other_finance_clerk")
    read(client, sheet.get_absolute_url(), 404)


def line_photo(page: str) -> str:
    """The hash under which the form keeps what was uploaded."""
    start = page.index('name="photo" value="') + len('name="photo" value="')
    return page[start : start + 64]


def test_the_sheet_asks_a_constant_number_of_queries(client: Client, cast: Cast) -> None:
    reg.earlier(cast)
    sheet = using.stocktake(cast)
    enter(client, cast, "project_clerk")
    assert len(queries_of(client, sheet.get_absolute_url())) < 45


def test_an_inspection_is_written_on_the_page(client: Client, cast: Cast) -> None:
    asset = reg.earlier(cast)
    enter(client, cast, "work_team")
    address = f"/assets/{asset.pk}/inspections/new/"
    typed = {"inspected_on": make.today(), "condition": "idle", "finding": "停用三个月"}
    page = send(client, address, {**typed, "photos": picture("巡查")}, 200)
    assert "请选择处理去向" in page
    send(client, address, {**typed, "photos": picture("巡查"), "remedy": "revive"})
    assert "停用三个月" in read(client, asset.get_absolute_url())
