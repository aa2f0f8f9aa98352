"""What goes on paper lies the right way round, and no empty sheet comes before it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Office
from tests.browser.hands import ACROSS, UPRIGHT, follow, sheets_of

READER = "何正平"


def first_of(page: Page, register: str) -> None:
    page.goto(register)
    page.get_by_role("main").get_by_role("row").get_by_role("link").first.click()


@pytest.mark.parametrize(
    ("register", "link", "side"),
    [
        ("/meetings/?status=closed", "会议纪要", UPRIGHT),
        ("/projects/", "项目申报表", UPRIGHT),
        ("/payments/", "拨付申请表", UPRIGHT),
        ("/adjustments/", "申请表", UPRIGHT),
        ("/filings/", "备案表", UPRIGHT),
        ("/plans/", "实施方案", UPRIGHT),
        ("/plans/", "计划表", ACROSS),
    ],
)
def test_a_sheet_lies_the_right_way_round(
    office: Office, register: str, link: str, side: str
) -> None:
    page = office.person(READER)
    first_of(page, register)
    follow(page, link)
    office.look(page, "sheet")
    assert set(sheets_of(page)) == {side}


def test_a_voucher_is_one_sheet(office: Office) -> None:
    page = office.person(READER)
    first_of(page, "/journal/")
    assert sheets_of(page) == [UPRIGHT]


def test_the_county_at_a_glance_is_one_sheet(office: Office) -> None:
    page = office.person(READER)
    page.goto("/overview/")
    office.look(page, "overview")
    office.print_out(page, "overview")
    assert sheets_of(page) == [UPRIGHT]
