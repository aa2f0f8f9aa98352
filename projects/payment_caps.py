"""How much may be asked for on a contract, and of management fees in a county's year.

Every sum counts what was asked for and stands: sent in, released or paid, less what was paid
back. A draft is no claim yet. The database asks the same when the step is committed
(`projects_caps_hold`).
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from django.db import connection
from django.db.models import Sum
from django.urls import reverse
from django.utils import timezone

from funds.models import Account, Allotment, FundCategory, FundLevel, Voucher
from organizations.models import Parameter
from organizations.policies import Refusal

from .criteria import DOCUMENT
from .models import Acceptance, Contract, PaymentRequest, PaymentSource, Project, Settlement
from .models.contracts import share_of
from .shares import over, percent_of

K, S = PaymentRequest.Kind, PaymentRequest.Status
ZERO = Decimal(0)
NO_CLAIM = (S.DRAFT, S.CANCELLED)
PARTLY_BACK = (S.REFUNDED, S.WITHDRAWN)
FEE_CAP = "project.mgmt_fee_cap"
FEE_CLAUSE = "财农〔2017〕8号"
APPROVED_ONLY = f"{DOCUMENT} 二(二)"


def claims(requests: Iterable[PaymentRequest]) -> dict[int, Decimal]:
    """What stands of each request, by primary key."""
    standing = [r for r in requests if r.status not in NO_CLAIM]
    back = paid_back(r.pay_voucher_id for r in standing if r.status in PARTLY_BACK)
    return {
        r.pk: r.amount
        if r.status not in PARTLY_BACK
        else (r.amount - back.get(r.pay_voucher_id, ZERO) if r.pay_voucher_id else ZERO)
        for r in standing
    }


def paid_back(vouchers: Iterable[int | None]) -> dict[int | None, Decimal]:
    refunds = Voucher.objects.filter(
        refers_to_id__in=[v for v in vouchers if v],
        kind=Voucher.Kind.REFUND,
        reversal__isnull=True,
    )
    return dict(refunds.values_list("refers_to_id").annotate(total=Sum("total")))


@dataclass(frozen=True)
class ContractMoney:
    """Of one contract: what may be paid at most, what of it is held back and until when, and
    what was asked for, by kind. Yuan. `room` leaves out the project's other claims."""

    contract: Contract
    room: Decimal
    is_audited: bool
    held: Decimal
    accepted_on: dt.date | None
    asked: dict[str, Decimal] = field(default_factory=dict)

    @property
    def asked_in_all(self) -> Decimal:
        return sum(self.asked.values(), ZERO)

    @property
    def asked_but_retention(self) -> Decimal:
        return self.asked_in_all - self.asked.get(K.RETENTION, ZERO)

    @property
    def left(self) -> Decimal:
        """Without the retention money."""
        return max(self.room - self.held - self.asked_but_retention, ZERO)

    @property
    def retention_left(self) -> Decimal:
        held = min(self.held, self.room - self.asked_but_retention)
        return max(held - self.asked.get(K.RETENTION, ZERO), ZERO)

    @property
    def due_on(self) -> dt.date | None:
        """From when on the retention money may be asked for."""
        if self.accepted_on is None:
            return None
        return months_after(self.accepted_on, self.contract.retention_months)

    @property
    def basis(self) -> str:
        return "决算审定额" if self.is_audited else "合同价"


def months_after(day: dt.date, months: int) -> dt.date:
    """The same day so many months later, or the last one of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return dt.date(year, month + 1, min(day.day, last))


def accepted_on(project: Project) -> dt.date | None:
    """The day of the county's acceptance."""
    found = Acceptance.objects.filter(project=project, decision__action="accept")
    return found.order_by("-id").values_list("accepted_on", flat=True).first()


