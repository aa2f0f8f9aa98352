"""What people do on every page: fill fields by their labels, take a step from their inbox."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from uuid import uuid4

from playwright.sync_api import FilePayload, Locator, Page, expect

from config.demo.photos import picture, sheet
from tests.browser.conftest import Office
from tests.databases import superuser_connection

Answers = Mapping[str, str]
UPRIGHT, ACROSS = "A4 竖排", "A4 横排"


def field(page: Page, label: str) -> Locator:
    whole = re.compile(rf"^{re.escape(label)}(必填|[（\s]|$)")
    return page.get_by_role("main").get_by_label(whole)


def fill(page: Page, answers: Answers) -> None:
    """Each field by the words of its label; of a list the first entry with the words."""
    for label, answer in answers.items():
        at = field(page, label)
        if at.evaluate("element => element.tagName") == "SELECT":
            choice = at.locator("option", has_text=answer).first.get_attribute("value")
            at.select_option(value=choice)
        else:
            at.fill(answer)


def attach(page: Page, papers: Mapping[str, Sequence[FilePayload]]) -> None:
    for label, files in papers.items():
        field(page, label).set_input_files(list(files))


def photo(name: str) -> FilePayload:
    """A picture that no other occasion has."""
    return {"name": f"{name}.png", "mimeType": "image/png", "buffer": picture(f"{name} {uuid4()}")}


def paper(name: str) -> FilePayload:
    body = sheet(f"{name} {uuid4()}")
    return {"name": f"{name}.pdf", "mimeType": "application/pdf", "buffer": body}


def press(page: Page, button: str) -> None:
    page.get_by_role("main").get_by_role("button", name=button, exact=True).click()


def follow(page: Page, link: str) -> None:
    page.get_by_role("main").get_by_role("link", name=link, exact=True).first.click()


def fits(page: Page) -> bool:
    """Nothing of it lies beside the screen."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def sheets_of(page: Page) -> list[str]:
    """What the printer would put out: which way round each sheet lies."""
    page.wait_for_load_state()  # what is for print alone comes last
    printed = page.pdf(prefer_css_page_size=True)
    boxes = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)
    return [UPRIGHT if float(width) < float(height) else ACROSS for width, height in boxes]


def let_days_pass(office: Office, thing: str) -> None:
    """Nobody waits ten days in a test: what hangs about it has hung since twenty days ago."""
    with superuser_connection(office.site.database) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "UPDATE publicity_posting SET posted_on = posted_on - 20, ends_on = ends_on - 20"
            " WHERE notice_id IN"
            " (SELECT id FROM publicity_notice WHERE strpos(subject_title, %s) > 0)",
            [thing],
        )


def open_from_inbox(office: Office, name: str, thing: str) -> Page:
    """What waits for this person stands on their first page and leads to the thing; what is made
    about it, and bears its name in a longer one, may wait beside it."""
    page = office.person(name)
    page.goto("/inbox/")
    itself = page.get_by_role("link", name=thing, exact=True)
    (itself if itself.count() else page.get_by_role("link", name=thing)).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(thing)
    return page


def take_step(
    office: Office,
    name: str,
    thing: str,
    action: str,
    *,
    becomes: str,
    answers: Answers | None = None,
    comment: str = "",
    criteria: int = 0,
    papers: Mapping[str, Sequence[FilePayload]] | None = None,
) -> Page:
    """From the inbox to the action page, every question answered, and back at the thing."""
    page = open_from_inbox(office, name, thing)
    office.look(page, f"{name}-before-{action}")
    follow(page, action)
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(f"{action}$"))
    passes = page.locator("input[type=radio][value=pass]")
    expect(passes).to_have_count(criteria)
    for answer in passes.all():
        answer.check()
    fill(page, answers or {})
    attach(page, papers or {})
    fill(page, {"意见": comment} if comment else {})
    office.look(page, f"{name}-{action}")
    press(page, action)
    expect(page.locator(".page-head .badge").first).to_have_text(becomes)
    return page
