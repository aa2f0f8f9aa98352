"""From two documents to a payee and back again, each step by its own person on the screen."""

from __future__ import annotations

import re

from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Office
from tests.browser.hands import (
    UPRIGHT,
    attach,
    fill,
    fits,
    follow,
    let_days_pass,
    paper,
    photo,
    press,
    sheets_of,
    take_step,
)
from tests.browser.meetings import (
    PHONE,
    SECRETARY,
    VOTERS,
    call_meeting,
    close,
    give_sources,
    open_meeting,
    stand_aside,
    vote,
)
from tests.browser.payments import (
    ask_for_payment,
    day,
    hand_in_papers,
    ledger_row,
    pass_on,
    pay_out,
    sign_contract,
)

FINANCE, VILLAGE, TOWNSHIP, MAYOR = "朱砚清", "吴春晓", "王秋实", "冯冬阳"
COUNTY_CLERK, COUNTY_HEAD = "卫林深", "蒋田野"
BUREAU, SECOND_BUREAU = "沈海澜", "苗向阳"
ASIDE, PREFECTURE = "柏长青", "江流远"
COMPLIANCE, AUDITOR = "秦松年", "何正平"

NAME = "下岔河村番茄晾晒加工点建设项目"
PAYEE = "焉耆晨禾建设有限公司"
FIRST, SECOND = "巴财农〔2026〕201号", "巴财农〔2026〕202号"
PROJECT = {
    "项目名称": NAME,
    "建设性质": "新建",
    "项目级别": "村级",
    "项目主管部门": "扶贫开发办公室",
    "实施单位": "永宁镇人民政府",
    "责任领导": "杨岱宗",
    "责任领导职务": "县领导小组组长",
    "责任人": "冯冬阳",
    "责任人职务": "镇长",
    "建设内容与规模": "新建晾晒棚2座，配套排水和供电",
    "估算总投资": "130万",
    "申请财政资金": "1,200,000",
    "自筹资金": "10万",
    "覆盖村数": "1",
    "受益户数": "66",
    "受益人数": "240",
    "其中帮扶对象户数": "15",
    "其中帮扶对象人数": "52",
    "致贫原因分析": "农产品就地加工能力不足，集体经营性收入低",
    "资源禀赋分析": "原料充足，用地和水电已落实",
    "资金保障分析": "申请财政资金120万元，自筹10万元，不留缺口",
    "脱贫需求分析": "吸纳就近务工，增加集体收入和分红",
}


def test_a_yuan_from_its_document_to_its_payee(office: Office) -> None:
    record_allotments(office)
    record_receipts(office)
    project = propose(office)
    set_targets(office, project)
    first_round(office, project)
    second_round(office, project)
    plan = draw_up_plan(office)
    decide(office, plan)
    report(office, plan)
    prove(office, project)
    payment = pay(office, project)
    audit(office)
    reverse(office, payment)
    verdict = office.site.manage("verify_ledger")
    assert verdict.returncode == 0, verdict.stdout


# --- Money in ------------------------------------------------------------------------------


def record_allotments(office: Office) -> None:
    page = office.person(FINANCE)
    office.look(page, "finance-home")
    page.get_by_role("main").get_by_role("link", name="登记指标").click()
    fill(page, allotment("巴财农[2026]201号", "200万", "中央"))
    office.look(page, "allotment-typed")
    press(page, "保存并新增")
    expect(page.get_by_role("status")).to_contain_text(FIRST)
    fill(page, allotment("巴财农（2026） 202 号", "1000000", "自治区"))
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status")).to_contain_text(SECOND)
    office.look(page, "allotments-recorded")


def allotment(document: str, amount: str, level: str) -> dict[str, str]:
    return {
        "上级文号": document,
        "级次": level,
        "资金类别": "巩固拓展脱贫攻坚成果和乡村振兴任务",
        "资金年度": str(timezone.localdate().year),
        "下达日期": day(5),
        "下达金额": amount,
    }


