"""Payments that somebody should look at twice."""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from approvals.watching import RED, YELLOW, Fired, Look, watches
from funds.models import Account
from funds.money import format_yuan
from organizations.models import Organization
from projects.models import PaymentRequest, ProgressReport, Project, ProjectSource
from supervision.subjects import PAYMENT, PROJECT

P = PaymentRequest.Status
GONE = (P.DRAFT, P.CANCELLED, P.WITHDRAWN)
HOUSEHOLD = PaymentRequest.Kind.HOUSEHOLD
# How a person's name reads that is no name of a unit: two to four characters, or any number of
# them parted by middle dots.
A_PERSON = r"^([一-龥]{2,4}|[一-龥]+(·[一-龥]+)+)$"
HUNDRED = Decimal(100)
BATCH = 1000


def asked(look: Look) -> QuerySet[PaymentRequest]:
    """What was sent in and not taken back."""
    rows = PaymentRequest.objects.filter(project__county=look.county).exclude(status__in=GONE)
    return rows.select_related("project").order_by("pk")


def fired(row: PaymentRequest, fact: str, level: str, words: str, *more: Any) -> Fired:
    return Fired(
        fact=fact,
        subject_type=PAYMENT,
        subject_id=row.pk,
        title=f"{row} {row.project}",
        division_id=row.division_id,
        level=level,
        explanation=words,
        figures=(("金额（元）", format_yuan(row.amount)), ("收款人", row.payee_name), *more),
    )


@watches("A06")
def ahead_of_progress(look: Look) -> Iterator[Fired]:
    """Paid without advances, of what was approved, against the physical progress."""
    latest = ProgressReport.objects.filter(project=OuterRef("pk")).order_by("-month")
    accounts = Account.objects.filter(earmark=OuterRef("earmark"), kind="paid").order_by()
    advances = PaymentRequest.objects.filter(
        project=OuterRef("pk"), kind=PaymentRequest.Kind.ADVANCE, status=P.PAID
    ).order_by()
    approved = ProjectSource.objects.filter(project=OuterRef("pk")).order_by()
    rows: Any = Project.objects.filter(
        county=look.county, status=Project.Status.IMPLEMENTATION
    ).annotate(
        percent=Coalesce(Subquery(latest.values("percent")[:1]), 0),
        paid=total_of(accounts, "earmark", "balance"),
        advance=total_of(advances, "project", "amount"),
        approved=total_of(approved, "project", "amount"),
    )
    over = look.number("alert.ahead_points")
    rows = rows.filter(
        approved__gt=0,
        paid__gt=F("advance") + (F("percent") + over) * F("approved") / HUNDRED,
    ).exclude(level=Project.Level.HOUSEHOLD)
    for row in rows.order_by("pk"):
        paid, whole, percent = row.paid - row.advance, row.approved, row.percent
        share = (paid * HUNDRED / whole).quantize(Decimal("0.01"))
        yield Fired(
            fact=f"{row.pk}:{row.paid}",
            subject_type=PROJECT,
            subject_id=row.pk,
            title=f"{row.code} {row}",
            division_id=row.division_id,
            level=RED,
            explanation=f"支付（不含预付款）{share}%，形象进度 {percent}%，超过 {over} 个百分点",
            figures=(
                ("支付不含预付款（元）", format_yuan(paid)), ("批准资金（元）", format_yuan(whole)),
                ("支付比例（%）", str(share)), ("形象进度（%）", str(percent)),
            ),
        )  # fmt: skip


def total_of(rows: QuerySet[Any], by: str, name: str) -> Coalesce:
    sums = rows.values(by).annotate(total=Sum(name)).values("total")
    return Coalesce(Subquery(sums), Decimal(0))


@watches("A10")
def to_a_person(look: Look) -> Iterator[Fired]:
    rows = asked(look).filter(payee_name__regex=A_PERSON).exclude(kind=HOUSEHOLD)
    for row in rows:
        yield fired(row, str(row.pk), RED, "收款人疑为自然人，且不是到户补助批次")


@watches("A12")
def large(look: Look) -> Iterator[Fired]:
    least = Decimal(look.settings["alert.large_payment"])
    for row in asked(look).filter(amount__gte=least):
        words = f"单笔 {format_yuan(row.amount)} 元，达到大额支付标准"
        yield fired(row, str(row.pk), YELLOW, words, ("标准（元）", format_yuan(least)))


@watches("A13")
def paid_twice(look: Look) -> Iterator[Fired]:
    """The same project, payee and amount a second time within some days."""
    days = dt.timedelta(days=look.number("alert.twice_days"))
    earlier = PaymentRequest.objects.filter(
        project=OuterRef("project"), payee_name=OuterRef("payee_name"), amount=OuterRef("amount"),
        pk__lt=OuterRef("pk"), requested_at__gte=OuterRef("requested_at") - days,
    ).exclude(status__in=GONE).order_by("-pk")  # fmt: skip
    rows = asked(look).exclude(kind=HOUSEHOLD).annotate(twin=Subquery(earlier.values("number")[:1]))
    for row in rows.filter(twin__isnull=False):
        words = f"与 {row.twin} 同项目、同收款人、同金额，间隔不超过 {days.days} 天"
        yield fired(row, f"{row.twin}:{row.number}", RED, words, ("另一笔", row.twin))


@watches("A14")
def often(look: Look) -> Iterator[Fired]:
    """The same payee several times within some days, by when money was asked for."""
    days, least = look.number("alert.often_days"), look.number("alert.often_count")
    rows = asked(look).exclude(kind=HOUSEHOLD).order_by("payee_name", "requested_at", "pk")
    payee, recent = "", deque[dt.datetime]()
    for row in rows.iterator(BATCH):
        if row.payee_name != payee:
            payee = row.payee_name
            recent.clear()
        recent.append(row.requested_at)
        while recent[0] <= row.requested_at - dt.timedelta(days=days):
            recent.popleft()
        if len(recent) >= least:
            words = f"同一收款人 {days} 天内 {len(recent)} 笔"
            yield fired(row, str(row.pk), YELLOW, words, ("笔数", str(len(recent))))


@watches("A15")
def to_ourselves(look: Look) -> Iterator[Fired]:
    """Paid to an office of the county itself: money parked instead of spent."""
    kinds = Organization.Kind
    offices = Organization.objects.filter(
        name=OuterRef("payee_name"), division__path__startswith=look.county.path
    ).exclude(kind__in=(kinds.VILLAGE, kinds.WORK_TEAM))
    rows = asked(look).exclude(kind=PaymentRequest.Kind.MANAGEMENT)
    for row in rows.filter(Q(Exists(offices)) | Q(payee_name=F("project__department__name"))):
        yield fired(row, str(row.pk), RED, "收款人是本县的预算单位，疑为以拨代支")
