"""Allotments, receipts and payments of the demonstration."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from funds.models import Allotment, FundCategory, FundLevel
from funds.services import close_month, record_allotment, record_receipt
from organizations.models import Division, Role, User
from projects.models import PaymentPaperRule, PaymentRequest, Project
from projects.models.payment_papers import ACCEPTANCE, CONTRACT, INVOICE
from projects.payment_caps import accepted_on
from projects.payment_papers import rules_for
from projects.queries import refundable
from projects.services import apply_for_payment, attach_paper

from .days import days_ago, in_month, month_ago
from .library import Plan
from .people import HEJING, YANQI, Staff
from .photos import store_sheet
from .steps import act

P = PaymentRequest.Status
K = PaymentRequest.Kind
S = Project.Status

MARCH = dt.date(2025, 3, 12)
INDUSTRY, WATER_WORKS, YARDS = "产业发展", "小型水利与产业", "庭院经济"
# (county, document, level, category, 万元, day of issue, direction, note)
ALLOTMENTS = (
    (YANQI, "巴财农〔2025〕11号", FundLevel.CENTRAL, "ZX-FZ", 296, MARCH, INDUSTRY, ""),
    (YANQI, "巴财农〔2025〕11号", FundLevel.CENTRAL, "ZX-SM", 142, MARCH, INDUSTRY, ""),
    (YANQI, "巴财农〔2025〕12号", FundLevel.REGION, "ZX-FZ", 2161, MARCH, WATER_WORKS, ""),
    (HEJING, "巴财农〔2025〕900号", FundLevel.REGION, "ZX-FZ", 860, MARCH, YARDS, "演示用虚构指标"),
)
# (county, document, category, yuan, months ago, day); 1,610,000 of document 12 is yet to come.
RECEIPTS = (
    (YANQI, "巴财农〔2025〕11号", "ZX-FZ", "1500000.00", 3, 11),
    (YANQI, "巴财农〔2025〕12号", "ZX-FZ", "8000000.00", 3, 18),
    (YANQI, "巴财农〔2025〕11号", "ZX-FZ", "1460000.00", 2, 9),
    (YANQI, "巴财农〔2025〕11号", "ZX-SM", "1000000.00", 2, 9),
    (YANQI, "巴财农〔2025〕12号", "ZX-FZ", "7000000.00", 2, 23),
    (YANQI, "巴财农〔2025〕11号", "ZX-SM", "420000.00", 1, 12),
    (YANQI, "巴财农〔2025〕12号", "ZX-FZ", "5000000.00", 1, 20),
    (HEJING, "巴财农〔2025〕900号", "ZX-FZ", "5000000.00", 1, 20),
)
Tags = dict[tuple[str, str], Allotment]  # by document and category


def record_money(counties: dict[str, Division], staff: Staff) -> Tags:
    """The allotments with the sums that have come in; then the oldest month is closed."""
    tags = {(row[1], row[3]): allot(counties[row[0]], row[1:], staff) for row in ALLOTMENTS}
    for number, (county, document, category, amount, months, day) in enumerate(RECEIPTS, 1):
        record_receipt(
            allotment=tags[document, category],
            amount=Decimal(amount),
            occurred_on=in_month(months, day),
            memo=f"收到{document}资金",
            document=f"国库拨款通知单第{number:03d}号",
            payer="巴州财政局",
            key=f"demo-receipt-{number}",
            by=staff.of(Role.FINANCE_CLERK, counties[county]),
        )
    close_month(
        county=counties[YANQI],
        first_day=month_ago(3),
        by=staff.of(Role.FINANCE_REVIEWER, counties[YANQI]),
        comment="账实核对无误，结账",
    )
    return tags


def allot(county: Division, row: tuple[Any, ...], staff: Staff) -> Allotment:
    document, level, category, wan, issued_on, direction, note = row
    return record_allotment(
        county=county,
        by=staff.of(Role.FINANCE_CLERK, county),
        facts={
            "document_number": document,
            "level": level,
            "category": FundCategory.objects.in_force().get(code=category),
            "fund_year": 2025,
            "issued_on": issued_on,
            "amount": Decimal(wan) * 10_000,
            "using_unit": staff.of(Role.PROJECT_CLERK, county).posts_today[0].organization.name,
            "direction": direction,
            "note": note,
        },
    )


@dataclass(frozen=True)
class Payment:
    """A request of a project: when in the project's life it is made, and how far it comes."""

    kind: str
    amount: str
    status: str
    progress: int
    basis: str
    at: str = S.IMPLEMENTATION
    reversed_once: bool = False
    refund: str = ""


