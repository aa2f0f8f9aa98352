"""绩效目标申报表: its life, its print-out, and where it was made public."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from approvals.actions import buttons
from approvals.models import Evidence, Subject
from approvals.papers import store_uploads
from approvals.queries import items
from approvals.trail import decisions_of, steps
from organizations.models import Division, User
from organizations.policies import Refused, refuse_without
from organizations.requests import OfficeRequest, get_visible
from performance.forms.targets import GoalForm, PublicationForm
from performance.models import Declaration, Evaluation, Monitoring, PaymentHold
from performance.policies import PUBLISHERS, SETTERS, refuse_publishing
from performance.publications import clock_of
from performance.targets import as_tree, declare_goal, incomplete, lines_of, publish_targets
from projects.policies import demand_project_reader, raise_if
from projects.queries import figures_by_project, signatures
from projects.views.life import add_refusal, button, page_of

S = Declaration.Status
LISTS: dict[str, tuple[type[Subject], str]] = {
    "declaration": (Declaration, "没有绩效目标申报表。在项目页填报。"),
    "monitoring": (Monitoring, "没有绩效监控表。在项目页填报。"),
    "evaluation": (Evaluation, "没有绩效评价。在项目页填报自评。"),
    "payment_hold": (PaymentHold, "没有暂缓（停止）拨款的决定。"),
}
SIGNATURES = (
    ("submit", "申报单位"),
    ("endorse", "财政部门审核意见"),
    ("approve", "项目主管部门审核意见"),
)


@require_safe
def life_list(request: OfficeRequest, of: str) -> HttpResponse:
    """Everything of one life in the person's territory, with who holds it."""
    demand_project_reader(request.user)
    model, empty = LISTS[of]
    rows = model._default_manager.visible_to(request.user)  # type: ignore[attr-defined]
    status = request.GET.get("status", "")
    choices = model._meta.get_field("status").choices or ()
    if status in dict(choices):
        rows = rows.filter(status=status)
    page = page_of(rows.select_related(*model.read_with).order_by("-pk"), request)
    page.object_list = items(list(page.object_list))
    context = {
        "title": model._meta.verbose_name,
        "page": page,
        "empty": empty,
        "status": status,
        "choices": choices,
        "here": f"{of}_list",
    }
    return render(request, "performance/life_list.html", context)


def life_of_subject(subject: Subject, user: User) -> dict[str, Any]:
    """What changes comes with a step, so there is no history of edits."""
    return {
        "subject": subject,
        "steps": steps(subject),
        "actions": buttons(subject, user),
        "decisions": decisions_of(subject),
    }


@require_safe
def declaration_detail(request: OfficeRequest, pk: int) -> HttpResponse:
    declaration = visible_declaration(request, pk)
    publication = getattr(declaration, "publication", None)
    papers = Evidence.objects.filter(sha256__in=publication.papers) if publication else ()
    context = {
        **life_of_subject(declaration, request.user),
        "tools": tools_of(declaration, request.user),
        "clock": clock_of(declaration),
        "publication": publication,
        "papers": papers,
        "missing": incomplete(declaration) if declaration.status == S.DRAFT else None,
    }
    return render(request, "performance/declaration_detail.html", context)


def tools_of(declaration: Declaration, user: User) -> list[Any]:
    """Beside the steps; each role is shown its own."""
    found, pk = [], (declaration.pk,)
    is_setter = refuse_without(user, SETTERS, declaration.division) is None
    if is_setter and declaration.status == S.DRAFT:
        list_url = reverse("target_list", args=(declaration.project_id,))
        found.append(button("填报指标", list_url, None))
        found.append(button("填写总体目标", reverse("declaration_edit", args=pk), None))
    if refuse_without(user, PUBLISHERS, declaration.division) is None:
        refusal = refuse_publishing(declaration, user)
        found.append(button("登记公开", reverse("declaration_publish", args=pk), refusal))
    return found


@require_safe
def declaration_print(request: OfficeRequest, pk: int) -> HttpResponse:
    """绩效目标申报表 on A4, with its three signatures."""
    declaration = visible_declaration(request, pk)
    project = declaration.project
    context = {
        "declaration": declaration,
        "project": project,
        "tree": as_tree(lines_of(declaration)),
        "figures": figures_by_project([project])[project.earmark_id],
        "signatures": signatures(declaration, SIGNATURES),
    }
    return render(request, "performance/declaration_print.html", context)


@require_http_methods(["GET", "POST"])
def declaration_edit(request: OfficeRequest, pk: int) -> HttpResponse:
    declaration = visible_declaration(request, pk)
    raise_if(None, wrong_role=refuse_without(request.user, SETTERS, declaration.division))
    form = GoalForm(request.POST or None, initial={"goal": declaration.goal})
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            goal = form.cleaned_data["goal"]
            declare_goal(declaration=declaration, goal=goal, by=request.user)
            messages.success(request, "已保存年度总体目标")
            return redirect(declaration)
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
    context = {"form": form, "project": declaration.project, "deed": "填写年度总体目标"}
    return render(request, "performance/deed_form.html", context, status=status)


@require_http_methods(["GET", "POST"])
def declaration_publish(request: OfficeRequest, pk: int) -> HttpResponse:
    """Where it was made public. An errand leads here with an empty POST: then the form is shown."""
    declaration = visible_declaration(request, pk)
    wrong_role = refuse_without(request.user, PUBLISHERS, declaration.division)
    raise_if(refuse_publishing(declaration, request.user), wrong_role=wrong_role)
    is_filled = "published_on" in request.POST
    data, refused = uploaded(request, PublicationForm, declaration.division)
    form, status = PublicationForm(data if is_filled else None), 200
    if is_filled:
        for name, reason in refused.items():
            form.add_error(name, reason)
    if is_filled and form.is_valid():
        try:
            publish_targets(declaration=declaration, by=request.user, facts=form.cleaned_data)
            messages.success(request, f"已登记公开：{declaration}")
            return redirect(declaration)
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
    context = {"form": form, "project": declaration.project, "deed": "登记绩效目标公开"}
    return render(request, "performance/deed_form.html", context, status=status)


def uploaded(
    request: OfficeRequest, form_class: type[Form], division: Division
) -> tuple[QueryDict | None, dict[str, str]]:
    """What was typed, each paper as its hash, and which papers were refused; None to show it."""
    if request.method != "POST":
        return None, {}
    return store_uploads(
        request.POST, request.FILES, form_class.base_fields, division=division, by=request.user
    )


def visible_declaration(request: OfficeRequest, pk: int) -> Declaration:
    demand_project_reader(request.user)
    rows = Declaration.objects.visible_to(request.user).select_related(
        "division__parent", "project__type", "project__department", "project__division",
        "publication", "started_by",
    )  # fmt: skip
    return get_visible(rows, pk)
