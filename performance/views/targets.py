"""A project's indicators, on the project's page."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from approvals.history import changes_of
from organizations.policies import Refused, refuse_without
from organizations.requests import OfficeRequest, get_visible
from performance.forms.targets import FillForm, TargetForm, VersionForm
from performance.models import Declaration, Target
from performance.policies import SETTERS, refuse_new_version, refuse_setting, targets_stand
from performance.targets import (
    as_tree,
    drop_target,
    fill_from_library,
    library_of,
    set_target,
    start_version,
    unapproved,
)
from projects.models import Project
from projects.policies import demand_project_reader, raise_if
from projects.views.life import add_refusal, button
from projects.views.projects import visible_project


@require_safe
def target_list(request: OfficeRequest, pk: int) -> HttpResponse:
    """`pk` is the project's."""
    project, user = visible_project(request, pk), request.user
    refusal = refuse_setting(project, user)
    actions = [
        button("从指标库填报", reverse("target_fill", args=(pk,)), refusal, style="primary"),
        button("增加指标", reverse("target_new", args=(pk,)), refusal),
    ]
    new_version = refuse_new_version(project, user)
    if refusal and new_version is None:
        url = reverse("declaration_new", args=(pk,))
        actions = [button("登记绩效目标调整", url, None, style="primary")]
    context = {
        "project": project,
        "tree": as_tree(Target.objects.filter(project=project)),
        "versions": Declaration.objects.filter(project=project).order_by("number"),
        "actions": actions,
        "may_change": refusal is None,
        "missing": unapproved(project),
        "standing": targets_stand(project),
    }
    return render(request, "performance/target_list.html", context)


@require_http_methods(["GET", "POST"])
def target_new(request: OfficeRequest, pk: int) -> HttpResponse:
    return edit(request, visible_project(request, pk), None)


@require_http_methods(["GET", "POST"])
def target_edit(request: OfficeRequest, pk: int) -> HttpResponse:
    target = visible_target(request, pk)
    return edit(request, target.project, target)


def visible_target(request: OfficeRequest, pk: int) -> Target:
    demand_project_reader(request.user)
    rows = Target.objects.visible_to(request.user)
    return get_visible(rows.select_related("project__division", "project__type"), pk)


def demand_setting(request: OfficeRequest, project: Project) -> None:
    wrong_role = refuse_without(request.user, SETTERS, project.division)
    raise_if(refuse_setting(project, request.user), wrong_role=wrong_role)


def edit(request: OfficeRequest, project: Project, target: Target | None) -> HttpResponse:
    demand_setting(request, project)
    form = TargetForm(request.POST or None, target=target)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            saved = set_target(project=project, by=request.user, **form.facts())
            messages.success(request, f"已保存绩效指标 {saved}")
            again = target is None and "save_and_new" in request.POST
            return redirect("target_new" if again else "target_list", pk=project.pk)
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
    context = {
        "form": form,
        "project": project,
        "target": target,
        "changes": changes_of(target) if target else [],
    }
    return render(request, "performance/target_form.html", context, status=status)


@require_POST
def target_drop(request: OfficeRequest, pk: int) -> HttpResponse:
    target = visible_target(request, pk)
    demand_setting(request, target.project)
    drop_target(target=target, by=request.user)
    messages.success(request, f"已删除绩效指标 {target}")
    return redirect("target_list", pk=target.project_id)


@require_http_methods(["GET", "POST"])
def target_fill(request: OfficeRequest, pk: int) -> HttpResponse:
    """From the library. `pk` is the project's."""
    project = visible_project(request, pk)
    demand_setting(request, project)
    library = list(library_of(project))
    targets = list(Target.objects.filter(project=project))
    form = FillForm(request.POST or None, library=library, targets=targets)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            count = fill_from_library(project=project, wanted=form.wanted(), by=request.user)
            messages.success(request, f"已从指标库填报 {count} 项绩效指标")
            return redirect("target_list", pk=pk)
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
    context = {"form": form, "project": project}
    return render(request, "performance/target_fill.html", context, status=status)


@require_http_methods(["GET", "POST"])
def declaration_new(request: OfficeRequest, pk: int) -> HttpResponse:
    """登记绩效目标调整: the next version. `pk` is the project's."""
    project = visible_project(request, pk)
    wrong_role = refuse_without(request.user, SETTERS, project.division)
    raise_if(refuse_new_version(project, request.user), wrong_role=wrong_role)
    form, status = VersionForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            declaration = start_version(project=project, reason=reason, by=request.user)
            messages.success(request, f"已登记 {declaration}，请修改指标后送审")
            return redirect("target_list", pk=pk)
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
    context = {"form": form, "project": project, "deed": "登记绩效目标调整"}
    return render(request, "performance/deed_form.html", context, status=status)
