"""收益: due by contract, received, distributed for what it may be used, and announced."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.test import Client

from approvals.workflow import ConditionUnmet
from assets.distributions import (
    amend_distribution,
    draw_up_distribution,
    record_income,
    reverse_income,
)
from assets.incomes import years_of
from assets.models import Distribution, DistributionLine, Income, IncomeUse
from assets.services import register_asset
from organizations.policies import Refused, WrongRole
from tests import factories as make
from tests.assets import registering as reg
from tests.assets import using
from tests.cast import Cast
from tests.plain_sql import commit_rules
from tests.projects.pages import enter, read, send


def test_what_is_due_by_contract_and_what_is_not_paid(cast: Cast) -> None:
    asset = using.owned(cast)  # from 2026 to 2028, 40,000 a year
    using.income(cast, asset, 30_000)
    year = next(row for row in years_of(asset) if row.year == 2026)
    figures = (year.due, year.received, year.arrears, year.kept)
    assert figures == tuple(Decimal(n) for n in (40_000, 30_000, 10_000, 30_000))


def test_income_is_written_once_and_turned_round_once(cast: Cast) -> None:
    asset, cadre = using.owned(cast), cast["village_cadre"]
    row = using.income(cast, asset)
    facts: dict[str, Any] = {"asset": asset, "year": 2026, "amount": row.amount, "by": cadre}
    with pytest.raises(ValidationError, match="已登记过"):
        record_income(**facts, received_on=row.received_on, document=row.document)
    with pytest.raises(Refused, match="在今天之后"):
        record_income(**facts, received_on=dt.date(2099, 1, 1), document="x")
    with pytest.raises(WrongRole):
        record_income(
            **{**facts, "by": cast["finance_clerk"]}, received_on=row.received_on, document="x"
        )
    plan = draw_up_distribution(asset=asset, year=2026, lines=using.lines(("Y1", 30_000)), by=cadre)
    make.do(plan, "decide", cast, "village_cadre", {**using.VOTED, "minutes_files": ["1" * 64]})
    with pytest.raises(Refused, match="未分配的收益 10,000.00 元"):
        reverse_income(income=row, reason="重复登记", by=cadre)
    make.do(plan, "return", cast, "township_reviewer")
    reverse_income(income=row, reason="重复登记", by=cadre)
    with pytest.raises(Refused, match="已冲销"):
        reverse_income(income=row, reason="重复登记", by=cadre)
    with pytest.raises(DatabaseError), transaction.atomic():
        Income.objects.update(amount=1)


def test_only_for_what_it_may_be_used_and_not_above_what_came_in(cast: Cast) -> None:
    asset, cadre = using.owned(cast), cast["village_cadre"]
    using.income(cast, asset)
    with pytest.raises(Refused, match="实收未分配 40,000.00 元"):
        draw_up_distribution(
            asset=asset, year=2026, lines=using.lines(("Y1", "40000.01")), by=cadre
        )
    with pytest.raises(Refused, match="收益不得用于“奖金、津贴和福利补助”"):
        draw_up_distribution(asset=asset, year=2026, lines=using.lines(("N3", 1)), by=cadre)
    plan = draw_up_distribution(asset=asset, year=2026, lines=using.lines(("Y1", 1)), by=cadre)
    with pytest.raises(Refused, match="尚未办结"):
        draw_up_distribution(asset=asset, year=2026, lines=using.lines(("Y2", 1)), by=cadre)
    amend_distribution(distribution=plan, lines=using.lines(("Y5", 40_000)), by=cadre)
    forbidden = IncomeUse.objects.get(code="N3")
    with pytest.raises(DatabaseError), transaction.atomic():
        DistributionLine.objects.update(use=forbidden)
    make.do(plan, "decide", cast, "village_cadre", {**using.VOTED, "minutes_files": ["1" * 64]})
    with pytest.raises(Refused, match="只有拟定时可以改动"):
        amend_distribution(distribution=plan, lines=using.lines(("Y1", 1)), by=cadre)
    with pytest.raises(DatabaseError), transaction.atomic():
        DistributionLine.objects.update(amount=1)


def test_a_distribution_is_done_after_its_notice(client: Client, cast: Cast) -> None:
    plan = using.decided_distribution(cast)
    with pytest.raises(ConditionUnmet, match="尚未发布资产收益分配公示"):
        make.do(plan, "complete", cast, "township_reviewer")
    enter(client, cast, "village_cadre")
    address = f"/distributions/{plan.pk}/notices/publish/N11/"
    page = read(client, address)
    assert "补助无劳动能力低收入者 20,000.00 元，12 户 40 人" in page
    assert "应到 45 人，实到 40 人，同意 38 人" in page
    assert address in read(client, f"/distributions/{plan.pk}/notices/")
    make.run_notice(cast, plan)
    make.do(plan, "complete", cast, "township_reviewer")
    commit_rules()
    assert plan.status == Distribution.Status.CLOSED
    assert years_of(plan.asset)[0].kept == make.yuan(8_000)
    assert "8,000.00" in read(client, plan.get_absolute_url())
    found = client.get(f"/api/assets/{plan.asset_id}/").json()
    assert found["distributions"][0]["lines"][0]["amount"] == "20000.00"
    assert next(y for y in found["years"] if y["year"] == 2026)["kept"] == "8000.00"


def test_the_database_asks_for_the_notice_too(cast: Cast) -> None:
    plan = using.decided_distribution(cast)
    with pytest.raises(DatabaseError, match="公示未发布"):
        reg.step_unasked(cast, plan, "complete", "township_reviewer")


def test_the_village_draws_up_its_plan_on_the_page(client: Client, cast: Cast) -> None:
    asset = using.owned(cast)
    enter(client, cast, "village_cadre")
    income = {"year": 2026, "amount": "4万", "received_on": "2026-02-01", "document": "收据1号"}
    send(client, f"/assets/{asset.pk}/incomes/new/", income)
    address = f"/assets/{asset.pk}/distributions/new/"
    first = using.use("Y1").pk
    assert "至少填写一项" in send(client, address, {"year": 2026}, 200)
    typed = {"year": 2026, f"amount_{first}": "20,000", f"households_{first}": 12}
    page = send(client, address, {**typed, f"people_{first}": 3}, 200)
    assert "户数 12 多于人数 3" in page
    typed[f"people_{first}"] = 40
    over = send(client, address, {**typed, f"amount_{first}": "40,000.01"}, 409)
    assert "实收未分配 40,000.00 元" in over
    send(client, address, typed)
    plan = Distribution.objects.get()
    send(client, f"/distributions/{plan.pk}/edit/", {**typed, f"amount_{first}": "10,000"})
    assert "10,000.00" in read(client, f"/distributions/{plan.pk}/")
    row = Income.objects.get()
    send(client, f"/incomes/{row.pk}/reverse/", {"reason": "重复登记"})
    assert "红字冲销" in read(client, asset.get_absolute_url())


def test_households_have_no_income(cast: Cast) -> None:
    asset = register_asset(
        project=reg.awaiting(cast), by=cast["township_clerk"], facts=reg.household_facts(cast),
        value=make.yuan(1), document="焉审〔2025〕8号",
    )  # fmt: skip
    with pytest.raises(Refused, match="到户类资产只登记"):
        using.income(cast, asset)
