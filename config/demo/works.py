"""Contracts, monthly progress and quality checks of the demonstration. All invented."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from organizations.credit_codes import check_character
from organizations.models import Role, User
from projects.contracts import record_contract
from projects.models import Contract, ProcurementWay, Project
from projects.progress import (
    add_photos,
    record_quality_check,
    record_rectification,
    record_start,
    report_progress,
)

from .days import days_ago, in_month, month_ago
from .library import BREEDING, WATER, Plan
from .people import Staff
from .photos import store_photo, store_sheet

CREDIT_CODES = {
    "焉耆兴农建设有限公司": "91652826MA77B0001",
    "巴州绿洲装备有限公司": "91652801MA77B0002",
}
RETENTION = Decimal(3)
WITHOUT_RETENTION = 3  # by its number: settled whole, on a guarantee of the bank
# By the project's number: how far it was two months ago, last month and this month.
PERCENTS = {
    1: (20, 65, 80), 2: (30, 75, 100), 3: (35, 70, 100), 5: (40, 85, 100), 6: (0, 5, 15),
    7: (10, 20, 45), 9: (30, 70, 100), 11: (20, 40, 60),
}  # fmt: skip
ONLY_SOURCE = "良种马鹿在本州只有一家取得种畜禽生产经营许可"


def begin_work(project: Project, plan: Plan, staff: Staff) -> None:
    """Of a real project that is under way: its contract, its start and three months of it."""
    if plan.no not in PERCENTS or project.status != Project.Status.IMPLEMENTATION:
        return
    by = staff.of(Role.TOWNSHIP_CLERK, project.division)
    sign_contract(project, plan, by)
    record_start(project=project, by=by, started_on=in_month(2, 3))
    for months, percent in zip((2, 1, 0), PERCENTS[plan.no], strict=True):
        report(project, month_ago(months), percent, by)
    check_quality(project, plan, by)


def sign_contract(project: Project, plan: Plan, by: User) -> Contract:
    code = CREDIT_CODES[plan.contractor]
    # The one that breeds is bought from its only source, which has to be explained.
    way, reason = ("single", ONLY_SOURCE) if plan.text is BREEDING else ("open", "")
    subject = Contract.Subject.WORKS if plan.text is WATER else Contract.Subject.GOODS
    facts = {
        "number": plan.contract,
        "name": f"{plan.name}合同",
        "subject": subject,
        "way": ProcurementWay.objects.in_force().get(code=way),
        "way_reason": reason,
        "contractor_name": plan.contractor,
        "contractor_code": code + check_character(code),
        "bank": "农业银行焉耆支行",
        "account": f"3000{plan.no:06d}",
        "price": project.total_investment,
        "signed_on": in_month(3, 20),
        "starts_on": in_month(2, 1),
        "ends_on": project.planned_end,
        "retention_percent": Decimal(0) if plan.no == WITHOUT_RETENTION else RETENTION,
        "retention_months": 12,
        "supervision_unit": "巴州恒信工程监理有限公司" if plan.text is WATER else "",
        "papers": [store_sheet(f"{plan.contract}合同", division=project.division, by=by)],
    }
    return record_contract(project=project, by=by, facts=facts)


def report(project: Project, month: dt.date, percent: int, by: User) -> None:
    invested = (project.total_investment * percent / 100).quantize(Decimal("0.01"))
    note = "按计划推进" if percent else "备料，清表"
    facts = {"percent": percent, "invested": invested, "note": note}
    made = report_progress(project=project, month=month, by=by, facts=facts)
    if percent:
        name = f"{project.code}现场{month:%Y%m}"
        add_photos(report=made, by=by, photos=[store_photo(name, division=project.division, by=by)])


def check_quality(project: Project, plan: Plan, by: User) -> None:
    facts = {
        "checked_on": days_ago(12),
        "checked_by": "县水利局、监理单位",
        "found": "抽查池体混凝土和护栏",
    }
    if plan.no not in (7, 11):
        return
    problem = {"problem": "护栏立柱间距偏大", "rectify_by": days_ago(-3)}
    check = record_quality_check(project=project, by=by, facts=facts | problem)
    if plan.no == 11:
        record_rectification(
            check=check, by=by, rectified_on=days_ago(5), rectification="已加密立柱并复查"
        )
