"""What the checks of projects find: missing notices, targets, names, progress."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils import timezone

from funds.money import format_yuan
from organizations.models import Parameter
from performance.models import Target
from projects.models import (
    IdleLayer,
    NegativeHit,
    PaymentRequest,
    ProgressReport,
    Project,
    Responsibility,
)
from projects.responsible import INDISPENSABLE
from publicity.models import Notice

from .findings import Look, of
from .periods import last_day_of

OVERRUN = Decimal("1.1")
UNDER_WAY = (Project.Status.IMPLEMENTATION,)


def ids(look: Look) -> list[int]:
    return [row["id"] for row in look.figures["projects"]]


def named(projects: Iterable[Project], what: str) -> Iterator[str]:
    for project in projects:
        yield f"{project.code} {project.name}：{what}"


def mine(look: Look) -> Any:
    return Project.objects.filter(pk__in=ids(look)).order_by("code")


def open_drafts(look: Look) -> Iterator[str]:
    """Of which nothing was sent in although the month went by."""
    rows = PaymentRequest.objects.filter(
        project__county=look.county,
        status=PaymentRequest.Status.DRAFT,
        requested_at__date__lte=last_day_of(look.monthly.first_day),
    )
    for request in rows.order_by("number"):
        yield f"{request.number} {request.payee_name} {format_yuan(request.amount)} 元"


def parked_too_long(look: Look) -> Iterator[str]:
    days = Parameter.objects.number("idle.unpaid_days.alarm")
    day = timezone.localdate() - dt.timedelta(days=days)
    layers = IdleLayer.objects.filter(
        county=look.county, kind=IdleLayer.Kind.RELEASED, since__lt=day
    )
    for layer in layers.select_related("project"):
        yield f"{layer.project} {format_yuan(layer.amount)} 元，{layer.since} 核拨"


def without_targets(look: Look) -> Iterator[str]:
    there = Exists(Target.objects.filter(project=OuterRef("pk")))
    yield from named(mine(look).exclude(there), "没有绩效目标")


def without_notice(look: Look) -> Iterator[str]:
    there = Exists(Notice.objects.filter(subject_type=Project.life(), subject_id=OuterRef("pk")))
    yield from named(mine(look).exclude(there), "没有公示")


def without_responsible(look: Look) -> Iterator[str]:
    projects = mine(look)
    for duty in INDISPENSABLE:
        there = Exists(Responsibility.objects.in_force().filter(project=OuterRef("pk"), duty=duty))
        label = str(Responsibility.Duty(duty).label)
        yield from named(projects.exclude(there), f"没有{label}")


def unconfirmed_hits(look: Look) -> Iterator[str]:
    hits = NegativeHit.objects.filter(
        subject_type=Project.life(), subject_id__in=ids(look), review__isnull=True
    )
    for hit in hits.order_by("pk"):
        yield f"{hit.subject_title}：{hit.rule_id and hit.rule}"


def without_progress(look: Look) -> Iterator[str]:
    there = Exists(
        ProgressReport.objects.filter(project=OuterRef("pk"), month=look.monthly.first_day)
    )
    begun = [
        row["id"]
        for row in look.figures["projects"]
        if row["started_on"] and not row["completed_on"]
    ]
    projects = mine(look).filter(pk__in=begun, status__in=UNDER_WAY)
    yield from named(projects.exclude(there), "没有本月进度")


def paid_before_start(look: Look) -> Iterator[str]:
    advance = dict(
        PaymentRequest.objects.filter(
            project__in=ids(look), kind=PaymentRequest.Kind.ADVANCE, pay_voucher__isnull=False
        ).values_list("project", "amount")
    )
    for row in look.figures["projects"]:
        paid = of(row, "paid") - advance.get(row["id"], Decimal(0))
        if paid > 0 and not row["started_on"]:
            yield f"{row['code']} {row['name']}：已支付 {format_yuan(of(row, 'paid'))} 元，没有开工"


def overrun(look: Look) -> Iterator[str]:
    for row in look.figures["projects"]:
        if of(row, "invested") > of(row, "planned_investment") * OVERRUN:
            yield f"{row['code']} {row['name']}：完成投资超过计划，须办理项目调整"


def overdue(look: Look) -> Iterator[str]:
    for row in look.figures["projects"]:
        if not row["completed_on"] and row["planned_end"] < look.figures["cutoff"]:
            yield f"{row['code']} {row['name']}：计划 {row['planned_end']} 完工"


def unsettled(look: Look) -> Iterator[str]:
    days = Parameter.objects.number("surplus.clear_days.alarm")
    latest = last_day_of(look.monthly.first_day) - dt.timedelta(days=days)
    for row in look.figures["projects"]:
        if row["accepted_on"] and not row["audited_on"] and row["accepted_on"] < str(latest):
            yield f"{row['code']} {row['name']}：{row['accepted_on']} 验收，没有核定结余"
