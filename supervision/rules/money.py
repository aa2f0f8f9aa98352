"""Money that lies still, and spending behind its time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

from django.db.models import Q, Sum

from approvals.watching import RED, YELLOW, Fired, Look, watches
from funds.models import Account
from funds.money import format_yuan
from projects.models import IdleLayer
from supervision.subjects import PROJECT, VOUCHER

K = IdleLayer.Kind
COUNTY = "organizations.division"
HUNDRED = Decimal(100)


def lying(look: Look, kind: str, key: str, words: str) -> Iterator[Fired]:
    """Layers of a kind older than the parameter's days."""
    alarm = look.day_before(f"{key}.alarm")
    layers = IdleLayer.objects.filter(
        county=look.county, kind=kind, since__lt=look.day_before(f"{key}.warn")
    ).select_related("project", "voucher", "allotment")
    for layer in layers.order_by("id"):
        days = (look.today - layer.since).days
        thing = layer.project or layer.voucher
        assert thing
        yield Fired(
            fact=f"{kind}:{layer.pk}",
            subject_type=PROJECT if layer.project else VOUCHER,
            subject_id=thing.pk,
            title=str(layer.project or f"{layer.voucher} {layer.allotment}"),
            division_id=layer.division_id,
            level=RED if layer.since < alarm else YELLOW,
            explanation=f"{words}：{layer.since} 起 {days} 天，{format_yuan(layer.amount)} 元",
            figures=(("金额（元）", format_yuan(layer.amount)), ("天数", str(days))),
        )


@watches("A01")
def not_allocated(look: Look) -> Iterator[Fired]:
    yield from lying(look, K.POOL, "quota.allocate_days", "到账后未分配到项目")


@watches("A02")
def not_released(look: Look) -> Iterator[Fired]:
    yield from lying(look, K.ALLOCATED, "idle.unreleased_days", "分配到项目后未核拨支付")


@watches("A03")
def not_paid(look: Look) -> Iterator[Fired]:
    yield from lying(look, K.RELEASED, "idle.unpaid_days", "核拨后未支付到收款人")


@watches("A22")
def surplus_not_cleared(look: Look) -> Iterator[Fired]:
    yield from lying(look, K.SURPLUS, "surplus.clear_days", "验收后结余未清理")


@watches("A23")
def carried_over(look: Look) -> Iterator[Fired]:
    """By account: what is left of a fund year that ended long ago."""
    ended = look.today.year - 1
    rows = Account.objects.filter(
        county=look.county, kind__in=("pool", "allocated", "released"), balance__gt=0,
        allotment__fund_year__lte=ended - look.number("carryover.warn_years"),
    ).select_related("allotment", "earmark__project")  # fmt: skip
    for account in rows.order_by("id"):
        tag, project = account.allotment, getattr(account.earmark, "project", None)
        years = ended - tag.fund_year
        level = RED if years >= look.number("carryover.recall_years") else YELLOW
        yield Fired(
            fact=f"{account.pk}:{tag.fund_year}",
            subject_type=PROJECT if project else "funds.allotment",
            subject_id=project.pk if project else tag.pk,
            title=str(project or tag),
            division_id=project.division_id if project else look.county.pk,
            level=level,
            explanation=f"{tag.fund_year}年度资金结转 {years} 年，"
            f"{account.get_kind_display()} {format_yuan(account.balance)} 元",
            figures=(("金额（元）", format_yuan(account.balance)), ("结转年数", str(years))),
        )


def milestones(text: str) -> list[tuple[int, Decimal]]:
    """“3:30 6:50”: by the end of the month, the percent of what came in that is to be paid."""
    pairs = (part.split(":") for part in text.split())
    return [(int(month), Decimal(percent)) for month, percent in pairs]


def last_passed(text: str, today: dt.date) -> tuple[int, int, Decimal] | None:
    """Fund year, month and percent of the last milestone whose month has ended: last year's until
    the first of this year has passed. None where no milestones are set."""
    for year in (today.year, today.year - 1):
        passed = [mark for mark in milestones(text) if end_of(year, mark[0]) < today]
        if passed:
            return year, *passed[-1]
    return None


def end_of(year: int, month: int) -> dt.date:
    return dt.date(year + month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)


@watches("A21")
def spending_behind(look: Look) -> Iterator[Fired]:
    """Of the money of the milestone's fund year, at the last milestone that has passed."""
    mark = last_passed(look.settings["spend.milestones"], look.today)
    if mark is None:
        return
    year, month, wanted = mark
    sums = Account.objects.filter(county=look.county, allotment__fund_year=year).aggregate(
        paid=Sum("balance", filter=Q(kind="paid")),
        received=Sum("balance", filter=Q(kind__in=("pool", "allocated", "released", "paid"))),
    )
    paid, received = sums["paid"] or Decimal(0), sums["received"] or Decimal(0)
    if not received or paid * HUNDRED >= wanted * received:
        return
    percent = (paid * HUNDRED / received).quantize(Decimal("0.01"))
    gap = wanted - percent
    yield Fired(
        fact=f"{year}-{month:02d}",
        subject_type=COUNTY,
        subject_id=look.county.pk,
        title=f"{look.county}{year}年度资金",
        division_id=look.county.pk,
        level=RED if gap >= look.number("spend.behind.alarm") else YELLOW,
        explanation=f"支出进度 {percent}%，低于 {month} 月末时序目标 {wanted}%",
        figures=(
            ("到账（元）", format_yuan(received)), ("支付（元）", format_yuan(paid)),
            ("支出进度（%）", str(percent)), ("目标（%）", str(wanted)),
        ),
    )  # fmt: skip
