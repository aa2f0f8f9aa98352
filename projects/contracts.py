"""Contracts of approved projects: recorded, amended, cancelled, and why not."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.urls import reverse
from django.utils import timezone

from organizations.credit_codes import check_credit_code
from organizations.models import Parameter, Role, User
from organizations.policies import Refusal, demand, refuse_without
from organizations.signature import sign

from .adjusting import OVER_INVESTMENT
from .effects import APPROVED
from .models import Contract, PaymentRequest, Project
from .policies import raise_if
from .shares import over, percent_of

ZERO = Decimal(0)
RECORDERS = (Role.TOWNSHIP_CLERK, Role.PROJECT_CLERK)
# Once money was asked for on a contract, its party and its terms stand; a supplementary
# agreement changes these, and a letter of the contractor where it is paid to.
PAID_TO = ("bank", "account")
SUPPLEMENTED = ("price", "ends_on", "supervision_unit", *PAID_TO, "papers")
UNSENT = (PaymentRequest.Status.DRAFT, PaymentRequest.Status.CANCELLED)


def refuse_contract(project: Project, user: User) -> Refusal | None:
    """Why this person can not record a contract of this project now."""
    return refuse_without(user, RECORDERS, project.division) or not_signable(project)


def not_signable(project: Project) -> Refusal | None:
    if project.status in APPROVED:
        return None
    return Refusal(
        f"项目现为“{project.get_status_display()}”，只有经领导小组审定、尚未办结的项目登记合同",
        who_can_clear="领导小组（审定）",
    )


def refuse_amending(contract: Contract, user: User) -> Refusal | None:
    return refuse_without(user, RECORDERS, contract.division) or already_cancelled(contract)


def already_cancelled(contract: Contract) -> Refusal | None:
    if contract.cancelled_at is None:
        return None
    return Refusal(
        f"合同 {contract.number} 已于 {timezone.localdate(contract.cancelled_at)} 作废",
        who_can_clear="项目承办（另行登记合同）",
    )


def refuse_cancelling(contract: Contract, user: User) -> Refusal | None:
    return refuse_amending(contract, user) or in_use(contract)


def in_use(contract: Contract) -> Refusal | None:
    """Why a contract can not be cancelled: something is paid on it, or asked for."""
    status = PaymentRequest.Status
    over_with = (status.CANCELLED, status.WITHDRAWN)
    requests = contract.payments.order_by("id")
    asked = (
        requests.exclude(status__in=over_with).first()
        or requests.filter(pay_voucher__isnull=False).first()
    )
    if asked is None:
        return None
    return Refusal(
        f"拨付申请 {asked.number}（{asked.get_status_display()}）按此合同办理，合同不能作废",
        who_can_clear="申请人（先作废尚未支付的申请）",
        url=asked.get_absolute_url(),
    )


def is_asked_on(contract: Contract) -> bool:
    """Whether a request on it was ever sent in, so that its party and terms stand."""
    return contract.payments.exclude(status__in=UNSENT).exists()


def contracted(project: Project, but: Contract | None = None) -> Decimal:
    """Σ prices of the project's standing contracts."""
    standing = project.contracts.standing()
    if but:
        standing = standing.exclude(pk=but.pk)
    return standing.aggregate(total=Sum("price"))["total"] or ZERO


def above_plan(project: Project, price: Decimal, but: Contract | None = None) -> Refusal | None:
    """[L] Investment above plan by more than this share has to be approved anew."""
    total = contracted(project, but) + price
    share = Parameter.objects.fraction(OVER_INVESTMENT)
    if not over(total, 1 + share, project.total_investment):
        return None
    return Refusal(
        f"本项目合同价合计 {total:,.2f} 元，超过批准的总投资 "
        f"{project.total_investment:,.2f} 元的 {percent_of(1 + share)}，"
        "须先办理项目调整（资金）",
        who_can_clear="领导小组（批准项目调整后再登记合同）",
        url=reverse("adjustment_new", args=(project.pk,)),
    )


def threshold(contract: Contract) -> Decimal | None:
    """Yuan from which on what is procured goes out to tender; None before there was such a rule."""
    try:
        return Decimal(Parameter.objects.value(f"bidding.{contract.subject}", contract.signed_on))
    except KeyError:
        return None


def tender_avoided(contract: Contract) -> str:
    """What the reason has to answer, or nothing where none is asked for."""
    limit = threshold(contract)
    if contract.way.is_bidding or limit is None or contract.price < limit:
        return ""
    return (
        f"{contract.get_subject_display()}合同价 {contract.price:,.2f} 元，达到招标限额 "
        f"{limit:,.2f} 元，采用“{contract.way}”"
    )


