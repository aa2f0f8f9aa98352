from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from approvals.history import changes_of
from organizations.policies import Refused, refuse_without
from organizations.requests import OfficeRequest, get_visible
from projects.models import Project
from projects.policies import demand_project_reader, raise_if
from projects.views.life import add_refusal, button
from projects.views.projects import visible_project

from .forms import TargetForm
from .models import Target
from .policies import SETTERS, refuse_setting
from .services import set_target
from .workflow import has_targets


def target_list(request: OfficeRequest, pk: int) -> HttpResponse:
    """`pk` is the project's."""
    project = visible_project(request, pk)
    refusal = refuse_setting(project, request.user)
    url = reverse("target_new", args=(project.pk,))
    context = {
        "project": project,
        "targets": Target.objects.filter(project=project),
        "actions": [button("增加指标", url, refusal, style="primary")],
        "may_change": refusal is None,
        "missing": has_targets(project),
    }
    return render(request, "performance/target_list.html", context)


def target_new(request: OfficeRequest, pk: int) -> HttpResponse:
    return edit(request, visible_project(request, pk), None)


def target_edit(request: OfficeRequest, pk: int) -> HttpResponse:
    demand_project_reader(request.user)
    targets = Target.objects.visible_to(request.user).select_related("project__division")
    target = get_visible(targets, pk)
    return edit(request, target.project, target)


def edit(request: OfficeRequest, project: Project, target: Target | None) -> HttpResponse:
    wrong_role = refuse_without(request.user, SETTERS, project.division)
    raise_if(refuse_setting(project, request.user), wrong_role=wrong_role)
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