ADVANCE = "合同签订，施工单位已进场，按合同约定支付30%预付款"
# How long before the request its papers are dated, in days.
PAPER_DAYS = {CONTRACT: 45, "measurement": 6, ACCEPTANCE: 3, "audit": 1}
# By the project's number in the real list; 0 is the neighbour county's.
PAYMENTS: dict[int, tuple[Payment, ...]] = {
    1: (Payment(K.ADVANCE, "888000.00", P.PAID, 5, ADVANCE),
        Payment(K.PROGRESS, "1036000.00", P.PAID, 65, "主体完工，监理已签认", reversed_once=True),
        Payment(K.FINAL, "400000.00", P.DRAFT, 100, "竣工验收合格", at=S.SETTLEMENT)),
    2: (Payment(K.ADVANCE, "426000.00", P.PAID, 10, ADVANCE),
        Payment(K.PROGRESS, "568000.00", P.PAID, 75, "生产线安装完成"),
        Payment(K.FINAL, "338000.00", P.DEPARTMENT_REVIEW, 100, "竣工验收合格", at=S.SETTLEMENT)),
    3: (Payment(K.ADVANCE, "240000.00", P.PAID, 10, ADVANCE),
        Payment(K.PROGRESS, "320000.00", P.PAID, 70, "鱼塘改造完成，设备到场"),
        Payment(K.FINAL, "236350.00", P.PAID, 100, "竣工验收合格", at=S.SETTLEMENT)),
    5: (Payment(K.ADVANCE, "735000.00", P.PAID, 10, ADVANCE),
        Payment(K.PROGRESS, "1200000.00", P.REFUNDED, 85, "圈舍完工", refund="200000.00")),
    6: (Payment(K.ADVANCE, "510000.00", P.PAYMENT, 5, ADVANCE),
        Payment(K.PROGRESS, "160000.00", P.TOWNSHIP_REVIEW, 15, "泵房基础开挖完成")),
    7: (Payment(K.ADVANCE, "978000.00", P.PAID, 10, ADVANCE),
        Payment(K.PROGRESS, "300000.00", P.WITHDRAWN, 20, "引水渠开挖完成"),
        Payment(K.PROGRESS, "850000.00", P.COMPLIANCE, 45, "1号蓄水池完工，监理已签认工程量")),
    9: (Payment(K.ADVANCE, "393000.00", P.PAID, 10, ADVANCE),
        Payment(K.PROGRESS, "524000.00", P.PAID, 70, "蓄水池主体完工"),
        Payment(K.FINAL, "328092.00", P.PAID, 100, "竣工验收合格", at=S.SETTLEMENT)),
    11: (Payment(K.ADVANCE, "783000.00", P.PAID, 10, ADVANCE),
         Payment(K.PROGRESS, "250000.00", P.CANCELLED, 20, "池体开挖完成"),
         Payment(K.PROGRESS, "600000.00", P.RELEASE, 95, "池体和量水设施完工，监理已签认工程量"),
         Payment(K.PROGRESS, "120000.00", P.TOWNSHIP_REVIEW, 95, "引水口改造1处完成，监理已签认")),
    0: (Payment(K.HOUSEHOLD, "430000.00", P.PAID, 100, "86户经村、乡两级验收合格"),),
}  # fmt: skip