def record_receipts(office: Office) -> None:
    """Not one touch of the mouse after the page is open."""
    page = office.person(FINANCE)
    page.goto("/receipts/new/")
    left = page.locator("#allotment-remaining")
    receive(page, "201", "1,500,000", "收到2026年第一批资金", left_before="2,000,000.00")
    expect(page.get_by_role("status")).to_contain_text("已登记到账 1,500,000.00 元")
    expect(left).to_contain_text("500,000.00")
    receive(page, "201", "=", "..", left_before="500,000.00")
    expect(page.get_by_role("status")).to_contain_text("已登记到账 500,000.00 元")
    office.look(page, "receipts-recorded")
    receive(page, "202号", "=", "..", left_before="1,000,000.00")
    expect(page.get_by_role("status")).to_contain_text("已登记到账 1,000,000.00 元")
    memos = page.get_by_role("region", name="今天登记的最近十笔").get_by_text("第一批资金")
    expect(memos).to_have_count(3)


def receive(page: Page, words: str, amount: str, memo: str, *, left_before: str) -> None:
    """Find the allotment, then Enter from field to field and Ctrl+Enter at the end."""
    keyboard = page.keyboard
    expect(page.locator("#words")).to_be_focused()
    page.keyboard.press("Control+A")
    keyboard.type(words)
    expect(page.locator("#id_allotment option:checked")).to_contain_text(words)
    expect(page.locator("#id_amount")).to_have_attribute(
        "data-remaining", left_before.replace(",", "")
    )
    for _ in range(2):
        keyboard.press("Enter")
    expect(page.locator("#id_amount")).to_be_focused()
    keyboard.type(amount)
    keyboard.press("Enter")
    expect(page.locator("#id_amount")).to_have_value(left_before if amount == "=" else f"{amount}")
    keyboard.press("Enter")
    expect(page.locator("#id_memo")).to_be_focused()
    keyboard.type(memo)
    keyboard.press("Control+Enter")


# --- 两上两下 --------------------------------------------------------------------------------


def propose(office: Office) -> str:
    """The address of the new project."""
    page = office.person(VILLAGE)
    office.look(page, "village-home")
    page.goto("/projects/")
    follow(page, "申报项目")
    fill(page, PROJECT | {"计划开工": day(-10), "计划完工": day(-160)})
    fill(page, {"项目类型": "配套设施"})
    page.get_by_label("务工就业").check()
    row = {"工程内容": "晾晒棚", "单位": "座", "数量": "2", "单价（元）": "600000"}
    fill(page, {f"第 1 行{label}": text for label, text in row.items()})
    office.look(page, "project-form")
    press(page, "暂存草稿")
    expect(page.get_by_role("status")).to_contain_text("已存为草稿，项目编号")
    office.look(page, "project-draft")
    return page.url


def first_round(office: Office, project: str) -> None:
    meeting = {
        "会议日期": day(14),
        "应到人数": "40",
        "实到人数": "36",
        "同意人数": "35",
        "主持人": "吴春晓",
        "会议纪要": "会议讨论建设内容和受益范围，逐人表态后表决。",
        "立项意见": "同意申报，公示后上报乡镇。",
    }
    papers = {"会议纪要原件": [paper("纪要")], "会议照片": [photo("会场"), photo("表决")]}
    take_step(
        office, VILLAGE, NAME, "登记村民代表会议", becomes="村内公示", criteria=9,
        answers=meeting, papers=papers,
    )  # fmt: skip
    notice = hang_notice(office, VILLAGE, project, "村级申报项目公示")
    hear_objection(office, project, notice)
    hang_notice(office, VILLAGE, project, "村级申报项目公示")
    let_days_pass(office, NAME)
    take_step(office, VILLAGE, NAME, "上报乡镇", becomes="乡镇审核", comment="公示无异议")
    endorse(office)
    appraise(office)
    take_step(
        office, COUNTY_HEAD, NAME, "退回", becomes="乡镇审核",
        answers={"退回到": "乡镇审核"}, comment="实地核查记录不全，请补充后再报",
    )  # fmt: skip
    endorse(office)
    appraise(office)
    letter = {
        "反馈意见书编号": "焉扶办反馈〔2026〕31号",
        "反馈日期": day(0),
        "反馈意见": "细化工程量\n落实管护单位",
    }
    take_step(office, COUNTY_HEAD, NAME, "发出反馈意见书", becomes="修改完善", answers=letter)


def endorse(office: Office) -> None:
    take_step(
        office, MAYOR, NAME, "审核同意并上报", becomes="县级论证",
        criteria=6, comment="实地核查属实，同意上报",
    )  # fmt: skip


