"""穿透: from any allotment, receipt, project, payment or asset to all the others, both ways.

What is traced is a scope of the ledger: the accounts of some allotments, of one project, or of
both. Every stage is read from the ledger's own accounts and entries, and says beside its total
what the stage before makes of the same money; the two are computed apart from each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Case, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce

from assets.models import Asset
from assets.queries import Share, Used, payments_used
from funds.models import Account, Allotment, Entry, Voucher
from funds.queries import MADE_OF
from projects.models import PaymentRequest, Project, ProjectPlace

ZERO = Decimal(0)
K = Account.Kind
SHOWN = 100  # lines of one stage on the page; the total is always of all of them


@dataclass(frozen=True)
class Scope:
    """Which money: of these allotments (none: of any), for this earmark (none: for any), and of
    one payment voucher or one asset where the question is about a part of a project's money."""

    allotments: tuple[int, ...] = ()
    earmark: int | None = None
    payment: int | None = None
    asset: Asset | None = None

    @property
    def part(self) -> str:
        """The word for what is asked about, where it is a part of what was paid."""
        return "资产原值" if self.asset else "本笔支付" if self.payment is not None else ""

    def accounts(self) -> QuerySet[Account]:
        rows = Account.objects.all()
        if self.allotments:
            rows = rows.filter(allotment__in=self.allotments)
        if self.earmark is not None:
            rows = rows.filter(earmark=self.earmark)
        return rows


@dataclass(frozen=True)
class Line:
    """One thing at a stage and how much of the traced money went through it, in yuan."""

    kind: str  # what to trace from here: allotment, receipt, project, payment or asset
    pk: int
    title: str
    note: str
    url: str
    amount: Decimal
    parts: tuple[tuple[str, Decimal], ...] = ()  # how it divides, where the stage says so


@dataclass(frozen=True)
class Stage:
    """`total` adds up the lines. `due` is the same money as the stage before knows it, in the
    words of `due_label`."""

    key: str
    label: str
    lines: Sequence[Line]
    total: Decimal
    due: Decimal
    due_label: str
    rest: tuple[tuple[str, Decimal], ...] = ()  # what of the stage before did not come here
    headings: tuple[str, ...] = ()

    @property
    def left_out(self) -> int:
        return max(len(self.lines) - SHOWN, 0)

    @property
    def shown(self) -> Sequence[Line]:
        return self.lines[:SHOWN]

    @property
    def difference(self) -> Decimal:
        return self.total + sum((amount for _, amount in self.rest), ZERO) - self.due


@dataclass
class Cells:
    """Balances of a scope by (allotment, earmark or None, kind)."""

    rows: dict[tuple[int, int | None, str], Decimal] = field(default_factory=dict)

    def sum(
        self, figure: str, *, allotment: int | None = None, earmark: int | None = None
    ) -> Decimal:
        kinds = MADE_OF[figure]
        return sum(
            (
                balance
                for (tag, mark, kind), balance in self.rows.items()
                if kind in kinds
                and allotment in (None, tag)
                and earmark in (None, mark)
            ),
            ZERO,
        )  # fmt: skip

    def given(self) -> Decimal:
        """What came from the upper level and did not go back, by the account that gave it."""
        outside = (b for (_, _, kind), b in self.rows.items() if kind == K.OUTSIDE)
        return -sum(outside, ZERO)

    def by_earmark(self) -> dict[int, dict[str, Decimal]]:
        found: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        for (_, mark, kind), balance in self.rows.items():
            if mark is not None:
                found[mark][kind] += balance
        return found


def read_cells(scope: Scope) -> Cells:
    rows = scope.accounts().values_list("allotment_id", "earmark_id", "kind", "balance")
    return Cells({(tag, mark, kind): balance for tag, mark, kind, balance in rows})


Thing = Allotment | Voucher | Project | PaymentRequest | Asset


