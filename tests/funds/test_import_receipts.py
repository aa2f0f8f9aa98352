"""到账 from a workbook: checked, shown, confirmed, posted; all rows or none."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import Settings

from approvals import job_files, tasks
from approvals.jobs import confirm_job, start_job
from approvals.models import Job
from funds import jobs
from funds.models import Account, Voucher
from tests import factories as make
from tests.cast import Cast
from tests.funds.workbook_files import (
    hostile,
    opened,
    receipt_row,
    rezipped,
    saved,
    with_far_row,
    workbook,
)

BACKEND = "django.contrib.auth.backends.ModelBackend"
S = Job.Status


@pytest.fixture(autouse=True)
def home(settings: Settings, tmp_path: Path) -> None:
    settings.HOME = tmp_path


@pytest.fixture(autouse=True)
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.run_job, "apply_async", lambda *_, **__: None)


def started(cast: Cast, content: bytes, who: str = "finance_clerk") -> Job:
    return start_job(
        kind="funds.import_receipts",
        title="导入到账",
        owner=cast[who],
        arguments={"county": cast.county.code},
        input_file=("导入.xlsx", [content]),
    )


def worked(job: Job) -> Job:
    tasks.run_job(job.pk)
    job.refresh_from_db()
    return job


def checked(cast: Cast, content: bytes) -> Job:
    return worked(started(cast, content))


def posted(cast: Cast, content: bytes) -> Job:
    job = checked(cast, content)
    assert job.status == S.READY, job.result
    return worked(confirm_job(job, by=cast["finance_clerk"]))


def errors(job: Job) -> list[str]:
    assert job.status == S.FAILED
    return [f"{e['where']}：{e['reason']}" for e in job.result["errors"]]


def sheet_of(client: Client, address: str = "/receipts/export/") -> bytes:
    answer = client.get(address)
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def test_rows_are_shown_first_and_posted_on_confirmation(cast: Cast) -> None:
    make.allotment(cast, 1000)
    rows = [receipt_row("100.10", "回单-1"), receipt_row(200, "回单-2", memo=None)]
    job = checked(cast, workbook(rows))
    assert job.status == S.READY
    assert job.result["summary"][0] == ["新增", "2 行"]
    assert [cell["text"] for cell in job.result["rows"][0]][5] == "100.10"
    assert not Voucher.objects.exists()
    worked(confirm_job(job, by=cast["finance_clerk"]))
    job.refresh_from_db()
    assert job.status == S.DONE
    found = Voucher.objects.order_by("number").values_list("total", "document", "memo")
    assert list(found) == [
        (Decimal("100.10"), "回单-1", "第一笔"),
        (Decimal("200.00"), "回单-2", "到账"),
    ]


def test_a_second_confirmation_or_run_doubles_nothing(cast: Cast) -> None:
    make.allotment(cast, 1000)
    job = posted(cast, workbook([receipt_row()]))
    worked(confirm_job(job, by=cast["finance_clerk"]))
    assert Voucher.objects.count() == 1
    Job.objects.filter(pk=job.pk).update(status=S.QUEUED)
    assert "已入账" in errors(worked(job))[0]
    assert Voucher.objects.count() == 1


def test_an_error_in_the_last_row_leaves_nothing(cast: Cast) -> None:
    make.allotment(cast, 10_000)
    rows = [receipt_row(100, f"回单-{n}") for n in range(50)]
    job = checked(cast, workbook([*rows, receipt_row("1.234", "回单-末")]))
    assert errors(job) == [
        "第 52 行 F 列：金额最多两位小数（精确到分），系统不代为四舍五入：“1.234”"
    ]
    assert not Voucher.objects.exists()


def test_a_refusal_of_the_ledger_itself_takes_all_back(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else's receipt comes in between the check and the posting."""
    allotment = make.allotment(cast, 300)
    job = checked(cast, workbook([receipt_row(100, f"回单-{n}") for n in range(3)]))
    confirm_job(job, by=cast["finance_clerk"])
    real = jobs.IMPORTERS["receipts"].check

    def check_then_lose(filled: Any, county: Any) -> Any:
        found = real(filled, county)
        found.new[-1][1]["amount"] = Decimal("100.01")
        return found

    changed = jobs.Importer(
        jobs.IMPORTERS["receipts"].sheet, check_then_lose, ("", "journal"), "receipt_import"
    )
    monkeypatch.setitem(jobs.IMPORTERS, "receipts", changed)
    found = errors(worked(job))
    assert found[0].startswith("第 2 至 4 行：巴财农〔2025〕11号")
    assert not Voucher.objects.exists()
    assert not Account.objects.filter(allotment=allotment).exists()


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"amount": 0}, "F 列：金额必须大于零"),
        ({"amount": -5}, "F 列：金额不能为负数"),
        ({"amount": "一百"}, "F 列：看不懂这个金额"),
        ({"amount": None}, "F 列：请填写金额"),
        ({"amount": 1e17}, "F 列：看不懂这个金额"),
        ({"amount": "=1+1"}, "F 列：单元格是公式"),
        ({"document": "=A1"}, "H 列：单元格是公式"),
        ({"amount": 1000.01}, "F 列：超过指标"),
        ({"occurred_on": dt.date(2999, 1, 1)}, "E 列：到账日期在今天"),
        ({"occurred_on": "去年"}, "E 列：看不懂这个日期"),
        ({"document_number": "没有这个号"}, "B 列：本县没有登记这一指标"),
        ({"level": "省级"}, "C 列：请从下拉列表中选择"),
        ({"document": None}, "H 列：必填"),
        ({"document": 12345678901234567}, "H 列：数字太长"),
        ({"memo": "长" * 201}, "I 列：最多 200 个字"),
        ({"memo": "付 11010519491231002X"}, "I 列："),
        ({"memo": "两\n行"}, "I 列：不能有换行"),
        ({"id": "abc"}, "A 列：系统编号被改动"),
        ({"id": "987654"}, "A 列：系统编号不是本县"),
    ],
)
def test_a_wrong_cell_is_named(cast: Cast, cells: dict[str, Any], message: str) -> None:
    make.allotment(cast, 1000)
    job = checked(cast, workbook([receipt_row(**{"amount": 100, **cells})]))
    assert any(found.startswith(f"第 2 行 {message}") for found in errors(job)), errors(job)


