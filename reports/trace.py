"""穿透: from any allotment, receipt, project, payment or asset to all the others, both ways.

What is traced is the money of some allotments (`allotment_trace`), or that of one project, or
what one payment or one asset took of it. Every stage is read from the ledger's own accounts and
entries, and says beside its total what the stage before makes of the same money; the two are
computed apart from each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Case, F, Q, Sum, Value, When
from django.db.models.functions import Coalesce

from assets.models import Asset
from assets.queries import Share, Used, payments_used
from funds.models import Account, Allotment, Entry, Voucher
from projects.models import PaymentRequest, Project
from projects.queries import Figures, figures_from

from .allotment_trace import trace_allotments
from .stages import (
    ZERO,
    K,
    Stage,
    allotment_line,
    asset_line,
    not_in_assets,
    payment_lines,
    project_line,
    receipt_stage,
    stage,
    village_lines,
)

Thing = Allotment | Voucher | Project | PaymentRequest | Asset
Paid = Mapping[tuple[int, int], Decimal]  # (allotment, payment voucher): yuan


def trace(thing: Thing) -> list[Stage]:
    """指标 → 到账 → 项目 → 支付 → 资产 → 受益村户, each with its sum and the sum that it must agree
    with. A constant number of queries, whatever is traced.

    A receipt is traced as the allotment that it belongs to: money of one allotment is one tag,
    whichever of its receipts brought it.
    """
    if isinstance(thing, Allotment):
        return trace_allotments([thing.pk])
    if isinstance(thing, Voucher):
        tags = thing.entries.values_list("source__allotment_id", flat=True)
        return trace_allotments(sorted(set(tags)))
    if isinstance(thing, Project):
        return trace_project(Money.of(thing))
    assert thing.project
    if isinstance(thing, PaymentRequest):
        return trace_project(Money.of(thing.project, payment=thing))
    return trace_project(Money.of(thing.project, asset=thing))


@dataclass(frozen=True)
class Money:
    """Of a project, or of a part of what was paid for it."""

    project: Project
    figures: Mapping[int, Figures]  # by allotment, of the whole project
    paid: Paid
    used: Used
    part: str = ""  # the word for the part
    asset: Asset | None = None

    @classmethod
    def of(
        cls, project: Project, *, payment: PaymentRequest | None = None, asset: Asset | None = None
    ) -> Money:
        figures, used = figures_by_tag(project), payments_used([project])
        if asset:
            return cls(project, figures, paid_into(asset, used), used, "资产原值", asset)
        paid = paid_for(project)
        if payment is None:
            return cls(project, figures, paid, used)
        one = {key: amount for key, amount in paid.items() if key[1] == payment.pay_voucher_id}
        return cls(project, figures, one, used, "本笔支付")

    @property
    def total(self) -> Decimal:
        return sum(self.paid.values(), ZERO)

    @property
    def due(self) -> Decimal:
        """Of a part: what it is known to be worth."""
        return self.asset.original_value if self.asset else self.total

    @property
    def tags(self) -> set[int]:
        return {tag for tag, _ in self.paid} if self.part else set(self.figures)

    def sum(self, figure: str) -> Decimal:
        return sum((getattr(figures, figure) for figures in self.figures.values()), ZERO)


def figures_by_tag(project: Project) -> dict[int, Figures]:
    balances: dict[int, dict[str, Decimal]] = defaultdict(dict)
    rows = Account.objects.filter(earmark=project.earmark_id)
    for tag, kind, balance in rows.values_list("allotment_id", "kind", "balance"):
        balances[tag][kind] = balance
    return {tag: figures_from(of_tag) for tag, of_tag in balances.items()}


def paid_for(project: Project) -> Paid:
    """What stands paid, by the voucher that first paid it: refunds and reversals are taken off the
    payment that they go back to."""
    places = Account.objects.filter(earmark=project.earmark_id, kind=K.PAID)
    accounts = list(places.values_list("pk", flat=True))  # known, so that the indexes answer
    rows = (
        Entry.objects.filter(Q(destination__in=accounts) | Q(source__in=accounts))
        .annotate(
            root=Coalesce(
                "voucher__reverses__refers_to", "voucher__refers_to", "voucher__reverses", "voucher"
            ),
            signed=Case(When(destination__kind=K.PAID, then=F("amount")), default=-F("amount")),
        )
        .order_by()
        .values_list("source__allotment_id", "root")
        .annotate(total=Sum("signed"))
    )
    return {(tag, root): total for tag, root, total in rows if total}


def paid_into(asset: Asset, used: Used) -> Paid:
    """What of which payment stands in this asset."""
    found: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    for share in used.shares.get(asset.pk, ()):
        found[share.allotment.pk, share.voucher.pk] += share.amount
    return found


def trace_project(money: Money) -> list[Stage]:
    allotments = Allotment.objects.filter(pk__in=money.tags)
    chosen = list(allotments.select_related("category").order_by("issued_on", "pk"))
    villages = village_lines([(money.project, money.total)] if money.total else [])
    return [
        allotment_stage(money, chosen),
        receipt_stage(chosen),
        project_stage(money),
        payment_stage(money),
        asset_stage(money),
        stage("villages", "受益村户", villages, money.total, "上列支付合计"),
    ]


def allotment_stage(money: Money, allotments: Sequence[Allotment]) -> Stage:
    """Of a project what was allocated to it, of a part what was paid, by where it came from."""
    amounts: dict[int, Decimal] = defaultdict(Decimal)
    if money.part:
        for (tag, _), amount in money.paid.items():
            amounts[tag] += amount
        due, label = money.due, money.part
    else:
        amounts |= {tag: figures.allocated for tag, figures in money.figures.items()}
        due, label = money.sum("allocated"), "项目分配"
    lines = [allotment_line(a, amounts[a.pk]) for a in allotments]
    return stage("allotments", "指标", lines, due, label)


def project_stage(money: Money) -> Stage:
    if money.part:
        part = [project_line(money.project, money.total)] if money.total else []
        return stage("projects", "项目", part, money.due, money.part)
    parts = (("核拨", money.sum("released")), ("支付", money.sum("paid")))
    lines = [project_line(money.project, money.sum("allocated"), parts)] if money.figures else []
    return stage(
        "projects", "项目", lines, net_allocated(money.project.earmark_id), "分配凭证减收回凭证",
        headings=("核拨", "支付"),
    )  # fmt: skip


def net_allocated(earmark: int) -> Decimal:
    """By the vouchers: what the pool gave to a project less what it took back."""
    entries = Entry.objects.filter(
        Q(source__kind=K.POOL, destination__earmark=earmark)
        | Q(destination__kind=K.POOL, source__earmark=earmark)
    )
    signed = Case(When(source__kind=K.POOL, then=F("amount")), default=-F("amount"))
    total: Decimal = entries.aggregate(total=Coalesce(Sum(signed), Value(ZERO)))["total"]
    return total


def payment_stage(money: Money) -> Stage:
    by_voucher: dict[int, Decimal] = defaultdict(Decimal)
    for (_, root), amount in money.paid.items():
        by_voucher[root] += amount
    lines = payment_lines(sorted(by_voucher.items(), key=lambda row: (-row[1], row[0])))
    if money.part:
        return stage("payments", "支付", lines, money.due, money.part)
    due, label = money.sum("paid"), "项目累计支付（已扣退回和冲销）"
    return stage("payments", "支付", lines, due, label)


def asset_stage(money: Money) -> Stage:
    """What of the payments stands in which asset; of a whole project's money an asset's original
    value as it is registered, not as it was divided. Beside it what is in no asset (yet)."""

    def within(shares: Iterable[Share]) -> Decimal:
        mine = (s.amount for s in shares if (s.allotment.pk, s.voucher.pk) in money.paid)
        return sum(mine, ZERO)

    rows = list(Asset.objects.filter(project=money.project).with_value().order_by("pk"))
    is_whole = bool(money.asset) or not money.part
    lines = []
    for asset in [a for a in rows if money.asset in (None, a)]:
        shares = money.used.shares.get(asset.pk, ())
        amount = asset.original_value if is_whole else within(shares)
        if amount:
            lines.append(asset_line(asset, amount))
    lines.sort(key=lambda line: (-line.amount, line.pk))
    word = not_in_assets(money.project.status, bool(rows))
    left = within(money.used.left[money.project.earmark_id])
    rest = () if money.asset else ((word, left),)
    return stage("assets", "资产", lines, money.total, "上列支付合计", rest=rest)
