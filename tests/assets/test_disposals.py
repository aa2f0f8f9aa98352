"""处置: an asset leaves the register by decision, and what it brought is in the pool."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.test import Client

from approvals.workflow import ConditionUnmet
from assets.models import Asset, Disposal
from assets.services import amend_asset
from funds.models import Account, Allotment, Voucher
from funds.services import reverse_voucher
from organizations.policies import Refused, WrongRole
from tests import factories as make
from tests.assets import registering as reg
from tests.assets import using
from tests.cast import Cast
from tests.lives import undone
from tests.plain_sql import commit_rules
from tests.projects.pages import enter, read, send

SOLD: dict[str, Any] = {
    "disposed_on": dt.date(2026, 3, 1), "sold_price": make.yuan(32_000),
    "buyer": "焉耆兴农建设有限公司", "sale_document": "成交确认书2026-1",
}  # fmt: skip


def own_document(cast: Cast, amount: str | int = 50_000) -> Allotment:
    """The county's own, for income from disposals."""
    return make.allotment(cast, amount, "焉财农〔2026〕5号", code="QT-CZ")


def book(cast: Cast, subject: Disposal, tag: Allotment | None) -> None:
    facts = {"allotment": tag, "occurred_on": make.today(), "document": "国库回单9号"}
    make.do(subject, "book", cast, "finance_clerk", facts)


def test_what_it_brought_goes_into_the_pool_and_it_leaves(client: Client, cast: Cast) -> None:
    asset = using.owned(cast)
    subject = using.agreed_disposal(cast, asset, **using.SALE)
    make.do(subject, "execute", cast, "township_clerk", SOLD)
    tag = own_document(cast)
    book(cast, subject, tag)
    commit_rules()
    subject.refresh_from_db()
    voucher = subject.voucher
    assert voucher
    assert (voucher.kind, voucher.total) == (Voucher.Kind.RECEIVE, make.yuan(32_000))
    assert Account.objects.get(allotment=tag, kind="pool").balance == make.yuan(32_000)
    asset.refresh_from_db()
    assert asset.left_on == dt.date(2026, 3, 1)
    assert Asset.history.latest().history_change_reason == f"转让，{subject.number}"
    enter(client, cast, "auditor")
    assert asset.number not in read(client, "/assets/")
    assert asset.number in read(client, "/assets/?register=left")
    page = read(client, asset.get_absolute_url())
    assert "2026-03-01 退出" in page and subject.number in page
    assert str(voucher) in read(client, subject.get_absolute_url())
    assert subject.number in read(client, voucher.get_absolute_url())
    with pytest.raises(Refused, match="已于 2026-03-01 退出台账"):
        amend_asset(asset=asset, by=cast["township_clerk"], facts={}, reason="改")
    with pytest.raises(DatabaseError), transaction.atomic():
        Asset.objects.filter(pk=asset.pk).update(left_on=None)


def test_a_receipt_turned_round_brings_the_asset_back(cast: Cast) -> None:
    """Only with a step of the disposal, by another hand; then the income is booked anew."""
    asset, tag = using.owned(cast), own_document(cast)
    subject = using.agreed_disposal(cast, asset, **using.SALE)
    make.do(subject, "execute", cast, "township_clerk", SOLD)
    book(cast, subject, tag)
    commit_rules()
    subject.refresh_from_db()
    voucher = subject.voucher
    assert voucher
    facts: dict[str, Any] = {
        "occurred_on": make.today(),
        "memo": "重登",
        "by": cast["finance_head"],
    }
    with pytest.raises(Refused, match=f"资产处置 {subject.number} 的收入"):
        reverse_voucher(voucher=voucher, key="alone", **facts)
    with undone():
        reverse_voucher(voucher=voucher, key="alone", within_step=True, **facts)
        with pytest.raises(DatabaseError, match="在该处置办理冲销"):
            commit_rules()
    with pytest.raises(DatabaseError), transaction.atomic():
        Disposal.objects.update(voucher=None)
    make.do(subject, "take_back", cast, "finance_head", {"return_to": "execution"})
    commit_rules()
    asset.refresh_from_db()
    subject.refresh_from_db()
    assert (asset.left_on, subject.voucher) == (None, None)
    assert Voucher.objects.get(reverses=voucher).total == make.yuan(32_000)
    assert Account.objects.get(allotment=tag, kind="pool").balance == 0
    make.do(subject, "execute", cast, "township_clerk", SOLD | {"sold_price": make.yuan(30_500)})
    book(cast, subject, tag)
    commit_rules()
    assert Account.objects.get(allotment=tag, kind="pool").balance == make.yuan(30_500)
    asset.refresh_from_db()
    assert asset.left_on == SOLD["disposed_on"]


