"""What the bank paid: one line is matched, one waits to be confirmed, two do not fit. And what
somebody tried and was refused."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.utils import timezone

from organizations.models import Division, Role
from organizations.policies import Refused
from projects.bank import confirm_line, record_lines
from projects.models import PaymentRequest

from .people import Staff
from .steps import act

P = PaymentRequest.Status


def bring_bank_sheet(county: Division, staff: Staff) -> None:
    clerk = staff.of(Role.TREASURY_CLERK, county)
    requests = PaymentRequest.objects.filter(project__county=county)
    paid = requests.filter(status=P.PAID).earliest("pk")
    waiting = requests.filter(status=P.PAYMENT).earliest("pk")
    other = requests.filter(status=P.PAID).exclude(pk=paid.pk).latest("pk")
    rows = [
        bank_row(paid, 1),
        bank_row(waiting, 2),
        bank_row(other, 3) | {"amount": other.amount - Decimal("0.50")},
        bank_row(waiting, 4) | {"request_number": "", "account": "30009900", "payee": "未登记单位"},
    ]
    lines = record_lines(county=county, by=clerk, rows=rows)
    confirm_line(line=lines[0], by=clerk)


def bank_row(request: PaymentRequest, number: int) -> dict[str, str | Decimal | dt.date]:
    today = timezone.localdate()
    return {
        "paid_on": today,
        "payee": request.payee_name,
        "account": request.payee_account,
        "amount": request.amount,
        "reference": f"{today:%Y%m%d}{number:06d}",
        "request_number": request.number,
    }


def try_what_is_refused(county: Division, staff: Staff) -> None:
    """A draft without its papers is sent in; a head releases before finance has reviewed."""
    requests = PaymentRequest.objects.filter(project__county=county)
    for status, action, role in (
        (P.DRAFT, "submit", Role.TOWNSHIP_CLERK),
        (P.COMPLIANCE, "release", Role.FINANCE_HEAD),
        (P.PAYMENT, "pay", Role.FINANCE_HEAD),
    ):
        request = requests.filter(status=status).first()
        if request is None:
            continue
        try:
            act(request, action, staff.of(role, request.division), "请办理")
        except Refused:
            continue
        raise AssertionError(f"nobody refused {action} of {request}")
