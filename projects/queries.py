"""What a project has, per source, read from the ledger's accounts and vouchers; and the rows
and totals of the lists and pages of projects and payments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum

from approvals.models import Decision, Subject
from approvals.queries import InboxItem, items
from approvals.workflow import workflow_of
from funds.models import Account, Allotment, Entry, Voucher
from funds.money import line_total

from .models import Adjustment, PaymentRequest, Project, ProjectSource, WorkItem

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
    """What may still be released, oldest allotment first, less what open requests ask for and
    what goes back to the pool by an adjustment."""
    rows = (
        Account.objects.filter(earmark_id=project.earmark_id, kind=K.ALLOCATED, balance__gt=0)
        .order_by("allotment__issued_on", "allotment_id")
        .values_list("allotment_id", "balance")
    )
    left = dict(rows)
    for bound in (pending_by_allotment(project), awaiting_recovery(project)):
        for allotment, amount in bound.items():
            left[allotment] = max(left.get(allotment, ZERO) - amount, ZERO)
    return left


def awaiting_recovery(project: Project) -> dict[int, Decimal]:
    """What an approved adjustment took away and finance has not taken back yet, by allotment."""
    rows = (
        project.sources.filter(amount__lt=0, adjustment__status=Adjustment.Status.RECOVERY)
        .values_list("allotment_id")
        .annotate(total=Sum("amount"))
    )
    return {allotment: -total for allotment, total in rows}


def pending_by_allotment(project: Project) -> dict[int, Decimal]:
    """Asked for in requests that were sent in and are not released yet."""
    status = PaymentRequest.Status
    rows = (
        PaymentRequest.objects.filter(
            project=project,
            status__in=(
                status.TOWNSHIP_REVIEW,
                status.DEPARTMENT_REVIEW,
                status.COMPLIANCE,
                status.RELEASE,
            ),  # fmt: skip
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


@dataclass(frozen=True)
class ProjectRow:
    project: Project
    approved: Decimal | None
    figures: Figures
    item: InboxItem  # step, holder, days


@dataclass(frozen=True)
class ProjectTotals:
    count: int
    requested: Decimal
    approved: Decimal
    figures: Figures


def project_rows(projects: Sequence[Project]) -> list[ProjectRow]:
    figures = figures_by_project(projects)
    approved = approved_amounts(projects)
    return [
        ProjectRow(project, approved.get(project.pk), figures[project.earmark_id], item)
        for project, item in zip(projects, items(projects), strict=True)
    ]


def approved_amounts(projects: Sequence[Project]) -> dict[int, Decimal]:
    """What the meeting gave each, by primary key; projects without a decision are not in it."""
    rows = ProjectSource.objects.filter(project__in=projects).values_list("project_id")
    return dict(rows.annotate(total=Sum("amount")))


def project_totals(projects: QuerySet[Project]) -> ProjectTotals:
    """Over everything that the filter found, not only the page that is shown."""
    found = projects.order_by()
    own = found.aggregate(n=Count("pk"), requested=Sum("requested_amount"))
    approved = ProjectSource.objects.filter(project__in=found).aggregate(total=Sum("amount"))
    balances = (
        Account.objects.filter(earmark__project__in=found)
        .values_list("kind")
        .annotate(total=Sum("balance"))
    )
    return ProjectTotals(
        own["n"],
        own["requested"] or ZERO,
        approved["total"] or ZERO,
        figures_from(dict(balances)),
    )


@dataclass(frozen=True)
class SourceRow:
    allotment: Allotment
    approved: Decimal | None
    figures: Figures


def source_rows(project: Project) -> list[SourceRow]:
    figures = figures_by_source(project)
    approved = approved_by_allotment(project)
    return [SourceRow(a, approved.get(a.pk), f) for a, f in figures.items()]


def approved_by_allotment(project: Project) -> dict[int, Decimal]:
    """What stands approved: the meeting's decision and every adjustment since."""
    return dict(project.sources.values_list("allotment_id").annotate(total=Sum("amount")))


def approved_sources(project: Project) -> list[tuple[Allotment, Decimal]]:
    """The same for people to read, without what an adjustment has taken whole."""
    approved = approved_by_allotment(project)
    allotments = Allotment.objects.filter(pk__in=approved).select_related("category")
    rows = allotments.order_by("issued_on", "pk")
    return [(tag, approved[tag.pk]) for tag in rows if approved[tag.pk]]


def figures_total(figures: Iterable[Figures]) -> Figures:
    every = list(figures)
    return Figures(
        sum((f.allocated for f in every), ZERO),
        sum((f.released for f in every), ZERO),
        sum((f.paid for f in every), ZERO),
    )


def priced_items(project: Project) -> list[tuple[WorkItem, Decimal]]:
    return [(item, line_total(item.quantity, item.unit_price)) for item in project.work_items.all()]


def vouchers_of_project(project: Project) -> QuerySet[Voucher]:
    entries = Entry.objects.filter(
        Q(source__earmark_id=project.earmark_id) | Q(destination__earmark_id=project.earmark_id)
    )
    return Voucher.objects.filter(pk__in=entries.values("voucher_id")).order_by("sequence")


def vouchers_about(subject: Subject) -> QuerySet[Voucher]:
    """Each rests on a decision about it: release, payment, and whatever undid them."""
    return (
        Voucher.objects.filter(
            decision__subject_type=subject.life(), decision__subject_id=subject.pk
        )
        .select_related("reverses", "refers_to", "reversal")
        .order_by("sequence")
    )


def released_before(request: PaymentRequest) -> Decimal:
    """累计已拨: what the project had been released when the request was last sent in."""
    sent = Decision.objects.about(request.life(), request.pk).filter(action="submit").last()
    entries = Entry.objects.filter(source__earmark_id=request.project.earmark_id)
    if sent:
        entries = entries.filter(voucher__posted_at__lt=sent.at)
    moved = {(K.ALLOCATED, K.RELEASED): 1, (K.RELEASED, K.ALLOCATED): -1}
    rows = entries.values_list("source__kind", "destination__kind").annotate(total=Sum("amount"))
    return sum((total * moved.get((a, b), 0) for a, b, total in rows), ZERO)


@dataclass(frozen=True)
class Signature:
    title: str
    decision: Decision | None


SIGNATURES = (
    ("submit", "申请单位经办"),
    ("endorse", "乡镇审核"),
    ("approve", "项目主管部门审核"),
    ("pass_compliance", "财政合规审查"),
    ("release", "财政局负责人核拨"),
    ("pay", "国库支付"),
)


def signatures(subject: Subject, titles: Sequence[tuple[str, str]] = SIGNATURES) -> list[Signature]:
    """Whose signatures stand: of the steps that lie behind the subject as it stands now."""
    path = workflow_of(subject).main_path()
    ahead = path if subject.status == "cancelled" else []
    if subject.status in path:
        ahead = path[path.index(subject.status) :]
    behind = Decision.objects.about(subject.life(), subject.pk).exclude(from_status__in=ahead)
    latest = {decision.from_status: decision for decision in behind.order_by("id")}
    signed = {decision.action: decision for decision in latest.values()}
    return [Signature(title, signed.get(action)) for action, title in titles]
