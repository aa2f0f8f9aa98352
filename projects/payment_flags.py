"""What a reviewer should look at twice before a payment goes on. It holds up nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q, QuerySet
from django.utils import timezone

from organizations.models import Parameter

from .models import PaymentPaper, PaymentRequest

P = PaymentRequest.Status
GONE = (P.DRAFT, P.CANCELLED, P.WITHDRAWN)
DUPLICATE_DAYS = "pay.duplicate_days"
# 必须招标 from this estimated price of one contract on, in yuan.
THRESHOLDS = {"bidding.works": "施工", "bidding.goods": "货物", "bidding.services": "服务"}


@dataclass(frozen=True)
class Flag:
    """A warning in words and figures, and the other requests that it is about."""

    text: str
    others: Sequence[PaymentRequest] = ()


def flags_of(payment: PaymentRequest) -> list[Flag]:
    if payment.status == P.CANCELLED:
        return []
    return [*duplicates(payment), *splits(payment), *invoices_elsewhere(payment)]


def in_county(payment: PaymentRequest) -> QuerySet[PaymentRequest]:
    rows = PaymentRequest.objects.filter(project__county=payment.project.county_id)
    return rows.exclude(pk=payment.pk)


def to_the_same(payment: PaymentRequest) -> QuerySet[PaymentRequest]:
    same = Q(payee_name=payment.payee_name) | Q(payee_account=payment.payee_account)
    return in_county(payment).filter(same).exclude(status__in=GONE)


def duplicates(payment: PaymentRequest) -> Iterator[Flag]:
    days = Parameter.objects.number(DUPLICATE_DAYS)
    span = dt.timedelta(days=days)
    found = to_the_same(payment).filter(
        amount=payment.amount,
        requested_at__range=(payment.requested_at - span, payment.requested_at + span),
    )
    others = list(found.order_by("requested_at")[:10])
    if others:
        yield Flag(
            f"疑似重复付款：{days} 天内另有 {len(others)} 件向“{payment.payee_name}”"
            f"（或同一账号）申请同一金额 {payment.amount:,.2f} 元",
            others,
        )


def splits(payment: PaymentRequest) -> Iterator[Flag]:
    """Several of one month that pass a threshold together, none of which passes it alone. What a
    contract after a tender pays for was not split to get round one."""
    if payment.contract and payment.contract.way.is_bidding:
        return
    asked = timezone.localtime(payment.requested_at)
    first = asked.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    after = (first + dt.timedelta(days=32)).replace(day=1)
    found = to_the_same(payment).filter(requested_at__gte=first, requested_at__lt=after)
    found = found.exclude(contract__way__is_bidding=True)
    others = list(found.order_by("requested_at"))
    sums = [payment.amount, *(other.amount for other in others)]
    passed = [
        f"{label} {limit:,.2f} 元"
        for key, label in THRESHOLDS.items()
        if max(sums) < (limit := Decimal(Parameter.objects.value(key))) <= sum(sums)
    ]
    if others and passed:
        yield Flag(
            f"疑似拆分付款：{asked:%Y年%m月}向“{payment.payee_name}”申请 {len(sums)} 件，"
            f"合计 {sum(sums):,.2f} 元，达到招标限额（{'、'.join(passed)}），单件均未达到",
            others[:10],
        )


def invoices_elsewhere(payment: PaymentRequest) -> Iterator[Flag]:
    """The same number in another project: within one project the database refuses it."""
    numbers = {paper.number for paper in payment.papers.invoices()} | {payment.invoice_number}
    numbers.discard("")
    if not numbers:
        return
    elsewhere = in_county(payment).exclude(project=payment.project_id).exclude(status=P.CANCELLED)
    papers = PaymentPaper.objects.invoices().filter(number__in=numbers)
    found = elsewhere.filter(Q(invoice_number__in=numbers) | Q(pk__in=papers.values("request_id")))
    others = list(found.select_related("project").order_by("requested_at")[:10])
    if others:
        yield Flag(
            f"票据号 {'、'.join(sorted(numbers))} 在本县其他项目的拨付申请中也有登记", others
        )