def scope_of(thing: Thing) -> Scope:
    """A receipt is traced as the allotment that it belongs to: money of one allotment is one tag,
    whichever of its receipts brought it."""
    if isinstance(thing, Allotment):
        return Scope(allotments=(thing.pk,))
    if isinstance(thing, Project):
        return Scope(earmark=thing.earmark_id)
    if isinstance(thing, PaymentRequest):
        return Scope(earmark=thing.project.earmark_id, payment=thing.pay_voucher_id or 0)
    if isinstance(thing, Asset):
        return Scope(earmark=thing.project.earmark_id if thing.project else 0, asset=thing)
    tags = thing.entries.values_list("source__allotment_id", flat=True)
    return Scope(allotments=tuple(sorted(set(tags))))


def trace(thing: Thing) -> list[Stage]:
    """指标 → 到账 → 项目 → 支付 → 资产 → 受益村户, each with its sum and the sum that it must agree
    with. A constant number of queries, whatever is traced."""
    scope = scope_of(thing)
    cells = read_cells(scope)
    everything = paid_in(scope)
    projects = projects_by_earmark(
        {mark for _, mark, _ in everything} if scope.part else set(cells.by_earmark())
    )
    used = payments_used(projects.values())
    paid = paid_into(scope.asset, used) if scope.asset else everything
    if scope.part:
        tags = {tag for tag, _, _ in paid}
    else:
        tags = {tag for tag, mark, _ in cells.rows if mark is not None} | set(scope.allotments)
    allotments = Allotment.objects.filter(pk__in=tags)
    chosen = list(allotments.select_related("category").order_by("issued_on", "pk"))
    whole = read_cells(Scope(allotments=tuple(a.pk for a in chosen))) if chosen else Cells()
    return [
        allotment_stage(scope, chosen, cells, whole, paid),
        receipt_stage(chosen, whole),
        project_stage(scope, cells, projects, paid),
        payment_stage(cells, paid, scope),
        asset_stage(scope, projects, used, paid),
        village_stage(projects, paid),
    ]


# --- What was paid ----------------------------------------------------------------------------

Paid = Mapping[tuple[int, int, int], Decimal]  # (allotment, earmark, payment voucher): yuan


def paid_in(scope: Scope) -> Paid:
    """What stands paid, by the voucher that first paid it: refunds and reversals are taken off the
    payment that they go back to."""
    accounts = scope.accounts().filter(kind=K.PAID).values("pk")
    entries = Entry.objects.filter(Q(destination__in=accounts) | Q(source__in=accounts)).annotate(
        root=Coalesce(
            "voucher__reverses__refers_to", "voucher__refers_to", "voucher__reverses", "voucher"
        ),
        signed=Case(When(destination__kind=K.PAID, then=F("amount")), default=-F("amount")),
    )
    if scope.payment is not None:
        entries = entries.filter(root=scope.payment)
    rows = (
        entries.order_by()
        .values_list("source__allotment_id", "source__earmark_id", "root")
        .annotate(total=Sum("signed"))
    )
    return {(tag, mark, root): total for tag, mark, root, total in rows if total}


def paid_into(asset: Asset, used: Used) -> Paid:
    """What of which payment stands in this asset."""
    mark = asset.project.earmark_id if asset.project else 0
    found: dict[tuple[int, int, int], Decimal] = defaultdict(Decimal)
    for share in used.shares.get(asset.pk, ()):
        found[share.allotment.pk, mark, share.voucher.pk] += share.amount
    return found


def part_of(scope: Scope, paid: Paid) -> Decimal:
    return scope.asset.original_value if scope.asset else sum(paid.values(), ZERO)


def total_of(paid: Paid, **only: int) -> Decimal:
    places = {"allotment": 0, "earmark": 1, "voucher": 2}
    return sum(
        (
            amount
            for key, amount in paid.items()
            if all(key[places[name]] == value for name, value in only.items())
        ),
        ZERO,
    )


def projects_by_earmark(earmarks: Iterable[int]) -> dict[int, Project]:
    rows = Project.objects.filter(earmark__in=list(earmarks)).select_related("division__parent")
    return {project.earmark_id: project for project in rows}


# --- The stages -------------------------------------------------------------------------------