@pytest.mark.parametrize(
    "number", ["巴财农[2025]11号", "巴财农【2025】 011 号", "巴财农(2025)11号"]
)
def test_a_document_number_in_any_bracket_is_found(cast: Cast, number: str) -> None:
    make.allotment(cast, 1000)
    assert checked(cast, workbook([receipt_row(document_number=number)])).status == S.READY


def test_amounts_and_days_as_people_type_them(cast: Cast) -> None:
    make.allotment(cast, 20_000_000)
    typed = [("１２３４．５", "2025/3/2"), ("1,234.50", "2025年3月2日"), ("0.5万", "20250302")]
    rows = [receipt_row(amount, f"回单-{amount}", occurred_on=day) for amount, day in typed]
    posted(cast, workbook(rows))
    totals = Voucher.objects.order_by("number").values_list("total", "occurred_on")
    day = dt.date(2025, 3, 2)
    assert list(totals) == [
        (Decimal("1234.50"), day), (Decimal("1234.50"), day), (Decimal("5000.00"), day),
    ]  # fmt: skip


def test_a_number_keeps_what_the_sheet_shows(cast: Cast) -> None:
    """1234.1 is stored as 1234.0999999999999 by spreadsheets; 0.1+0.2 has noise at the end."""
    make.allotment(cast, 10_000)
    rows = [receipt_row(1234.1, "a"), receipt_row(0.1 + 0.2, "b")]
    posted(cast, workbook(rows))
    assert list(Voucher.objects.order_by("number").values_list("total", flat=True)) == [
        Decimal("1234.10"), Decimal("0.30"),
    ]  # fmt: skip


