"""What goes out says the same as the page, and no text in it is ever calculated."""

from __future__ import annotations

import csv
import io
import tempfile
from decimal import Decimal
from pathlib import Path

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from approvals import job_files, tasks
from approvals.models import Job
from funds.views import sheets
from funds.workbook_writer import as_text, csv_lines, write
from funds.workbooks import AMOUNT, Column, Sheet, read
from tests import factories as make
from tests.cast import Cast
from tests.funds.workbook_files import opened

BACKEND = "django.contrib.auth.backends.ModelBackend"
PAIR = Sheet("表", (Column("文字", "text"), Column("金额（元）", "amount", format=AMOUNT)))
FORMULA_STARTS = "=+-@\t\r\0＝＋－＠"
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=40)
DANGEROUS = st.builds(
    lambda start, rest: start + rest,
    st.sampled_from([*FORMULA_STARTS, "_x0041_", "_x005F_"]),
    WORDS,
)


@pytest.fixture(autouse=True)
def home(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.HOME = tmp_path
    monkeypatch.setattr(tasks.run_job, "apply_async", lambda *_, **__: None)


def fetched(client: Client, address: str) -> bytes:
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith("attachment")
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]


@hypothesis_settings(max_examples=6, deadline=None)
@given(st.lists(WORDS | DANGEROUS, min_size=30, max_size=200))
def test_any_text_goes_out_and_comes_back_and_is_never_a_formula(texts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.xlsx"
        write(path, PAIR, [[text, Decimal("1.00")] for text in texts], heading="表")
        page = opened(path.read_bytes())["表"]
        assert {cell.data_type for row in page.iter_rows(min_row=2) for cell in row} <= {"s", "n"}
        back = {row.number: row.cell("text").text for row in read(path, PAIR, rows_max=300).rows}
    for number, text in enumerate(texts, start=2):
        kept = text.replace("\r", "\n")
        expected = as_text(kept).replace("_x005F_", "_")
        assert back.get(number, "") == expected


@hypothesis_settings(max_examples=300, deadline=None)
@given(WORDS | DANGEROUS)
def test_no_cell_of_a_csv_is_calculated(text: str) -> None:
    _, line = csv_lines(PAIR, [[text, Decimal("-1.50")]])
    cell, amount = next(csv.reader(io.StringIO(line, newline="")))
    assert not cell.startswith(tuple(FORMULA_STARTS))
    assert cell.removeprefix("'") == text.replace("\0", "").removeprefix("'")
    assert amount == "-1.50"


@given(st.decimals(min_value="0.01", max_value="9999999999999999.99", places=2))
def test_no_fen_is_lost_in_a_sheet(amount: Decimal) -> None:
    file = io.BytesIO()
    write(file, PAIR, [["", amount]], heading="表")
    found = opened(file.getvalue())["表"]["B2"].value
    assert Decimal(str(found)).quantize(Decimal("0.01")) == amount


def test_the_sheet_is_ready_to_print_and_to_fill_in(cast: Cast, client: Client) -> None:
    client.force_login(cast["finance_clerk"], backend=BACKEND)
    book = opened(fetched(client, "/receipts/export/?blank=1"))
    page = book["到账"]
    assert page.max_row == 1
    assert (page.freeze_panes, page.page_setup.orientation) == ("A2", "landscape")
    assert (page.page_setup.fitToWidth, page.print_title_rows) == (1, "$1:$1")
    assert "&P" in page.oddFooter.center.text
    assert page.column_dimensions["A"].hidden
    lists = {str(rule.sqref): rule.formula1 for rule in page.data_validations.dataValidation}
    assert lists["C2:C1048576"] == "=选项!$A$1:$A$5"
    assert book["选项"]["A1"].value == "中央"
    assert "说明" in book.sheetnames


def test_the_ledger_says_what_the_page_says(cast: Cast, client: Client) -> None:
    tag = make.allotment(cast, 1000)
    make.receipt(cast, tag, "600.50")
    make.allotment(cast, 70, number="巴财农〔2025〕12号")
    client.force_login(cast["auditor"], backend=BACKEND)
    page = opened(fetched(client, "/ledger/export/?q=〔2025〕11"))["总台账"]
    rows = [dict(zip([c.value for c in page[1]], [c.value for c in row], strict=True))
            for row in page.iter_rows(min_row=2)]  # fmt: skip
    assert [row["上级文号"] for row in rows] == ["巴财农〔2025〕11号", None]
    assert (rows[0]["下达"], rows[0]["到账"], rows[0]["专账结余"]) == (1000, 600.5, 600.5)
    assert (rows[1]["县（市）"], rows[1]["到账"]) == ("合计", 600.5)


def test_the_journal_says_what_the_page_says(cast: Cast, client: Client) -> None:
    tag = make.allotment(cast, 1000)
    make.receipt(cast, tag, 100)
    make.receipt(cast, tag, 50)
    client.force_login(cast["finance_head"], backend=BACKEND)
    page = opened(fetched(client, "/journal/export/?amount=50"))["专账明细账"]
    assert [page.cell(2, 10).value, page.cell(2, 13).value] == [50, 150]
    assert [page.cell(3, 4).value, page.cell(3, 10).value] == ["合计", 50]
    assert client.get("/journal/export/?since=abc").status_code == 409
    text = fetched(client, "/journal/export/?format=csv").decode("utf-8-sig")
    assert text.splitlines()[0].startswith("业务日期,凭证号")
    assert len(text.splitlines()) == 4


def test_a_long_export_is_a_job_and_is_started_once(
    cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.allotment(cast, 1000)
    monkeypatch.setattr(sheets, "ROWS_AT_ONCE", 0)
    client.force_login(cast["auditor"], backend=BACKEND)
    first = client.get("/ledger/export/?level=L1")["Location"]
    assert client.get("/ledger/export/?level=L1")["Location"] == first
    job = Job.objects.get()
    tasks.run_job(job.pk)
    job.refresh_from_db()
    assert job.status == Job.Status.DONE, job.result
    content = job_files.path_of(job.output_path).read_bytes()
    assert opened(content)["总台账"]["E2"].value == "巴财农〔2025〕11号"
    assert fetched(client, f"{first}result/") == content


def test_territory_and_role(cast: Cast, client: Client) -> None:
    make.allotment(cast, 1000)
    client.force_login(cast["other_finance_clerk"], backend=BACKEND)
    assert opened(fetched(client, "/ledger/export/"))["总台账"].max_row == 2
    for address in ("/journal/export/", "/receipts/export/", "/allotments/export/"):
        assert client.get(f"{address}?county={cast.county.code}").status_code == 404
    client.force_login(cast["township_clerk"], backend=BACKEND)
    for address in ("/ledger/", "/journal/", "/receipts/", "/allotments/"):
        assert client.get(f"{address}export/").status_code == 403
