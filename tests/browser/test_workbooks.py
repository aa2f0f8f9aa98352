"""Receipts go out as a workbook and come back, through the real worker."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.utils import timezone
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from tests.browser.conftest import Office
from tests.browser.hands import field, follow, press

CLERK, DOCUMENT = "朱砚清", "巴财农〔2025〕12号"


def import_page(office: Office) -> Page:
    page = office.person(CLERK)
    page.goto("/receipts/new/")
    follow(page, "从表格导入")
    return page


def download(page: Page, link: str, folder: Path) -> Path:
    with page.expect_download() as expected:
        follow(page, link)
    path = folder / expected.value.suggested_filename
    expected.value.save_as(path)
    return path


def upload(page: Page, file: Path) -> None:
    field(page, "工作簿").set_input_files(file)
    press(page, "上传并检查")
    expect(page.get_by_role("heading", level=1)).to_contain_text("导入到账")


def with_rows(file: Path, rows: Sequence[Sequence[Any]]) -> Path:
    book = load_workbook(file)
    for row in rows:
        book["到账"].append(list(row))
    book.save(file)
    return file


def receipt(amount: float, number: str) -> list[Any]:
    today = timezone.localdate()
    return [None, DOCUMENT, None, None, today, amount, "巴州财政局", number, "按表导入"]


def test_what_went_out_comes_back_as_nothing_new(office: Office, tmp_path: Path) -> None:
    page = import_page(office)
    file = download(page, "已登记的到账", tmp_path)
    upload(page, file)
    expect(page.get_by_text("没有新的行，未写入任何内容。")).to_be_visible()
    office.look(page, "nothing-new")


def test_a_filled_template_is_shown_then_posted(office: Office, tmp_path: Path) -> None:
    page = import_page(office)
    office.look(page, "import")
    file = download(page, "空白模板", tmp_path)
    upload(page, with_rows(file, [receipt(1000.5, "导入001"), receipt(2000, "导入002")]))
    preview = page.get_by_role("region", name="内容预览")
    expect(preview).to_contain_text("1,000.50")
    expect(preview.get_by_role("row")).to_have_count(3)
    office.look(page, "preview")
    press(page, "确认，全部写入")
    page.get_by_role("link", name="查看专账明细账").click()
    journal = page.get_by_role("region", name="专账明细账")
    expect(journal.get_by_role("row").filter(has_text="按表导入")).to_have_count(2)
    office.look(page, "posted")


def test_an_error_names_its_cell(office: Office, tmp_path: Path) -> None:
    page = import_page(office)
    file = download(page, "空白模板", tmp_path)
    upload(page, with_rows(file, [receipt(10, "导入003"), receipt(10.125, "导入004")]))
    errors = page.locator(".form-errors")
    expect(errors).to_contain_text("第 3 行 F 列")
    expect(errors).to_contain_text("金额最多两位小数")
    expect(page.get_by_role("button", name="确认，全部写入")).to_have_count(0)
    office.look(page, "errors")