Move = tuple[str, Role, str]
WAY: tuple[Move, ...] = (
    ("submit", Role.TOWNSHIP_CLERK, "资料齐全，申请拨付"),
    ("endorse", Role.TOWNSHIP_REVIEWER, "工程量和材料已核对，同意上报"),
    ("approve", Role.PROJECT_REVIEWER, "工程进度属实，同意拨付"),
    ("pass_compliance", Role.FINANCE_REVIEWER, "不涉及负面清单，手续齐全"),
    ("release", Role.FINANCE_HEAD, "同意核拨"),
    ("pay", Role.TREASURY_CLERK, "已通过零余额账户支付"),
)
# How many of these moves lead to a status, and what is done after them.
REACH = {
    P.DRAFT: 0, P.CANCELLED: 0, P.TOWNSHIP_REVIEW: 1, P.DEPARTMENT_REVIEW: 2, P.COMPLIANCE: 3,
    P.RELEASE: 4, P.PAYMENT: 5, P.WITHDRAWN: 5, P.PAID: 6, P.REFUNDED: 6,
}  # fmt: skip
TAILS: dict[str, Move] = {
    P.CANCELLED: ("cancel", Role.TOWNSHIP_CLERK, "与后一笔进度款合并申请，本笔作废"),
    P.WITHDRAWN: ("withdraw_release", Role.FINANCE_HEAD, "施工单位变更付款计划，收回核拨"),
}
PAID_AGAIN: tuple[Move, ...] = (
    ("reverse_payment", Role.FINANCE_REVIEWER, "付款凭证摘要误写合同编号，红字冲销后重付"),
    ("pay", Role.TREASURY_CLERK, "更正后重新支付"),
)


def pay_for(project: Project, plan: Plan, staff: Staff) -> None:
    """The requests that are made while the project stands where it stands."""
    for payment in PAYMENTS.get(plan.no, ()):
        if payment.at == project.status:
            request = apply_for_payment(
                project=project,
                by=staff.of(Role.TOWNSHIP_CLERK, project.division),
                facts=payment_facts(payment, plan),
            )
            if payment.status != P.DRAFT:
                file_papers(request, staff)
            walk_payment(request, payment, project.division, staff)


def file_papers(request: PaymentRequest, staff: Staff) -> None:
    """What the kind of payment asks for, dated before the request."""
    by = staff.of(Role.TOWNSHIP_CLERK, request.division)
    for rule in rules_for(request):
        if rule.is_required:
            name = f"{request.number} {rule.name}"
            facts: dict[str, Any] = {
                "rule": rule,
                "number": number_of(rule, request),
                "dated_on": day_of(rule, request),
                "sha256": ""
                if rule.on_paper
                else store_sheet(name, division=request.division, by=by),
            }
            if rule.code == INVOICE:
                facts |= {"summary": request.basis[:40], "amount": request.amount}
            attach_paper(request=request, by=by, facts=facts)


def day_of(rule: PaymentPaperRule, request: PaymentRequest) -> dt.date:
    """Of the acceptance the day on which it was."""
    accepted = accepted_on(request.project) if rule.code == ACCEPTANCE else None
    return accepted or days_ago(PAPER_DAYS.get(rule.code, 4))


def number_of(rule: PaymentPaperRule, request: PaymentRequest) -> str:
    if rule.code == CONTRACT:
        return request.contract_number
    if rule.code == INVOICE:
        return f"2565{request.pk:08d}"
    return f"{request.number}-{rule.position}" if rule.number_label else ""


def payment_facts(payment: Payment, plan: Plan) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "kind": payment.kind,
        "amount": Decimal(payment.amount),
        "progress": payment.progress,
        "work_done": work_done(payment, plan),
        "basis": payment.basis,
    }
    if payment.kind != K.HOUSEHOLD:  # the party of the contract is the payee
        return facts
    return facts | {
        "payee_name": "和静县农村信用合作联社（代发专户）",
        "payee_bank": "和静县农村信用合作联社",
        "payee_account": "批次PC-2025-001",
        "households": plan.people[0],
    }


def work_done(payment: Payment, plan: Plan) -> Decimal | None:
    if payment.kind != K.PROGRESS:
        return None
    return (plan.amount * payment.progress / 100).quantize(Decimal("0.01"))


def walk_payment(
    request: PaymentRequest, payment: Payment, division: Division, staff: Staff
) -> None:
    moves = [*WAY[: REACH[P(payment.status)]]]
    moves += [TAILS[payment.status]] if payment.status in TAILS else []
    moves += PAID_AGAIN if payment.reversed_once else ()
    for action, role, comment in moves:
        act(request, action, staff.of(role, division), comment)
    if payment.refund:
        refund(request, Decimal(payment.refund), staff.of(Role.TREASURY_CLERK, division))


def refund(request: PaymentRequest, amount: Decimal, by: User) -> None:
    request.refresh_from_db()
    allotment = next(iter(refundable(request)))
    data = {"sources": [(allotment, amount)]}
    act(request, "refund", by, "监理核减工程量，施工单位退回多付款", data)
