"""axe finds nothing on the main pages, and nothing is cut off on a narrow screen."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Office
from tests.browser.hands import fits
from tests.browser.meetings import PHONE

AXE = Axe()
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}
MONEY_PAGES = ("/", "/allotments/", "/ledger/", "/journal/", "/months/", "/jobs/", "/payments/")
PAGES = {
    "朱砚清": (*MONEY_PAGES, "/allotments/new/", "/receipts/new/", "/receipts/import/", "/people/"),
    "吴春晓": (
        "/",
        "/inbox/",
        "/projects/",
        "/projects/new/",
        "/projects/1/",
        "/search/?q=xch",
        "/calendar/?year=2025",
    ),
    "江流远": ("/deliveries/", "/deliveries/import/"),
    "何正平": (
        "/", "/meetings/", "/meetings/1/", "/vouchers/1/", "/allotments/1/", "/payments/1/",
        "/overview/", "/audit/", "/audit/as-of/", "/audit/edits/", "/audit/sheets/new/project/1/",
    ),
}  # fmt: skip


WIDE_PAGES = (
    "/contracts/", "/contracts/1/", "/payments/", "/payments/1/", "/payments/1/papers/",
    "/payments/1/print/", "/payments/1/claim/", "/bank/", "/idle/", "/surplus/", "/assets/",
    "/assets/1/", "/assets/1/print/", "/handovers/", "/distributions/", "/stocktakes/",
    "/disposals/", "/acceptances/1/print/", "/settlements/1/print/", "/responsibilities/",
    "/projects/1/", "/trace/project/1/",
)  # fmt: skip


def violations(page: Page) -> list[str]:
    found = AXE.run(page, options=RULES).response["violations"]
    return [f"{page.url} {v['id']}: {node['html'][:160]}" for v in found for node in v["nodes"][:3]]


@pytest.mark.parametrize("name", PAGES)
def test_axe_has_nothing_to_say(office: Office, name: str) -> None:
    page = office.person(name)
    found = []
    for address in PAGES[name]:
        answer = page.goto(address)
        assert answer and answer.ok, address
        found += violations(page)
        office.look(page, address.strip("/").replace("/", "-") or "home")
    assert found == []


def test_a_stranger_is_let_in_by_a_page_without_faults(office: Office) -> None:
    page = office.anonymous()
    page.goto("/login/")
    office.look(page, "login")
    assert violations(page) == []


def test_nothing_is_cut_off_at_320_pixels(office: Office) -> None:
    narrow = {"width": 320, "height": 640}
    stranger = office.anonymous(viewport=narrow)
    stranger.goto("/login/")
    office.look(stranger, "login-320")
    clerk = office.person("朱砚清", viewport=narrow)
    office.look(clerk, "home-320")
    for page in (stranger, clerk):
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, page.url
    expect(clerk.get_by_text("菜单", exact=True)).to_be_visible()


def test_a_wide_table_scrolls_in_its_own_box(office: Office) -> None:
    """And the page does not, on a telephone."""
    page = office.person("何正平", **PHONE)
    wide = []
    for address in WIDE_PAGES:
        answer = page.goto(address)
        assert answer and answer.ok, address
        office.look(page, address.strip("/").replace("/", "-"))
        wide += [] if fits(page) else [address]
    assert wide == []


def test_the_fund_ledger_fits_an_office_screen(office: Office) -> None:
    """All sums, the pool's among them, are seen without scrolling sideways."""
    page = office.person("朱砚清")
    page.goto("/ledger/")
    region = page.get_by_role("region", name="扶贫资金总台账")
    hidden = region.evaluate("element => element.scrollWidth - element.clientWidth")
    office.look(page, "ledger")
    assert hidden <= 0
