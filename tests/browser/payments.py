"""Money out: a contract, a request with its papers, and the six people who pass it on."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.browser.conftest import Office
from tests.browser.hands import Answers, attach, fill, follow, paper, press, take_step

CLERK, MAYOR, DEPARTMENT = "王秋实", "冯冬阳", "蒋田野"
COMPLIANCE, FINANCE_HEAD, TREASURY = "秦松年", "尤晴岚", "许月白"
BOOKKEEPER = "朱砚清"
PROHIBITIONS = 9  # 九不得, each answered at the compliance review


def day(ago: int) -> str:
    return (timezone.localdate() - dt.timedelta(days=ago)).isoformat()


def sign_contract(office: Office, project: str, contract: Answers) -> Page:
    """Its party is who will be paid; nobody types the payee a second time. `project` is the
    project's address here and below."""
    page = office.person(CLERK)
    page.goto(project)
    follow(page, "登记合同")
    fill(page, contract)
    attach(page, {"合同原件": [paper("合同")]})
    office.look(page, "contract-typed")
    press(page, "登记")
    expect(page.get_by_role("status")).to_contain_text(f"已登记合同 {contract['合同编号']}")
    office.look(page, "contract")
    return page


def ask_for_payment(
    office: Office, project: str, request: Answers, preview: tuple[str, ...]
) -> tuple[str, str]:
    """The address and the number of the draft. `preview` is said as the amount is typed."""
    page = office.person(CLERK)
    page.goto(project)
    follow(page, "申请拨付")
    fill(page, request)
    for words in preview:
        expect(page.locator("#payment-preview")).to_contain_text(words)
    office.look(page, "payment-typed")
    press(page, "保存")
    expect(page.get_by_role("main")).to_contain_text(preview[0])
    return page.url, page.locator("h1").inner_text().split()[-1]


def hand_in_papers(office: Office, payment: str, papers: Mapping[str, Answers]) -> None:
    """Those that the kind of payment can not do without, each with a file of its own. A roster
    stays on paper."""
    page = office.person(CLERK)
    page.goto(payment)
    follow(page, "登记报账材料")
    lacking = page.get_by_role("main").get_by_text("必附，尚缺")
    expect(lacking).to_have_count(len(papers))
    for name, more in papers.items():
        fill(page, {"材料": name, **more})
        if "花名册" not in name:
            attach(page, {"文件": [paper(name)]})
        press(page, "登记")
        expect(page.get_by_role("status")).to_contain_text(f"已登记{name}")
    expect(lacking).to_have_count(0)
    office.look(page, "payment-papers")


def pass_on(office: Office, number: str, papers: int) -> None:
    """From the draft to 待支付. Each of so many papers is looked at."""
    take_step(office, CLERK, number, "送审", becomes="乡镇审核")
    take_step(office, MAYOR, number, "乡镇审核同意", becomes="主管部门审核", comment="情况属实")
    take_step(office, DEPARTMENT, number, "审核同意", becomes="财政合规审查", comment="同意")
    take_step(
        office, COMPLIANCE, number, "合规审查通过", becomes="待核拨",
        criteria=PROHIBITIONS + papers, comment="不涉及负面清单，材料逐件核对",
    )  # fmt: skip
    take_step(office, FINANCE_HEAD, number, "核拨", becomes="待支付", comment="同意核拨")


def pay_out(office: Office, number: str) -> Page:
    page = take_step(office, TREASURY, number, "支付", becomes="已支付", comment="已支付")
    office.look(page, "paid")
    return page


def ledger_row(office: Office, document: str) -> list[str]:
    """Of one document: 下达, 到账, 分配, 核拨, 支付, 退回/上缴, 池内余额, 专账结余."""
    page = office.person(BOOKKEEPER)
    page.goto("/ledger/")
    office.look(page, "ledger")
    row = page.get_by_role("row").filter(has_text=document)
    return row.locator("td.amount").all_inner_texts()
