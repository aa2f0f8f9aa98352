"""An approved project is short of money: the change goes the whole way that approved it."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Office
from tests.browser.hands import (
    UPRIGHT,
    follow,
    let_days_pass,
    open_from_inbox,
    sheets_of,
    take_step,
)
from tests.browser.meetings import VOTERS, call_meeting, close, give_sources, open_meeting, vote

CLERK, MAYOR = "陈山梅", "马星河"
COUNTY_CLERK, COUNTY_HEAD = "卫林深", "蒋田野"
NUMBER = "652826-2025-0006-T01"
SOURCE = "巴财农〔2025〕12号"


def test_more_money_for_a_project_is_decided_by_the_meeting(office: Office) -> None:
    """From the village's opinion, where the demonstration has it, to the reply."""
    page = open_from_inbox(office, CLERK, NUMBER)
    expect(page.locator(".refused", has_text="上报乡镇审核")).to_contain_text("未满期")
    let_days_pass(office, NUMBER)
    take_step(office, CLERK, NUMBER, "上报乡镇审核", becomes="乡镇审核", comment="公示无异议")
    take_step(
        office, MAYOR, NUMBER, "审核同意并上报", becomes="县级论证",
        criteria=6, comment="主材涨价属实，同意调整",
    )  # fmt: skip
    take_step(
        office, COUNTY_CLERK, NUMBER, "论证通过", becomes="主管部门审核",
        criteria=12, comment="按询价结果核定，同意追加",
    )  # fmt: skip
    take_step(
        office, COUNTY_HEAD, NUMBER, "审核同意", becomes="领导小组审定", comment="同意提交审定"
    )
    meeting = call_meeting(office, "2026年第10次会议", NUMBER)
    give_sources(office, meeting, {SOURCE: "20万"})
    open_meeting(office, meeting)
    for member in VOTERS:
        vote(office, member, meeting)
    close(office, meeting, "焉扶领纪〔2026〕10号")
    page = office.person(CLERK)
    page.goto("/adjustments/")
    follow(page, NUMBER)
    expect(page.locator(".page-head .badge")).to_have_text("再备案与公布")
    office.look(page, "adjusted")
    follow(page, "申请表与批复")
    expect(page.get_by_role("main")).to_contain_text("追加财政资金 200,000.00 元")
    office.look(page, "adjustment-sheet")
    assert sheets_of(page) == [UPRIGHT, UPRIGHT]
