"""A villager before a board, with a telephone: reads the notice, objects, follows it up."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Office
from tests.browser.hands import UPRIGHT, fits, follow, press, sheets_of
from tests.browser.test_accessibility import violations

TELEPHONE = {"width": 320, "height": 640}
THING = "村集体磨坊改造项目"  # no other test waits for the end of its notice


def open_a_notice(office: Office, page: Page) -> None:
    page.goto("/public/notices/")
    page.get_by_role("main").get_by_role("link", name=THING).first.click()
    expect(page.get_by_role("term").first).to_have_text("扶贫项目名称")


def test_a_villager_objects_from_a_telephone_without_a_script(office: Office) -> None:
    page = office.anonymous(viewport=TELEPHONE, java_script_enabled=False)
    open_a_notice(office, page)
    office.look(page, "notice-320")
    page.get_by_label("异议内容").fill("公示的面积与实际丈量不一致")
    press(page, "提交异议")
    receipt = page.get_by_role("heading", level=2).inner_text().split()[-1]
    assert re.fullmatch("[0-9A-F]{12}", receipt)
    office.look(page, "receipt-320")
    page.goto("/public/objections/")
    page.get_by_label("回执号").fill(receipt.lower())
    press(page, "查询")
    expect(page.get_by_role("main")).to_contain_text("受理")
    assert page.context.cookies() == []


def test_public_pages_have_no_faults_and_fit_a_telephone(office: Office) -> None:
    page = office.anonymous(viewport=TELEPHONE)
    found = []
    open_a_notice(office, page)
    for address in (page.url, "/public/notices/", "/public/objections/"):
        page.goto(address)
        assert fits(page), page.url
        found += violations(page)
    assert found == []


def test_a_notice_prints_on_one_sheet_with_its_code(office: Office) -> None:
    page = office.anonymous()
    open_a_notice(office, page)
    page.emulate_media(media="print")
    expect(page.get_by_role("img", name="二维码")).to_be_visible()
    expect(page.get_by_role("button", name="提交异议")).to_be_hidden()
    office.look(page, "notice-print")
    office.print_out(page, "notice-print")
    assert sheets_of(page) == [UPRIGHT]


def test_the_sheet_of_the_office_is_one_sheet_too(office: Office) -> None:
    page = office.person("吴春晓")
    page.goto("/notices/")
    page.get_by_role("main").get_by_role("row").get_by_role("link").first.click()
    follow(page, "打印张贴稿")
    assert violations(page) == []
    assert sheets_of(page) == [UPRIGHT]


def test_the_office_pages_of_notices_have_no_faults(office: Office) -> None:
    page = office.person("吴春晓")
    page.goto("/notices/")
    found = violations(page)
    page.get_by_role("main").get_by_role("row").get_by_role("link").first.click()
    office.look(page, "notice")
    found += violations(page)
    follow(page, "登记异议")
    found += violations(page)
    page.goto("/objections/")
    assert found + violations(page) == []