def test_what_brings_nothing_leaves_too(cast: Cast) -> None:
    subject = using.agreed_disposal(cast)
    make.do(subject, "execute", cast, "township_clerk", using.SCRAPPED | {"buyer": ""})
    book(cast, subject, None)
    commit_rules()
    assert Asset.objects.get().left_on == dt.date(2026, 2, 1)
    assert not Voucher.objects.exists()
    with pytest.raises(ConditionUnmet, match="没有可冲销的凭证"):
        make.do(subject, "take_back", cast, "finance_head")


def test_the_owner_decides_and_the_village_is_told(cast: Cast) -> None:
    subject = using.disposal(cast)
    facts = {**using.DECIDED, "minutes_files": [using.paper(cast)]}
    with pytest.raises(ConditionUnmet, match="由村民代表会议决定处置"):
        make.do(subject, "decide", cast, "township_clerk", facts)
    with pytest.raises(WrongRole):
        make.do(subject, "decide", cast, "project_reviewer", facts)
    make.do(subject, "decide", cast, "village_cadre", facts)
    with pytest.raises(ConditionUnmet, match="尚未发布资产处置公示"):
        make.do(subject, "submit", cast, "village_cadre")
    with pytest.raises(Refused, match="尚未办结"):
        using.disposal(cast, subject.asset)


@pytest.mark.parametrize(
    "changes",
    [
        {"way": "sale"},
        {"assessed_value": make.yuan(1)},
        {"assessment_document": "评1号"},
        {"reason": "买方电话13800138000"},
    ],
)
def test_what_is_sold_is_assessed_before(cast: Cast, changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        using.disposal(cast, **changes)


def test_the_database_lets_no_asset_leave_by_itself(cast: Cast) -> None:
    subject = using.agreed_disposal(cast, using.owned(cast), **using.SALE)
    make.do(subject, "execute", cast, "township_clerk", SOLD)
    for changes in ({"sold_price": 1}, {"reason": "x"}, {"status": "closed"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Disposal.objects.update(**changes)
    with pytest.raises(DatabaseError), transaction.atomic():
        Asset.objects.update(left_on=dt.date(2026, 3, 1))
    with pytest.raises(DatabaseError), transaction.atomic():
        subject.delete()


def test_finance_is_told_what_is_wrong_at_its_field(client: Client, cast: Cast) -> None:
    subject = using.agreed_disposal(cast, using.owned(cast), **using.SALE)
    enter(client, cast, "township_clerk")
    act = f"/act/assets.disposal/{subject.pk}"
    typed = {**SOLD, "disposed_on": "2025-01-01", "buyer": "", "seen_status": "execution"}
    page = send(client, f"{act}/execute/", typed, 422)
    assert "早于决策会议日期" in page and "请填写受让单位" in page
    send(client, f"{act}/execute/", {**SOLD, "seen_status": "execution"})
    small, foreign = own_document(cast, 1_000), make.allotment(cast, 90_000, "巴财农〔2025〕77号")
    enter(client, cast, "finance_clerk")
    step = {"occurred_on": make.today(), "document": "回单", "seen_status": "proceeds"}
    assert "请选择入池指标" in send(client, f"{act}/book/", step, 422)
    page = send(client, f"{act}/book/", {**step, "allotment": small.pk}, 422)
    assert "尚可到账 1,000.00 元，少于处置收入 32,000.00 元" in page
    assert "选择一个有效的选项" in send(
        client, f"{act}/book/", {**step, "allotment": foreign.pk}, 422
    )
    enough = make.allotment(cast, 60_000, "焉财农〔2026〕6号", code="QT-CZ")
    send(client, f"{act}/book/", {**step, "allotment": enough.pk})
    assert subject.number in read(client, "/disposals/?status=closed")


def test_the_village_puts_it_forward_on_the_page(client: Client, cast: Cast) -> None:
    asset = reg.earlier(cast)
    enter(client, cast, "village_cadre")
    address = f"/assets/{asset.pk}/disposals/new/"
    typed = {"cause": "age", "way": "sale", "reason": "老化"}
    assert "转让、出租转让和置换的须填写评估价" in send(client, address, typed, 200)
    send(client, address, {**typed, "way": "scrap"})
    assert Disposal.objects.get().way == "scrap"
