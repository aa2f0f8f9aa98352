"""双监控: the figures of a day, how far each target lags behind the time gone by, and the decision
to slow or stop payment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db import transaction
from django.db.models import Sum

from funds.models import Account, Entry
from organizations.models import Parameter, User
from organizations.policies import Refusal, Refused, demand
from projects.models import ProgressReport, Project, ProjectSource
from projects.policies import raise_if

from .hold_policies import HOLDERS, not_to_hold
from .models import Actual, Declaration, Level, Monitoring, PaymentHold, TargetLine
from .policies import MONITORS, not_to_monitor
from .scoring import ZERO, completion, percent, share

WARN, ALARM = "perf.deviation.warn", "perf.deviation.alarm"
AHEAD_WARN, AHEAD_ALARM = "perf.money_ahead.warn", "perf.money_ahead.alarm"


@dataclass(frozen=True)
class Figures:
    """Of a project as of a day: yuan and per cent."""

    budget: Decimal
    spent: Decimal
    physical: int | None
    elapsed: Decimal

    @property
    def rate(self) -> Decimal:
        return percent(share(self.spent, self.budget))


@dataclass(frozen=True)
class Limits:
    """Percentage points from which a lag is a deviation, and a serious one."""

    warn: Fraction
    alarm: Fraction
    ahead_warn: Fraction
    ahead_alarm: Fraction

    @classmethod
    def on(cls, day: dt.date) -> Limits:
        keys = (WARN, ALARM, AHEAD_WARN, AHEAD_ALARM)
        return cls(*(Parameter.objects.fraction(key, day) * 100 for key in keys))


@dataclass(frozen=True)
class Row:
    """One indicator as a monitoring sheet shows it, in per cent."""

    line: TargetLine
    actual: Actual | None
    reached: Decimal | None
    behind: Decimal | None
    forecast: Decimal | None
    level: str

    @property
    def level_label(self) -> str:
        return str(Level(self.level).label)


def paid_until(project: Project, day: dt.date) -> Decimal:
    """By the vouchers' own days."""
    entries = Entry.objects.filter(voucher__occurred_on__lte=day)
    kind, earmark = Account.Kind.PAID, project.earmark_id
    paid = entries.filter(destination__earmark_id=earmark, destination__kind=kind)
    back = entries.filter(source__earmark_id=earmark, source__kind=kind)
    sums = [rows.aggregate(total=Sum("amount"))["total"] or ZERO for rows in (paid, back)]
    return Decimal(sums[0] - sums[1])


def budget_of(project: Project) -> Decimal:
    """What stands approved."""
    found = ProjectSource.objects.filter(project=project).aggregate(total=Sum("amount"))
    return Decimal(found["total"] or ZERO)


def elapsed_until(project: Project, day: dt.date) -> Decimal:
    """The share of the planned period that had gone by, in per cent."""
    whole = (project.planned_end - project.planned_start).days + 1
    gone = min(max((day - project.planned_start).days + 1, 0), whole)
    return percent(Fraction(gone, whole))


def physical_until(project: Project, day: dt.date) -> int | None:
    reports = ProgressReport.objects.filter(project=project, month__lte=day)
    last = reports.order_by("-month").first()
    return last.percent if last else None


def figures_on(project: Project, day: dt.date) -> Figures:
    return Figures(
        budget=budget_of(project),
        spent=paid_until(project, day),
        physical=physical_until(project, day),
        elapsed=elapsed_until(project, day),
    )


def grade(lag: Fraction | Decimal, warn: Fraction, alarm: Fraction) -> str:
    if lag > alarm:
        return Level.RED
    return Level.YELLOW if lag > warn else Level.NONE


def row_of(line: TargetLine, actual: Actual | None, elapsed: Decimal, limits: Limits) -> Row:
    if actual is None or actual.actual is None:
        return Row(line, actual, None, None, None, Level.NONE)
    reached = completion(line, actual.actual)
    done = percent(min(reached, Fraction(1)))
    behind = max(elapsed - done, ZERO)
    forecast = percent(min(reached * 100 / Fraction(elapsed), Fraction(1))) if elapsed else done
    level = grade(behind, limits.warn, limits.alarm)
    return Row(line, actual, percent(reached), behind, forecast, level)


