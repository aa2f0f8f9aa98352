"""年度项目计划和实施方案: drawn up, its projects chosen, printed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Sum
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from approvals.actions import Action
from approvals.meetings import SECRETARIES
from approvals.queries import items
from organizations.models import Division, User
from organizations.policies import Refused, refuse_without
from organizations.requests import OfficeRequest, get_visible
from projects.filters import PlanFilter
from projects.forms.plans import DropForm, PickForm, PlanForm
from projects.models import AnnualPlan, PlanItem
from projects.plan_agenda import drop_project, refuse_drop
from projects.plans import (
    CLERKS,
    amend_plan,
    by_source,
    by_type,
    candidates,
    draw_up_plan,
    no_longer_draft,
    plan_lines,
    planned_money,
    set_plan_projects,
    total_of,
)
from projects.policies import demand_post, demand_project_reader, raise_if

from .life import add_refusal, button, life_of, page_of


def plan_list(request: OfficeRequest) -> HttpResponse:
    demand_project_reader(request.user)
    visible = AnnualPlan.objects.visible_to(request.user).select_related("division__parent")
    filters = PlanFilter(request.GET, visible, user=request.user)
    counted = filters.qs.annotate(
        projects=Count("items", distinct=True), amount=Sum("items__sources__amount")
    )
    page = page_of(counted.order_by("-year", "-batch", "division_id"), request)
    plans = list(page.object_list)
    context = {
        "filters": filters,
        "page": page,
        "rows": list(zip(plans, items(plans), strict=True)),
        "may_draw_up": bool(request.user.roles().intersection(CLERKS)),
        "shows_county": "county" in filters.filters,
    }
    return render(request, "projects/plan_list.html", context)


def plan_new(request: OfficeRequest) -> HttpResponse:
    posts = demand_post(request.user, CLERKS)
    counties = Division.objects.filter(pk__in=[post.division.pk for post in posts])
    form = PlanForm(request.POST or None, counties=counties)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            plan = draw_up_plan(
                county=form.cleaned_data["county"],
                year=form.cleaned_data["year"],
                by=request.user,
                facts=form.facts(),
            )
            messages.success(request, f"已存为草稿：{plan}，请选择列入的项目")
            return redirect("plan_items", pk=plan.pk)
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
    return render(request, "projects/plan_form.html", {"form": form}, status=status)


def plan_edit(request: OfficeRequest, pk: int) -> HttpResponse:
    plan = editable_plan(request, pk)
    form = PlanForm(
        request.POST or None, instance=plan, counties=Division.objects.filter(pk=plan.division_id)
    )
    status = 200
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            amend_plan(plan=plan, by=request.user, facts=form.facts(), reason=reason)
            messages.success(request, f"已保存修改：{plan}")
            return redirect(plan)
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
    return render(request, "projects/plan_form.html", {"form": form, "plan": plan}, status=status)


def plan_items(request: OfficeRequest, pk: int) -> HttpResponse:
    """Ticks before the projects that the plan may hold, with what each is given."""
    plan = editable_plan(request, pk)
    offered = candidates(plan)
    form = PickForm(request.POST or None, projects=offered)
    chosen = set(plan.items.values_list("project_id", flat=True))
    status = 200
    if request.method == "POST":
        chosen = {int(pk) for pk in request.POST.getlist("projects") if pk.isdecimal()}
        if form.is_valid():
            try:
                projects = form.cleaned_data["projects"]
                set_plan_projects(plan=plan, projects=projects, by=request.user)
                messages.success(request, f"{plan} 列入 {len(projects)} 个项目")
                return redirect(plan)
            except Refused as error:
                status = add_refusal(form, error)
    rows = list(offered)
    money = planned_money(rows)
    context = {
        "form": form,
        "plan": plan,
        "rows": [
            (project, sum(amount for _, amount in money.get(project.pk, [])), project.pk in chosen)
            for project in rows
        ],
    }
    return render(request, "projects/plan_items.html", context, status=status)


def plan_item_drop(request: OfficeRequest, pk: int) -> HttpResponse:
    """`pk` is the item's. The secretary takes a project out of a plan before the meeting."""
    demand_project_reader(request.user)
    visible = AnnualPlan.objects.visible_to(request.user)
    rows = PlanItem.objects.filter(plan__in=visible)
    item = get_visible(rows.select_related("plan__division", "project"), pk)
    wrong_role = refuse_without(request.user, SECRETARIES, item.plan.division)
    raise_if(refuse_drop(item.plan), wrong_role=wrong_role)
    form = DropForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            drop_project(item=item, by=request.user, reason=form.cleaned_data["reason"])
            messages.success(request, f"已移出 {item.project}，须对计划重新表决")
            return redirect(item.plan)
        except Refused as error:
            status = add_refusal(form, error)
    context = {"form": form, "item": item, "plan": item.plan}
    return render(request, "projects/plan_item_drop.html", context, status=status)


def plan_detail(request: OfficeRequest, pk: int) -> HttpResponse:
    plan = visible_plan(request, pk)
    may_drop = (
        refuse_without(request.user, SECRETARIES, plan.division) is None
        and refuse_drop(plan) is None
    )
    context = {
        **plan_facts(plan),
        **life_of(plan, request.user),
        "tools": tools_of(plan, request.user),
        "may_drop": may_drop,
    }
    return render(request, "projects/plan_detail.html", context)


def plan_print(request: OfficeRequest, pk: int) -> HttpResponse:
    """年度项目计划表, on A4 landscape."""
    return render(request, "projects/plan_print.html", plan_facts(visible_plan(request, pk)))


def plan_scheme(request: OfficeRequest, pk: int) -> HttpResponse:
    """实施方案, on A4."""
    return render(request, "projects/plan_scheme.html", plan_facts(visible_plan(request, pk)))


def plan_facts(plan: AnnualPlan) -> dict[str, Any]:
    lines = plan_lines(plan)
    return {
        "plan": plan,
        "lines": lines,
        "total": total_of(lines),
        "types": by_type(lines),
        "sources": by_source(lines),
        "people": sum(line.project.people for line in lines),
        "poor_people": sum(line.project.poor_people for line in lines),
    }


def visible_plan(request: OfficeRequest, pk: int) -> AnnualPlan:
    demand_project_reader(request.user)
    plans = AnnualPlan.objects.visible_to(request.user)
    return get_visible(plans.select_related("division__parent", "meeting", "drawn_up_by"), pk)


def editable_plan(request: OfficeRequest, pk: int) -> AnnualPlan:
    plan = visible_plan(request, pk)
    raise_if(no_longer_draft(plan), wrong_role=refuse_without(request.user, CLERKS, plan.division))
    return plan


def tools_of(plan: AnnualPlan, user: User) -> list[Action]:
    if refuse_without(user, CLERKS, plan.division):
        return []
    refusal = no_longer_draft(plan)
    return [
        button("选择项目", reverse("plan_items", args=(plan.pk,)), refusal, style="primary"),
        button("修改文本", reverse("plan_edit", args=(plan.pk,)), refusal),
    ]