def appraise(office: Office) -> None:
    take_step(
        office, COUNTY_CLERK, NAME, "论证通过", becomes="反馈意见",
        criteria=3, comment="与县产业规划衔接，同意论证通过",
    )  # fmt: skip


def hang_notice(office: Office, name: str, project: str, notice: str) -> str:
    """Made from the project and proved by two photos; its address."""
    page = office.person(name)
    page.goto(project)
    follow(page, "发布公示，登记张贴")
    follow(page, f"发布{notice}")
    office.look(page, "notice-preview")
    press(page, "发布")
    address = page.url
    follow(page, "登记张贴")
    posting = {
        "张贴地点": "下岔河村村委会公示栏",
        "张贴日期": day(0),
        "张贴单位": "下岔河村民委员会",
    }
    fill(page, posting)
    attach(page, {"近景照片": [photo("近景")], "远景照片": [photo("远景")]})
    press(page, "登记张贴")
    expect(page.locator("dt", has_text="张贴地点")).to_be_visible()
    office.look(page, "notice-posted")
    return address


def hear_objection(office: Office, project: str, notice: str) -> None:
    """A villager reads the notice on his telephone and is right: it hangs anew."""
    page = office.person(VILLAGE)
    page.goto(notice)
    board = page.get_by_role("link", name="公开网页").get_attribute("href")
    assert board
    villager = office.anonymous(**PHONE)
    villager.goto(board)
    assert fits(villager)
    office.look(villager, "public-notice")
    villager.get_by_label("异议内容").fill("公示栏在施工，前三天没有张贴出来")
    press(villager, "提交异议")
    receipt = villager.get_by_role("heading", level=2).inner_text().split()[-1]
    investigation = {"调查单位": "永宁镇人民政府"}
    take_step(office, MAYOR, receipt, "转入调查", becomes="调查中", answers=investigation)
    answer = {
        "调查结论": "部分属实",
        "处理措施": "公示栏已修好，重新张贴",
        "重新公示": "内容不变，重新公示",
    }
    take_step(office, MAYOR, receipt, "答复", becomes="已答复", answers=answer)
    page.goto(project)
    refused = page.locator(".refused", has_text="上报乡镇")
    expect(refused).to_contain_text("因异议须重新公示，天数重新计算")
    office.look(page, "notice-void")


def second_round(office: Office, project: str) -> None:
    page = office.person(VILLAGE)
    page.goto(project)
    follow(page, "修改内容")
    changes = {"建设内容与规模": "新建晾晒棚2座各400平方米，配套排水和供电，由村集体管护"}
    fill(page, changes | {"修改事由": "按反馈意见修改"})
    press(page, "保存修改")
    answers = {
        "修改总说明": "均已采纳",
        "第 1 条采纳情况": "采纳",
        "第 1 条的修改内容或理由": "已写明面积",
        "第 2 条采纳情况": "采纳",
        "第 2 条的修改内容或理由": "由村集体管护",
    }
    take_step(office, VILLAGE, NAME, "完成修改", becomes="再次公示与二次上报", answers=answers)
    hang_notice(office, VILLAGE, project, "修改完善后公示")
    let_days_pass(office, NAME)
    take_step(office, MAYOR, NAME, "二次上报", becomes="再次论证", comment="再次公示无异议")
    page = office.person(COUNTY_CLERK)
    page.goto(f"{project}differences/")
    expect(page.get_by_role("main")).to_contain_text("由村集体管护")
    office.look(page, "differences")
    take_step(
        office, COUNTY_CLERK, NAME, "再次论证通过", becomes="行业会审",
        criteria=12, comment="反馈意见已落实，不涉及负面清单",
    )  # fmt: skip
    hang_notice(office, VILLAGE, project, "项目库公示")
    let_days_pass(office, NAME)
    take_step(office, BUREAU, NAME, "会审同意", becomes="行业会审", comment="符合水利规划，同意")
    take_step(
        office,
        SECOND_BUREAU,
        NAME,
        "会审同意",
        becomes="领导小组审定",
        comment="符合农业规划，同意",
    )


