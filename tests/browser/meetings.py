"""A meeting of the leading group: five members, of whom three vote on their telephones."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.conftest import Office
from tests.browser.hands import fill, fits, follow, press

SECRETARY, CHAIR = "韩川页", "杨岱宗"
MEMBERS = (CHAIR, "柏长青", "林泽远", "叶知秋", "梅映雪")
VOTERS = (CHAIR, "林泽远", "叶知秋")
PHONE = {"viewport": {"width": 390, "height": 844}}


def call_meeting(office: Office, name: str, *titles: str) -> str:
    """Its address. The agenda is in the order of the titles."""
    page = office.person(SECRETARY)
    page.goto("/meetings/")
    follow(page, "登记会议")
    today = timezone.localdate().isoformat()
    fill(page, {"会议名称": name, "会议日期": today, "主持人": CHAIR})
    press(page, "登记会议")
    meeting = page.url
    for title in titles:
        page.goto(meeting)
        follow(page, "列入议题")
        page.get_by_label(title).check()
        press(page, "列入所选")
    return meeting


def give_sources(office: Office, meeting: str, sources: Mapping[str, str]) -> None:
    """To the one item that takes any."""
    page = office.person(SECRETARY)
    page.goto(meeting)
    follow(page, "资金来源")
    for document, amount in sources.items():
        page.get_by_label(re.compile(re.escape(document))).fill(amount)
    press(page, "保存")
    office.look(page, "agenda")


def open_meeting(office: Office, meeting: str) -> None:
    page = office.person(SECRETARY)
    page.goto(meeting)
    follow(page, "宣布开会")
    press(page, "宣布开会")
    for member in MEMBERS:
        page.get_by_role("button", name=re.compile(f"^签到 {member}")).click()
    office.look(page, "checked-in")


def stand_aside(office: Office, member: str, meeting: str, title: str) -> None:
    page = office.person(member, **PHONE)
    page.goto(meeting)
    ballot = page.get_by_role("article", name=re.compile(re.escape(title)))
    ballot.get_by_role("link", name="登记回避", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(title)
    fill(page, {"回避事由": "亲属参与投标"})
    press(page, "登记回避")
    office.look(page, "recused")
    page.goto(meeting)
    expect(ballot).to_contain_text("您已回避本议题")
    expect(ballot.get_by_role("button", name="同意", exact=True)).to_have_count(0)


def vote(office: Office, member: str, meeting: str) -> None:
    """For everything on the agenda, one thumb's reach at a time."""
    page = office.person(member, **PHONE)
    page.goto(meeting)
    assert fits(page), "nothing is cut off on a telephone"
    office.look(page, f"ballots-{member}")
    ballots = page.get_by_role("button", name="同意", exact=True)
    for left in range(ballots.count(), 0, -1):
        expect(ballots).to_have_count(left)
        ballots.first.click()
    expect(ballots).to_have_count(0)
    office.look(page, f"voted-{member}")


def close(office: Office, meeting: str, minutes: str) -> None:
    page = office.person(CHAIR, **PHONE)
    page.goto(meeting)
    follow(page, "闭会并生效")
    office.look(page, "before-closing")
    fill(page, {"纪要文号": minutes})
    page.get_by_label("已逐项核对").check()
    press(page, "闭会并生效")
    expect(page.locator(".page-head .badge")).to_have_text("已闭会")
    expect(page.get_by_role("main")).to_contain_text(minutes)
    office.look(page, "closed")
