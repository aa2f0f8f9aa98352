"""闲置与结余资金, by kind and age; and 结余资金清理表."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Sum
from django.http import HttpResponse
from django.shortcuts import render

from organizations.requests import OfficeRequest
from projects.clearance import clearance_rows, recoveries
from projects.filters import IdleFilter, SurplusFilter
from projects.idle import (
    BANDS,
    RED,
    YELLOW,
    Thresholds,
    graded,
    idle_rows,
    in_order,
    shown_with,
    summary,
    thresholds,
)
from projects.models import IdleLayer
from projects.policies import demand_project_reader

from .life import page_of, reads_funds

ZERO = Decimal(0)


def idle_list(request: OfficeRequest) -> HttpResponse:
    demand_project_reader(request.user)
    limits = thresholds()
    visible = graded(IdleLayer.objects.visible_to(request.user), limits)
    filters = IdleFilter(request.GET, visible, user=request.user)
    kinds = summary(filters.qs)
    count = sum(row.count for row in kinds)
    page = page_of(shown_with(in_order(filters.qs)), request, count)
    context = {
        "filters": filters,
        "page": page,
        "rows": idle_rows(list(page.object_list), limits.today),
        "kinds": kinds,
        "bands": [label for _, label, _ in BANDS],
        "limit_lines": limit_lines(limits),
        "own_total": sum((row.amount for row in kinds if row.kind != "surplus"), ZERO),
        "shows_county": "county" in filters.filters,
        "reads_funds": reads_funds(request.user),
    }
    return render(request, "projects/idle_list.html", context)


def limit_lines(limits: Thresholds) -> list[str]:
    days = [
        f"{kind.label} {limits.days[kind, YELLOW]}／{limits.days[kind, RED]}"
        for kind in IdleLayer.Kind
    ]
    return [*days, f"资金年度终了后结转满 {limits.years[YELLOW]}／{limits.years[RED]} 年"]


def surplus_list(request: OfficeRequest) -> HttpResponse:
    demand_project_reader(request.user)
    filters = SurplusFilter(request.GET, recoveries(request.user), user=request.user)
    page = page_of(filters.qs, request)
    context = {
        "filters": filters,
        "page": page,
        "rows": clearance_rows(list(page.object_list)),
        "total": filters.qs.order_by().aggregate(total=Sum("amount"))["total"] or ZERO,
        "shows_county": "county" in filters.filters,
        "reads_funds": reads_funds(request.user),
    }
    return render(request, "projects/surplus_list.html", context)