def set_targets(office: Office, project: str) -> None:
    page = office.person(TOWNSHIP)
    page.goto(project)
    follow(page, "填报、修改绩效目标")
    follow(page, "增加指标")
    for aspect, name, value, unit in (
        ("数量", "晾晒棚", "2", "座"),
        ("社会效益", "受益帮扶对象", "52", "人"),
        ("服务对象满意度", "受益群众满意度", "95", "%"),
    ):
        answers = {"二级指标": aspect, "三级指标": name, "目标值": value, "计量单位": unit}
        fill(page, answers | {"关系": "≥"})
        press(page, "保存并新增")
        expect(page.get_by_role("status")).to_contain_text(name)
    page.goto(project)
    follow(page, "填报、修改绩效目标")
    follow(page, "从指标库填报")
    for name, value in (("财政资金投入", "120"), ("受益脱贫（监测）人口数", "52")):
        page.get_by_label(re.compile(re.escape(name))).fill(value)
    press(page, "填报")
    office.look(page, "targets-set")
    sheet = f"{NAME} 绩效目标申报表第1版"
    take_step(office, TOWNSHIP, sheet, "送审", becomes="财政审核")
    take_step(
        office,
        COMPLIANCE,
        sheet,
        "审核同意",
        becomes="主管部门审核",
        criteria=4,
        comment="目标可考核",
    )
    take_step(office, COUNTY_HEAD, sheet, "审核通过", becomes="审核通过", comment="同意")


def draw_up_plan(office: Office) -> str:
    """The title of the plan, which waits for the same meeting."""
    page = office.person(COUNTY_CLERK)
    page.goto("/plans/")
    follow(page, "编制计划")
    texts = ("目标任务", "资金安排", "实施步骤", "保障措施")
    title = "2026年度第二批项目计划"
    plan = {"计划名称": title, "计划文号": "焉扶办〔2026〕40号"}
    fill(page, plan | dict.fromkeys(texts, "按批准的项目组织实施"))
    press(page, "保存")
    page.get_by_label(NAME).check()
    press(page, "保存")
    office.look(page, "plan")
    take_step(office, COUNTY_CLERK, title, "送审", becomes="主管部门审核")
    take_step(
        office, COUNTY_HEAD, title, "审核同意并提交领导小组", becomes="领导小组审定", comment="同意"
    )
    return title


def decide(office: Office, plan: str) -> None:
    """Five members, one stands aside, three vote on their phones; the money moves as it closes."""
    take_step(office, SECRETARY, NAME, "复核负面清单", becomes="领导小组审定", criteria=9)
    meeting = call_meeting(office, "2026年第9次会议", NAME, plan)
    give_sources(office, meeting, {FIRST: "80万", SECOND: "400,000.00"})
    open_meeting(office, meeting)
    stand_aside(office, ASIDE, meeting, NAME)
    for member in VOTERS:
        vote(office, member, meeting)
    close(office, meeting, "焉扶领纪〔2026〕9号")
    check_ledger(office, allocated="800,000.00", released="0.00", paid="0.00")
    take_step(office, COUNTY_HEAD, NAME, "反馈乡村", becomes="组织实施", comment="请组织实施")
    page = office.person(SECRETARY)
    page.goto(f"{meeting}minutes/")
    expect(page.get_by_role("main")).to_contain_text(f"{ASIDE}：亲属参与投标")
    office.look(page, "minutes")


def report(office: Office, plan: str) -> None:
    """The plan goes to the prefecture, which gives a receipt."""
    letter = {"报备文号": "焉扶领办〔2026〕15号", "报备日期": day(0)}
    papers = {"报备材料": [paper("报备函")]}
    take_step(office, SECRETARY, plan, "报备", becomes="已报", answers=letter, papers=papers)
    receipt = {"收讫编号": "巴扶备〔2026〕9号"}
    page = take_step(office, PREFECTURE, plan, "收讫", becomes="已收讫", answers=receipt)
    expect(page.get_by_role("main")).to_contain_text("巴扶备〔2026〕9号")
    office.look(page, "filing-received")


def prove(office: Office, project: str) -> None:
    """Every step stands with its proofs, what was sent back is told, and it goes on paper."""
    page = office.person(AUDITOR)
    page.goto(project)
    follow(page, "同意（批复）")
    expect(page.get_by_role("main")).to_contain_text("人民币壹佰贰拾万元整")
    office.look(page, "reply")
    page.goto(project)
    follow(page, "程序合规证明")
    certificate = page.get_by_role("main")
    expect(certificate).to_contain_text("已办各步要件齐全")
    expect(certificate).to_contain_text("实地核查记录不全，请补充后再报")
    expect(certificate).to_contain_text("回避 1 人")
    office.look(page, "procedure-certificate")
    assert set(sheets_of(page)) == {UPRIGHT}


