"""报账单: what a payment request was spent on, line by line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.http import HttpResponse
from django.shortcuts import render

from organizations.requests import OfficeRequest
from projects.models import PaymentRequest
from projects.models.payment_papers import INVOICE
from projects.payment_papers import asked_on, standing_papers
from projects.queries import signatures

from .payments import visible_payment


@dataclass(frozen=True)
class ExpenseLine:
    """支出明细. Amounts in yuan; what carries no invoice is one line of the whole sum."""

    day: dt.date
    summary: str
    number: str
    quantity: Decimal | None
    unit_price: Decimal | None
    amount: Decimal


def expense_lines(payment: PaymentRequest) -> Sequence[ExpenseLine]:
    lines = [
        ExpenseLine(
            paper.dated_on, paper.summary, paper.number, paper.quantity, paper.unit_price,
            paper.amount or Decimal(0),
        )
        for paper in standing_papers(payment)
        if paper.rule.code == INVOICE
    ]  # fmt: skip
    whole = ExpenseLine(asked_on(payment), payment.basis, "", None, None, payment.amount)
    return lines or [whole]


def payment_claim(request: OfficeRequest, pk: int) -> HttpResponse:
    """On A4 across; who handled and who checked are those who signed."""
    payment = visible_payment(request, pk)
    lines = expense_lines(payment)
    signed = {signature.title: signature.decision for signature in signatures(payment)}
    context = {
        "payment": payment,
        "project": payment.project,
        "lines": lines,
        "total": sum((line.amount for line in lines), Decimal(0)),
        "sources": payment.sources.select_related("allotment"),
        "handled": signed["申请单位经办"],
        "checked": signed["乡镇审核"],
        "signatures": signatures(payment),
        "asked_on": asked_on(payment),
    }
    return render(request, "projects/payment_claim.html", context)
