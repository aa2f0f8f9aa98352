"""The bank sends a payment back: it is refunded, taken back, and paid to the right account."""

from __future__ import annotations

import re
from decimal import Decimal

from playwright.sync_api import Page, expect

from config.demo.library import WATER, Plan
from projects.models import Project
from tests.browser.arranging import OURS, approve, pass_on_unseen, request_waiting_for_payment
from tests.browser.conftest import Office
from tests.browser.hands import attach, fill, follow, paper, press, take_step
from tests.browser.payments import (
    CLERK,
    FINANCE_HEAD,
    TREASURY,
    ask_for_payment,
    day,
    hand_in_papers,
    ledger_row,
    pay_out,
)

DOCUMENT = "巴财农〔2026〕303号"
PUMPS = Plan(
    "永宁镇下岔河村泵站改造项目", "652826102200", Decimal(400_000), WATER, "改造泵站1座",
    (("泵站", "座", "1", "380000"),), (150, 560, 31, 118), Project.Status.IMPLEMENTATION,
    no=OURS, document=DOCUMENT,
)  # fmt: skip
INVOICE = "26000051"
WRONG, RIGHT = "3000000001", "3000000019"


def test_what_the_bank_sends_back_is_paid_again(office: Office) -> None:
    project = office.backstage(approve, PUMPS)
    bounced, contract = office.backstage(request_waiting_for_payment, project, "200000", INVOICE)
    pay_out(office, bounced)
    assert ledger_row(office, DOCUMENT)[2:5] == ["400,000.00", "200,000.00", "200,000.00"]
    send_back(office, bounced)
    assert ledger_row(office, DOCUMENT)[2:5] == ["400,000.00", "200,000.00", "0.00"]
    page = take_step(
        office, FINANCE_HEAD, bounced, "收回核拨", becomes="已收回核拨",
        comment="账号更正后另行申请",
    )  # fmt: skip
    office.look(page, "withdrawn")
    assert ledger_row(office, DOCUMENT)[2:5] == ["400,000.00", "0.00", "0.00"]
    change_account(office, contract)
    payment = pay_again(office, project)
    shown = ledger_row(office, DOCUMENT)
    assert shown[2:5] == ["400,000.00", "200,000.00", "200,000.00"]
    check_contract(office, contract, payment)
    verdict = office.site.manage("verify_ledger")
    assert verdict.returncode == 0, verdict.stdout


def send_back(office: Office, number: str) -> None:
    """More than was paid does not come back."""
    page = office.person(TREASURY)
    follow(page, "登记退回")
    amount = page.get_by_label(re.compile(re.escape(DOCUMENT)))
    amount.fill("20万零1")
    fill(page, {"意见": "银行退票：账号与户名不符"})
    press(page, "登记退回")
    expect(page.get_by_role("alert")).to_be_visible()
    amount.fill("200,000.01")
    press(page, "登记退回")
    expect(page.get_by_role("main")).to_contain_text("最多可退 200,000.00 元")
    office.look(page, "too-much-back")
    amount.fill("20万")
    press(page, "登记退回")
    expect(page.locator(".page-head .badge")).to_have_text("已退回")
    office.look(page, "refunded")


def change_account(office: Office, contract: str) -> None:
    """On a letter of the contractor, and not without it."""
    page = office.person(CLERK)
    page.goto(contract)
    follow(page, "更正或登记补充协议")
    fill(page, {"单位账号": RIGHT, "修改事由": "承包单位来函更正账号"})
    press(page, "保存更正")
    expect(page.get_by_role("main")).to_contain_text("须附承包单位的账户变更函")
    office.look(page, "account-without-letter")
    attach(page, {"合同原件": [paper("账户变更函")]})
    press(page, "保存更正")
    expect(page.locator("dt", has_text="账号").locator("+ dd")).to_have_text(RIGHT)
    office.look(page, "account-changed")


def pay_again(office: Office, project: str) -> Page:
    """With the same invoice, for which nothing was paid."""
    request = {
        "款项性质": "进度款", "票据号": INVOICE, "形象进度": "60", "已完工程价款": "24万",
        "申请理由": "账号更正，重新申请", "申请金额": "20万",
    }  # fmt: skip
    payment, number = ask_for_payment(office, project, request, ("人民币贰拾万元整", DOCUMENT))
    papers = {
        "合同": {"编号": "HT", "材料日期": day(30)},
        "工程量计量单": {"编号": "JL-51", "材料日期": day(4)},
        "发票": {"编号": INVOICE, "材料日期": day(2), "摘要": "泵站工程款", "票面金额": "20万"},
    }
    hand_in_papers(office, payment, papers)
    take_step(office, CLERK, number, "送审", becomes="乡镇审核")
    office.backstage(pass_on_unseen, number)
    page = pay_out(office, number)
    expect(page.locator("dt", has_text="账号").locator("+ dd").first).to_have_text(RIGHT)
    return page


def check_contract(office: Office, contract: str, page: Page) -> None:
    """Both requests stand there, and only what was really paid counts."""
    page.goto(contract)
    asked = page.locator("dt", has_text="已申请").locator("+ dd")
    expect(asked).to_have_text("200,000.00")
    office.look(page, "contract-paid-again")
