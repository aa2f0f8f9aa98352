"""闲置与结余资金: how long money has lain where it is, in whose hands, and what is over a limit.

What a layer is, and how its age is counted, stands with `IdleLayer`.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Case, CharField, Count, Q, QuerySet, Sum, Value, When
from django.utils import timezone

from approvals.holders import holders, in_words
from approvals.models import Subject
from organizations.models import Parameter, Post, Role, User

from .models import IdleLayer, PaymentRequest, Project

ZERO = Decimal(0)
K = IdleLayer.Kind
P = PaymentRequest.Status
# (code, label, the most days)
BANDS = (
    ("30", "30天以内", 30),
    ("60", "31—60天", 60),
    ("90", "61—90天", 90),
    ("180", "91—180天", 180),
    ("365", "181天—1年", 365),
    ("730", "1—2年", 730),
    ("over", "2年以上", None),
)
BAND_LABELS = {code: label for code, label, _ in BANDS}
# By kind, the beginning of the keys of its two limits in days.
LIMITS: Mapping[str, str] = {
    K.POOL: "quota.allocate_days",
    K.ALLOCATED: "idle.unreleased_days",
    K.RELEASED: "idle.unpaid_days",
    K.SURPLUS: "surplus.clear_days",
}
CARRIED_OVER = ("carryover.warn_years", "carryover.recall_years")
RED, YELLOW, NONE = "red", "yellow", "none"
LEVELS = {RED: "红", YELLOW: "黄", NONE: "未到预警"}
# Whose request holds money that is allocated, or released.
ASKED = (P.TOWNSHIP_REVIEW, P.DEPARTMENT_REVIEW, P.COMPLIANCE, P.RELEASE)
AWAITED: Mapping[str, Sequence[str]] = {K.ALLOCATED: ASKED, K.RELEASED: (P.PAYMENT, P.REFUNDED)}
# Who is told on the home page.
WATCHERS = (
    Role.FINANCE_CLERK, Role.FINANCE_REVIEWER, Role.FINANCE_HEAD, Role.PROJECT_CLERK,
    Role.PROJECT_REVIEWER, Role.GROUP_SECRETARY,
)  # fmt: skip


@dataclass(frozen=True)
class Thresholds:
    """What is in force today, in days by (kind, level), and for carry-over in years."""

    days: Mapping[tuple[str, str], int]
    years: Mapping[str, int]
    today: dt.date

    def reached(self, level: str) -> Q:
        """The layers older than the days of their kind, or carried over too often: money of a
        fund year that ended so many years ago."""
        found = Q(
            allotment__fund_year__lte=self.today.year - 1 - self.years[level],
            kind__in=(K.POOL, K.ALLOCATED, K.RELEASED),
        )
        for kind in K:
            day = self.today - dt.timedelta(days=self.days[kind, level])
            found |= Q(kind=kind, since__lt=day)
        return found


def thresholds() -> Thresholds:
    """In one query. KeyError where a parameter is not loaded."""
    keys = [f"{key}.{end}" for key in LIMITS.values() for end in ("warn", "alarm")]
    today = timezone.localdate()
    rows = Parameter.objects.filter(key__in=[*keys, *CARRIED_OVER], valid_from__lte=today)
    set_to = dict(rows.order_by("valid_from").values_list("key", "setting"))
    days = {
        (kind, level): int(set_to[f"{key}.{end}"])
        for kind, key in LIMITS.items()
        for level, end in ((YELLOW, "warn"), (RED, "alarm"))
    }
    warn, recall = (int(set_to[key]) for key in CARRIED_OVER)
    return Thresholds(days, {YELLOW: warn, RED: recall}, today)


def graded(layers: QuerySet[IdleLayer], limits: Thresholds) -> QuerySet[IdleLayer]:
    """With `level` and `band`."""
    bands = [
        When(since__gte=limits.today - dt.timedelta(days=most), then=Value(code))
        for code, _, most in BANDS
        if most is not None
    ]
    return layers.annotate(
        level=Case(
            When(limits.reached(RED), then=Value(RED)),
            When(limits.reached(YELLOW), then=Value(YELLOW)),
            default=Value(NONE),
            output_field=CharField(),
        ),
        band=Case(*bands, default=Value("over"), output_field=CharField()),
    )


def red_count(user: User) -> int:
    layers = IdleLayer.objects.visible_to(user)
    return layers.filter(thresholds().reached(RED)).count()


@dataclass(frozen=True)
class Cell:
    band: str
    amount: Decimal = ZERO
    count: int = 0


@dataclass(frozen=True)
class KindRow:
    """A kind with its sums, band by band. `reds` and `yellows` count layers."""

    kind: str
    label: str
    cells: Sequence[Cell]
    amount: Decimal
    count: int
    reds: int
    yellows: int


def summary(layers: QuerySet[Any]) -> list[KindRow]:
    """Of graded layers, in one query."""
    rows = (
        layers.order_by()
        .values_list("kind", "band", "level")
        .annotate(total=Sum("amount"), number=Count("id"))
    )
    sums: dict[tuple[str, str], tuple[Decimal, int]] = defaultdict(lambda: (ZERO, 0))
    levels: dict[tuple[str, str], int] = defaultdict(int)
    for kind, band, level, total, number in rows:
        amount, count = sums[kind, band]
        sums[kind, band] = amount + total, count + number
        levels[kind, level] += number
    return [kind_row(kind, sums, levels) for kind in K]


def kind_row(
    kind: IdleLayer.Kind,
    sums: Mapping[tuple[str, str], tuple[Decimal, int]],
    levels: Mapping[tuple[str, str], int],
) -> KindRow:
    cells = [Cell(code, *sums[kind, code]) for code in BAND_LABELS]
    return KindRow(
        kind=kind,
        label=str(kind.label),
        cells=cells,
        amount=sum((cell.amount for cell in cells), ZERO),
        count=sum(cell.count for cell in cells),
        reds=levels[kind, RED],
        yellows=levels[kind, YELLOW],
    )


@dataclass(frozen=True)
class IdleRow:
    layer: IdleLayer
    days: int
    band: str
    level: str
    holder: str


def in_order(layers: QuerySet[IdleLayer]) -> QuerySet[IdleLayer]:
    """The oldest first."""
    return layers.order_by("since", "id")


def idle_rows(layers: Sequence[IdleLayer], today: dt.date) -> list[IdleRow]:
    """Of graded layers, with who holds each now; a constant number of queries."""
    held_by = duty_holders(layers)
    return [
        IdleRow(
            layer,
            (today - layer.since).days,
            BAND_LABELS[layer.band],  # type: ignore[attr-defined]
            layer.level,  # type: ignore[attr-defined]
            held_by[layer.pk],
        )
        for layer in layers
    ]


def duty_holders(layers: Sequence[IdleLayer]) -> dict[int, str]:
    """By the layer's key. Money in the pool waits for the leading group's office to bring it
    before a meeting; a project's for whoever holds the request that asks for it, else for whoever
    holds the project, and once that is closed for its department."""
    offices = offices_of({layer.county_id for layer in layers if layer.kind == K.POOL})
    projects = {layer.project_id: layer.project for layer in layers if layer.project}
    requests = open_requests(projects)
    subjects: list[Subject] = [*projects.values(), *requests.values()]
    found = holders(subjects)
    words = {
        (subject.life(), subject.pk): in_words(subject, found[subject.life(), subject.pk])
        for subject in subjects
    }
    held: dict[int, str] = {}
    for layer in layers:
        if layer.project is None:
            held[layer.pk] = offices.get(layer.county_id, "")
            continue
        asked = requests.get((layer.project_id, layer.kind, layer.allotment_id))
        subject: Subject = asked or layer.project
        held[layer.pk] = words[subject.life(), subject.pk] or str(layer.project.department)
    return held


Asked = tuple[int | None, str, int | None]  # project, kind of layer, allotment


def open_requests(projects: Mapping[int | None, Project]) -> dict[Asked, PaymentRequest]:
    """The latest request that asks for the money of a project and allotment."""
    statuses = [status for of_kind in AWAITED.values() for status in of_kind]
    rows = (
        PaymentRequest.objects.filter(project__in=list(projects), status__in=statuses)
        .select_related("division", "project")
        .prefetch_related("sources")
        .order_by("pk")
    )
    found: dict[Asked, PaymentRequest] = {}
    for request in rows:
        for kind, awaited in AWAITED.items():
            if request.status in awaited:
                for source in request.sources.all():
                    found[request.project_id, kind, source.allotment_id] = request
    return found


def offices_of(counties: Iterable[int]) -> dict[int, str]:
    posts = (
        Post.objects.in_force()
        .filter(role=Role.GROUP_SECRETARY, organization__division__in=list(counties))
        .select_related("organization", "user")
        .order_by("pk")
    )
    found: dict[int, list[str]] = defaultdict(list)
    for post in posts:
        found[post.organization.division_id].append(f"{post.organization.name} {post.user}")
    return {county: "；".join(names) for county, names in found.items()}


def shown_with(layers: QuerySet[IdleLayer]) -> QuerySet[IdleLayer]:
    return layers.select_related(
        "county", "division__parent", "allotment__category", "voucher", "project__department",
        "project__division", "project__county",
    )  # fmt: skip
