"""Money for a hundred and ten households: their number is all that is ever written down."""

from __future__ import annotations

from decimal import Decimal

from playwright.sync_api import expect

from config.demo.library import Plan, Text
from projects.models import Project
from tests.browser.arranging import OURS, approve
from tests.browser.conftest import Office
from tests.browser.hands import (
    ACROSS,
    UPRIGHT,
    fill,
    fits,
    follow,
    press,
    sheets_of,
)
from tests.browser.meetings import PHONE
from tests.browser.payments import (
    CLERK,
    ask_for_payment,
    day,
    hand_in_papers,
    ledger_row,
    pass_on,
    pay_out,
)

VILLAGE = "吴春晓"
NAME, DOCUMENT = "永宁镇下岔河村庭院经济到户补助项目", "巴财农〔2026〕302号"
YARDS = Text(
    "B0106",
    "庭院闲置，家庭经营收入单一",
    "户均庭院1.2亩，水电到户",
    "改造庭院，发展种养，增加家庭经营收入",
)
BATCH = Plan(
    NAME, "652826102200", Decimal(550_000), YARDS, "支持110户改造庭院，验收后每户补助5000元",
    (("庭院改造", "户", "110", "5000"),), (110, 402, 110, 402), Project.Status.IMPLEMENTATION,
    no=OURS, document=DOCUMENT,
)  # fmt: skip
BANK = "焉耆县农村信用合作联社"
REQUEST = {
    "款项性质": "到户补助", "收款人全称": f"{BANK}（代发专户）", "开户行": BANK,
    "账号": "PC-2026-0110", "形象进度": "100", "到户户数": "110",
    "申请理由": "110户经村、乡两级验收合格，公示无异议", "申请金额": "55万",
}  # fmt: skip
PAPERS = {
    "到户花名册": {"编号": "纸质档案〔2026〕110号", "材料日期": day(3)},
    "公示照片": {"材料日期": day(2)},
}


def test_a_batch_for_households_is_paid_and_names_nobody(office: Office) -> None:
    project = office.backstage(approve, BATCH)
    refuse_a_card(office, project)
    payment, number = ask_for_payment(office, project, REQUEST, ("人民币伍拾伍万元整", DOCUMENT))
    hand_in_papers(office, payment, PAPERS)
    pass_on(office, number, papers=len(PAPERS))
    page = pay_out(office, number)
    assert ledger_row(office, DOCUMENT)[2:6] == ["550,000.00"] * 3 + ["0.00"]
    for name, side in (("拨付申请表", UPRIGHT), ("报账单", ACROSS)):
        page.goto(payment)
        follow(page, name)
        expect(page.get_by_role("main")).to_contain_text("110 户")
        office.look(page, name)
        office.print_out(page, name)
        assert sheets_of(page) == [side]
    in_the_village(office, project, number)


def refuse_a_card(office: Office, project: str) -> None:
    """A villager's card, or a batch without its count, is answered at the field."""
    page = office.person(CLERK)
    page.goto(project)
    follow(page, "申请拨付")
    fill(page, REQUEST | {"账号": "6228 4804 0256 4890 018", "到户户数": "0"})
    press(page, "保存")
    main = page.get_by_role("main")
    expect(main).to_contain_text("请填银行代发批次号，不登记农户卡号")
    expect(main).to_contain_text("到户补助须填写到户户数")
    office.look(page, "card-refused")


def in_the_village(office: Office, project: str, number: str) -> None:
    """On the cadre's telephone: how much, for how many, and that it is paid."""
    page = office.person(VILLAGE, **PHONE)
    page.goto(project)
    assert fits(page)
    row = page.get_by_role("row").filter(has_text=number)
    expect(row).to_contain_text("已支付")
    office.look(page, "village-project-390")
    row.get_by_role("link", name=number).click()
    main = page.get_by_role("main")
    expect(main).to_contain_text("110 户")
    expect(main).to_contain_text("纸质留存")
    assert fits(page)
    office.look(page, "village-payment-390")