def money_by_contract(project: Project, but: PaymentRequest | None = None) -> list[ContractMoney]:
    """Every contract of the project, newest first, without the claim of one request."""
    contracts = list(project.contracts.select_related("way"))
    requests = [r for r in project.payments.all() if but is None or r.pk != but.pk]
    standing = claims(requests)
    audited = (
        Settlement.objects.filter(project=project)
        .order_by("-id")
        .values_list("audited_amount", flat=True)
        .first()
    )
    accepted = accepted_on(project)
    alone = sum(contract.cancelled_at is None for contract in contracts) == 1
    total = sum(standing.values(), ZERO)
    found = []
    for contract in contracts:
        asked: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for request in requests:
            if request.contract_id == contract.pk:
                asked[request.kind] += standing.get(request.pk, ZERO)
        others = total - sum(asked.values(), ZERO)
        room, base = room_of(contract, audited, others, alone=alone)
        held = share_of(base, contract.retention_percent)
        found.append(
            ContractMoney(contract, room, audited is not None, held, accepted, dict(asked))
        )
    return found


def room_of(
    contract: Contract, audited: Decimal | None, others: Decimal, *, alone: bool
) -> tuple[Decimal, Decimal]:
    """At most how much may be paid on it, and of which price retention money is held. After
    settlement the project as a whole has the audited amount, and a sole contract all of it."""
    if audited is None:
        return contract.price, contract.price
    left = max(audited - others, ZERO)
    return (left, left) if alone else (min(contract.price, left), contract.price)


@dataclass(frozen=True)
class ContractRow:
    contract: Contract
    asked: Decimal
    paid: Decimal


def contract_rows(contracts: Sequence[Contract]) -> list[ContractRow]:
    """With what was asked for and what is paid, less what came back; four queries at most."""
    asked: dict[int | None, Decimal] = defaultdict(lambda: ZERO)
    paid: dict[int | None, Decimal] = defaultdict(lambda: ZERO)
    requests = list(PaymentRequest.objects.filter(contract__in=contracts))
    standing = claims(requests)
    for request in requests:
        asked[request.contract_id] += standing.get(request.pk, ZERO)
        if request.pay_voucher_id:
            paid[request.contract_id] += standing.get(request.pk, ZERO)
    return [ContractRow(c, asked[c.pk], paid[c.pk]) for c in contracts]


def money_of(contract: Contract, but: PaymentRequest | None = None) -> ContractMoney:
    rows = money_by_contract(contract.project, but)
    return next(row for row in rows if row.contract.pk == contract.pk)


def sole_contract(project: Project) -> Contract | None:
    standing = project.contracts.standing()[:2]
    return standing[0] if len(standing) == 1 else None


def lock_project(project: Project) -> None:
    """Requests of a project that are decided at once wait for each other here."""
    if connection.in_atomic_block:
        Project.objects.select_for_update(of=("self",), no_key=True).get(pk=project.pk)


def refuse_caps(request: PaymentRequest) -> Refusal | None:
    """Why this request can not go on: its contract, its party, or one of the caps."""
    lock_project(request.project)
    if request.kind == K.MANAGEMENT:
        refused = above_fee_cap(request)
        if refused:
            return refused
    if request.contract is None:
        return without_contract(request)
    # As it stands now: it may have been amended since the request was written.
    request.contract.refresh_from_db()
    return not_the_party(request) or above_caps(request, money_of(request.contract, request))


def without_contract(request: PaymentRequest) -> Refusal | None:
    if request.contract or request.kind not in PaymentRequest.BY_CONTRACT:
        return None
    return Refusal(
        f"“{request.get_kind_display()}”付给合同的承包（供货）单位，本申请没有合同",
        who_can_clear="项目承办（登记合同），申请人（在“修改申请”中选择合同）",
        url=reverse("contract_new", args=(request.project_id,)),
    )


