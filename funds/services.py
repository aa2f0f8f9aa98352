from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from organizations.models import Division, Role, User
from organizations.policies import Refused, demand
from organizations.signature import sign

from . import ledger
from .document_numbers import normalize
from .models import Allotment, Month, Voucher
from .policies import refuse_reversing_alone
from .queries import figures_by_allotment
from .workflow import MONTH

RULE = "新扶贫领字〔2018〕76号 二(二)"


@transaction.atomic
def record_allotment(*, county: Division, by: User, facts: Mapping[str, Any]) -> Allotment:
    """Register an upper document that issues money. `facts` are the model's fields; the
    document number is kept as typed and as normalised. Raises Refused when it is there already."""
    demand(by, (Role.FINANCE_CLERK,), county)
    allotment = Allotment(
        county=county,
        recorded_by=by,
        document_text=facts["document_number"],
        **{**facts, "document_number": normalize(facts["document_number"])},
    )
    allotment.full_clean(validate_unique=False, validate_constraints=False)
    try:
        with transaction.atomic():
            sign(allotment, by).save()
    except IntegrityError as error:
        if "allotment_once" not in str(error):
            raise
        raise Refused(
            f"{allotment.document_number} {allotment.get_level_display()}"
            f"{allotment.category} 已登记过",
            clause=f"{RULE}：收到一笔资金进一笔",
            who_can_clear="财政记账（更正已登记的指标）",
        ) from error
    return allotment


def correct_allotment(
    *, allotment: Allotment, by: User, facts: Mapping[str, Any], reason: str
) -> Allotment:
    """Change what was keyed in wrongly. Once money has moved the database lets only the local
    number, the unit and the notes change. Raises Refused."""
    demand(by, (Role.FINANCE_CLERK,), allotment.county)
    if not reason.strip():
        raise Refused("更正须写明事由", who_can_clear="经办人（写明事由）")
    typed = facts["document_number"]
    if typed != allotment.document_number:
        allotment.document_text = typed
    for name, value in facts.items():
        setattr(allotment, name, value)
    allotment.document_number = normalize(typed)
    sign(allotment, by, reason.strip())
    allotment.full_clean(validate_unique=False, validate_constraints=False)
    try:
        with ledger.refusals(), transaction.atomic():
            allotment.save()
    except IntegrityError as error:
        if "allotment_once" not in str(error):
            raise
        raise Refused(
            f"{allotment.document_number} 同级次、同类别的指标已登记过",
            who_can_clear="财政记账（更正已登记的指标）",
        ) from error
    return allotment


def record_receipt(
    *,
    allotment: Allotment,
    amount: Decimal,
    occurred_on: dt.date,
    memo: str,
    key: str,
    by: User,
    document: str = "",
    payer: str = "",
    evidence: Sequence[str] = (),
) -> Voucher:
    """收到一笔进一笔: one sum that arrived against an allotment, as one voucher."""
    held = demand(by, (Role.FINANCE_CLERK,), allotment.county, in_person=True)
    with told_as_receipt(allotment, amount), transaction.atomic():
        return ledger.post(
            Voucher.Kind.RECEIVE,
            [ledger.Line(allotment.pk, amount)],
            county=allotment.county,
            key=key,
            occurred_on=occurred_on,
            memo=memo,
            document=document,
            counterparty=payer,
            evidence=evidence,
            by=by,
            held=held,
        )


@contextmanager
def told_as_receipt(allotment: Allotment, amount: Decimal) -> Iterator[None]:
    """The ledger speaks of accounts and of paying; who receives is told what is still to come."""
    try:
        yield
    except ledger.LedgerRefused as refused:
        if refused.code != "YC010":
            raise
        left = figures_by_allotment([allotment])[allotment.pk].not_received
        raise ledger.LedgerRefused(
            refused.code,
            f"本次到账 {amount:,.2f} 元，超过{allotment.document_number}"
            f"尚未到账的 {left:,.2f} 元，没有入账",
            clause="",
            who_can_clear="财政记账（更正指标金额，或先登记追加的指标）",
        ) from refused


def return_to_upper_level(
    *,
    allotment: Allotment,
    amount: Decimal,
    occurred_on: dt.date,
    memo: str,
    document: str,
    key: str,
    by: User,
) -> Voucher:
    """上缴: money of an allotment leaves the pool because an upper document says so."""
    held = demand(by, (Role.FINANCE_HEAD,), allotment.county, in_person=True)
    if not document.strip():
        raise Refused("上缴须写明上级文号", clause=RULE, who_can_clear="财政局负责人")
    with transaction.atomic():
        return ledger.post(
            Voucher.Kind.RETURN,
            [ledger.Line(allotment.pk, amount)],
            county=allotment.county,
            key=key,
            occurred_on=occurred_on,
            memo=memo,
            document=document,
            by=by,
            held=held,
        )


def reverse_voucher(
    *,
    voucher: Voucher,
    occurred_on: dt.date,
    memo: str,
    key: str,
    by: User,
    within_step: bool = False,
) -> Voucher:
    """红字冲销 of a voucher that rests on no decision (a receipt or a return).

    Vouchers of a project or a payment are reversed by the action of their own life; one that
    another thing is bound to, only `within_step` of that thing.
    """
    held = demand(by, (Role.FINANCE_REVIEWER, Role.FINANCE_HEAD), voucher.county, in_person=True)
    if voucher.decision_id is not None:
        raise Refused(
            f"凭证 {voucher} 依据办理记录入账，请在相应的项目或拨付申请中冲销",
            who_can_clear="财政合规审查、财政局负责人",
        )
    bound = None if within_step else refuse_reversing_alone(voucher)
    if bound:
        raise Refused(bound.reason, clause=bound.clause, who_can_clear=bound.who_can_clear)
    if not memo.strip():
        raise Refused("冲销须写明原因", who_can_clear="经办人（写明原因）")
    with transaction.atomic():
        return ledger.reverse(
            voucher, key=key, occurred_on=occurred_on, memo=memo, by=by, held=held
        )


@transaction.atomic
def month_of(*, county: Division, first_day: dt.date) -> Month:
    """The month's row, made when first needed."""
    return Month.objects.get_or_create(division=county, first_day=first_day)[0]


def close_month(*, county: Division, first_day: dt.date, by: User, comment: str = "") -> Month:
    with transaction.atomic():
        month = month_of(county=county, first_day=first_day)
        MONTH.perform(month, "close", by=by, comment=comment)
    return month
