from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from organizations.calendar import load_calendar
from organizations.requests import OfficeRequest
from projects.policies import demand_project_reader
from projects.views.life import page_of
from publicity.addresses import address
from publicity.filters import NoticeFilter, ObjectionFilter
from publicity.models import Notice, Objection
from publicity.owed import owed, owed_counts, with_clocks
from publicity.queries import with_standing


@require_safe
def notice_index(request: OfficeRequest) -> HttpResponse:
    """Every notice of the person's territory."""
    demand_project_reader(request.user)
    rows = with_standing(Notice.objects.visible_to(request.user))
    filters = NoticeFilter(request.GET, rows.order_by("-id"), user=request.user)
    context = {"filters": filters, "page": page_of(filters.qs, request)}
    return render(request, "publicity/notice_index.html", context)


@require_safe
def notice_due(request: OfficeRequest) -> HttpResponse:
    """What is to be announced in the person's territory, one type at a time."""
    demand_project_reader(request.user)
    counts = owed_counts(request.user)
    wanted = request.GET.get("type", "")
    rules = {row.rule.code: row.rule for row in counts}
    rule = rules.get(wanted) or next((r.rule for r in counts if r.count), counts[0].rule)
    page = page_of(owed(request.user, rule), request)
    rows = with_clocks(list(page.object_list), rule, load_calendar())
    context = {
        "counts": counts,
        "rule": rule,
        "page": page,
        "rows": [(row, address(row.subject, "notice_publish", rule.code)) for row in rows],
    }
    return render(request, "publicity/notice_due.html", context)


@require_safe
def objection_list(request: OfficeRequest) -> HttpResponse:
    """Every objection of the person's territory."""
    demand_project_reader(request.user)
    rows = Objection.objects.visible_to(request.user).select_related("notice").order_by("-id")
    filters = ObjectionFilter(request.GET, rows, user=request.user)
    context = {"filters": filters, "page": page_of(filters.qs, request)}
    return render(request, "publicity/objection_list.html", context)