def allotment_stage(
    scope: Scope, allotments: Sequence[Allotment], cells: Cells, whole: Cells, paid: Paid
) -> Stage:
    """Of an allotment what was received, beside what the account of the upper level gave; of a
    project what was allocated to it, of a payment what was paid, by where it came from."""
    if scope.part:
        amounts = {a.pk: total_of(paid, allotment=a.pk) for a in allotments}
        due, label = part_of(scope, paid), scope.part
    elif scope.earmark:
        amounts = {a.pk: cells.sum("allocated", allotment=a.pk) for a in allotments}
        due, label = cells.sum("allocated"), "项目分配"
    else:
        amounts = {a.pk: whole.sum("received", allotment=a.pk) for a in allotments}
        due, label = whole.given(), "上级拨来"
    lines = [
        Line(
            "allotment", a.pk, a.document_number,
            f"{a.get_level_display()} {a.category.name} {a.fund_year}年度",
            a.get_absolute_url(), amounts[a.pk],
        )
        for a in allotments
    ]  # fmt: skip
    return stage("allotments", "指标", lines, due, label)


def receipt_stage(allotments: Sequence[Allotment], whole: Cells) -> Stage:
    """Every receipt of the allotments that stands; a reversed one does not."""
    entries = (
        Entry.objects.filter(
            source__allotment__in=[a.pk for a in allotments],
            source__kind=K.OUTSIDE,
            voucher__reversal__isnull=True,
        )
        .select_related("voucher")
        .order_by("voucher__sequence", "line")
    )
    numbers = {a.pk: a.document_number for a in allotments}
    lines = [
        Line(
            "receipt", e.voucher_id, f"{e.voucher} 到账",
            f"{e.voucher.occurred_on} {e.voucher.memo}", e.voucher.get_absolute_url(), e.amount,
        )
        for e in entries
    ]  # fmt: skip
    label = "、".join(numbers.values()) if len(numbers) == 1 else "上列指标"
    return stage("receipts", "到账", lines, whole.sum("received"), f"{label}累计到位")


