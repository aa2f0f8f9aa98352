"""开工, 月进度 and 质量检查: the month typed for many projects on one page."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Page
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from approvals.papers import store_uploads
from organizations.models import Division, User
from organizations.models.divisions import Level
from organizations.policies import Refused, refuse_without
from organizations.requests import OfficeRequest, get_visible
from projects.contracts import RECORDERS
from projects.forms.progress import (
    MonthForm,
    PhotosForm,
    ProgressRowForm,
    QualityCheckForm,
    RectifiedForm,
    months,
)
from projects.models import ProgressReport, Project, QualityCheck
from projects.policies import demand_post, demand_project_reader, raise_if
from projects.progress import (
    REPORTING,
    add_photos,
    nothing_to_rectify,
    record_quality_check,
    record_rectification,
    record_start,
    refuse_checking,
    report_progress,
)

from .life import add_refusal, page_of
from .projects import visible_project

Entry = tuple[Project, ProgressRowForm]


def progress_entry(request: OfficeRequest) -> HttpResponse:
    """One line for each project under way that this person reports on; all lines or none."""
    posts = demand_post(request.user, RECORDERS)
    territory = [post.division.path for post in posts]
    choice = MonthForm(request.GET, townships=townships_in(territory))
    chosen = choice.cleaned_data if choice.is_valid() else {}
    month = chosen.get("month") or months()[0]
    page = page_of(under_way(request, territory, chosen.get("township", "")), request)
    data = request.POST if request.method == "POST" else None
    rows = row_forms(list(page.object_list), month, data)
    status = 200
    if data is not None:
        typed = [row for row in rows if row.is_typed()]
        wrong = [row for row in typed if not row.is_valid()]  # each one says what is wrong
        if not wrong and (saved := keep(typed, month, request.user)):
            messages.success(request, f"已登记 {month:%Y-%m} 的进度 {saved} 个项目")
            return redirect(request.get_full_path())
        status = 200 if typed else 400
        if not typed:
            messages.warning(request, "没有填写任何一行")
        for row in set(rows) - set(typed):
            row.is_bound = False
    return show_entry(request, choice, month, page, rows, status)


def show_entry(
    request: OfficeRequest, choice: MonthForm, month: dt.date, page: Page[Any],
    rows: list[ProgressRowForm], status: int,
) -> HttpResponse:  # fmt: skip
    context = {
        "choice": choice,
        "month": month,
        "page": page,
        "rows": rows,
        "errors": sum(bool(row.is_bound and row.errors) for row in rows),
    }
    return render(request, "projects/progress_entry.html", context, status=status)


def townships_in(paths: list[str]) -> list[tuple[str, str]]:
    found = Division.objects.within(paths).filter(level=Level.TOWNSHIP).order_by("code")
    return [(division.code, division.name) for division in found]


def under_way(request: OfficeRequest, territory: list[str], township: str) -> Any:
    within = Division.objects.within(territory)
    if township:
        chosen = within.filter(code=township).first()
        within = within.filter(path__startswith=chosen.path) if chosen else within.none()
    found = Project.objects.filter(division__in=within, status__in=REPORTING)
    if request.GET.get("project", "").isdecimal():
        found = found.filter(pk=int(request.GET["project"][:18]))
    return found.select_related("division__parent", "commencement").order_by(
        "division__code", "code"
    )


def row_forms(projects: list[Project], month: dt.date, data: Any) -> list[ProgressRowForm]:
    """With what the month says already, and the latest month before it."""
    reports: dict[int, list[ProgressReport]] = {}
    for report in ProgressReport.objects.filter(project__in=projects, month__lte=month):
        reports.setdefault(report.project_id, []).append(report)
    return [row_form(project, month, reports.get(project.pk, []), data) for project in projects]


def row_form(
    project: Project, month: dt.date, reports: list[ProgressReport], data: Any
) -> ProgressRowForm:
    """`reports` up to the month, newest first."""
    begun = getattr(project, "commencement", None)
    return ProgressRowForm(
        data,
        project=project,
        report=next((r for r in reports if r.month == month), None),
        before=next((r for r in reports if r.month < month), None),
        begun=begun.started_on if begun else None,
    )


def keep(rows: list[ProgressRowForm], month: dt.date, by: User) -> int:
    """How many were saved; none at all where one was refused, which says so in its line."""
    with transaction.atomic():
        for row in rows:
            try:
                keep_row(row, month, by)
            except (Refused, ValidationError) as error:
                transaction.set_rollback(True)
                add_refusal(row, error)
                return 0
    return len(rows)


def keep_row(row: ProgressRowForm, month: dt.date, by: User) -> None:
    with transaction.atomic():
        if row.begun is None:
            started_on = row.cleaned_data["started_on"]
            record_start(project=row.project, by=by, started_on=started_on)
        if row.reports:
            report_progress(project=row.project, month=month, by=by, facts=row.facts())


def progress_photos(request: OfficeRequest, pk: int) -> HttpResponse:
    """`pk` is the report's."""
    demand_project_reader(request.user)
    reports = ProgressReport.objects.visible_to(request.user)
    report = get_visible(reports.select_related("project__division__parent"), pk)
    raise_if(None, wrong_role=refuse_without(request.user, RECORDERS, report.project.division))
    form, status = PhotosForm(), 200
    if request.method == "POST":
        data, refused = store_uploads(
            request.POST, request.FILES, PhotosForm.base_fields,
            division=report.project.division, by=request.user,
        )  # fmt: skip
        form = PhotosForm(data)
        for name, reason in refused.items():
            form.add_error(name, reason)
        if form.is_valid():
            try:
                add_photos(report=report, by=request.user, photos=form.cleaned_data["photos"])
                return back(request, report.project, f"已登记 {report.month:%Y-%m} 的照片")
            except Refused as error:
                status = add_refusal(form, error)
    title = f"{report.month:%Y-%m} 进度照片"
    return show(request, report.project, form, title, status)


def quality_check_new(request: OfficeRequest, pk: int) -> HttpResponse:
    """`pk` is the project's."""
    project = visible_project(request, pk)
    wrong_role = refuse_without(request.user, RECORDERS, project.division)
    raise_if(refuse_checking(project, request.user), wrong_role=wrong_role)
    form, status = QualityCheckForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        try:
            record_quality_check(project=project, by=request.user, facts=form.cleaned_data)
            return back(request, project, "已登记质量检查")
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
    return show(request, project, form, "登记质量检查", status)


def quality_check_rectify(request: OfficeRequest, pk: int) -> HttpResponse:
    demand_project_reader(request.user)
    checks = QualityCheck.objects.visible_to(request.user)
    check = get_visible(checks.select_related("project__division__parent"), pk)
    wrong_role = refuse_without(request.user, RECORDERS, check.project.division)
    raise_if(nothing_to_rectify(check), wrong_role=wrong_role)
    form, status = RectifiedForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        try:
            record_rectification(check=check, by=request.user, **form.cleaned_data)
            return back(request, check.project, "已登记整改情况")
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
    return show(request, check.project, form, f"登记整改：{check.problem}", status)


def back(request: OfficeRequest, project: Project, message: str) -> HttpResponse:
    messages.success(request, message)
    return redirect(f"{reverse('project_detail', args=(project.pk,))}#progress")


def show(
    request: OfficeRequest, project: Project, form: forms.Form | forms.ModelForm[Any], title: str,
    status: int,
) -> HttpResponse:  # fmt: skip
    context = {
        "form": form,
        "title": title,
        "thing": project,
        "cancel_url": project.get_absolute_url(),
        "submit_label": "登记",
    }
    return render(request, "projects/progress_form.html", context, status=status)
