"""The form on which the village, the work team or the township writes a project down."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from organizations.policies import Refused, refuse_without
from organizations.requests import OfficeRequest
from projects.forms.adjustment import AdjustmentForm
from projects.forms.project import ProjectForm, WorkItemFormSet, WorkItems, typed_values
from projects.models import Project
from projects.policies import demand_post, raise_if, refuse_revision
from projects.services import propose_project, revise_project
from projects.workflow import VILLAGE

from .life import add_refusal
from .projects import visible_project

# Buttons that only ask for the form again, with what is typed in it.
ASK_AGAIN = ("search_places", "add_rows")


def project_new(request: OfficeRequest) -> HttpResponse:
    demand_post(request.user, VILLAGE)
    if request.method != "POST":
        today = timezone.localdate()
        form = ProjectForm(user=request.user, initial={"year": today.year})
        return show(request, form, WorkItemFormSet(prefix="items"))
    form, items = bind(request, None)
    if asks_again(request):
        return show_again(request, form, items)
    status = 200
    if form.is_valid() and items.is_valid():
        try:
            project = propose_project(
                division=form.cleaned_data["division"],
                by=request.user,
                facts=form.facts(),
                places=form.cleaned_data["places"],
                work_items=items.facts(),
            )
            return saved(request, project, form, f"已存为草稿，项目编号 {project.code}")
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
    return show(request, form, items, status)


def project_edit(request: OfficeRequest, pk: int) -> HttpResponse:
    project = visible_project(request, pk)
    wrong_role = refuse_without(request.user, VILLAGE, project.division)
    raise_if(refuse_revision(project, request.user), wrong_role=wrong_role)
    if request.method != "POST":
        rows = list(project.work_items.values("name", "unit", "quantity", "unit_price"))
        form = ProjectForm(user=request.user, instance=project)
        return show(request, form, WorkItemFormSet(prefix="items", initial=rows))
    form, items = bind(request, project)
    if asks_again(request):
        return show_again(request, form, items)
    status = 200
    if form.is_valid() and items.is_valid():
        try:
            project = revise_project(
                project=project,
                by=request.user,
                facts=form.facts(),
                places=form.cleaned_data["places"],
                work_items=items.facts(),
                reason=form.cleaned_data["reason"],
            )
            return saved(request, project, form, f"已保存修改 {project.code}")
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
    return show(request, form, items, status)


def place_options(request: OfficeRequest) -> HttpResponse:
    """The tick list of places for some words, the chosen ones first."""
    demand_post(request.user, VILLAGE)
    form = ProjectForm(user=request.user, initial={"places": request.GET.getlist("places")})
    return render(request, "projects/_places.html", place_context(request.GET, form))


def bind(request: OfficeRequest, project: Project | None) -> tuple[ProjectForm, WorkItems]:
    form = ProjectForm(request.POST, user=request.user, instance=project)
    return form, WorkItemFormSet(request.POST, prefix="items")


def asks_again(request: OfficeRequest) -> bool:
    return any(name in request.POST for name in ASK_AGAIN)


def show_again(request: OfficeRequest, form: ProjectForm, items: WorkItems) -> HttpResponse:
    instance = form.instance if form.instance.pk else None
    fresh = ProjectForm(user=request.user, instance=instance, initial=typed_values(form))
    return show(request, fresh, WorkItemFormSet(prefix="items", initial=items.typed()))


def saved(
    request: OfficeRequest, project: Project, form: ProjectForm, message: str
) -> HttpResponse:
    messages.success(request, message)
    for warning in form.warnings():
        messages.warning(request, warning)
    return redirect(project)


def show(
    request: OfficeRequest, form: ProjectForm, items: WorkItems, status: int = 200
) -> HttpResponse:
    context = {
        "form": form,
        "items": items,
        "project": form.instance if form.instance.pk else None,
        **place_context(request.POST, form),
    }
    return render(request, "projects/project_form.html", context, status=status)


def place_context(data: Any, form: ProjectForm | AdjustmentForm) -> dict[str, Any]:
    words = data.get("place_words", "")
    return {
        "place_words": words,
        "shown_places": form.shown_places(words),
        "chosen_places": form.chosen_places(),
        "place_errors": form.errors.get("places") if form.is_bound else None,
    }