def wants_reason(contract: Contract) -> Refusal | None:
    avoided = tender_avoided(contract)
    if not avoided or contract.way_reason.strip():
        return None
    return Refusal(f"{avoided}，须写明未招标的理由", who_can_clear="登记人（写明理由）")


def retention_too_high(contract: Contract) -> Refusal | None:
    row = Parameter.objects.row("pay.retention_max", contract.signed_on)
    highest = Fraction(row.setting) * 100
    if Fraction(contract.retention_percent) <= highest:
        return None
    return Refusal(
        f"质保金比例 {contract.retention_percent}% 高于上限 {percent_of(highest / 100)}",
        row.clause if row.source in (Parameter.Source.VERIFIED, Parameter.Source.FOUNDING) else "",
        "登记人（与承包单位按上限约定）",
    )


def doubtful_code(contract: Contract) -> Refusal | None:
    warning = check_credit_code(contract.contractor_code)
    if warning is None or contract.code_note.strip():
        return None
    return Refusal(
        f"{warning.rstrip('。')}", who_can_clear="登记人（核对证照，或填写信用代码说明）"
    )


def unlawful(contract: Contract) -> Refusal | None:
    return (
        wants_reason(contract)
        or retention_too_high(contract)
        or doubtful_code(contract)
        or above_plan(contract.project, contract.price, contract if contract.pk else None)
    )


@transaction.atomic
def record_contract(*, project: Project, by: User, facts: Mapping[str, Any]) -> Contract:
    """`facts` are the model's fields. Raises Refused, ValidationError."""
    demand(by, RECORDERS, project.division)
    project = Project.objects.select_for_update(of=("self",), no_key=True).get(pk=project.pk)
    raise_if(not_signable(project))
    contract = Contract(project=project, division=project.division, recorded_by=by, **facts)
    raise_if(unlawful(contract))
    contract.full_clean()
    sign(contract, by).save()
    return contract


@transaction.atomic
def amend_contract(
    *, contract: Contract, by: User, facts: Mapping[str, Any], reason: str
) -> Contract:
    """Put right what was recorded, or add a supplementary agreement. Keeps history."""
    demand(by, RECORDERS, contract.division)
    contract = locked(contract)
    raise_if(already_cancelled(contract) or account_unproved(contract, facts))
    before = {name: getattr(contract, name) for name in facts}
    for name, value in facts.items():
        setattr(contract, name, value)
    changed = [name for name in facts if getattr(contract, name) != before[name]]
    if is_asked_on(contract):
        raise_if(party_stands(contract, changed))
    raise_if(unlawful(contract))
    contract.full_clean()
    sign(contract, by, reason).save()
    return contract


def party_stands(contract: Contract, changed: list[str]) -> Refusal | None:
    fixed = [name for name in changed if name not in SUPPLEMENTED]
    if not fixed:
        return None
    labels = [str(Contract._meta.get_field(name).verbose_name) for name in fixed]  # type: ignore[union-attr]
    return Refusal(
        f"已按合同 {contract.number} 申请拨付，{'、'.join(labels)}不能更改；"
        "补充协议可更改合同价、工期止、监理单位和合同原件，凭承包单位来函可更正收款账户",
        who_can_clear="项目承办（登记补充协议，或另行登记合同）",
    )


def account_unproved(contract: Contract, facts: Mapping[str, Any]) -> Refusal | None:
    """Where money goes changes, once it was asked for, only on a paper that was not there."""
    changed = any(
        facts.get(name, getattr(contract, name)) != getattr(contract, name) for name in PAID_TO
    )
    if not changed or not is_asked_on(contract):
        return None
    if set(facts.get("papers", ())) - set(contract.papers):
        return None
    return Refusal(
        f"已按合同 {contract.number} 申请拨付，更正收款账户须附承包单位的账户变更函",
        who_can_clear="项目承办（上传变更函）",
    )


@transaction.atomic
def cancel_contract(*, contract: Contract, by: User, reason: str) -> Contract:
    demand(by, RECORDERS, contract.division)
    contract = locked(contract)
    raise_if(already_cancelled(contract) or in_use(contract))
    contract.cancelled_by, contract.cancelled_at = by, timezone.now()
    contract.cancel_reason = reason
    sign(contract, by, f"作废：{reason}").save()
    return contract


def locked(contract: Contract) -> Contract:
    """With its project, on which everything that is asked and signed waits for each other."""
    Project.objects.select_for_update(of=("self",), no_key=True).get(pk=contract.project_id)
    return Contract.objects.select_related("project__division", "way", "division").get(
        pk=contract.pk
    )
