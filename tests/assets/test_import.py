"""Assets of earlier years from a workbook: whole or not at all, every wrong cell named."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl.utils import get_column_letter
from pytest_django import Settings

from approvals import tasks
from approvals.jobs import confirm_job
from approvals.models import Job
from assets.imports import SHEET
from assets.models import Asset
from tests import factories as make
from tests.assets import registering as reg
from tests.cast import Cast
from tests.funds.workbook_files import opened, saved, workbook
from tests.projects.pages import enter, read

S = Job.Status


@pytest.fixture(autouse=True)
def home(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.HOME = tmp_path
    monkeypatch.setattr(tasks.run_job, "apply_async", lambda *_, **__: None)


def row(cast: Cast, **cells: Any) -> list[Any]:
    """A workshop of 2018 that is let."""
    values = {
        "name": "扶贫车间", "asset_class": "经营性资产", "type": "扶贫车间、铺面", "year": 2018,
        "earlier_project": "2018年扶贫车间项目", "earlier_sources": "中央·扶贫发展 468000 元",
        "earlier_fiscal": 468_000, "amount": "46.8万", "document": "焉审〔2018〕3号",
        "quantity": 360.5, "unit": "平方米", "division": cast.village.code,
        "built_on": dt.date(2018, 10, 30), "useful_years": 20, "depreciation": "年限平均法",
        "owner_level": "村级", "owner_name": "下岔河村股份经济合作社",
        "operator_name": "焉耆绿洲服装加工有限公司", "mode": "租赁", "contract_number": "ZL-2019-1",
        "starts_on": dt.date(2019, 1, 1), "ends_on": dt.date(2028, 12, 31), "yearly_rent": 36_000,
        "keeper_unit": "下岔河村村民委员会", "keeper_post": "集体资产管理员", "villages": 1,
        "benefit": "带动就业20人", "supervisor_unit": "永宁镇政府", "supervisor_post": "扶贫专干",
        **cells,
    }  # fmt: skip
    return [values.get(column.field) for column in SHEET.columns]


def well(cast: Cast, **cells: Any) -> list[Any]:
    nobody = dict.fromkeys(
        ("operator_name", "mode", "contract_number", "starts_on", "ends_on", "yearly_rent")
    )
    own = {"name": "机电井", "asset_class": "公益性资产", "type": "农田水利", "useful_years": None}
    return row(cast, **{**nobody, **own, "depreciation": "", **cells})


def uploaded(client: Client, content: bytes) -> Job:
    county = client.get("/assets/import/").context["counties"][0]
    file = SimpleUploadedFile("资产.xlsx", content)
    response = client.post("/assets/import/", {"county": county.code, "file": file})
    assert response.status_code == 302, response.content.decode()
    return worked(Job.objects.latest("pk"))


def worked(job: Job) -> Job:
    tasks.run_job(job.pk)
    job.refresh_from_db()
    return job


def test_rows_become_assets_and_the_sheet_goes_out_and_adds_nothing(
    client: Client, cast: Cast
) -> None:
    enter(client, cast, "project_clerk")
    assert "/assets/import/" in read(client, "/assets/")
    job = uploaded(client, workbook([row(cast), well(cast)], SHEET))
    assert (job.status, Asset.objects.count()) == (S.READY, 0), job.result
    assert ["新增合计", "936,000.00 元"] in job.result["summary"]
    job = worked(confirm_job(job, by=cast["project_clerk"]))
    assert job.status == S.DONE, job.result
    shop, pump = Asset.objects.with_value().order_by("pk")
    assert (shop.number, shop.original_value) == ("652826-2018-ZC-0001", make.yuan(468_000))
    assert shop.operation and shop.operation.yearly_rent == make.yuan(36_000)
    assert (shop.condition, shop.condition_since) == ("in_use", dt.date(2018, 10, 30))
    assert pump.operation is None and shop.registered_by == cast["project_clerk"]
    reg.registered(cast, reg.awaiting(cast))  # of a project of the register: not on this sheet
    answer = client.get("/assets/import/export/")
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    again = uploaded(client, content)
    assert (again.status, Asset.objects.count()) == (S.DONE, 3), again.result
    book = opened(content)
    book[SHEET.title]["I2"] = 1
    changed = uploaded(client, saved(book)).result["errors"]
    assert [(e["where"], "资产页面" in e["reason"]) for e in changed] == [("第 2 行 I 列", True)]


def test_every_wrong_cell_is_named_and_nothing_is_written(client: Client, cast: Cast) -> None:
    reg.earlier(cast)
    wrong: list[tuple[dict[str, Any], str, str]] = [
        ({"type": "道路交通"}, "type", "不属于所填类别"),
        ({"year": 1999}, "year", "2012 年至今年之间"),
        ({"earlier_fiscal": 500_000}, "earlier_fiscal", "财政扶贫资金多于原值"),
        ({"amount": 0}, "amount", "金额必须大于零"),
        ({"division": cast.other_county.code}, "division", "本县没有这个乡镇、村"),
        ({"built_on": dt.date(2099, 1, 1)}, "built_on", "在今天之后"),
        ({"useful_years": None}, "useful_years", "预计使用年限"),
        ({"owner_name": ""}, "owner_name", "请填写所有权人"),
        ({"operator_name": ""}, "operator_name", "经营性资产须登记经营主体"),
        ({"condition": "闲置", "condition_since": dt.date(2025, 1, 1)}, "remedy", "处理去向"),
        ({"remark": "联系人13800138000"}, "remark", "手机号"),
        ({"villages": 1.5}, "villages", "请填整数"),
        ({"mode": "出借"}, "mode", "请从下拉列表中选择"),
        ({"villages": None}, "", "受益村数或受益户数"),
        ({}, "", ""),
        ({}, "name", "与第 16 行重复"),
    ]
    enter(client, cast, "project_clerk")
    job = uploaded(client, workbook([row(cast, **cells) for cells, _, _ in wrong], SHEET))
    assert job.status == S.FAILED
    names = [column.field for column in SHEET.columns]
    said = {error["where"]: error["reason"] for error in job.result["errors"]}
    for number, (_, field, words) in enumerate(wrong, start=2):
        letter = f" {get_column_letter(names.index(field) + 1)} 列" if field else ""
        if words:
            assert words in said[f"第 {number} 行{letter}"], said
    assert "第 16 行" not in " ".join(said)
    assert Asset.objects.count() == 1
    marked = opened(client.get(f"/jobs/{job.pk}/result/").getvalue())[SHEET.title]
    assert marked.cell(2, names.index("type") + 1).comment.text.startswith("没有这一子类")
    known = reg.earlier(cast)
    same = {
        "name": known.name, "year": 2019, "earlier_project": known.earlier_project,
        "amount": 90_000, "earlier_fiscal": 90_000,
    }  # fmt: skip
    errors = uploaded(client, workbook([well(cast, **same)], SHEET)).result["errors"]
    assert "这一项资产已登记（652826-2019-ZC-" in errors[0]["reason"]
