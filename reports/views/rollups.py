"""报送情况, 通报, 汇总: what the level above sees."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from approvals.actions import buttons
from approvals.trail import decisions_of, steps
from funds.policies import demand_fund_reader
from organizations.requests import OfficeRequest, get_visible
from reports.charts import funnel, rates_against
from reports.matrix import BulletinRow, bulletin, bulletin_total, last_months, matrix
from reports.models import MonthlyReturn, ReceivedReturn, ReturnVersion, RollUp
from reports.periods import last_ended_month
from reports.rollups import COMPILERS, compile_roll_up, corrected_since, unit_of_compiler
from reports.tables import BULLETIN, UNITS, Table, roll_up_tables

from .returns import month_named
from .sheets import sheets_of


@require_safe
def monthly_matrix(request: OfficeRequest) -> HttpResponse:
    demand_fund_reader(request.user)
    months = last_months()
    rollups = RollUp.objects.visible_to(request.user).select_related("division")
    arrived = ReceivedReturn.objects.visible_to(request.user).filter(first_day__gte=months[0])
    context = {
        "months": months,
        "rows": matrix(request.user, months),
        "rollups": rollups.order_by("-first_day", "division__path")[:60],
        "arrived": arrived.select_related("division", "to")
        .defer("content")
        .order_by("-first_day", "division__path"),
        "may_compile": bool(request.user.roles().intersection(COMPILERS)),
        "last_ended": last_ended_month(),
    }
    return render(request, "reports/monthly_matrix.html", context)


@require_safe
def monthly_bulletin(request: OfficeRequest) -> HttpResponse:
    """通报: county × source, from what was received."""
    demand_fund_reader(request.user)
    asked = request.GET.get("month")
    first_day = month_named(asked) if asked else last_ended_month()
    rows = bulletin(request.user, first_day)
    there = [row for row in rows if row.total is not None]
    total = bulletin_total(rows)
    label = f"合计（已接收 {len(there)} 个，未报 {len(rows) - len(there)} 个）"
    context = {
        "first_day": first_day,
        "months": last_months(),
        "table": Table("bulletin", bulletin_title(first_day), BULLETIN, lines(rows), total, label),
        "chart": rates_against(
            "counties", "各县（市）资金支付率", [(r.unit.name, (r.total or {}).get("paid_rate"))
            for r in there],
        ),
    }  # fmt: skip
    return render(request, "reports/monthly_bulletin.html", context)


def bulletin_title(first_day: dt.date) -> str:
    return f"{first_day:%Y年%m月}扶贫资金支出进度通报"


def lines(rows: list[BulletinRow]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for row in rows:
        if row.total is None:
            found.append({"name": f"{row.unit.name}（未报）"})
            continue
        found += [{"name": row.unit.name, **group} for group in row.groups]
        if len(row.groups) != 1:
            found.append({"name": f"{row.unit.name} 小计", **row.total})
    return found


@require_POST
def rollup_prepare(request: OfficeRequest) -> HttpResponse:
    demand_fund_reader(request.user)
    unit = unit_of_compiler(request.user)
    first_day = month_named(request.POST.get("month", ""))
    return redirect(compile_roll_up(unit=unit, first_day=first_day, by=request.user))


@require_safe
def rollup_detail(request: OfficeRequest, pk: int) -> HttpResponse:
    demand_fund_reader(request.user)
    rollup, version = visible_rollup(request, pk)
    figures = version.figures
    context = {
        "rollup": rollup,
        "version": version,
        "versions": rollup.versions.select_related(
            "decision", "dispatch__receipt__decision", "dispatch__to"
        ),
        "figures": figures,
        "corrected": corrected_since(rollup),
        "tables": linked(request, rollup, figures),
        "funnel": funnel(figures["total"]),
        "chart": rates_against(
            "units", "各单位资金支付率",
            [(u["name"], u["total"]["paid_rate"]) for u in figures["units"] if u["reported"]],
        ),
        "steps": steps(rollup),
        "actions": buttons(rollup, request.user),
        "decisions": decisions_of(rollup),
        "may_compile": rollup.status == RollUp.Status.DRAFT
        and any(post.division == rollup.division for post in request.user.posts_today),
    }  # fmt: skip
    return render(request, "reports/rollup_detail.html", context)


def visible_rollup(request: OfficeRequest, pk: int) -> tuple[RollUp, ReturnVersion]:
    rows = RollUp.objects.visible_to(request.user).select_related("division__reports_to")
    rollup: RollUp = get_visible(rows, pk)
    version = rollup.versions.select_related("decision").order_by("number").last()
    if version is None:
        raise Http404("还没有汇总")
    return rollup, version


def linked(request: OfficeRequest, rollup: RollUp, figures: dict[str, Any]) -> list[Table]:
    """From a county's row to its return: the whole of it where it is in this deployment, else
    what was sealed and sent."""
    returns = MonthlyReturn.objects.visible_to(request.user).filter(first_day=rollup.first_day)
    arrived = ReceivedReturn.objects.visible_to(request.user).filter(
        first_day=rollup.first_day, to=rollup.division
    )
    urls = {r.division.name: r.get_absolute_url() for r in arrived.select_related("division")}
    urls |= {r.division.name: r.get_absolute_url() for r in returns.select_related("division")}
    first, *others = roll_up_tables(figures)
    shown = Table(
        first.key, first.title, UNITS, first.rows, first.total, first.total_label,
        url_of=lambda row, column: urls.get(row["name"], "") if column.field == "name" else "",
    )  # fmt: skip
    return [shown, *others]


@require_safe
def rollup_export(request: OfficeRequest, pk: int) -> HttpResponseBase:
    demand_fund_reader(request.user)
    rollup, version = visible_rollup(request, pk)
    return sheets_of(request, version, roll_up_tables(version.figures), rollup)
