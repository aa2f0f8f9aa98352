"""The menu: who may open what. A page that answers 403 to a person is not offered to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse

from approvals.attempts import READERS as ATTEMPT_READERS
from approvals.queries import pending_count
from funds.policies import FUND_READERS
from organizations.models import Role, User
from projects.contracts import RECORDERS
from projects.negative import REVIEWERS
from projects.policies import PROJECT_READERS
from projects.second_look import waiting_for
from reports.audit import AUDITORS

Entry = tuple[str, str, int, bool]  # label, address, count, is current
Section = tuple[str, list[Entry]]  # under its heading


@dataclass(frozen=True)
class MenuItem:
    label: str
    name: str  # of the address
    roles: tuple[Role, ...]

    @property
    def url(self) -> str:
        return reverse(self.name)


EVERYBODY = tuple(Role)
SECTIONS = (
    ("", (
        MenuItem("待办", "inbox", PROJECT_READERS),
        MenuItem("会议", "meeting_list", PROJECT_READERS),
    )),
    ("项目", (
        MenuItem("项目库", "project_list", PROJECT_READERS),
        MenuItem("储备与入库", "library", PROJECT_READERS),
        MenuItem("年度计划", "plan_list", PROJECT_READERS),
        MenuItem("备案", "filing_list", PROJECT_READERS),
        MenuItem("项目调整", "adjustment_list", PROJECT_READERS),
        MenuItem("责任实名", "responsibility_list", PROJECT_READERS),
        MenuItem("负面清单复核", "negative_list", REVIEWERS),
    )),
    ("实施、支付与资产", (
        MenuItem("合同", "contract_list", PROJECT_READERS),
        MenuItem("进度登记", "progress_entry", RECORDERS),
        MenuItem("拨付", "payment_list", PROJECT_READERS),
        MenuItem("银行核对", "bank_line_list", FUND_READERS),
        MenuItem("资产台账", "asset_list", PROJECT_READERS),
    )),
    ("绩效", (
        MenuItem("绩效目标", "declaration_list", PROJECT_READERS),
        MenuItem("绩效监控", "monitoring_list", PROJECT_READERS),
        MenuItem("暂缓、停止拨款", "payment_hold_list", PROJECT_READERS),
        MenuItem("绩效评价", "evaluation_list", PROJECT_READERS),
        MenuItem("绩效抽查", "sample_list", PROJECT_READERS),
        MenuItem("绩效汇总", "performance_summary", PROJECT_READERS),
    )),
    ("资金", (
        MenuItem("指标", "allotment_list", FUND_READERS),
        MenuItem("到账录入", "receipt_new", (Role.FINANCE_CLERK,)),
        MenuItem("总台账", "ledger", FUND_READERS),
        MenuItem("专账明细账", "journal", FUND_READERS),
        MenuItem("结账", "month_list", FUND_READERS),
        MenuItem("闲置与结余", "idle_list", PROJECT_READERS),
    )),
    ("公示公告", (
        MenuItem("公示", "notice_index", PROJECT_READERS),
        MenuItem("异议", "objection_list", PROJECT_READERS),
    )),
    ("监督", (
        MenuItem("动态监控预警", "alert_list", PROJECT_READERS),
        MenuItem("问题与整改", "finding_list", PROJECT_READERS),
    )),
    ("报表", (
        MenuItem("一页通", "overview", FUND_READERS),
        MenuItem("月报", "monthly_list", FUND_READERS),
        MenuItem("月报报送情况", "monthly_matrix", FUND_READERS),
        MenuItem("两本总台账对账", "reconciliation", FUND_READERS),
    )),
    ("审计", (
        MenuItem("审计工作台", "audit_desk", AUDITORS),
    )),
    ("办公", (
        MenuItem("被拒办理", "attempt_list", ATTEMPT_READERS),
        MenuItem("我的任务", "job_list", EVERYBODY),
        MenuItem("单位与人员", "people_list", EVERYBODY),
        MenuItem("制度对照", "correspondence", EVERYBODY),
        MenuItem("工作日历", "calendar", EVERYBODY),
    )),
)  # fmt: skip
MENU = tuple(item for _, items in SECTIONS for item in items)

# Pages below those of the menu, for who has to name them.
BELOW = {
    "audit_as_of": "时光机",
    "audit_edits": "修改记录",
    "audit_exports": "导出登记",
    "audit_sheet_detail": "取证单",
    "audit_sheet_list": "取证单",
    "audit_sheet_new": "取证",
    "act": "办理步骤",
    "adjustment_notice_list": "调整的公示",
    "check_waive": "申请放行核对",
    "delivery_import": "导入报送包或回执",
    "delivery_list": "月报送达",
    "received_detail": "收到的月报",
    "received_unlock": "收到的解锁申请",
    "monthly_bulletin": "支出进度通报",
    "monthly_detail": "一份月报",
    "monthly_print": "月报打印",
    "unlock_detail": "月报解锁",
    "unlock_new": "申请月报解锁",
    "version_detail": "月报版本",
    "notice_list": "项目的公示",
    "notice_publish": "发布公示",
    "payment_papers": "报账材料",
    "stocktake_list": "资产清查",
    "plan_notice_publish": "发布计划公示",
    "meeting_notice_list": "会议的公告",
    "meeting_notice_publish": "发布资金分配结果公告",
    "procedure_certificate": "程序合规证明",
    "project_detail": "项目",
    "trace": "资金穿透",
    "project_new": "申报项目",
    "responsibility_day": "责任倒查",
    "responsible_person": "个人责任记录",
    "declaration_publish": "登记绩效目标公开",
    "target_list": "项目的绩效目标",
    "waiver_detail": "豁免",
    "alert_detail": "预警",
    "alert_rule_list": "预警规则",
    "alert_rule_detail": "一条预警规则",
    "finding_detail": "问题",
    "finding_new": "登记问题",
    "finding_three_lists": "三清单",
    "rollup_detail": "月报汇总",
    "surplus_list": "结余资金清理表",
}

COUNTS: dict[str, Callable[[User], int]] = {
    "inbox": pending_count,
    "negative_list": lambda user: len(waiting_for(user)),
}


def navigation(request: HttpRequest, user: User) -> list[Section]:
    """The menu of this person, the entry of this page marked."""
    roles = user.roles()
    offered = [item for item in MENU if roles.intersection(item.roles)]
    current = longest_beginning(request.path, [item.url for item in offered])
    sections = (
        (heading, [entry(item, user, current) for item in items if item in offered])
        for heading, items in SECTIONS
    )
    return [(heading, entries) for heading, entries in sections if entries]


def entry(item: MenuItem, user: User, current: str) -> Entry:
    count = COUNTS[item.name](user) if item.name in COUNTS else 0
    return item.label, item.url, count, item.url == current


def page_of(name: str, user: User) -> tuple[str, str]:
    """What a page is called and, where it is one of the menu that this person may open, where
    it is."""
    item = next((item for item in MENU if item.name == name), None)
    if item is None:
        return BELOW.get(name, name), ""
    return item.label, item.url if user.roles().intersection(item.roles) else ""


def longest_beginning(path: str, addresses: list[str]) -> str:
    """/allotments/3/ belongs to /allotments/; nothing belongs to the home page but itself."""
    return max((a for a in addresses if path.startswith(a)), key=len, default="")
