"""项目库: 储备, 入库 and 出库 across the years, and what keeps it in order."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from organizations.models import Division
from organizations.policies import Refused
from organizations.requests import OfficeRequest
from projects.filters import LibraryFilter
from projects.forms.library import CarryForm, EntryForm, RankForm
from projects.forms.plans import PickForm
from projects.library import (
    CLERKS,
    ENTERED,
    KEEPERS,
    STAGES,
    UNDETERMINED,
    at_stage,
    carry_over_all,
    is_adjusting,
    library_rows,
    rank_projects,
    rankable,
    ranked,
    record_entry,
    without_number,
)
from projects.models import Project
from projects.policies import demand_post, demand_project_reader
from projects.queries import project_totals

from .life import add_refusal, page_of
from .projects import list_page


def library(request: OfficeRequest) -> HttpResponse:
    demand_project_reader(request.user)
    visible = Project.objects.visible_to(request.user)
    filters = LibraryFilter(request.GET, visible, user=request.user)
    stage = request.GET.get("stage", "")
    stage = stage if stage in STAGES else ENTERED
    found = at_stage(filters.qs, stage)
    totals = project_totals(found)
    page = page_of(ranked(found).values_list("pk", flat=True), request, totals.count)
    keys = list(page.object_list)
    projects = sorted(list_page(keys), key=lambda project: keys.index(project.pk))
    roles = request.user.roles()
    context = {
        "filters": filters,
        "stage": stage,
        "stages": [
            (key, label, totals.count if key == stage else at_stage(filters.qs, key).count())
            for key, label in STAGES.items()
        ],
        "page": page,
        "rows": library_rows(projects),
        "totals": totals,
        "shows_county": "county" in filters.filters,
        "may_keep": bool(roles.intersection(CLERKS)),
        "may_carry": bool(roles.intersection(KEEPERS)),
        "is_adjusting": is_adjusting(),
    }
    return render(request, "projects/library.html", context)


def chosen_county(
    request: OfficeRequest, roles: tuple[Any, ...]
) -> tuple[Division, list[Division]]:
    """The county asked for among those of the person's posts, else the first. Raises WrongRole."""
    counties = [post.division for post in demand_post(request.user, roles)]
    code = request.GET.get("county", "")
    return next((c for c in counties if c.code == code), counties[0]), counties


def chosen_year(request: OfficeRequest) -> int:
    typed = request.GET.get("year", "")
    is_year = typed.isdecimal() and len(typed) == 4
    return int(typed) if is_year else timezone.localdate().year


def library_rank(request: OfficeRequest) -> HttpResponse:
    """All numbers of a county and year on one page, saved together."""
    county, counties = chosen_county(request, CLERKS)
    year = chosen_year(request)
    form = RankForm(request.POST or None, projects=rankable(county, year))
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            changed = rank_projects(
                county=county, year=year, numbers=form.numbers(), by=request.user
            )
            messages.success(request, f"已保存排序，改动 {changed} 个项目")
            return redirect(f"{reverse('library')}?stage={ENTERED}&year={year}")
        except Refused as error:
            status = add_refusal(form, error)
    context = {"form": form, "county": county, "counties": counties, "year": year}
    return render(request, "projects/library_rank.html", context, status=status)


def library_carry(request: OfficeRequest) -> HttpResponse:
    """What was not determined goes into the next year."""
    county, counties = chosen_county(request, KEEPERS)
    year = chosen_year(request)
    waiting = Project.objects.filter(county=county, year=year, status__in=UNDETERMINED)
    form = CarryForm(request.POST or None, projects=waiting)
    status = 200
    if request.method == "POST" and form.is_valid():
        projects, reason = form.cleaned_data["projects"], form.cleaned_data["reason"]
        try:
            count = carry_over_all(projects=projects, by=request.user, reason=reason)
            messages.success(request, f"{count} 个项目已转入 {year + 1} 年度")
            return redirect(f"{reverse('library')}?year={year + 1}")
        except Refused as error:
            status = add_refusal(form, error)
    context = {
        **picking(form, waiting),
        "county": county,
        "counties": counties,
        "year": year,
        "heading": f"未审定项目转入 {year + 1} 年度",
        "submit_label": "转入下年",
        "note": "转入后重新排序；已列入会议议程或年度计划的，须先撤下。",
    }
    return render(request, "projects/library_pick.html", context, status=status)


def library_entries(request: OfficeRequest) -> HttpResponse:
    """入库文号 of those that have none yet."""
    county, counties = chosen_county(request, CLERKS)
    waiting = without_number(Project.objects.filter(county=county))
    form = EntryForm(request.POST or None, projects=waiting)
    status = 200
    if request.method == "POST" and form.is_valid():
        number = form.cleaned_data["document_number"]
        try:
            count = record_entry(
                projects=form.cleaned_data["projects"],
                county=county,
                document_number=number,
                by=request.user,
            )
            messages.success(request, f"{count} 个项目的入库文号已登记为 {number}")
            return redirect("library")
        except Refused as error:
            status = add_refusal(form, error)
    context = {
        **picking(form, waiting),
        "county": county,
        "counties": counties,
        "heading": "登记入库文号",
        "submit_label": "登记",
        "note": "列出的是已通过行业会审、尚未登记入库文号的项目；入库日期为会审通过之日。",
    }
    return render(request, "projects/library_pick.html", context, status=status)


def picking(form: PickForm, projects: QuerySet[Project]) -> dict[str, Any]:
    chosen = set(form.data.getlist("projects")) if form.is_bound else set()  # type: ignore[attr-defined]
    rows = projects.select_related("division__parent", "type").order_by("code")
    return {
        "form": form,
        "others": [field for field in form.visible_fields() if field.name != "projects"],
        "rows": [(project, str(project.pk) in chosen) for project in rows],
    }
