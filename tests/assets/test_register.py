"""The register: what may be written into it, and with what a project closes."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from psycopg import errors

from approvals.models import Decision
from approvals.workflow import ConditionUnmet
from assets.depreciation import written_off
from assets.models import Asset, AssetValue, NoAssets
from assets.queries import by_allotment, shares_by_asset, worth_of
from assets.services import (
    amend_asset,
    capitalise,
    change_operator,
    correct_value,
    register_asset,
    state_no_assets,
)
from config.demo.photos import store_sheet
from organizations.policies import Refused, WrongRole
from projects.models import AssetStatement, PaymentRequest, Project
from tests import factories as make
from tests import lives
from tests.assets import registering as reg
from tests.cast import Cast
from tests.databases import app_connection
from tests.plain_sql import commit_rules, take_step
from tests.projects.negative_texts import answers

S = Project.Status


def register(cast: Cast, project: Project, who: str = "township_clerk", **changes: Any) -> Asset:
    return register_asset(
        project=project,
        by=cast[who],
        facts=reg.facts(cast, **changes),
        value=make.yuan(400_000),
        document="焉审〔2025〕8号",
        operation=reg.LEASE,
    )


def test_a_project_closes_with_assets_worth_what_was_paid(cast: Cast) -> None:
    project = reg.awaiting(cast, "400000.01")
    with pytest.raises(ConditionUnmet, match="没有登记资产，也没有说明"):
        reg.close(cast, project)
    first = reg.registered(cast, project, 300_000)
    assert first.number == "652826-2025-ZC-0001"
    with pytest.raises(ConditionUnmet, match="相差 100,000.01 元"):
        reg.close(cast, project)
    with pytest.raises(DatabaseError, match="两者不符"):
        reg.step_unasked(cast, project, "register_assets", "township_clerk")
    project.refresh_from_db()
    with pytest.raises(Refused, match="最多 100,000.01 元"):
        reg.registered(cast, project, "100000.02")
    second = reg.registered(cast, project, "100000.01", code="GY02", name="泵房")
    assert second.number == "652826-2025-ZC-0002"
    with pytest.raises(Refused, match="已登记资产"):
        reg.without_assets(cast, project)
    reg.close(cast, project)
    commit_rules()
    assert project.status == S.CLOSED
    said = AssetStatement.objects.get()
    assert (said.leaves_assets, said.original_value) == (True, Decimal("400000.01"))
    assert said.asset_name == "保鲜库房等 2 项"
    with pytest.raises(Refused, match="现为“办结”"):
        reg.registered(cast, project, 1)


def test_a_project_closes_with_the_reason_why_nothing_is_left(cast: Cast) -> None:
    project = reg.without_assets(cast, reg.awaiting(cast))
    reg.close(cast, project)
    commit_rules()
    assert AssetStatement.objects.get().reason == "培训类项目，不形成资产"


def test_only_the_township_registers_and_only_at_its_step(cast: Cast) -> None:
    project = reg.awaiting(cast)
    for who in ("village_cadre", "project_clerk", "finance_clerk", "other_township_clerk"):
        with pytest.raises(WrongRole):
            register(cast, project, who)
    lives.place(project, S.SETTLEMENT, cast)
    with pytest.raises(Refused, match="在“资产登记”环节登记资产"):
        register(cast, project)
    with pytest.raises(Refused, match="在“资产登记”环节"):
        state_no_assets(project=project, reason="无", by=cast["township_clerk"])


@pytest.mark.parametrize(
    "changes",
    [
        {"households": 500},
        {"villages": 0, "households": 0, "people": 0},
        {"benefit": ""},
        {"supervisor_unit": ""},
        {"keeper_post": ""},
        {"owner_name": ""},
        {"owner_level": "household"},
        {"depreciation": "straight"},
        {"longitude": Decimal("86.5")},
        {"longitude": Decimal("116.4"), "latitude": Decimal("39.9")},
        {"titled_on": dt.date(2025, 12, 1)},
        {"booked_in": "state"},
        {"quantity": Decimal(0)},
        {"remark": "联系人手机13800138000"},
    ],
)
def test_what_a_row_must_say(cast: Cast, changes: dict[str, Any]) -> None:
    project = reg.awaiting(cast)
    with pytest.raises(ValidationError):
        register(cast, project, **changes)


def test_of_households_there_are_counts_and_sums(cast: Cast) -> None:
    project = reg.awaiting(cast)

    def of_households(**changes: Any) -> Asset:
        return register_asset(
            project=project, by=cast["township_clerk"], facts=reg.household_facts(cast, **changes),
            value=make.yuan(1000), document="焉审〔2025〕8号",
        )  # fmt: skip

    for wrong in (
        {"address": "某户院内"},
        {"households": 0, "people": 0},
        {"owner_level": "village"},
    ):
        with pytest.raises(ValidationError):
            of_households(**wrong)
    asset = of_households()
    assert asset.owner == "农户（120 户）"
    with pytest.raises(DatabaseError), transaction.atomic():
        change_operator(asset=asset, by=cast["township_clerk"], operation=reg.LEASE)


def test_the_sources_are_those_of_the_payments_to_the_fen(cast: Cast) -> None:
    """Two allotments pay 0.30 and 99.70; two assets are worth 33.33 and 66.67."""
    project = make.project_before_meeting(cast)
    older = make.funded_allotment(cast, "0.30", number="巴财农〔2025〕1号")
    newer = make.funded_allotment(cast, 200, number="巴财农〔2025〕2号")
    sources = [(older, Decimal("0.30")), (newer, Decimal(100))]
    make.determine(cast, project, sources, make.plan_with(cast, project))
    make.do(project, "announce_result", cast, "project_reviewer")
    for amount in ("40.00", "60.00"):
        request = make.draft_payment(cast, project, amount)
        for action, who in make.PAYMENT_STEPS:
            make.do(request, action, cast, who)
    lives.place(project, S.ASSET_REGISTRATION, cast)
    one = reg.registered(cast, project, "33.33")
    two = reg.registered(cast, project, "66.67", code="GY02")
    shares = shares_by_asset(project)
    assert [s.amount for s in shares[one.pk]] == [Decimal("0.30"), Decimal("33.03")]
    assert [s.amount for s in shares[two.pk]] == [Decimal("6.67"), Decimal("60.00")]
    assert dict(by_allotment(shares[two.pk])) == {newer: Decimal("66.67")}
    reg.close(cast, project)
    commit_rules()


def test_retention_paid_later_raises_a_value_by_its_voucher(cast: Cast) -> None:
    project = reg.awaiting(cast, 300_000)
    asset = reg.registered(cast, project, 300_000)
    clerk = cast["township_clerk"]
    pay = PaymentRequest.objects.get().pay_voucher
    assert pay
    with pytest.raises(Refused, match="最多 0.00 元"):
        capitalise(asset=asset, voucher=pay, amount=make.yuan(1), document="支付凭证", by=clerk)
    lives.place(project, S.IMPLEMENTATION, cast)
    late = make.draft_payment(cast, project, 9_000)
    for action, who in make.PAYMENT_STEPS:
        make.do(late, action, cast, who)
    lives.place(project, S.CLOSED, cast)
    assert worth_of(project).missing == make.yuan(9_000)
    assert late.pay_voucher_id is None
    late.refresh_from_db()
    assert late.pay_voucher
    row = capitalise(
        asset=asset,
        voucher=late.pay_voucher,
        amount=make.yuan(9_000),
        document="质保期满",
        by=clerk,
    )
    assert row.kind == AssetValue.Kind.CAPITALISED
    assert worth_of(project).missing == 0
    assert [s.voucher for s in shares_by_asset(project)[asset.pk]] == [pay, late.pay_voucher]


def test_a_value_is_corrected_on_a_document_alone(cast: Cast) -> None:
    project = reg.awaiting(cast)
    asset = reg.registered(cast, project)
    clerk = cast["township_clerk"]
    paper = store_sheet("更正依据", division=cast.village, by=clerk)
    facts: dict[str, Any] = {
        "asset": asset,
        "document": "焉审〔2026〕2号",
        "reason": "审计核减",
        "by": clerk,
    }
    with pytest.raises(ValidationError):
        correct_value(amount=make.yuan(-1000), paper="", **facts)
    with pytest.raises(DatabaseError), transaction.atomic():
        correct_value(amount=make.yuan(-400_000), paper=paper, **facts)
    correct_value(amount=make.yuan(-1000), paper=paper, **facts)
    assert Asset.objects.with_value().get().original_value == make.yuan(399_000)
    assert sum(s.amount for s in shares_by_asset(project)[asset.pk]) == make.yuan(399_000)


def test_a_change_has_its_reason_in_the_history(cast: Cast) -> None:
    asset = reg.registered(cast, reg.awaiting(cast))
    with pytest.raises(Refused, match="须写明事由"):
        amend_asset(asset=asset, by=cast["township_clerk"], facts={"unit": "座"}, reason=" ")
    with pytest.raises(WrongRole):
        amend_asset(asset=asset, by=cast["other_township_clerk"], facts={}, reason="笔误")
    amend_asset(asset=asset, by=cast["township_clerk"], facts={"unit": "座"}, reason="笔误")
    latest = Asset.history.latest()
    assert (latest.unit, latest.history_change_reason) == ("座", "笔误")
    assert latest.history_user == cast["township_clerk"]


def test_one_operator_after_the_other(cast: Cast) -> None:
    asset = reg.registered(cast, reg.awaiting(cast))
    clerk = cast["township_clerk"]
    other = {**reg.LEASE, "operator_name": "焉耆兴农公司", "starts_on": dt.date(2027, 3, 1)}
    with pytest.raises(Refused, match="须写明提前终止的事由"):
        change_operator(asset=asset, by=clerk, operation=other)
    change_operator(asset=asset, by=clerk, operation=other, end_reason="原承租方退租")
    first, second = asset.operations.all()
    assert first.last_day == dt.date(2027, 2, 28)
    assert first.due_days() == [dt.date(2026, 1, 1), dt.date(2027, 1, 1)]
    assert second.due_days() == [dt.date(2027, 3, 1), dt.date(2028, 3, 1)]
    own = {"operator_name": "下岔河村股份经济合作社", "mode": "own"}
    change_operator(asset=asset, by=clerk, operation={**own, "starts_on": dt.date(2029, 1, 1)})
    assert [row.last_day for row in asset.operations.all()][-1] is None
    between = {**other, "starts_on": dt.date(2026, 5, 1)}
    with pytest.raises(Refused, match="已终止于"):
        change_operator(asset=asset, by=clerk, operation=between, end_reason="重叠")


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        (dt.date(2025, 1, 31), "0.00"),
        (dt.date(2025, 2, 1), "8.33"),
        (dt.date(2025, 12, 1), "91.67"),
        (dt.date(2026, 1, 1), "100.00"),
        (dt.date(2040, 1, 1), "100.00"),
    ],
)
def test_straight_line_ends_at_nothing(until: dt.date, expected: str) -> None:
    found = written_off(Decimal(100), dt.date(2025, 1, 15), 1, until)
    assert found == Decimal(expected)


ATTACKS = (
    "UPDATE assets_asset SET number = 'x'",
    "UPDATE assets_asset SET project_id = NULL, earlier_project = 'x', earlier_sources = 'x'",
    "UPDATE assets_asset SET left_on = '2025-01-01'",
    "UPDATE assets_asset SET division_id = (SELECT id FROM organizations_division"
    " WHERE code = '652827000000')",
    "UPDATE assets_asset SET type_id = (SELECT id FROM assets_assettype WHERE code = 'GY01')",
    "DELETE FROM assets_asset",
    "TRUNCATE assets_asset CASCADE",
    "UPDATE assets_assetvalue SET amount = 1",
    "DELETE FROM assets_assetvalue",
    "INSERT INTO assets_assetvalue (asset_id, kind, amount, document, paper, reason,"
    " recorded_by_id, recorded_at) SELECT id, 'corrected', 1.01, 'x', 'x', 'x',"
    " registered_by_id, now() FROM assets_asset",
    "INSERT INTO assets_assetvalue (asset_id, kind, amount, document, paper, reason, voucher_id,"
    " recorded_by_id, recorded_at) SELECT a.id, 'capitalised', 1, 'x', '', '', v.id,"
    " a.registered_by_id, now() FROM assets_asset a, funds_voucher v WHERE v.kind = 'release'",
    "INSERT INTO assets_noassets (project_id, reason, stated_by_id, stated_at)"
    " SELECT project_id, 'x', registered_by_id, now() FROM assets_asset",
    "UPDATE assets_operation SET yearly_rent = 1",
    "UPDATE assets_operation SET ended_on = '2030-01-01', end_reason = 'x'",
    "DELETE FROM assets_operation",
    "UPDATE assets_historicalasset SET name = 'x'",
    # Half an asset: without a value, or without anybody who runs it.
    "INSERT INTO assets_asset SELECT (jsonb_populate_record(a, jsonb_build_object('id', a.id + 1,"
    " 'number', 'x', 'sequence', 99))).* FROM assets_asset a",
)


def test_plain_sql_changes_nothing_of_the_register(committed_cast: Cast) -> None:
    cast = committed_cast
    project = reg.awaiting(cast)
    reg.registered(cast, project, 399_999)
    before = list(Asset.objects.values()), list(AssetValue.objects.values())
    with app_connection(connection.settings_dict["NAME"]) as app:
        for statement in ATTACKS:
            with pytest.raises(errors.DatabaseError):
                app.execute(statement.encode())
        with pytest.raises(errors.DatabaseError, match="两者不符"):
            take_step(
                app, project, "register_assets", duty="implement", to="closed",
                post=cast.post("township_clerk"), opinions=answers(),
            )  # fmt: skip
    assert (list(Asset.objects.values()), list(AssetValue.objects.values())) == before
    assert not NoAssets.objects.exists()
    assert not Decision.objects.filter(action="register_assets").exists()
