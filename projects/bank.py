"""银行已付款 against the requests that wait for payment or are paid: which line is which."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from approvals.models import Decision
from organizations.models import Division, Role, User
from organizations.policies import Refused, demand

from .models import BankLine, BankMatch, PaymentRequest
from .workflow import PAYMENT

P = PaymentRequest.Status
MATCHERS = (Role.TREASURY_CLERK,)
EXACT, DIFFERS, UNKNOWN = "相符", "不符", "未找到"


@dataclass(frozen=True)
class Finding:
    """Where a line of the bank belongs: `words` say what differs, or why nothing was found."""

    line: BankLine
    result: str
    request: PaymentRequest | None = None
    words: str = ""

    @property
    def is_exact(self) -> bool:
        return self.result == EXACT

    @property
    def will_pay(self) -> bool:
        return self.is_exact and self.request is not None and self.request.status == P.PAYMENT


def find_requests(lines: Sequence[BankLine]) -> list[Finding]:
    """For lines that were not matched yet, in two queries however many they are."""
    candidates = open_requests(lines)
    released = released_on(candidates)
    return [find_request(line, candidates, released) for line in lines]


def open_requests(lines: Iterable[BankLine]) -> list[PaymentRequest]:
    """Those at the cashier's desk or paid, whose payment no line stands for yet."""
    numbers = {line.request_number for line in lines if line.request_number}
    accounts = {line.account for line in lines}
    counties = {line.county_id for line in lines}
    rows = PaymentRequest.objects.filter(
        Q(number__in=numbers) | Q(payee_account__in=accounts),
        project__county__in=counties,
        status__in=(P.PAYMENT, P.PAID),
    )
    matched = BankMatch.objects.values("decision__voucher")
    return list(rows.exclude(pay_voucher__in=matched).select_related("project", "pay_voucher"))


def released_on(requests: Sequence[PaymentRequest]) -> dict[int, dt.date]:
    """The day of each one's latest release, by id."""
    decisions = Decision.objects.filter(
        subject_type=PaymentRequest.life(),
        subject_id__in=[request.pk for request in requests],
        action="release",
    )
    at = decisions.order_by("id").values_list("subject_id", "at")
    return {pk: timezone.localdate(moment) for pk, moment in at}


def find_request(
    line: BankLine, candidates: Sequence[PaymentRequest], released: dict[int, dt.date]
) -> Finding:
    ours = [request for request in candidates if request.project.county_id == line.county_id]
    if line.request_number:
        found = [request for request in ours if request.number == line.request_number]
        if not found:
            return Finding(line, UNKNOWN, words="没有待支付或已支付而未核对的这一申请编号")
        return compared(line, found[0], released)
    to_payee = [request for request in ours if request.payee_account == line.account]
    same = [request for request in to_payee if request.amount == line.amount]
    if len(same) > 1:
        numbers = "、".join(request.number for request in same)
        return Finding(line, UNKNOWN, words=f"有几件申请相符（{numbers}），请补填申请编号后导入")
    if same:
        return compared(line, same[0], released)
    if len(to_payee) == 1:
        return compared(line, to_payee[0], released)
    return Finding(line, UNKNOWN, words="没有向这一账号支付这一金额的申请")


def compared(line: BankLine, request: PaymentRequest, released: dict[int, dt.date]) -> Finding:
    wrong = list(differences(line, request, released.get(request.pk)))
    return Finding(line, DIFFERS if wrong else EXACT, request, "；".join(wrong))


def differences(line: BankLine, request: PaymentRequest, released: dt.date | None) -> Iterable[str]:
    if line.amount != request.amount:
        yield (
            f"金额：银行 {line.amount:,.2f} 元，申请 {request.amount:,.2f} 元，"
            f"差 {line.amount - request.amount:,.2f} 元"
        )
    if line.account != request.payee_account:
        yield f"账号：银行 {line.account}，申请 {request.payee_account}"
    if line.payee != request.payee_name:
        yield f"户名：银行“{line.payee}”，申请“{request.payee_name}”"
    if released and line.paid_on < released:
        yield f"付款日期 {line.paid_on} 早于核拨日 {released}"


def confirm_line(*, line: BankLine, by: User) -> BankMatch:
    """The treasury's clerk agrees: a request that waits takes its payment step on the bank's day.

    Two transactions, so that a payment that was refused is kept as an attempt; a payment without
    its match is found again as paid. Raises WrongRole, Refused.
    """
    demand(by, MATCHERS, line.county, in_person=True)
    finding = find_requests([line])[0]
    if BankMatch.objects.filter(line=line).exists() or not finding.is_exact:
        raise Refused(
            f"银行流水 {line.reference} {finding.words or '已核对'}，不能确认",
            who_can_clear="国库支付（与银行或申请单位核对）",
        )
    request = finding.request
    assert request
    if finding.will_pay:
        PAYMENT.perform(
            request,
            "pay",
            by=by,
            comment=f"按银行流水 {line.reference} 确认支付",
            data={"paid_on": line.paid_on},
        )
    return write_match(line, request, by)


@transaction.atomic
def write_match(line: BankLine, request: PaymentRequest, by: User) -> BankMatch:
    request = PaymentRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    assert request.pay_voucher_id
    decision = Decision.objects.get(voucher=request.pay_voucher_id)
    return BankMatch.objects.create(line=line, request=request, decision=decision, by=by)


def record_lines(*, county: Division, by: User, rows: Iterable[dict[str, Any]]) -> list[BankLine]:
    """The checked rows of a sheet, all of them or none."""
    demand(by, MATCHERS, county)
    with transaction.atomic():
        return BankLine.objects.bulk_create(
            BankLine(county=county, recorded_by=by, **facts) for facts in rows
        )