def not_the_party(request: PaymentRequest) -> Refusal | None:
    contract = request.contract
    assert contract
    if contract.cancelled_at is not None:
        return Refusal(
            f"合同 {contract.number} 已作废", who_can_clear="申请人（在“修改申请”中另选合同）"
        )
    party = (contract.contractor_name, contract.bank, contract.account, contract.number)
    named = (
        request.payee_name, request.payee_bank, request.payee_account, request.contract_number,
    )  # fmt: skip
    if party == named:
        return None
    return Refusal(
        f"收款人、开户行或账号与合同 {contract.number} 不一致，合同为"
        f"“{contract.contractor_name}”{contract.bank} {contract.account}",
        who_can_clear="申请人（在“修改申请”中重新保存，收款人由合同带出）",
    )


def above_caps(request: PaymentRequest, money: ContractMoney) -> Refusal | None:
    if request.amount > money.room - money.asked_in_all:
        return Refusal(
            f"合同 {money.contract.number} 按{money.basis}可支付 {money.room:,.2f} 元，"
            f"已申请 {money.asked_in_all:,.2f} 元，本次申请 {request.amount:,.2f} 元，超过"
            f" {request.amount + money.asked_in_all - money.room:,.2f} 元",
            APPROVED_ONLY,
            "申请人（调减金额）；合同价变更的，登记补充协议",
        )
    if request.kind == K.RETENTION:
        return retention_not_due(request, money)
    if request.amount > money.left:
        return Refusal(
            f"合同 {money.contract.number} 须留质保金 {money.held:,.2f} 元"
            f"（{percent_of(Fraction(money.contract.retention_percent) / 100)}），"
            f"其余可申请 {money.left:,.2f} 元，本次申请 {request.amount:,.2f} 元",
            who_can_clear="申请人（调减金额，质保期满后另行申请质保金）",
        )
    return advance_too_high(request, money) if request.kind == K.ADVANCE else None


def advance_too_high(request: PaymentRequest, money: ContractMoney) -> Refusal | None:
    contract = money.contract
    share = Parameter.objects.fraction("pay.prepay_max", contract.signed_on)
    total = money.asked.get(K.ADVANCE, ZERO) + request.amount
    if not over(total, share, contract.price):
        return None
    return Refusal(
        f"预付款合计 {total:,.2f} 元，超过合同价 {contract.price:,.2f} 元的 {percent_of(share)}",
        who_can_clear="申请人（调减金额）",
    )


def retention_not_due(request: PaymentRequest, money: ContractMoney) -> Refusal | None:
    if money.due_on is None:
        return Refusal("项目尚未验收合格，质保金不能申请", who_can_clear="项目主管部门（组织验收）")
    if timezone.localdate() < money.due_on:
        return Refusal(
            f"{money.accepted_on} 验收，质保期 {money.contract.retention_months} 个月，"
            f"质保金自 {money.due_on} 起可以申请",
            who_can_clear="申请人（期满后再送审）",
        )
    if request.amount > money.retention_left:
        return Refusal(
            f"合同 {money.contract.number} 留存质保金尚余 {money.retention_left:,.2f} 元，"
            f"本次申请 {request.amount:,.2f} 元",
            who_can_clear="申请人（调减金额）",
        )
    return unrectified(request.project)


def unrectified(project: Project) -> Refusal | None:
    """[L] Retention money waits for defects."""
    check = project.quality_checks.filter(rectified_on__isnull=True).exclude(problem="").first()
    if check is None:
        return None
    return Refusal(
        f"{check.checked_on} 质量检查发现的问题尚未登记整改完成：{check.problem}",
        who_can_clear="项目承办（登记整改情况）",
    )


Group = tuple[int, str, str]  # fund year, level, group of categories


@dataclass(frozen=True)
class FeeRoom:
    """管理费 of a county's money of one year, level and group: at most a share of what came in."""

    group: Group
    received: Decimal
    share: Fraction
    asked: Decimal

    @property
    def cap(self) -> Decimal:
        return Decimal(int(self.share * Fraction(self.received) * 100)) / 100

    @property
    def name(self) -> str:
        year, level, group = self.group
        return f"{year}年度{FundLevel(level).label}{FundCategory.Group(group).label}资金"


