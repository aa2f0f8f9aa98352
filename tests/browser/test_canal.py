"""A canal from its contract to the village that keeps it: paid, inspected, put right, settled
below its price, and the rest of its money back in the pool."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from playwright.sync_api import FilePayload, Page, expect

from config.demo.days import in_month, month_ago
from config.demo.library import WATER, Plan
from projects.models import Project
from tests.browser.arranging import OURS, approve, pass_on_unseen, propose
from tests.browser.conftest import Office
from tests.browser.hands import (
    ACROSS,
    UPRIGHT,
    Answers,
    attach,
    fill,
    fits,
    follow,
    paper,
    photo,
    press,
    sheets_of,
    take_step,
)
from tests.browser.meetings import PHONE, SECRETARY, call_meeting
from tests.browser.payments import (
    BOOKKEEPER,
    CLERK,
    COMPLIANCE,
    DEPARTMENT,
    MAYOR,
    ask_for_payment,
    day,
    hand_in_papers,
    ledger_row,
    pass_on,
    pay_out,
    sign_contract,
)
from tests.databases import superuser_connection

VILLAGE, VILLAGE_CADRE = "652826102200", "吴春晓"
NAME, DOCUMENT = "永宁镇下岔河村防渗渠改建项目", "巴财农〔2026〕301号"
CANAL = Plan(
    NAME, VILLAGE, Decimal(3_400_000), WATER, "改建防渗渠8.2公里，配套节制闸14座",
    (("防渗渠", "米", "8200", "360"), ("节制闸", "座", "14", "12000")),
    (312, 1180, 64, 236), Project.Status.IMPLEMENTATION, no=OURS, document=DOCUMENT,
)  # fmt: skip
NEXT = Plan(
    "永宁镇下岔河村斗渠清淤项目", VILLAGE, Decimal(140_000), WATER, "清淤斗渠2公里",
    (("清淤", "米", "2000", "65"),), (60, 220, 12, 44), Project.Status.IMPLEMENTATION, no=OURS,
)  # fmt: skip
PARTY = "焉耆清渠水利工程有限公司"
CONTRACT = {
    "合同编号": "HT-2026-41", "合同名称": "防渗渠改建施工合同", "采购内容": "工程",
    "合同价": "328万", "签订日期": day(80), "工期起": day(75), "工期止": day(-20),
    "组织方式": "公开招标", "监理单位": "巴州恒信工程监理有限公司",
    "承包（供货）单位": PARTY, "统一社会信用代码": "91652826MA78C0031E",
    "开户行": "农业银行焉耆支行", "单位账号": "3000 0041 8888",
}  # fmt: skip
OF_CONTRACT = {"编号": "HT-2026-41", "材料日期": day(80)}
PLANNED = {"防渗渠": "8200", "节制闸": "14", "设计、监理及附属工程": "1"}


def test_a_canal_from_its_contract_to_the_village(office: Office) -> None:
    project = office.backstage(approve, CANAL)
    money_on_account(office, project)
    work_and_progress(office, project)
    inspections(office, project)
    settlement(office, project)
    surplus(office)
    final_payment(office, project)
    asset = register(office, project)
    hand_over(office, project)
    inspect(office, asset)
    payment = retention_money(office, project)
    raise_value(office, asset, payment)
    verdict = office.site.manage("verify_ledger")
    assert verdict.returncode == 0, verdict.stdout


# --- Money on the contract -----------------------------------------------------------------


def money_on_account(office: Office, project: str) -> None:
    """The contract with its retention money, and an advance that everybody passes on."""
    page = sign_contract(office, project, CONTRACT)
    expect(page.get_by_role("main")).to_contain_text("98,400.00")
    request = {
        "款项性质": "预付款", "形象进度": "0", "申请理由": "合同已签订，施工单位进场",
        "申请金额": "98.4万",
    }  # fmt: skip
    payment, number = ask_for_payment(
        office, project, request, ("人民币玖拾捌万肆仟元整", DOCUMENT)
    )
    hand_in_papers(office, payment, {"合同": OF_CONTRACT})
    pass_on(office, number, papers=1)
    page = pay_out(office, number)
    shown = ledger_row(office, DOCUMENT)
    assert shown[2:5] == ["3,400,000.00", "984,000.00", "984,000.00"]
    follow(page, "拨付申请表")
    one_sheet(office, page, "拨付申请表", UPRIGHT)
    page.goto(payment)
    follow(page, "报账单")
    one_sheet(office, page, "报账单", ACROSS)


def one_sheet(office: Office, page: Page, name: str, side: str) -> None:
    office.look(page, name)
    office.print_out(page, name)
    assert sheets_of(page) == [side]


def progress_payment(
    office: Office, project: str, *, amount: str, words: str, percent: str, done: str, number: str
) -> None:
    """Paid on the measured work; who passes it on in between has a journey of their own."""
    request = {
        "款项性质": "进度款", "票据号": number, "形象进度": percent,
        "已完工程价款": done, "申请理由": "监理已签认工程量", "申请金额": amount,
    }  # fmt: skip
    papers = {
        "合同": OF_CONTRACT,
        "工程量计量单": {"编号": f"JL-{number}", "材料日期": day(4)},
        "发票": {"编号": number, "材料日期": day(2), "摘要": "渠道工程款", "票面金额": amount},
    }
    claim(office, project, request, (words, DOCUMENT), papers)


def claim(
    office: Office,
    project: str,
    request: Answers,
    preview: tuple[str, ...],
    papers: dict[str, dict[str, str]],
) -> str:
    """The address of the paid request."""
    payment, number = ask_for_payment(office, project, request, preview)
    hand_in_papers(office, payment, papers)
    take_step(office, CLERK, number, "送审", becomes="乡镇审核")
    office.backstage(pass_on_unseen, number)
    pay_out(office, number)
    return payment


# --- The work ------------------------------------------------------------------------------


def work_and_progress(office: Office, project: str) -> None:
    """Two months, each with its photo from the site and the money that it earned."""
    report_month(office, project, 1, percent="60", invested="196.8万", begun=str(in_month(1, 3)))
    progress_payment(
        office,
        project,
        amount="100万",
        words="人民币壹佰万元整",
        percent="60",
        done="196.8万",
        number="26000041",
    )
    report_month(office, project, 0, percent="95", invested="311.6万")
    progress_payment(
        office,
        project,
        amount="90万",
        words="人民币玖拾万元整",
        percent="95",
        done="311.6万",
        number="26000042",
    )


def report_month(
    office: Office, project: str, months: int, *, percent: str, invested: str, begun: str = ""
) -> None:
    page = office.person(CLERK)
    page.goto(project)
    follow(page, "登记进度")
    month = month_ago(months)
    fill(page, {"月份": f"{month:%Y-%m}"})
    press(page, "查看")
    figures = {"形象进度": percent, "累计完成投资": invested, "进展和问题": "按计划推进"}
    figures |= {"开工日期": begun} if begun else {}
    fill(page, {f"{NAME} {label}": text for label, text in figures.items()})
    office.look(page, "progress-typed")
    press(page, "登记本页")
    expect(page.get_by_role("status")).to_contain_text("的进度 1 个项目")
    page.goto(project)
    page.set_viewport_size({"width": 390, "height": 844})
    row = page.get_by_role("row", name=re.compile(f"^{month:%Y-%m} "))
    row.get_by_role("link", name="加照片").click()
    attach(page, {"现场照片": [photo(f"现场{months}")]})
    office.look(page, "photos-390")
    assert fits(page)
    press(page, "登记")
    expect(page.get_by_role("status")).to_contain_text("的照片")
    office.look(page, "project-390")
    assert fits(page)
    page.set_viewport_size({"width": 1366, "height": 768})


# --- Inspections ---------------------------------------------------------------------------


def inspection(unit: str, **differing: str) -> tuple[Answers, dict[str, Sequence[FilePayload]]]:
    answers = {
        "验收日期": day(0), "牵头单位": unit, "验收组成员": unit,
        "其他成员": "巴州恒信工程监理有限公司 总监理工程师\n焉耆县水利技术推广站 工程师",
        "质量与资料核对情况": "断面尺寸、衬砌厚度和资料与合同一致",
        **{f"{name}完成数量": quantity for name, quantity in PLANNED.items()},
        **differing,
    }  # fmt: skip
    return answers, {"验收报告": [paper("验收报告")], "验收照片": [photo("验收")]}


def inspections(office: Office, project: str) -> None:
    """The county finds something, it is put right, and both come again."""
    take_step(
        office, CLERK, NAME, "报告完工", becomes="乡镇初验", answers={"完工日期": day(0)},
        comment="按合同完工",
    )  # fmt: skip
    pass_preliminary(office)
    answers, papers = inspection("焉耆县扶贫开发办公室")
    found = {"整改事项": "3号节制闸启闭不灵\n渠顶警示标识缺失", "整改期限": day(-15)}
    take_step(
        office, DEPARTMENT, NAME, "责令整改", becomes="整改", answers={**answers, **found},
        papers=papers,
    )  # fmt: skip
    put_right = {
        "整改完成日期": day(0),
        "第 1 项整改情况": "已更换启闭机",
        "第 2 项整改情况": "已补齐标识",
    }
    pictures = {f"第 {n} 项整改照片": [photo(f"整改{n}")] for n in (1, 2)}
    take_step(
        office, CLERK, NAME, "报告整改完成", becomes="乡镇初验", answers=put_right, papers=pictures
    )
    pass_preliminary(office)
    answers, papers = inspection(
        "焉耆县扶贫开发办公室", 防渗渠完成数量="8150", 防渗渠差异原因="渠线裁弯取直"
    )
    page = take_step(
        office, DEPARTMENT, NAME, "验收合格", becomes="结算审定", answers=answers, papers=papers,
        comment="整改到位，同意验收",
    )  # fmt: skip
    office.look(page, "accepted")
    page.goto(project)
    page.get_by_role("link", name="打印第2次验收").click()
    expect(page.get_by_role("main")).to_contain_text("整改后合格")
    one_sheet(office, page, "验收表", UPRIGHT)


def pass_preliminary(office: Office) -> None:
    answers, papers = inspection("永宁镇人民政府")
    take_step(
        office, MAYOR, NAME, "初验合格", becomes="竣工验收", answers=answers, papers=papers,
        comment="同意报县验收",
    )  # fmt: skip


# --- Settlement ----------------------------------------------------------------------------


def settlement(office: Office, project: str) -> None:
    audit = {
        "审计机构": "焉耆县审计局", "审计报告文号": "焉审〔2026〕41号", "审定日期": day(0),
        "决算审定额": "326万",
    }  # fmt: skip
    take_step(
        office, DEPARTMENT, NAME, "核定决算", becomes="财政会签", answers=audit,
        papers={"审计报告": [paper("审计报告")]}, comment="按审计报告核定",
    )  # fmt: skip
    page = take_step(
        office, COMPLIANCE, NAME, "会签决算并收回结余", becomes="资产登记", comment="同意收回结余"
    )
    office.look(page, "settled")
    shown = ledger_row(office, DOCUMENT)
    assert shown[2:5] == ["3,260,000.00", "2,884,000.00", "2,884,000.00"]
    assert shown[6] == "140,000.00", "the pool of this document"


def surplus(office: Office) -> None:
    """Under its own tag, on the clearance sheet and before the next meeting."""
    page = office.person(BOOKKEEPER)
    page.goto("/surplus/")
    row = page.get_by_role("row").filter(has_text=NAME)
    expect(row).to_contain_text(DOCUMENT)
    expect(row).to_contain_text("140,000.00")
    office.look(page, "surplus")
    office.print_out(page, "结余资金清理表")
    assert sheets_of(page) == [ACROSS]
    office.backstage(propose, NEXT)
    take_step(office, SECRETARY, NEXT.name, "复核负面清单", becomes="领导小组审定", criteria=9)
    call_meeting(office, "2026年第40次会议", NEXT.name)
    page = office.person(SECRETARY)
    follow(page, "资金来源")
    source = page.get_by_role("row").filter(has_text=DOCUMENT)
    expect(source).to_contain_text("140,000.00")
    office.look(page, "pool-for-the-meeting")


# --- The rest of the money -----------------------------------------------------------------


def final_payment(office: Office, project: str) -> None:
    request = {
        "款项性质": "竣工（结算）款", "票据号": "26000043", "形象进度": "100",
        "申请理由": "竣工验收合格，决算已审定", "申请金额": "27.82万",
    }  # fmt: skip
    papers = {
        "合同": OF_CONTRACT,
        "发票": {
            "编号": "26000043", "材料日期": day(0), "摘要": "渠道结算款", "票面金额": "27.82万",
        },
        "验收表（验收报告）": {"编号": "YS-41", "材料日期": day(0)},
        "结算审计报告": {"编号": "焉审〔2026〕41号", "材料日期": day(0)},
    }  # fmt: skip
    claim(office, project, request, ("人民币贰拾柒万捌仟贰佰元整", DOCUMENT), papers)


def retention_money(office: Office, project: str) -> str:
    """Not before its year is over. The address of the request."""
    request = {
        "款项性质": "质保金", "形象进度": "100", "申请理由": "质保期满，质量无异议",
        "申请金额": "97800",
    }  # fmt: skip
    payment, number = ask_for_payment(
        office, project, request, ("人民币玖万柒仟捌佰元整", DOCUMENT)
    )
    papers = {
        "合同": OF_CONTRACT,
        "验收表（验收报告）": {"编号": "YS-41", "材料日期": day(0)},
        "质保期满质量确认单": {"材料日期": day(0)},
    }
    hand_in_papers(office, payment, papers)
    page = office.person(CLERK)
    page.goto(payment)
    expect(page.locator(".refused", has_text="送审")).to_contain_text("质保期 12 个月")
    office.look(page, "retention-too-early")
    let_a_year_pass(office)
    take_step(office, CLERK, number, "送审", becomes="乡镇审核")
    office.backstage(pass_on_unseen, number)
    pay_out(office, number)
    shown = ledger_row(office, DOCUMENT)
    assert shown[2:5] == ["3,260,000.00"] * 3
    return payment


def let_a_year_pass(office: Office) -> None:
    """Since the works were inspected, as the papers say too."""
    with superuser_connection(office.site.database) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "UPDATE projects_acceptance SET accepted_on = accepted_on - 366"
            " WHERE project_id = (SELECT id FROM projects_project WHERE name = %s)",
            [NAME],
        )
        connection.execute(
            "UPDATE projects_paymentpaper p SET dated_on = p.dated_on - 366"
            "  FROM projects_paymentpaperrule k, projects_paymentrequest r, projects_project j"
            " WHERE k.id = p.rule_id AND k.kind = '40' AND k.code IN ('contract', 'acceptance')"
            "   AND r.id = p.request_id AND j.id = r.project_id AND j.name = %s",
            [NAME],
        )


# --- What it left --------------------------------------------------------------------------


def register(office: Office, project: str) -> str:
    """The address of the asset, which closes the project."""
    page = office.person(CLERK)
    page.goto(project)
    follow(page, "登记资产")
    asset = {
        "资产名称": "下岔河村防渗渠", "类别": "公益性", "子类": "农田水利",
        "数量": "8150", "计量单位": "米", "购建（竣工）日期": day(0),
        "权属层级": "村级", "所有权人": "下岔河村股份经济合作社",
        "管护责任单位": "下岔河村村民委员会", "管护责任岗位": "管水员",
        "监督管理责任岗位": "项目股股长",
    }  # fmt: skip
    fill(page, asset)
    office.look(page, "asset-typed")
    press(page, "登记")
    expect(page.get_by_role("heading", level=1)).to_contain_text("下岔河村防渗渠")
    expect(page.locator("dt", has_text="原值").locator("+ dd").first).to_have_text("3,162,200.00")
    office.look(page, "asset")
    address = page.url
    follow(page, "资产卡片")
    one_sheet(office, page, "资产卡片", UPRIGHT)
    take_step(office, CLERK, NAME, "登记资产并办结", becomes="办结", criteria=9)
    return address


def hand_over(office: Office, project: str) -> None:
    """Three sides sign, the village on its telephone."""
    page = office.person(CLERK)
    page.goto(project)
    follow(page, "填报移交单")
    fill(page, {"附件清单": "验收报告、决算报告、竣工图"})
    attach(page, {"附件": [paper("竣工图")]})
    office.look(page, "handover-typed")
    press(page, "登记")
    number = page.locator("h1").inner_text().split()[-1]
    take_step(office, MAYOR, number, "移交方签署", becomes="接收方签署")
    office.person(VILLAGE_CADRE, **PHONE)
    take_step(
        office, VILLAGE_CADRE, number, "接收方签署", becomes="监交方签署", comment="现场清点相符"
    )
    page = take_step(office, DEPARTMENT, number, "监交方签署", becomes="已移交", comment="同意移交")
    follow(page, "移交单")
    one_sheet(office, page, "移交单", UPRIGHT)


def inspect(office: Office, asset: str) -> None:
    page = office.person(VILLAGE_CADRE, **PHONE)
    page.goto(asset)
    assert fits(page)
    office.look(page, "asset-390")
    follow(page, "登记巡查")
    fill(page, {"巡查日期": day(0), "使用状况": "在用", "巡查情况": "渠道通水正常，闸门完好"})
    attach(page, {"现场照片": [photo("巡查")]})
    office.look(page, "inspection-390")
    assert fits(page)
    press(page, "登记")
    expect(page.get_by_role("main")).to_contain_text("渠道通水正常")
    office.look(page, "inspected-390")


def raise_value(office: Office, asset: str, payment: str) -> None:
    """By the retention money: what the asset is worth is what was paid for it."""
    page = office.person(CLERK)
    page.goto(payment)
    voucher = page.get_by_role("row").filter(has_text="支付").get_by_role("cell").first.inner_text()
    page.goto(asset)
    follow(page, "原值追加或更正")
    fill(page, {
        "种类": "资本化追加", "金额": "97800", "支付凭证": voucher, "依据文号": "焉审〔2026〕41号",
    })  # fmt: skip
    office.look(page, "value-typed")
    press(page, "登记")
    expect(page.locator("dt", has_text="原值").locator("+ dd").first).to_have_text("3,260,000.00")
    office.look(page, "asset-worth")
