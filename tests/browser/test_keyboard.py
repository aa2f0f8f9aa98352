"""Everything within reach of the keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Office


def test_the_first_tab_leads_past_the_menu(office: Office) -> None:
    page = office.person("朱砚清")
    page.goto("/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="跳到主要内容")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    office.look(page, "skip-link")
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("main").get_by_role("link", name="登记到账")).to_be_focused()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("xchcnjj", "下岔河村农机具停放棚"),
        ("巴财农[2025]12号", "巴财农〔2025〕12号"),
        ("1460000", "1,460,000.00"),
        ("146万", "1,460,000.00"),
    ],
)
def test_a_slash_opens_the_search(office: Office, words: str, found: str) -> None:
    page = office.person("朱砚清")
    page.goto("/")
    page.keyboard.press("/")
    box = page.get_by_role("searchbox", name="查找")
    expect(box).to_be_focused()
    page.keyboard.type(words)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(words)
    expect(page.get_by_role("main")).to_contain_text(found)
    office.look(page, "search")
