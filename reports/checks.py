"""勾稽与核对: what is looked at before a return is sealed, as a list of data. A red one stops the
seal, or is let pass in writing by a second person; a hint is only shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from organizations.models import Role
from organizations.policies import role_names

from . import findings as f
from . import project_findings as p
from .findings import Look

DOCUMENT = "新扶贫领字〔2018〕76号"
MONTHLY = f"{DOCUMENT} 二(三)：按月统计并逐级上报"
POOL = f"{DOCUMENT} 二(二)：收到一笔资金进一笔，按批复的项目拨付"
LEDGERS = f"{DOCUMENT} 三(二)"
TRUE = f"{DOCUMENT} 二(一)：总台账全面、真实、及时"
KEZHOU = "克州 2021-09-30 通报口径"
BOOKS = (Role.FINANCE_CLERK, Role.FINANCE_REVIEWER)
PAYING = (Role.FINANCE_HEAD, Role.TREASURY_CLERK)
WORKS = (Role.PROJECT_CLERK, Role.TOWNSHIP_CLERK)
FILLERS = (Role.FINANCE_CLERK, Role.PROJECT_CLERK)


@dataclass(frozen=True)
class Check:
    """`find` answers what is wrong, a line for each thing, nothing where it is in order.
    `clause` only where a document says so; a default of ours has none."""

    code: str
    name: str
    find: Callable[[Look], Iterable[str]]
    owners: tuple[Role, ...]
    clause: str = ""
    is_hint: bool = False
    is_waivable: bool = True

    @property
    def owner(self) -> str:
        return role_names(self.owners)


CHECKS = (
    # 表内勾稽
    Check("issued_received", "每笔资金：下达 ≥ 到位", f.received_over_issued, BOOKS, POOL),
    Check("received_allocated", "每笔资金：到位 ≥ 已分配", f.allocated_over_received, BOOKS, POOL),
    Check("allocated_released", "每笔资金：已分配 ≥ 核拨", f.released_over_allocated, PAYING, POOL),
    Check("released_paid", "每笔资金：核拨 ≥ 支付", f.paid_over_released, PAYING, POOL),
    Check("projects_released", "每个项目：安排 ≥ 核拨 ≥ 支付", f.project_money, PAYING, POOL),
    Check("retention", "质保金不超过未支付资金", f.retention_over_unpaid, PAYING),
    Check("unspent", "结转、结余不为负", f.negative_rest, BOOKS),
    Check("counts", "完工 ≤ 开工 ≤ 项目数", f.counts_disorder, WORKS, KEZHOU),
    Check("accepted", "验收 ≤ 完工", f.accepted_over_completed, WORKS, KEZHOU),
    Check("dates", "开工 ≤ 完工 ≤ 验收日期", f.dates_disorder, WORKS),
    Check("people", "受益户 ≤ 人，帮扶对象 ≤ 受益总数", f.people_disorder, WORKS),
    # 表间勾稽
    Check("sum_funds", "表一各行之和 = 表四", f.funds_sum, FILLERS, MONTHLY, is_waivable=False),
    Check("sum_paid", "表二支付之和 = 表一支付", f.paid_sum, FILLERS, MONTHLY),
    Check("sum_released", "表二核拨之和 = 表一核拨", f.released_sum, FILLERS, MONTHLY),
    Check("sum_allocated", "表二安排之和 = 表一分配", f.allocated_sum, FILLERS, MONTHLY),
    Check("sum_types", "表三按类型之和 = 表二", f.types_sum, FILLERS, MONTHLY),
    Check("sum_townships", "表三按乡镇之和 = 表二", f.townships_sum, FILLERS, MONTHLY),
    # 与上月
    Check("cumulative", "本月累计 = 上月累计 + 本月", f.cumulative_breaks, BOOKS, MONTHLY),
    Check("previous", "上月月报已封存上报", f.previous_missing, FILLERS, MONTHLY),
    Check("scope", "更正没有超出解锁范围和期限", f.beyond_scope, FILLERS),
    # 账
    Check("chain", "凭证链逐张核对，各账户余额重新加总", f.chain_breaks, BOOKS, TRUE,
          is_waivable=False),
    Check("head", "月报的链首在凭证链上", f.head_missing, BOOKS, TRUE, is_waivable=False),
    Check("extends", "凭证链接续上次上报的链首", f.head_not_extended, BOOKS, TRUE,
          is_waivable=False),
    Check("same", "按取数时点重算，内容逐字节相同", f.made_differently, FILLERS, TRUE,
          is_waivable=False),
    Check("late", "取数以后没有再记本月的账", f.posted_since, BOOKS, TRUE),
    Check("closed", "所属月份已结账", f.month_open, (Role.FINANCE_REVIEWER,)),
    Check("bank", "银行付款已与拨付核对", f.bank_unmatched, PAYING),
    Check("ledgers", "财政与主管部门两本总台账一致", f.ledgers_differ, FILLERS, LEDGERS),
    # 业务
    Check("drafts", "没有压在月底前的拨付草稿", p.open_drafts, WORKS),
    Check("unpaid", "核拨的资金没有超期未支付", p.parked_too_long, PAYING, is_hint=True),
    Check("targets", "项目都有绩效目标", p.without_targets, WORKS, f"{DOCUMENT} 二(六)"),
    Check("notices", "项目都已公告公示", p.without_notice, WORKS, f"{DOCUMENT} 二(四)"),
    Check("responsible", "项目都有责任领导和责任人", p.without_responsible, WORKS, LEDGERS),
    Check("negative", "负面清单命中都已复核", p.unconfirmed_hits, WORKS, f"{DOCUMENT} 一"),
    Check("progress", "在建项目都有本月进度", p.without_progress, WORKS, MONTHLY, is_hint=True),
    Check("prepaid", "已支付的项目都已开工（预付款例外）", p.paid_before_start, WORKS,
          is_hint=True),
    Check("overrun", "完成投资不超过计划投资的 110%", p.overrun, WORKS, is_hint=True),
    Check("overdue", "没有超过计划完工日期的项目", p.overdue, WORKS, is_hint=True),
    Check("settling", "验收的项目按时核定结余", p.unsettled, FILLERS,
          f"{DOCUMENT} 二(三)：结余资金及时清理", is_hint=True),
)  # fmt: skip
BY_CODE = {check.code: check for check in CHECKS}
