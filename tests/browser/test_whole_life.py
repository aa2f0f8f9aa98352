"""From two documents to a payee and back again, each step by its own person on the screen."""

from __future__ import annotations

import datetime as dt
import re

from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Office
from tests.browser.hands import fill, follow, press, take_step

FINANCE, VILLAGE, TOWNSHIP, MAYOR = "朱砚清", "吴春晓", "王秋实", "冯冬阳"
COUNTY_CLERK, COUNTY_HEAD, BUREAU = "卫林深", "蒋田野", "沈海澜"
SECRETARY, MEMBER = "韩川页", "杨岱宗"
COMPLIANCE, FINANCE_HEAD, TREASURY, AUDITOR = "秦松年", "尤晴岚", "许月白", "何正平"

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


def day(ago: int) -> str:
    return (timezone.localdate() - dt.timedelta(days=ago)).isoformat()


def test_a_yuan_from_its_document_to_its_payee(office: Office) -> None:
    record_allotments(office)
    record_receipts(office)
    project = propose(office)
    first_round(office, project)
    second_round(office)
    decide(office)
    payment = pay(office)
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
    page.locator("[name=type]").select_option(index=3)
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
    take_step(office, VILLAGE, NAME, "登记村民代表会议", becomes="村内公示", answers=meeting)
    expect(office.person(VILLAGE).get_by_role("main")).to_contain_text("尚未登记村级申报项目公示")
    hang_notice(office, VILLAGE, project)
    take_step(office, VILLAGE, NAME, "上报乡镇", becomes="乡镇审核", comment="公示无异议")
    take_step(
        office, MAYOR, NAME, "审核同意并上报", becomes="县级论证",
        criteria=6, comment="实地核查属实，同意上报",
    )  # fmt: skip
    take_step(
        office, COUNTY_CLERK, NAME, "论证通过", becomes="反馈意见",
        criteria=3, comment="与县产业规划衔接，同意论证通过",
    )  # fmt: skip
    letter = {
        "反馈意见书编号": "焉扶办反馈〔2026〕31号",
        "反馈日期": day(0),
        "反馈意见": "一、细化工程量；二、落实管护单位。",
    }
    take_step(office, COUNTY_HEAD, NAME, "发出反馈意见书", becomes="修改完善", answers=letter)


def hang_notice(office: Office, name: str, project: str) -> None:
    """Recorded as it hung: more than ten days ago it went up, and now it comes down."""
    page = office.person(name)
    page.goto(project)
    follow(page, "登记、办结公示")
    follow(page, "登记张贴")
    posting = {
        "张贴日期": day(13),
        "张贴地点": "村委会公示栏",
        "张贴单位": "下岔河村民委员会",
        "监督举报电话": "0996-0000000、12317",
    }
    fill(page, posting)
    press(page, "登记张贴")
    office.look(page, "notice-posted")
    follow(page, "办结公示")
    fill(page, {"撤下日期": day(1), "收到异议": "0"})
    press(page, "办结公示")
    expect(page.get_by_role("heading", level=1)).to_contain_text(NAME)


def second_round(office: Office) -> None:
    answer = {"逐条采纳说明": "一、已细化；二、管护单位为村集体，均已采纳。"}
    page = take_step(
        office, VILLAGE, NAME, "完成修改", becomes="再次公示与二次上报", answers=answer
    )
    hang_notice(office, VILLAGE, page.url)
    take_step(office, MAYOR, NAME, "二次上报", becomes="再次论证", comment="再次公示无异议")
    take_step(
        office, COUNTY_CLERK, NAME, "再次论证通过", becomes="行业会审",
        criteria=12, comment="反馈意见已落实，不涉及负面清单",
    )  # fmt: skip
    set_targets(office, page.url)
    take_step(
        office, BUREAU, NAME, "会审同意", becomes="领导小组审定", comment="符合行业规划，同意"
    )