def project_stage(scope: Scope, cells: Cells, projects: Mapping[int, Project], paid: Paid) -> Stage:
    lines = []
    for mark, balances in cells.by_earmark().items():
        project = projects.get(mark)
        if project is None:
            continue
        figures = [
            sum((balances[kind] for kind in MADE_OF[name]), ZERO)
            for name in ("allocated", "released", "paid")
        ]
        amount = total_of(paid, earmark=mark) if scope.part else figures[0]
        parts = () if scope.part else tuple(
            zip(("核拨", "支付"), figures[1:], strict=True)
        )  # fmt: skip
        lines.append(
            Line(
                "project", project.pk, project.name,
                f"{project.code} {project.get_status_display()}",
                project.get_absolute_url(), amount, parts,
            )
        )  # fmt: skip
    lines.sort(key=lambda line: (-line.amount, line.pk))
    if scope.part:
        return stage("projects", "项目", lines, part_of(scope, paid), scope.part)
    if scope.earmark:
        return stage(
            "projects", "项目", lines, net_allocated(scope.earmark), "分配凭证减收回凭证",
            headings=("核拨", "支付"),
        )  # fmt: skip
    rest = (("池内未分配", cells.sum("pool")), ("已上缴", cells.sum("returned")))
    return stage(
        "projects", "项目", lines, cells.sum("received"), "累计到位",
        rest=tuple(part for part in rest if part[1]), headings=("核拨", "支付"),
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


def payment_stage(cells: Cells, paid: Paid, scope: Scope) -> Stage:
    by_voucher: dict[int, Decimal] = defaultdict(Decimal)
    for (_, _, root), amount in paid.items():
        by_voucher[root] += amount
    largest = sorted(by_voucher, key=lambda pk: (-by_voucher[pk], pk))
    vouchers = Voucher.objects.in_bulk(largest[:SHOWN])
    requests = {
        request.pay_voucher_id: request
        for request in PaymentRequest.objects.filter(pay_voucher__in=largest[:SHOWN])
    }
    lines = [payment_line(vouchers.get(pk), requests.get(pk), by_voucher[pk]) for pk in largest]
    if scope.part:
        return stage("payments", "支付", lines, part_of(scope, paid), scope.part)
    return stage("payments", "支付", lines, cells.sum("paid"), "各项目累计支付（已扣退回和冲销）")


def payment_line(voucher: Voucher | None, request: PaymentRequest | None, amount: Decimal) -> Line:
    """Beyond what is shown neither is read, only the sum counts."""
    when = f"{voucher.occurred_on} 凭证 {voucher}" if voucher else ""
    if request:
        title = f"{request.payee_name} {request.get_kind_display()}"
        return Line("payment", request.pk, title, when, request.get_absolute_url(), amount)
    url = voucher.get_absolute_url() if voucher else ""
    return Line("", 0, str(voucher or ""), when, url, amount)


def asset_stage(scope: Scope, projects: Mapping[int, Project], used: Used, paid: Paid) -> Stage:
    """What of the payments stands in which asset; of a whole project's money an asset's original
    value as it is registered, not as it was divided. Beside it what is in no asset (yet)."""
    wanted = {(tag, voucher) for tag, _, voucher in paid}

    def within(shares: Iterable[Share]) -> Decimal:
        return sum((s.amount for s in shares if (s.allotment.pk, s.voucher.pk) in wanted), ZERO)

    rows = Asset.objects.filter(project__in=[project.pk for project in projects.values()])
    if scope.asset:
        rows = rows.filter(pk=scope.asset.pk)
    lines, registered = [], set()
    for asset in rows.with_value().order_by("pk"):
        registered.add(asset.project_id)
        whole = scope.asset or (scope.earmark and not scope.part)
        amount = asset.original_value if whole else within(used.shares.get(asset.pk, ()))
        if amount:
            note = f"{asset.number} {asset.get_asset_class_display()} {asset.owner}"
            url = asset.get_absolute_url()
            lines.append(Line("asset", asset.pk, asset.name, note, url, amount))
    lines.sort(key=lambda line: (-line.amount, line.pk))
    rest: dict[str, Decimal] = defaultdict(Decimal)
    for mark, project in projects.items():
        rest[not_in_assets(project, project.pk in registered)] += within(used.left[mark])
    parts = () if scope.asset else tuple(part for part in rest.items() if part[1])
    return stage("assets", "资产", lines, sum(paid.values(), ZERO), "上列支付合计", rest=parts)


def not_in_assets(project: Project, has_assets: bool) -> str:
    if has_assets:
        return "登记后支付、尚未计入资产"
    return "不形成资产" if project.status == Project.Status.CLOSED else "尚未登记资产"


def village_stage(projects: Mapping[int, Project], paid: Paid) -> Stage:
    """What was paid stands beside the places of its project, which share it, and its counts."""
    places: dict[int, list[str]] = defaultdict(list)
    ids = {project.pk: mark for mark, project in projects.items()}
    rows = ProjectPlace.objects.filter(project__in=ids).select_related("division__parent")
    for place in rows.order_by("division__code"):
        division = place.division
        parent = division.parent.name if division.level == "village" and division.parent else ""
        places[place.project_id].append(f"{parent}{division.name}")
    lines = []
    for mark, project in projects.items():
        amount = total_of(paid, earmark=mark)
        if not amount:
            continue
        where = "、".join(places[project.pk]) or project.division.name
        lines.append(
            Line(
                "project", project.pk, where,
                f"{project.name}：受益 {project.households} 户 {project.people} 人",
                project.get_absolute_url(), amount,
            )
        )  # fmt: skip
    lines.sort(key=lambda line: (-line.amount, line.pk))
    return stage("villages", "受益村户", lines, sum(paid.values(), ZERO), "上列支付合计")


def stage(
    key: str,
    label: str,
    lines: Sequence[Line],
    due: Decimal,
    due_label: str,
    *,
    rest: tuple[tuple[str, Decimal], ...] = (),
    headings: tuple[str, ...] = (),
) -> Stage:
    total = sum((line.amount for line in lines), ZERO)
    return Stage(key, label, lines, total, due, due_label, rest, headings)