def rows_of(monitoring: Monitoring) -> list[Row]:
    limits = Limits.on(monitoring.as_of)
    actuals = {row.line_id: row for row in monitoring.actuals.all()}
    lines = monitoring.declaration.lines.all()
    return [row_of(line, actuals.get(line.pk), monitoring.elapsed, limits) for line in lines]


def money_level(figures: Figures, limits: Limits) -> str:
    """Money behind the time gone by, or ahead of the work done."""
    behind = grade(figures.elapsed - figures.rate, limits.warn, limits.alarm)
    if figures.physical is None:
        return behind
    ahead = figures.rate - figures.physical
    return worst([behind, grade(ahead, limits.ahead_warn, limits.ahead_alarm)])


def worst(levels: Iterable[str]) -> str:
    order = list(Level.values)
    return max(levels, key=order.index, default=Level.NONE)


def level_of(
    figures: Figures, actuals: Iterable[tuple[TargetLine, Decimal | None]], day: dt.date
) -> str:
    """The worst deviation of money and targets."""
    limits = Limits.on(day)
    rows = (
        row_of(line, Actual(actual=actual), figures.elapsed, limits) for line, actual in actuals
    )
    return worst([money_level(figures, limits), *(row.level for row in rows)])


@transaction.atomic
def write_monitoring(
    *,
    project: Project,
    by: User,
    facts: Mapping[str, Any],
    actuals: Sequence[Mapping[str, Any]],
    monitoring: Monitoring | None = None,
) -> Monitoring:
    """A new sheet, or the draft as it is now. `actuals` has a row for each approved line; money,
    progress and the deviation are computed here and never typed."""
    demand(by, MONITORS, project.division)
    if monitoring:
        monitoring = Monitoring.objects.select_for_update(of=("self",)).get(pk=monitoring.pk)
    project = Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    if monitoring is None:
        raise_if(not_to_monitor(project))
        approved = Declaration.objects.approved_of(project)
        assert approved
        count = Monitoring.objects.filter(project=project).count() + 1
        monitoring = Monitoring(
            project=project, declaration=approved, division=project.division, started_by=by,
            number=f"{project.code}-J{count:02d}",
        )  # fmt: skip
    elif monitoring.status != Monitoring.Status.DRAFT:
        raise Refused("监控表已送审，不能改动", who_can_clear="现办理人（退回）")
    figures = figures_on(project, facts["as_of"])
    for name in ("budget", "spent", "physical", "elapsed"):
        setattr(monitoring, name, getattr(figures, name))
    for name, given in facts.items():
        setattr(monitoring, name, given)
    given = [(row["line"], row["actual"]) for row in actuals]
    monitoring.level = level_of(figures, given, facts["as_of"])
    monitoring.full_clean()
    monitoring.save()
    monitoring.actuals.all().delete()
    Actual.objects.bulk_create(Actual(monitoring=monitoring, **row) for row in actuals)
    return monitoring


def stale(monitoring: Monitoring) -> Refusal | None:
    """The ledger has moved since the sheet was written; the database asks the same."""
    now = paid_until(monitoring.project, monitoring.as_of)
    if monitoring.spent == now and monitoring.budget == budget_of(monitoring.project):
        return None
    return Refusal(
        f"截至 {monitoring.as_of} 的资金数已有变动（总台账现为支付 {now:,.2f} 元）",
        who_can_clear="填报人（重新保存监控表）",
        url=monitoring.get_absolute_url(),
    )


@transaction.atomic
def start_hold(*, monitoring: Monitoring, by: User, facts: Mapping[str, Any]) -> PaymentHold:
    """Of a serious deviation that the department confirmed."""
    demand(by, HOLDERS, monitoring.division)
    Project.objects.select_for_update(of=("self",)).get(pk=monitoring.project_id)
    raise_if(not_to_hold(monitoring))
    count = PaymentHold.objects.filter(project_id=monitoring.project_id).count() + 1
    hold = PaymentHold(
        monitoring=monitoring, project=monitoring.project, division=monitoring.division,
        number=f"{monitoring.project.code}-H{count:02d}", started_by=by, **facts,
    )  # fmt: skip
    hold.full_clean()
    hold.save(force_insert=True)
    return hold