def set_targets(office: Office, project: str) -> None:
    """No targets, no meeting: the bureau is told so, and the township fills them in."""
    page = office.person(BUREAU)
    page.goto(project)
    why = page.locator(".refused", has_text="会审同意")
    expect(why).to_contain_text("绩效目标缺少产出指标、效益指标、满意度指标")
    expect(why).to_contain_text("依据：新扶贫领字〔2018〕76号")
    expect(why).to_contain_text("可由 乡镇经办或项目主管部门经办 办理或解除")
    office.look(page, "targets-missing")
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
    office.look(page, "targets-set")


def decide(office: Office) -> None:
    """The meeting is recorded by one, decided by another; the money moves in that instant."""
    page = office.person(SECRETARY)
    page.goto("/meetings/")
    follow(page, "登记会议")
    meeting = {
        "会议名称": "2026年第9次会议",
        "纪要文号": "焉扶领纪[2026]9号",
        "会议日期": day(0),
        "主持人": "杨岱宗",
        "应到人数": "11",
        "实到人数": "10",
        "议题": "审定第二批项目和资金分配方案",
    }
    fill(page, meeting)
    press(page, "登记会议")
    expect(page.get_by_role("main")).to_contain_text("焉扶领纪〔2026〕9号")
    office.look(page, "meeting")
    amounts = {"领导小组会议": "2026年第9次会议", FIRST: "80万", SECOND: "400,000.00"}
    page = take_step(
        office, MEMBER, NAME, "审定同意并分配资金", becomes="反馈乡村",
        answers=amounts, comment="会议审定同意",
    )  # fmt: skip
    office.look(page, "determined")
    check_ledger(office, allocated="800,000.00", released="0.00", paid="0.00")
    take_step(office, COUNTY_HEAD, NAME, "反馈乡村", becomes="组织实施", comment="请组织实施")


def check_ledger(office: Office, *, allocated: str, released: str, paid: str) -> None:
    page = office.person(FINANCE)
    page.goto("/ledger/")
    office.look(page, "ledger")
    row = page.get_by_role("row").filter(has_text=FIRST)
    shown = row.locator("td.amount").all_inner_texts()
    assert shown[:5] == ["2,000,000.00", "2,000,000.00", allocated, released, paid]
    assert shown[6] == "1,200,000.00", "the pool of this document"


# --- Money out -----------------------------------------------------------------------------


def pay(office: Office) -> str:
    """The address of the paid request."""
    page = office.person(TOWNSHIP)
    page.goto("/projects/")
    page.get_by_role("link", name=NAME).click()
    follow(page, "申请拨付")
    request = {
        "款项性质": "进度款",
        "收款人全称": PAYEE,
        "开户行": "农业银行焉耆支行",
        "账号（单位账户或批次号）": "3000 0008 8888",
        "合同编号": "HT-2026-31",
        "票据号": "26000031",
        "形象进度": "70",
        "申请理由": "主体完工，监理已签认工程量",
        "申请金额": "90万",
    }
    fill(page, request)
    words = page.locator("#payment-preview")
    expect(words).to_contain_text("人民币玖拾万元整")
    expect(words).to_contain_text(FIRST)
    office.look(page, "payment-typed")
    press(page, "保存")
    expect(page.get_by_role("main")).to_contain_text("人民币玖拾万元整")
    payment, number = page.url, page.locator("h1").inner_text().split()[-1]
    take_step(office, TOWNSHIP, number, "送审", becomes="主管部门审核")
    take_step(office, COUNTY_HEAD, number, "审核同意", becomes="财政合规审查", comment="同意")
    take_step(
        office, COMPLIANCE, number, "合规审查通过", becomes="待核拨",
        criteria=9, comment="不涉及负面清单",
    )  # fmt: skip
    take_step(office, FINANCE_HEAD, number, "核拨", becomes="待支付", comment="同意核拨")
    page = take_step(office, TREASURY, number, "支付", becomes="已支付", comment="已支付")
    office.look(page, "paid")
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
