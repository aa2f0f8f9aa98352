"""The pages of the register: what is typed, what is shown, and what is refused at its field."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from assets.models import Asset, AssetType
from tests import factories as make
from tests.assets import registering as reg
from tests.assets import using
from tests.assets.sheets import cells_of
from tests.cast import Cast
from tests.pages import queries_of
from tests.projects.pages import NINE_PASSED, enter, read, send


def typed(cast: Cast, **changes: Any) -> dict[str, Any]:
    """The form as the township fills it in."""
    facts = reg.facts(cast)
    facts |= {name: value.pk for name, value in facts.items() if hasattr(value, "pk")}
    lease = {name: str(value) for name, value in reg.LEASE.items()}
    return {
        **facts, **lease, "value": "400,000", "document": "焉审〔2025〕8号", "condition": "in_use",
        "booked_in": "none", "depreciation": "none", **changes,
    }  # fmt: skip


def test_the_township_registers_and_closes_on_the_pages(client: Client, cast: Cast) -> None:
    project = reg.awaiting(cast)
    enter(client, cast, "township_clerk")
    page = read(client, project.get_absolute_url())
    assert "没有登记资产，也没有说明不形成资产的理由" in page
    new = f"/projects/{project.pk}/assets/new/"
    assert 'value="400,000.00"' in read(client, new)
    send(client, new, typed(cast))
    asset = Asset.objects.get()
    shown = read(client, asset.get_absolute_url())
    assert "焉耆绿洲果蔬农民专业合作社" in shown and "400,000.00" in shown
    assert "<svg" in read(client, f"/assets/{asset.pk}/print/")
    act = f"/act/projects.project/{project.pk}/register_assets/"
    send(client, act, {**NINE_PASSED, "seen_status": "asset_registration"})
    assert "保鲜库房" in read(client, project.get_absolute_url())
    send(client, f"/assets/{asset.pk}/edit/", typed(cast, unit="座", reason="笔误"))
    assert "笔误" in read(client, asset.get_absolute_url())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"value": "400,000.01"}, "本次最多 400,000.00 元"),
        ({"operator_name": ""}, "经营性资产须登记经营主体"),
        ({"ends_on": ""}, "请填写终止日期"),
        ({"mode": "own"}, "自营的不填合同编号和租金"),
        ({"owner_name": ""}, "请填写所有权人"),
        ({"latitude": "42.1"}, "请同时填写经度"),
        ({"condition": "idle"}, "闲置的资产请选择处理去向"),
        ({"depreciation": "straight"}, "请填写预计使用年限"),
        ({"asset_class": "DH"}, "到户类资产只登记户数、人数和金额，此栏不填"),
        ({"asset_class": "GY"}, "不属于“公益性资产”"),
        ({"built_on": "2099-01-01"}, "在今天之后"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    client: Client, cast: Cast, changes: dict[str, Any], words: str
) -> None:
    project = reg.awaiting(cast)
    enter(client, cast, "township_clerk")
    page = send(client, f"/projects/{project.pk}/assets/new/", typed(cast, **changes), 200)
    assert words in page and "年增加村集体收入4万元" in page
    assert not Asset.objects.exists()


def many(cast: Cast) -> list[Asset]:
    """Of each class one, in two townships, and one of earlier years."""
    project = reg.awaiting(cast)
    other = cast.users["other_village_cadre"].posts.get().division
    return [
        reg.registered(cast, project, 100_000),
        reg.registered(cast, project, 50_000, code="GY02", name="泵房", division=other),
        reg.earlier(cast, 90_000),
        reg.earlier(cast, 10_000, name="光伏电站", condition="idle", remedy="revive"),
    ]


def test_county_and_township_read_the_same_rows(client: Client, cast: Cast) -> None:
    first, far, well, idle = many(cast)
    sums = enter(client, cast, "auditor").get("/assets/").context["sums"]
    assert [row.total.count for row in sums] == [1, 3, 0, 4]
    assert sums[-1].total.amount == make.yuan(250_000)
    enter(client, cast, "township_clerk")
    page = read(client, "/assets/")
    assert far.number not in page and well.number in page
    assert client.get("/assets/").context["sums"][-1].total.amount == make.yuan(200_000)
    for query, found in (
        ("words=合作社", {first, well, idle}),
        ("words=焉耆绿洲", {first}),
        ("asset_class=GY", {well, idle}),
        ("condition=idle", {idle}),
        ("year=2019", {well, idle}),
        ("register=left", set()),
        (f"type={AssetType.objects.in_force().get(code='JY02').pk}", {first}),
    ):
        rows = client.get(f"/assets/?{query}").context["page"].object_list
        assert set(rows) == found, query


def test_the_list_asks_a_constant_number_of_queries(client: Client, cast: Cast) -> None:
    read(enter(client, cast, "auditor"), "/assets/")
    counts = []
    for _ in range(2):
        reg.earlier(cast)
        counts.append(len(queries_of(client, "/assets/")))
    assert counts[0] == counts[1] < 30


def test_the_sheet_has_the_official_columns_and_the_sums(client: Client, cast: Cast) -> None:
    many(cast)
    enter(client, cast, "auditor")
    response = client.get("/assets/export/")
    assert response.status_code == 200
    rows = cells_of(response)
    header, first, last = rows[0], dict(zip(rows[0], rows[3], strict=True)), rows[-1]
    assert len(header) == 59
    for name in ("经营主体", "资金来源构成", "项目效益", "受益户数", "监督管理单位", "权属层级"):
        assert name in header
    assert first["经营主体"] == "焉耆绿洲果蔬农民专业合作社"
    assert first["资金来源构成"] == "中央·巩固拓展脱贫攻坚成果和乡村振兴任务 100000.00 元"
    assert last[header.index("原值（元）")] == 250_000


def test_a_machine_reads_the_register(client: Client, cast: Cast) -> None:
    asset = many(cast)[0]
    enter(client, cast, "auditor")
    listed = client.get("/api/assets/?asset_class=JY").json()["results"]
    assert [row["number"] for row in listed] == [asset.number]
    found = client.get(f"/api/assets/{asset.pk}/").json()
    assert found["original_value"] == "100000.00"
    assert [share["amount"] for share in found["sources"]] == ["100000.00"]
    enter(client, cast, "other_finance_clerk")
    assert client.get(f"/api/assets/{asset.pk}/").status_code == 404


def test_the_lives_of_assets_by_machine(client: Client, cast: Cast) -> None:
    things: dict[str, Any] = {
        "distributions": using.distribution(cast), "disposals": using.disposal(cast),
        "stocktakes": using.stocktake(cast),
    }  # fmt: skip
    things["handovers"] = using.handover(cast, things["distributions"].asset.project)
    for path, thing in things.items():
        enter(client, cast, "auditor")
        (row,) = client.get(f"/api/{path}/?status={thing.status}").json()["results"]
        assert (row["id"], row["status"]) == (thing.pk, thing.status)
        assert client.get(f"/api/{path}/?status=closed").json()["results"] == []
        assert client.get(f"/api/{path}/?status=nonsense").status_code == 400
        enter(client, cast, "other_finance_clerk")
        assert client.get(f"/api/{path}/").json()["results"] == []
        enter(client, cast, "system_admin")
        assert client.get(f"/api/{path}/").status_code == 403
