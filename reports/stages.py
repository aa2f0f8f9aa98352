"""What a trace is made of: lines, the stages that add them up, and the stages that are the same
whatever is traced."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Sum, Value
from django.db.models.functions import Coalesce

from assets.models import Asset
from funds.models import Account, Allotment, Entry, Voucher
from funds.queries import MADE_OF
from projects.models import PaymentRequest, Project, ProjectPlace

ZERO = Decimal(0)
K = Account.Kind
SHOWN = 30  # lines of one stage on the page; the total is always of all of them
Parts = tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True)
class Line:
    """One thing at a stage and how much of the traced money went through it, in yuan."""

    kind: str  # what to trace from here: allotment, receipt, project, payment or asset
    pk: int
    title: str
    note: str
    url: str
    amount: Decimal
    parts: Parts = ()  # how it divides, where the stage says so


@dataclass(frozen=True)
class Stage:
    """`lines` are the largest, `count` is how many there are, and `total` adds up all of them.
    `due` is the same money as the stage before knows it, in the words of `due_label`."""

    key: str
    label: str
    lines: Sequence[Line]
    count: int
    total: Decimal
    due: Decimal
    due_label: str
    rest: Parts = ()  # what of the stage before did not come here
    headings: tuple[str, ...] = ()

    @property
    def left_out(self) -> int:
        return self.count - len(self.lines)

    @property
    def difference(self) -> Decimal:
        return self.total + sum((amount for _, amount in self.rest), ZERO) - self.due


def stage(
    key: str,
    label: str,
    lines: Sequence[Line],
    due: Decimal,
    due_label: str,
    *,
    rest: Iterable[tuple[str, Decimal]] = (),
    headings: tuple[str, ...] = (),
) -> Stage:
    """Of all its lines."""
    total = sum((line.amount for line in lines), ZERO)
    left = tuple(part for part in rest if part[1])
    return Stage(key, label, lines[:SHOWN], len(lines), total, due, due_label, left, headings)


def receipt_stage(allotments: Sequence[Allotment]) -> Stage:
    """Every receipt of the allotments that stands; a reversed one does not."""
    tags = [allotment.pk for allotment in allotments]
    entries = Entry.objects.filter(
        source__allotment__in=tags, source__kind=K.OUTSIDE, voucher__reversal__isnull=True
    ).order_by()
    found = entries.aggregate(count=Count("pk"), total=Coalesce(Sum("amount"), Value(ZERO)))
    largest = entries.select_related("voucher").order_by("-amount", "pk")[:SHOWN]
    lines = [
        Line(
            "receipt", e.voucher_id, f"{e.voucher} 到账",
            f"{e.voucher.occurred_on} {e.voucher.memo}", e.voucher.get_absolute_url(), e.amount,
        )
        for e in sorted(largest, key=lambda e: (e.voucher.sequence, e.line))
    ]  # fmt: skip
    label = allotments[0].document_number if len(allotments) == 1 else "上列指标"
    due, due_label = received_of(tags), f"{label}累计到位"
    return Stage("receipts", "到账", lines, found["count"], found["total"], due, due_label)


def received_of(tags: Sequence[int]) -> Decimal:
    there = Account.objects.filter(allotment__in=tags, kind__in=MADE_OF["received"])
    total: Decimal = there.aggregate(total=Coalesce(Sum("balance"), Value(ZERO)))["total"]
    return total


def allotment_line(allotment: Allotment, amount: Decimal) -> Line:
    return Line(
        "allotment", allotment.pk, allotment.document_number,
        f"{allotment.get_level_display()} {allotment.category.name} {allotment.fund_year}年度",
        allotment.get_absolute_url(), amount,
    )  # fmt: skip


def project_line(project: Project, amount: Decimal, parts: Parts = ()) -> Line:
    return Line(
        "project", project.pk, project.name, f"{project.code} {project.get_status_display()}",
        project.get_absolute_url(), amount, parts,
    )  # fmt: skip


def payment_lines(largest: Sequence[tuple[int, Decimal]]) -> list[Line]:
    """By the vouchers that paid."""
    roots = [root for root, _ in largest]
    vouchers = Voucher.objects.in_bulk(roots)
    requests = {r.pay_voucher_id: r for r in PaymentRequest.objects.filter(pay_voucher__in=roots)}
    return [_payment_line(vouchers[pk], requests.get(pk), amount) for pk, amount in largest]


def _payment_line(voucher: Voucher, request: PaymentRequest | None, amount: Decimal) -> Line:
    when = f"{voucher.occurred_on} 凭证 {voucher}"
    if request:
        title = f"{request.payee_name} {request.get_kind_display()}"
        return Line("payment", request.pk, title, when, request.get_absolute_url(), amount)
    return Line("", 0, str(voucher), when, voucher.get_absolute_url(), amount)


def asset_line(asset: Asset, amount: Decimal) -> Line:
    note = f"{asset.number} {asset.get_asset_class_display()} {asset.owner}"
    return Line("asset", asset.pk, asset.name, note, asset.get_absolute_url(), amount)


def village_lines(paid: Sequence[tuple[Project, Decimal]]) -> list[Line]:
    """What was paid stands beside the places of its project, which share it, and its counts."""
    places = _places_of([project for project, _ in paid])
    return [
        Line(
            "project", project.pk, "、".join(places[project.pk]) or project.division.name,
            f"{project.name}：受益 {project.households} 户 {project.people} 人",
            project.get_absolute_url(), amount,
        )
        for project, amount in paid
    ]  # fmt: skip


def _places_of(projects: Sequence[Project]) -> Mapping[int, list[str]]:
    """Names of the villages, with their townships, by project."""
    places: dict[int, list[str]] = defaultdict(list)
    rows = ProjectPlace.objects.filter(project__in=projects).select_related("division__parent")
    for place in rows.order_by("division__code"):
        division = place.division
        parent = division.parent.name if division.level == "village" and division.parent else ""
        places[place.project_id].append(f"{parent}{division.name}")
    return places


def not_in_assets(status: str, has_assets: bool) -> str:
    """Why what was paid for a project stands in none of its assets."""
    if has_assets:
        return "登记后支付、尚未计入资产"
    return "不形成资产" if status == Project.Status.CLOSED else "尚未登记资产"