def check_ledger(office: Office, *, allocated: str, released: str, paid: str) -> None:
    shown = ledger_row(office, FIRST)
    assert shown[:5] == ["2,000,000.00", "2,000,000.00", allocated, released, paid]
    assert shown[6] == "1,200,000.00", "the pool of this document"


# --- Money out -----------------------------------------------------------------------------


CONTRACT = {
    "合同编号": "HT-2026-31",
    "合同名称": "番茄晾晒加工点施工合同",
    "采购内容": "工程",
    "合同价": "120万",
    "签订日期": day(20),
    "工期起": day(18),
    "工期止": day(-90),
    "组织方式": "公开招标",
    "承包（供货）单位": PAYEE,
    "统一社会信用代码": "91652826MA78C0031E",
    "开户行": "农业银行焉耆支行",
    "单位账号": "3000 0008 8888",
}
REQUEST = {
    "款项性质": "进度款",
    "票据号": "26000031",
    "形象进度": "70",
    "已完工程价款": "84万",
    "申请理由": "主体完工，监理已签认工程量",
    "申请金额": "90万",
}
PAPERS = {
    "合同": {"编号": "HT-2026-31", "材料日期": day(20)},
    "工程量计量单": {"编号": "JL-01", "材料日期": day(4)},
    "发票": {
        "编号": "26000031", "材料日期": day(2), "摘要": "库房主体", "票面金额": "90万",
    },
}  # fmt: skip


def pay(office: Office, project: str) -> str:
    """The address of the paid request."""
    page = sign_contract(office, project, CONTRACT)
    expect(page.get_by_role("main")).to_contain_text("36,000.00")
    payment, number = ask_for_payment(office, project, REQUEST, ("人民币玖拾万元整", FIRST))
    hand_in_papers(office, payment, PAPERS)
    pass_on(office, number, papers=len(PAPERS))
    pay_out(office, number)
    check_ledger(office, allocated="800,000.00", released="800,000.00", paid="800,000.00")
    return payment


def audit(office: Office) -> None:
    """From the document to the payee in three clicks, and back in one."""
    page = office.person(AUDITOR)
    page.goto("/allotments/")
    page.get_by_role("link", name=FIRST).click()
    office.look(page, "audit-1-document")
    row_of(page, NAME).get_by_role("link").first.click()
    expect(page.get_by_role("main")).to_contain_text(PAYEE)
    office.look(page, "audit-2-project")
    row_of(page, PAYEE).filter(has_text="支付").get_by_role("link").first.click()
    expect(page.get_by_role("main")).to_contain_text(PAYEE)
    office.look(page, "audit-3-voucher")
    basis = page.locator("dd", has_text="许月白").filter(has_text="支付")
    basis.get_by_role("link").click()
    expect(page.locator("dt", has_text="收款人全称").locator("+ dd")).to_have_text(PAYEE)
    office.look(page, "audit-4-payment")
    follow(page, FIRST)
    expect(page.get_by_role("heading", level=1)).to_contain_text(FIRST)


def row_of(page: Page, words: str) -> Locator:
    return page.get_by_role("row").filter(has_text=words)


def reverse(office: Office, payment: str) -> None:
    """In red, by another person than the one who paid, and both vouchers stay."""
    page = office.person(COMPLIANCE)
    page.goto(payment)
    follow(page, "红字冲销支付")
    fill(page, {"意见": "摘要误写合同编号，红字冲销后重付"})
    press(page, "红字冲销支付")
    expect(page.locator(".page-head .badge")).to_have_text("待支付")
    page = office.person(AUDITOR)
    page.goto(payment)
    red = page.locator("tr.red-letter")
    expect(red).to_contain_text(re.compile("红字"))
    expect(red).to_contain_text("-900,000.00")
    office.look(page, "reversed-payment")
    red.get_by_role("link").first.click()
    expect(page.get_by_role("main")).to_contain_text("红字凭证：冲销")
    expect(page.get_by_role("main")).to_contain_text("（红字）")
    office.look(page, "red-voucher")
    check_ledger(office, allocated="800,000.00", released="800,000.00", paid="0.00")
