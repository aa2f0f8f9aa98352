"""What a project has, per source, read from the ledger's accounts and vouchers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from funds.models import Account, Allotment, Entry, Voucher

from .models import PaymentRequest, Project

ZERO = Decimal(0)
K = Account.Kind


@dataclass(frozen=True)
class Figures:
    """Cumulative 分配 ≥ 核拨 ≥ 支付 in yuan, derived from where the money stands now."""

    allocated: Decimal = ZERO
    released: Decimal = ZERO
    paid: Decimal = ZERO

    @property
    def unreleased(self) -> Decimal:
        return self.allocated - self.released

    @property
    def unpaid(self) -> Decimal:
        return self.allocated - self.paid


def figures_from(balances: dict[str, Decimal]) -> Figures:
    paid = balances.get(K.PAID, ZERO)
    released = paid + balances.get(K.RELEASED, ZERO)
    return Figures(released + balances.get(K.ALLOCATED, ZERO), released, paid)


def figures_by_project(projects: Iterable[Project]) -> dict[int, Figures]:
    """By earmark id, in one query."""
    balances: dict[int, dict[str, Decimal]] = defaultdict(dict)
    rows = (
        Account.objects.filter(earmark_id__in=[p.earmark_id for p in projects])
        .values_list("earmark_id", "kind")
        .annotate(total=Sum("balance"))
    )
    for earmark, kind, total in rows:
        balances[earmark][kind] = total
    return defaultdict(Figures, {e: figures_from(b) for e, b in balances.items()})


def figures_by_source(project: Project) -> dict[Allotment, Figures]:
    balances: dict[Allotment, dict[str, Decimal]] = defaultdict(dict)
    accounts = (
        Account.objects.filter(earmark_id=project.earmark_id)
        .select_related("allotment__category")
        .order_by("allotment__issued_on", "allotment_id")
    )
    for account in accounts:
        balances[account.allotment][account.kind] = account.balance
    return {allotment: figures_from(b) for allotment, b in balances.items()}


def unreleased_by_allotment(project: Project) -> dict[int, Decimal]:
    """What may still be released, oldest allotment first, less what open requests ask for."""
    rows = (
        Account.objects.filter(earmark_id=project.earmark_id, kind=K.ALLOCATED, balance__gt=0)
        .order_by("allotment__issued_on", "allotment_id")
        .values_list("allotment_id", "balance")
    )
    left = dict(rows)
    for allotment, amount in pending_by_allotment(project).items():
        left[allotment] = max(left.get(allotment, ZERO) - amount, ZERO)
    return left


def pending_by_allotment(project: Project) -> dict[int, Decimal]:
    """Asked for in requests that were sent in and are not released yet."""
    status = PaymentRequest.Status
    rows = (
        PaymentRequest.objects.filter(
            project=project,
            status__in=(status.DEPARTMENT_REVIEW, status.COMPLIANCE, status.RELEASE),
        )
        .values_list("sources__allotment_id")
        .annotate(total=Sum("sources__amount"))
    )
    return {allotment: total for allotment, total in rows if allotment}


def refundable(request: PaymentRequest) -> dict[Allotment, Decimal]:
    """What of the standing payment voucher has not come back yet, by source."""
    return _standing(request.pay_voucher_id, Voucher.Kind.REFUND)


def withdrawable(request: PaymentRequest) -> dict[Allotment, Decimal]:
    """Released for this request and neither paid nor withdrawn, by source."""
    released = _standing(request.release_voucher_id, Voucher.Kind.WITHDRAW)
    paid = _standing(request.pay_voucher_id, Voucher.Kind.REFUND)
    left = {a: amount - paid.get(a, ZERO) for a, amount in released.items()}
    return {a: amount for a, amount in left.items() if amount > 0}


def _standing(voucher_id: int | None, undone_by: Voucher.Kind) -> dict[Allotment, Decimal]:
    if voucher_id is None:
        return {}
    left: dict[Allotment, Decimal] = defaultdict(lambda: ZERO)
    entries = Entry.objects.select_related("source__allotment__category")
    for entry in entries.filter(voucher_id=voucher_id):
        left[entry.source.allotment] += entry.amount
    undone = entries.filter(
        voucher__refers_to_id=voucher_id, voucher__kind=undone_by, voucher__reversal__isnull=True
    )
    for entry in undone:
        left[entry.source.allotment] -= entry.amount
    return {allotment: amount for allotment, amount in left.items() if amount > 0}