def test_repeated_receipts_are_refused(cast: Cast) -> None:
    make.allotment(cast, 1000)
    twice = checked(cast, workbook([receipt_row(), receipt_row(memo="又一次")]))
    assert errors(twice) == ["第 3 行 H 列：与第 2 行重复：同一指标、回单号和金额"]
    posted(cast, workbook([receipt_row()]))
    again = checked(cast, workbook([receipt_row(memo="换个摘要")]))
    assert errors(again)[0].startswith("第 2 行 H 列：这一回单已入账（凭证 2025-0001）")


def test_together_above_the_allotment_is_refused(cast: Cast) -> None:
    make.allotment(cast, 250)
    job = checked(cast, workbook([receipt_row(100, f"回单-{n}") for n in range(3)]))
    assert errors(job) == [
        "第 4 行 F 列：超过指标：巴财农〔2025〕11号 尚未到账 50.00 元，本行 100.00 元，差 50.00 元"
    ]


def test_an_ambiguous_number_asks_for_level_and_category(cast: Cast) -> None:
    make.allotment(cast, 1000)
    other = make.allotment(cast, 1000, code="ZX-YG")
    assert "请填明级次和资金类别" in errors(checked(cast, workbook([receipt_row()])))[0]
    row = receipt_row(category=other.category.name, level="中央")
    posted(cast, workbook([row]))
    assert Account.objects.get(kind="pool").allotment == other


def test_the_exported_sheet_comes_back_unchanged_and_adds_nothing(
    cast: Cast, client: Client
) -> None:
    tag = make.allotment(cast, 1000)
    make.receipt(cast, tag, "12.34")
    posted(cast, workbook([receipt_row(100, "-1+1", memo="+危险", payer="@单位")]))
    client.force_login(cast["finance_clerk"], backend=BACKEND)
    job = checked(cast, sheet_of(client))
    assert job.status == S.DONE
    assert job.result["summary"][:2] == [["新增", "0 行"], ["已登记，跳过", "2 行"]]
    assert Voucher.objects.count() == 2


def test_rows_added_to_the_exported_sheet_are_the_new_ones(cast: Cast, client: Client) -> None:
    make.allotment(cast, 1000)
    posted(cast, workbook([receipt_row()]))
    client.force_login(cast["finance_clerk"], backend=BACKEND)
    book = opened(sheet_of(client))
    book["到账"].append(receipt_row(50, "回单-2"))
    job = posted(cast, saved(book))
    assert job.result["summary"][:2] == [["新增", "1 行"], ["已登记，跳过", "1 行"]]
    assert Voucher.objects.count() == 2


def test_a_posted_row_is_not_changed_through_the_sheet(cast: Cast, client: Client) -> None:
    make.allotment(cast, 1000)
    posted(cast, workbook([receipt_row()]))
    client.force_login(cast["finance_clerk"], backend=BACKEND)
    book = opened(sheet_of(client))
    book["到账"]["F2"] = 99
    found = errors(checked(cast, saved(book)))
    assert found == ["第 2 行 F 列：这一笔已入账，不能用导入修改；确有错误请用红字冲销后重新登记"]


def test_a_row_of_another_county_is_no_row_of_this_one(cast: Cast) -> None:
    tag = make.allotment(cast, 100, who="other_finance_clerk", county=cast.other_county)
    elsewhere = make.receipt(cast, tag, 100, who="other_finance_clerk")
    make.allotment(cast, 1000)
    job = checked(cast, workbook([receipt_row(id=str(elsewhere.pk))]))
    assert "系统编号不是本县" in errors(job)[0]


def test_wrong_cells_come_back_coloured_with_the_reason(cast: Cast) -> None:
    make.allotment(cast, 1000)
    job = checked(cast, workbook([receipt_row(), receipt_row("=1+1", "=乙")]))
    page = opened(job_files.path_of(job.output_path).read_bytes())["到账"]
    assert "公式" in page["F3"].comment.text
    assert page["F3"].fill.fgColor.rgb.endswith("F8CBAD")
    assert page["F2"].comment is None
    assert (page["F2"].value, page["F3"].data_type) == (100, "s")


@pytest.mark.parametrize("name", hostile())
def test_a_hostile_file_is_refused_at_the_form(cast: Cast, client: Client, name: str) -> None:
    client.force_login(cast["finance_clerk"], backend=BACKEND)
    file = SimpleUploadedFile("导入.xlsx", hostile()[name])
    answer = client.post("/receipts/import/", {"county": cast.county.code, "file": file})
    assert answer.status_code == 400
    assert 'aria-invalid="true"' in answer.text
    assert not Job.objects.exists()