def above_fee_cap(request: PaymentRequest) -> Refusal | None:
    wanted = groups_of(request)
    for group, amount in wanted.items():
        room = fee_room(request.project, group, but=request)
        if room.asked + amount > room.cap:
            return Refusal(
                f"{room.name}已到账 {room.received:,.2f} 元，项目管理费上限 "
                f"{percent_of(room.share)} 即 {room.cap:,.2f} 元，已申请 {room.asked:,.2f} 元，"
                f"本次 {amount:,.2f} 元",
                FEE_CLAUSE,
                "申请人（调减金额），不足部分由县本级财政安排",
            )
    return None


def groups_of(request: PaymentRequest) -> dict[Group, Decimal]:
    """What the request is charged to, without the county's own money, which has no cap."""
    found: dict[Group, Decimal] = defaultdict(lambda: ZERO)
    for source in request.sources.select_related("allotment__category"):
        tag = source.allotment
        if tag.level != FundLevel.COUNTY:
            found[tag.fund_year, tag.level, tag.category.group] += source.amount
    return found


def fee_room(project: Project, group: Group, but: PaymentRequest) -> FeeRoom:
    year, level, category = group
    tags = Allotment.objects.filter(
        county=project.county_id, fund_year=year, level=level, category__group=category
    )
    outside = Account.objects.filter(kind=Account.Kind.OUTSIDE, allotment__in=tags)
    received = -(outside.aggregate(total=Sum("balance"))["total"] or ZERO)
    share = Parameter.objects.fraction(FEE_CAP)
    return FeeRoom(group, received, share, fees_asked(tags, but))


def fees_asked(tags: Iterable[Allotment], but: PaymentRequest) -> Decimal:
    sources = (
        PaymentSource.objects.filter(allotment__in=tags, request__kind=K.MANAGEMENT)
        .exclude(request=but.pk)
        .exclude(request__status__in=NO_CLAIM)
        .select_related("request")
    )
    standing = claims(source.request for source in sources)
    whole = sum((standing[s.request_id] * s.amount / s.request.amount for s in sources), ZERO)
    return whole.quantize(Decimal("0.01"))


def warnings_of(request: PaymentRequest) -> list[str]:
    """What does not stop a request on a contract, and should be looked at."""
    contract = request.contract
    if contract is None:
        return []
    money = money_of(contract, request)
    found = []
    if request.kind == K.ADVANCE:
        found.append(advance_low(request, money))
    if request.kind == K.PROGRESS:
        found.append(progress_low(request, money))
    if request.kind == K.PROGRESS and not hasattr(request.project, "commencement"):
        found.append("项目还没有登记开工日期")
    return [words for words in found if words]


def advance_low(request: PaymentRequest, money: ContractMoney) -> str:
    share = Parameter.objects.fraction("pay.prepay_min", money.contract.signed_on)
    total = money.asked.get(K.ADVANCE, ZERO) + request.amount
    if Fraction(total) >= share * Fraction(money.contract.price):
        return ""
    return f"预付款合计 {total:,.2f} 元，低于合同价的 {percent_of(share)}"


def progress_low(request: PaymentRequest, money: ContractMoney) -> str:
    """Advance and progress payments against the work that is done."""
    contract = money.contract
    share = Parameter.objects.fraction("pay.progress_floor", contract.signed_on)
    done = request.work_done or ZERO
    total = money.asked.get(K.ADVANCE, ZERO) + money.asked.get(K.PROGRESS, ZERO) + request.amount
    if Fraction(total) >= share * Fraction(done):
        return ""
    return (
        f"连同本次，预付款和进度款合计 {total:,.2f} 元，"
        f"低于已完工程价款 {done:,.2f} 元的 {percent_of(share)}"
    )
