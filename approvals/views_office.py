"""转办、加签、催办: what may be done about a thing without moving it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from organizations.forms import explain
from organizations.models import Organization, Post
from organizations.policies import Refused, role_names
from organizations.requests import OfficeRequest

from . import office, queries
from .forms import AskForm, HandOverForm, ReasonForm
from .models import Subject
from .views import visible_subject
from .workflow import WORKFLOWS

Act = Callable[[dict[str, Any]], str]


def subject_at(request: OfficeRequest, life: str, pk: int) -> Subject:
    workflow = WORKFLOWS.get(life)
    if workflow is None:
        raise Http404
    return visible_subject(workflow, request.user, pk)


@require_http_methods(["GET", "POST"])
def assign(request: OfficeRequest, life: str, pk: int) -> HttpResponse:
    """转办."""
    subject = subject_at(request, life, pk)
    held = office.may_hand_over(subject, request.user)
    posts = office.possible_assignees(subject, held)
    if not posts:
        roles = role_names(sorted(held.roles))
        raise Refused(f"没有其他可以办理本步的人员（{roles}）", who_can_clear="系统管理员（任命）")
    form = HandOverForm(request.POST or None, posts=posts)

    def act(data: dict[str, Any]) -> str:
        to = get_object_or_404(Post.objects.select_related("user"), pk=data["to"])
        made = office.hand_over(subject=subject, to=to, reason=data["reason"], by=request.user)
        return f"已转办给 {made.post}。"

    note = "转办后本步由所选人员办理，其他同岗位人员不再办理；本人或对方可以再转交。"
    return answer(request, subject, form, act, label="转办", note=note)


@require_http_methods(["GET", "POST"])
def ask(request: OfficeRequest, life: str, pk: int) -> HttpResponse:
    """加签."""
    subject = subject_at(request, life, pk)
    held = office.may_ask(subject, request.user)
    units = office.units_to_ask(subject, held)
    if not units:
        raise Refused("没有可以请求会签的单位", who_can_clear="系统管理员（登记单位、任命岗位）")
    form = AskForm(request.POST or None, units=units)

    def act(data: dict[str, Any]) -> str:
        unit = get_object_or_404(Organization, pk=data["organization"])
        office.ask_to_countersign(
            subject=subject, organization=unit, reason=data["reason"], by=request.user
        )
        return f"已请 {unit} 会签，签署前本步不能向前办理。"

    note = "对方签署之前，本步不能向前办理；席位设立后不能撤销，退回时随之取消。"
    return answer(request, subject, form, act, label="加签", note=note)


@require_http_methods(["GET", "POST"])
def remind(request: OfficeRequest, life: str, pk: int) -> HttpResponse:
    """催办."""
    subject = subject_at(request, life, pk)
    office.may_remind(subject, request.user)
    form = ReasonForm(request.POST or None)

    def act(data: dict[str, Any]) -> str:
        office.remind(subject=subject, message=data["reason"], by=request.user)
        return "已催办，现办理人的待办中会排在前面。"

    note = "同一事项每人每天催办一次，催办记录长期保存。"
    return answer(request, subject, form, act, label="催办", note=note)


def answer(
    request: OfficeRequest, subject: Subject, form: forms.Form, act: Act, *, label: str, note: str
) -> HttpResponse:
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        try:
            messages.success(request, act(form.cleaned_data))
        except Refused as refused:
            explain(form, refused.refusal)
            status = refused.status_code
        else:
            return redirect(subject.get_absolute_url())
    context = {
        "subject": subject,
        "form": form,
        "label": label,
        "note": note,
        "steps": queries.steps(subject),
    }
    return render(request, "approvals/office.html", context, status=status)