def test_a_far_cell_neither_hangs_nor_fills_the_memory(cast: Cast) -> None:
    make.allotment(cast, 1000)
    job = checked(cast, with_far_row(workbook([receipt_row()])))
    assert "离表头太远" in errors(job)[0]


def test_a_lying_dimension_is_harmless(cast: Cast) -> None:
    make.allotment(cast, 1000)
    liar = rezipped(
        workbook([receipt_row()]),
        {"xl/worksheets/sheet1.xml": lambda x: x.replace(b'ref="A1:I2"', b'ref="A1:XFD1048576"')},
    )
    assert checked(cast, liar).status == S.READY


def test_too_many_rows_are_refused(cast: Cast, settings: Settings) -> None:
    settings.IMPORT_ROWS_MAX = 3
    make.allotment(cast, 1000)
    job = checked(cast, workbook([receipt_row(1, f"回单-{n}") for n in range(4)]))
    assert "超过 3 行" in errors(job)[0]


def sheet_with(header: Sequence[str | None]) -> bytes:
    book = opened(workbook([receipt_row()]))
    for index, text in enumerate(header, start=1):
        book["到账"].cell(1, index).value = text
    return saved(book)


def test_headers_must_be_the_sheets_own(cast: Cast) -> None:
    make.allotment(cast, 1000)
    assert "表头“别的”不认识" in errors(checked(cast, sheet_with(["别的"])))[0]
    assert "缺少表头：上级文号" in errors(checked(cast, sheet_with(["系统编号", None])))[0]
    empty = opened(workbook([]))
    empty["到账"].delete_rows(1)
    assert "工作簿是空的" in errors(checked(cast, saved(empty)))[0]


def test_a_wrong_role_is_turned_away(cast: Cast, client: Client) -> None:
    for who in ("auditor", "finance_reviewer", "township_clerk"):
        client.force_login(cast[who], backend=BACKEND)
        assert client.get("/receipts/import/").status_code == 403
        assert client.post("/receipts/import/", {}).status_code == 403


def test_another_county_cannot_be_chosen(cast: Cast, client: Client) -> None:
    client.force_login(cast["finance_clerk"], backend=BACKEND)
    file = SimpleUploadedFile("导入.xlsx", workbook([receipt_row()]))
    answer = client.post("/receipts/import/", {"county": cast.other_county.code, "file": file})
    assert answer.status_code == 400
    assert not Job.objects.exists()
    job = started(cast, workbook([receipt_row()]), who="other_finance_clerk")
    assert "没有这一岗位" in errors(worked(job))[0]


def test_the_whole_way_in_the_browser(cast: Cast, client: Client) -> None:
    make.allotment(cast, 1000)
    client.force_login(cast["finance_clerk"], backend=BACKEND)
    assert "空白模板" in client.get("/receipts/import/").text
    file = SimpleUploadedFile("到账.xlsx", workbook([receipt_row()]))
    answer = client.post("/receipts/import/", {"county": cast.county.code, "file": file})
    job = Job.objects.get()
    assert answer["Location"] == f"/jobs/{job.pk}/"
    worked(job)
    assert "确认，全部写入" in client.get(f"/jobs/{job.pk}/").text
    assert client.post(f"/jobs/{job.pk}/confirm/").status_code == 302
    worked(job)
    assert "查看专账明细账" in client.get(f"/jobs/{job.pk}/").text
    assert Voucher.objects.count() == 1


def test_the_upload_form_keeps_its_limit(cast: Cast, client: Client) -> None:
    client.force_login(cast["finance_clerk"], backend=BACKEND)
    large = io.BytesIO(b"PK\x03\x04" + b"\0" * (5 * 1024 * 1024))
    file = SimpleUploadedFile("导入.xlsx", large.getvalue())
    answer = client.post("/receipts/import/", {"county": cast.county.code, "file": file})
    assert "文件超过 5 MB" in answer.text
