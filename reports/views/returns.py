"""月报: the list, and one return with its tables."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from approvals.actions import buttons
from approvals.jobs import start_job
from approvals.models import Job
from approvals.queries import items
from approvals.trail import decisions_of, steps
from funds.policies import counties_of, demand_fund_reader
from organizations.models import Division, User
from organizations.policies import Refused, demand, holds
from organizations.requests import OfficeRequest, get_visible
from projects.views.life import page_of
from reports.charts import funnel, rates_against, spending_line
from reports.checking import AGREERS, CHECKERS
from reports.checks import BY_CODE, Check
from reports.findings import Look
from reports.models import CheckWaiver, MonthlyReturn, ReturnVersion
from reports.periods import last_ended_month, month_before
from reports.services import FILLERS, UNLOCKABLE
from reports.tables import Table, compared, tables_of

MONTHS_OFFERED = 13


@require_safe
def monthly_list(request: OfficeRequest) -> HttpResponse:
    demand_fund_reader(request.user)
    visible = MonthlyReturn.objects.visible_to(request.user).select_related("division__parent")
    page = page_of(visible.order_by("-first_day", "division__code"), request)
    returns = list(page.object_list)
    own = [c for c in counties_of(request.user) if holds(request.user, FILLERS, c)]
    context = {
        "page": page,
        "rows": list(zip(returns, items(returns), strict=True)),
        "counties": own,
        "months": months_offered(timezone.localdate()),
        "last_ended": last_ended_month(),
    }
    return render(request, "reports/monthly_list.html", context)


def months_offered(today: dt.date) -> list[dt.date]:
    months = [today.replace(day=1)]
    while len(months) < MONTHS_OFFERED:
        months.append(month_before(months[-1]))
    return months


@require_POST
def monthly_prepare(request: OfficeRequest) -> HttpResponse:
    """Take the figures now, as a task with progress; the same question asked twice is one."""
    demand_fund_reader(request.user)
    county = own_county(request)
    first_day = month_named(request.POST.get("month", ""))
    arguments = {"county": county.code, "month": first_day.isoformat()}
    waiting = Job.objects.filter(
        owner=request.user,
        kind="reports.take_figures",
        arguments=arguments,
        status__in=(Job.Status.QUEUED, Job.Status.RUNNING),
    ).first()
    job = waiting or start_job(
        kind="reports.take_figures",
        title=f"月报取数：{county.name}{first_day:%Y年%m月}",
        owner=request.user,
        arguments=arguments,
    )
    return redirect("job_detail", job.pk)


def own_county(request: OfficeRequest) -> Division:
    code = request.POST.get("county", "")
    county = next((c for c in counties_of(request.user) if c.code == code), None)
    if county is None:
        raise Refused("请选择县（市）", who_can_clear="填报人（选择县市）")
    demand(request.user, FILLERS, county)
    return county


def month_named(text: str) -> dt.date:
    try:
        return dt.datetime.strptime(text, "%Y-%m").date()
    except ValueError:
        raise Refused("请选择月份", who_can_clear="填报人（选择月份）") from None


@require_safe
def monthly_detail(request: OfficeRequest, pk: int) -> HttpResponse:
    demand_fund_reader(request.user)
    monthly = visible_return(request, pk)
    versions = list(
        monthly.versions.select_related(
            "decision", "computed_by", "unlock", "dispatch__receipt__decision", "dispatch__to"
        )
    )
    latest = versions[-1] if versions else None
    context = {
        "monthly": monthly,
        "version": latest,
        "versions": versions,
        "steps": steps(monthly),
        "actions": buttons(monthly, request.user),
        "decisions": decisions_of(monthly),
        "may_fill_in": holds(request.user, FILLERS, monthly.division),
        "unlocks": monthly.unlocks.select_related("asked_by"),
        "unlockable": monthly.status in UNLOCKABLE,
        **(shown_figures(latest) if latest else {}),
        **(shown_charts(monthly, latest) if latest else {}),
        "compared": against_last_month(latest) if latest else [],
        **(shown_checks(latest, request.user) if latest else {}),
    }
    return render(request, "reports/monthly_detail.html", context)


def latest_version(monthly: MonthlyReturn) -> ReturnVersion | None:
    found: ReturnVersion | None = (
        monthly.versions.select_related("decision", "computed_by").order_by("number").last()
    )
    return found


def against_last_month(version: ReturnVersion) -> list[Table]:
    """Nothing where the month before was never sealed."""
    before = Look(version).before
    return compared(before.figures["total"], version.figures["total"]) if before else []


def shown_charts(monthly: MonthlyReturn, version: ReturnVersion) -> dict[str, Any]:
    figures = version.figures
    groups = [
        (f"{g['category_name'][:17]} {g['level_name']}", g["paid_rate"])
        for g in figures["fund_groups"]
    ]
    target = figures["target"]
    return {
        "lines": spending_line(monthly.division, monthly.first_day, target["rate"]),
        "funnel": funnel(figures["total"]),
        "chart": rates_against("groups", "各类资金支付率与时序目标", groups, target["target"]),
    }


@dataclass(frozen=True)
class CheckRow:
    check: Check
    count: int
    found: list[str]
    waiver: CheckWaiver | None

    @property
    def is_red(self) -> bool:
        return bool(self.count) and not self.check.is_hint and not self.is_passed

    @property
    def is_passed(self) -> bool:
        return self.waiver is not None and self.waiver.agreed_by_id is not None

    @property
    def more(self) -> int:
        return self.count - len(self.found)


def urgency(row: CheckRow) -> tuple[bool, bool]:
    """What nobody may let pass, what somebody may, what was, and what is a hint."""
    return not row.is_red, row.check.is_waivable


def shown_checks(version: ReturnVersion, user: User) -> dict[str, Any]:
    waivers = {w.code: w for w in version.waivers.select_related("asked_by", "agreed_by")}
    rows = [
        CheckRow(BY_CODE[row["code"]], row["count"], row["found"], waivers.get(row["code"]))
        for row in version.checks
    ]
    monthly = version.monthly
    assert monthly
    open_ = version.sealed_at is None
    return {
        "found_checks": sorted((row for row in rows if row.count), key=urgency),
        "clean_checks": [row for row in rows if not row.count],
        "red_count": sum(row.is_red for row in rows),
        "check_count": len(rows),
        "may_check": open_ and holds(user, CHECKERS, monthly.division),
        "may_waive": open_ and holds(user, FILLERS, monthly.division),
        "may_agree": open_ and holds(user, AGREERS, monthly.division, in_person=True),
    }


def visible_return(request: OfficeRequest, pk: int) -> MonthlyReturn:
    rows = MonthlyReturn.objects.visible_to(request.user).select_related("division__reports_to")
    found: MonthlyReturn = get_visible(rows, pk)
    return found


def shown_figures(version: ReturnVersion) -> dict[str, Any]:
    figures = version.figures
    return {"figures": figures, "tables": tables_of(figures)}
