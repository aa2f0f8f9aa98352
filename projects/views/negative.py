"""Pages of the negative list: what waits for a second person, and what is let pass."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from approvals.actions import Action, available
from approvals.trail import decisions_of, steps
from approvals.workflow import WORKFLOWS
from organizations.models import User
from organizations.policies import Refusal, Refused, refuse_without
from organizations.requests import OfficeRequest, get_visible
from projects.forms.negative import ReviewForm, WaiverForm
from projects.models import NegativeHit, NegativeWaiver, Project
from projects.negative import REVIEWERS, rules_in_force
from projects.policies import demand_post, demand_project_reader, raise_if
from projects.second_look import confirm_hit, demand_review, rows_of, waiting_for
from projects.waivers import PROPOSERS, amend_waiver, propose_waiver

from .life import add_refusal, button
from .projects import visible_project


def negative_list(request: OfficeRequest) -> HttpResponse:
    """Hits that wait for this person."""
    demand_post(request.user, REVIEWERS)
    rows = rows_of(waiting_for(request.user))
    return render(request, "projects/negative_list.html", {"rows": rows})


def negative_review(request: OfficeRequest, pk: int) -> HttpResponse:
    demand_project_reader(request.user)
    hit = get_visible(NegativeHit.objects.with_answers().visible_to(request.user), pk)
    demand_review(hit, request.user)
    form = ReviewForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            review = confirm_hit(hit=hit, by=request.user, **form.cleaned_data)
            messages.success(
                request, f"已复核：{hit.rule}，结论“{review.get_conclusion_display()}”"
            )
            return redirect("negative_list")
        except Refused as error:
            status = add_refusal(form, error)
    context = {"form": form, "hit": hit, "row": rows_of([hit])[0], "url": subject_url(hit)}
    return render(request, "projects/negative_review.html", context, status=status)


def subject_url(hit: NegativeHit) -> str:
    model = WORKFLOWS[hit.subject_type].model
    return model._default_manager.get(pk=hit.subject_id).get_absolute_url()


def waiver_new(request: OfficeRequest, pk: int) -> HttpResponse:
    """`pk` is the project's."""
    project = visible_project(request, pk)
    raise_if(None, wrong_role=refuse_without(request.user, PROPOSERS, project.division))
    initial = {"valid_from": timezone.localdate()}
    form = WaiverForm(request.POST or None, rules=rules_in_force(), initial=initial)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            waiver = propose_waiver(project=project, by=request.user, **form.cleaned_data)
            messages.success(request, "已存为草稿，核对后提请领导小组审定")
            return redirect(waiver)
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
    return show_form(request, form, project, None, status)


def waiver_edit(request: OfficeRequest, pk: int) -> HttpResponse:
    waiver = visible_waiver(request, pk)
    wrong_role = refuse_without(request.user, PROPOSERS, waiver.division)
    raise_if(refuse_edit(waiver), wrong_role=wrong_role)
    stored = {n: getattr(waiver, n) for n in ("reason", "valid_from", "valid_until")}
    form = WaiverForm(
        request.POST or None,
        rules=[*rules_in_force(), waiver.rule],
        initial={**stored, "rule": waiver.rule_id},
    )
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            amend_waiver(waiver=waiver, by=request.user, **form.cleaned_data)
            messages.success(request, "已保存")
            return redirect(waiver)
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
    return show_form(request, form, waiver.project, waiver, status)


def show_form(
    request: OfficeRequest,
    form: WaiverForm,
    project: Project,
    waiver: NegativeWaiver | None,
    status: int,
) -> HttpResponse:
    context = {"form": form, "project": project, "waiver": waiver}
    return render(request, "projects/waiver_form.html", context, status=status)


def waiver_detail(request: OfficeRequest, pk: int) -> HttpResponse:
    waiver = visible_waiver(request, pk)
    context: dict[str, Any] = {
        "waiver": waiver,
        "project": waiver.project,
        "steps": steps(waiver),
        "actions": available(waiver, request.user),
        "decisions": decisions_of(waiver, request.user),
        "tools": tools_of(waiver, request.user),
    }
    return render(request, "projects/waiver_detail.html", context)


def refuse_edit(waiver: NegativeWaiver) -> Refusal | None:
    if waiver.status == NegativeWaiver.Status.DRAFT:
        return None
    return Refusal(
        f"豁免现为“{waiver.get_status_display()}”，内容不能改动", who_can_clear="领导小组"
    )


def tools_of(waiver: NegativeWaiver, user: User) -> list[Action]:
    if refuse_without(user, PROPOSERS, waiver.division) or refuse_edit(waiver):
        return []
    return [button("修改", reverse("waiver_edit", args=(waiver.pk,)), None)]


def visible_waiver(request: OfficeRequest, pk: int) -> NegativeWaiver:
    demand_project_reader(request.user)
    waivers = NegativeWaiver.objects.visible_to(request.user).select_related(
        "division__parent", "project__county", "rule", "meeting", "proposed_by"
    )
    return get_visible(waivers, pk)
