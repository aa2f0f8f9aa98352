"""What is refused is said at its place, in words, and nothing that was typed is lost."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Office
from tests.browser.hands import field, fill, press

CLERK, NEIGHBOUR = "朱砚清", "曹雨霖"
TYPED = {"摘要": "收到资金，核对后入账", "国库回单号": "第901号", "付款单位": "巴州财政局"}


def receipt_form(office: Office, words: str = "12号") -> Page:
    page = office.person(CLERK)
    page.goto("/receipts/new/")
    page.locator("#words").press_sequentially(words)
    expect(page.locator("#id_allotment option:checked")).to_contain_text(words)
    return page


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("-5", "金额不能为负数"),
        ("0", "金额必须大于零"),
        ("１２３．４５６", "金额最多两位小数"),
        ("12,34,567", "千分位逗号的位置不对"),
        ("九万", "看不懂这个金额"),
        ("99999999999999999", "金额过大"),
        ("100000000", "超过巴财农〔2025〕12号尚未到账的"),
    ],
)
def test_a_wrong_amount_is_told_at_its_field(office: Office, typed: str, said: str) -> None:
    page = receipt_form(office)
    fill(page, TYPED | {"到账金额": typed})
    press(page, "保存并新增")
    amount = field(page, "到账金额")
    expect(page.locator("#receipt-amount .errorlist")).to_contain_text(said)
    expect(amount).to_have_attribute("aria-invalid", "true")
    expect(amount).to_be_focused()
    assert amount.input_value().replace(",", "") == typed.replace(",", "")
    for label, text in TYPED.items():
        expect(field(page, label)).to_have_value(text)
    expect(page.locator("#id_allotment option:checked")).to_contain_text("12号")
    office.look(page, "wrong-amount")


def test_a_closed_month_says_who_may_open_it(office: Office) -> None:
    page = office.person(CLERK)
    page.goto("/months/")
    closed = page.get_by_role("row").filter(has_text="已结账").first.inner_text()
    year, month = re.findall(r"\d+", closed)[:2]
    page = receipt_form(office)
    fill(page, TYPED | {"到账金额": "1", "业务日期": f"{year}-{int(month):02d}-15"})
    press(page, "保存并新增")
    said = page.locator(".field", has_text="业务日期").locator(".errorlist")
    expect(said).to_contain_text("结账")
    expect(said).to_contain_text(f"{int(month)}月")
    expect(field(page, "摘要")).to_have_value(TYPED["摘要"])
    office.look(page, "closed-month")


def test_a_double_click_makes_one_voucher(office: Office) -> None:
    page = receipt_form(office)
    fill(page, {"到账金额": "12,345.67", "摘要": "双击一次"})
    page.get_by_role("button", name="保存并查看凭证").dblclick()
    expect(page.get_by_role("heading", level=1)).to_contain_text("记账凭证")
    page.goto("/receipts/new/")
    recent = page.get_by_role("region", name="今天登记的最近十笔")
    expect(recent.get_by_text("双击一次")).to_have_count(1)


def test_another_townships_project_is_not_there(office: Office) -> None:
    page = office.person(NEIGHBOUR)
    page.goto("/projects/")
    own = page.get_by_role("region", name="项目一览").get_by_role("link").first
    address = own.get_attribute("href")
    assert address
    village = office.person("吴春晓")
    answer = village.goto(address)
    assert answer and answer.status == 404
    expect(village.get_by_role("heading", level=1)).to_have_text("找不到这一页")
    office.look(village, "not-found")


def test_what_may_not_be_done_says_why_and_who(office: Office) -> None:
    page = office.person("吴春晓")
    page.goto("/projects/")
    page.get_by_role("link", name="辣椒晾晒场建设项目").click()
    refused = page.locator(".refused", has_text="上报乡镇")
    button = refused.get_by_role("button", name="上报乡镇")
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(refused).to_contain_text("命中“车辆”，须由第二人复核确认不涉及")
    office.look(page, "second-person-wanted")
    look_again(office, "辣椒晾晒场建设项目")
    page.reload()
    expect(refused).to_contain_text("村级申报项目公示未满期")
    expect(refused).to_contain_text("依据：")
    expect(refused).to_contain_text("可由 期满后由现办理人 办理或解除")
    address = page.url
    button.click(force=True)
    assert page.url == address
    office.look(page, "disabled")
    page.goto("/receipts/new/")
    expect(page.get_by_role("heading", level=1)).to_have_text("不能办理")
    expect(page.locator("dl.facts")).to_contain_text("财政记账")
    office.look(page, "forbidden")


def look_again(office: Office, project: str) -> None:
    """The second person finds the word in the menu and says why it is none of those."""
    page = office.person("冯冬阳")
    page.get_by_role("link", name="负面清单复核").first.click()
    page.get_by_role("link", name=project).click()
    page.get_by_label("不涉及", exact=True).check()
    fill(page, {"复核说明": "车辆回转场地是晾晒场的一部分，不购置车辆"})
    office.look(page, "second-person")
    press(page, "确认复核")
    expect(page.get_by_role("status")).to_be_visible()
