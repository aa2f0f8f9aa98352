from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from approvals.actions import Action
from approvals.models import Evidence
from approvals.queries import items
from organizations.models import User
from organizations.policies import Refused, refuse_without
from organizations.requests import OfficeRequest, get_visible
from projects.adjustments import amend_adjustment, approval_of, publication_of, start_adjustment
from projects.filters import AdjustmentFilter
from projects.forms.adjustment import AdjustmentForm, wanted_values
from projects.forms.project import WorkItemFormSet, WorkItems, typed_values
from projects.models import Adjustment, Project
from projects.policies import (
    ADJUSTERS,
    demand_project_reader,
    raise_if,
    refuse_adjusting,
    refuse_rewriting,
)
from projects.queries import signatures, vouchers_about

from .editing import asks_again, place_context
from .life import add_refusal, button, life_of, page_of
from .projects import visible_project

SIGNATURES = (
    ("put_forward", "乡镇经办"),
    ("endorse", "乡镇审核"),
    ("appraise", "县级论证"),
    ("approve", "项目主管部门审核"),
    ("determine", "领导小组审定"),
    ("recover", "财政收回资金"),
)


def adjustment_list(request: OfficeRequest) -> HttpResponse:
    demand_project_reader(request.user)
    visible = Adjustment.objects.visible_to(request.user)
    filters = AdjustmentFilter(request.GET, visible, user=request.user)
    page = page_of(filters.qs.select_related("division__parent", "project"), request)
    context = {"filters": filters, "page": page, "rows": items(list(page.object_list))}
    return render(request, "projects/adjustment_list.html", context)


def adjustment_new(request: OfficeRequest, pk: int) -> HttpResponse:
    """`pk` is the project's."""
    project = visible_project(request, pk)
    wrong_role = refuse_without(request.user, ADJUSTERS, project.division)
    raise_if(refuse_adjusting(project, request.user), wrong_role=wrong_role)
    return write(request, project, None)


def adjustment_edit(request: OfficeRequest, pk: int) -> HttpResponse:
    adjustment = visible_adjustment(request, pk)
    wrong_role = refuse_without(request.user, ADJUSTERS, adjustment.division)
    raise_if(refuse_rewriting(adjustment, request.user), wrong_role=wrong_role)
    return write(request, adjustment.project, adjustment)


def write(request: OfficeRequest, project: Project, adjustment: Adjustment | None) -> HttpResponse:
    if request.method != "POST":
        form = AdjustmentForm(project=project, adjustment=adjustment)
        return show(request, form, adjustment, bill_of(project, adjustment))
    bill = WorkItemFormSet(request.POST, prefix="items")
    bill_is_good = bill.is_valid()
    form = AdjustmentForm(
        request.POST,
        project=project,
        adjustment=adjustment,
        work_items=bill.facts() if bill_is_good else None,
    )
    if asks_again(request):
        fresh = AdjustmentForm(project=project, adjustment=adjustment, initial=typed_values(form))
        typed = WorkItemFormSet(prefix="items", initial=bill.typed())
        return show(request, fresh, adjustment, typed)
    status = 200
    if form.is_valid() and bill_is_good:
        try:
            return saved(request, keep(request.user, project, adjustment, form))
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
    return show(request, form, adjustment, bill, status)


def keep(
    by: User, project: Project, adjustment: Adjustment | None, form: AdjustmentForm
) -> Adjustment:
    facts, proposed = form.facts(), form.proposed
    if adjustment:
        return amend_adjustment(adjustment=adjustment, by=by, facts=facts, proposed=proposed)
    return start_adjustment(project=project, by=by, facts=facts, proposed=proposed)


def saved(request: OfficeRequest, adjustment: Adjustment) -> HttpResponse:
    messages.success(request, f"已存为草稿，调整编号 {adjustment.number}，核对后提交村级意见")
    return redirect(adjustment)


def bill_of(project: Project, adjustment: Adjustment | None) -> WorkItems:
    """As the draft wants it, else as the project has it."""
    wanted = wanted_values(project, adjustment).get("work_items") if adjustment else None
    rows = list(project.work_items.values("name", "unit", "quantity", "unit_price"))
    return WorkItemFormSet(prefix="items", initial=rows if wanted is None else wanted)


def show(
    request: OfficeRequest,
    form: AdjustmentForm,
    adjustment: Adjustment | None,
    bill: WorkItems,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "items": bill,
        "project": form.project,
        "adjustment": adjustment,
        **place_context(request.POST, form),
    }
    return render(request, "projects/adjustment_form.html", context, status=status)


def adjustment_detail(request: OfficeRequest, pk: int) -> HttpResponse:
    adjustment = visible_adjustment(request, pk)
    context = {
        **life_of(adjustment, request.user),
        **facts_of(adjustment),
        "tools": tools_of(adjustment, request.user),
        "papers": Evidence.objects.filter(
            sha256__in=adjustment.minutes_files, division=adjustment.division
        ),
        "publication": publication_of(adjustment),
        "vouchers": vouchers_about(adjustment),
    }
    return render(request, "projects/adjustment_detail.html", context)


def facts_of(adjustment: Adjustment) -> dict[str, Any]:
    sources = list(adjustment.sources.select_related("allotment__category"))
    total = sum((source.amount for source in sources), Decimal(0))
    return {
        "adjustment": adjustment,
        "project": adjustment.project,
        "approval": approval_of(adjustment),
        "sources": sources,
        "sources_total": total,
        "taken_back": -total,
    }


def tools_of(adjustment: Adjustment, user: User) -> list[Action]:
    if refuse_without(user, ADJUSTERS, adjustment.division):
        return []
    url = reverse("adjustment_edit", args=(adjustment.pk,))
    return [button("修改填报", url, refuse_rewriting(adjustment, user))]


def adjustment_print(request: OfficeRequest, pk: int) -> HttpResponse:
    """项目调整申请表, and 批复 once the leading group agreed, on A4."""
    adjustment = visible_adjustment(request, pk)
    gives_back = adjustment.money_change < 0
    titles = [title for title in SIGNATURES if gives_back or title[0] != "recover"]
    context = {**facts_of(adjustment), "signatures": signatures(adjustment, titles)}
    return render(request, "projects/adjustment_print.html", context)


def visible_adjustment(request: OfficeRequest, pk: int) -> Adjustment:
    demand_project_reader(request.user)
    rows = Adjustment.objects.visible_to(request.user).select_related(
        "division__parent", "project__meeting", "project__county", "project__department",
        "project__division__parent", "proposed_by",
    )  # fmt: skip
    return get_visible(rows, pk)
