"""The inbox, and the one page on which every step of every life is taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Generic, TypeVar

from django import forms
from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from organizations.models import Post, User
from organizations.policies import Refusal, Refused
from organizations.requests import OfficeRequest, get_visible

from . import queries
from .actions import demand_by_hand
from .attempts import keeping_refusals
from .decisions import readers_of
from .errands import errands_of
from .forms import DecisionForm, InboxFilter
from .models import CarbonCopy, Evidence, Subject
from .papers import papers_in, store_uploads
from .workflow import (
    COUNTERSIGN,
    WITHDRAW,
    WORKFLOWS,
    ConditionUnmet,
    Transition,
    Workflow,
    WrongState,
    withdrawal,
)

T = TypeVar("T")
PAGE_SIZE = 30
PAPERS_SHOWN = 40


@dataclass
class Slices(Generic[T]):
    """What a Paginator needs of a list that is only ever read one page of."""

    total: int
    read: Callable[[int, int], list[T]]

    def __len__(self) -> int:
        return self.total

    def __getitem__(self, wanted: slice) -> list[T]:
        return self.read(wanted.stop - wanted.start, wanted.start)


def page_of(request: OfficeRequest, rows: Any) -> Page[Any]:
    return Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))


def tab(request: OfficeRequest, template: str, context: Mapping[str, Any]) -> HttpResponse:
    pending = context.get("pending")
    counts = {
        "pending": queries.pending_count(request.user) if pending is None else pending,
        "unread": queries.unread_count(request.user),
    }
    return render(request, f"approvals/{template}", {"counts": counts, **context})


@require_GET
def inbox(request: OfficeRequest) -> HttpResponse:
    """待办."""
    user, due = request.user, queries.deadlines()
    filters = InboxFilter(request.GET)
    wanted = filters.wanted(step=request.GET.get("step", ""))
    steps = queries.pending_steps(user, due, replace(wanted, step=""))
    rows: Slices[queries.InboxItem] = Slices(
        sum(step.count for step in steps if wanted.step in ("", step.key)),
        lambda limit, offset: queries.pending(
            user, limit=limit, offset=offset, wanted=wanted, due=due
        ),
    )
    context = {
        "steps": steps,
        "chosen": wanted.step,
        "filters": filters,
        "page": page_of(request, rows),
        "tab": "pending",
    }
    if wanted == queries.Wanted(step=wanted.step):
        errands = errands_of(user)
        context["errands"] = errands
        context["pending"] = sum(step.count for step in steps) + len(errands)
    return tab(request, "inbox.html", context)


@require_GET
def inbox_done(request: OfficeRequest) -> HttpResponse:
    """已办."""
    page = page_of(request, queries.done(request.user))
    rows = queries.beside_subjects(list(page.object_list))
    return tab(request, "inbox_done.html", {"page": page, "rows": rows, "tab": "done"})


@require_GET
def inbox_mine(request: OfficeRequest) -> HttpResponse:
    """我发起的."""
    user = request.user
    rows: Slices[queries.InboxItem] = Slices(
        queries.mine_count(user),
        lambda limit, offset: queries.mine(user, limit=limit, offset=offset),
    )
    return tab(request, "inbox_mine.html", {"page": page_of(request, rows), "tab": "mine"})


@require_GET
def inbox_copied(request: OfficeRequest) -> HttpResponse:
    """抄送."""
    page = page_of(request, queries.copied(request.user))
    copies = {copy.decision_id: copy for copy in page.object_list}
    decisions = [copy.decision for copy in page.object_list]
    rows = [(copies[d.pk], d, item) for d, item in queries.beside_subjects(decisions)]
    return tab(request, "inbox_copied.html", {"page": page, "rows": rows, "tab": "copied"})


@require_GET
def copy_open(request: OfficeRequest, pk: int) -> HttpResponse:
    """Opening is reading; then on to the thing itself."""
    copies = CarbonCopy.objects.filter(user=request.user).select_related("decision")
    copy = get_object_or_404(copies, pk=pk)
    if copy.read_at is None:
        copy.read_at = timezone.now()
        copy.save(update_fields=["read_at"])
    subject = queries.subjects_of([copy.decision]).get(
        (copy.decision.subject_type, copy.decision.subject_id)
    )
    if subject is None:
        raise Http404
    return redirect(subject.get_absolute_url())


@require_http_methods(["GET", "POST"])
def act(request: OfficeRequest, life: str, pk: int, action: str) -> HttpResponse:
    """One step: what it records, the answers it asks, and why it may be refused."""
    workflow = WORKFLOWS.get(life)
    if workflow is None:
        raise Http404
    subject = visible_subject(workflow, request.user, pk)
    label = workflow.action_label(action)
    # Whoever only looks has tried nothing.
    keeping = keeping_refusals(subject, action, label, request.user)
    try:
        with keeping if request.method == "POST" else nullcontext():
            demand_unmoved(workflow, subject, action, request.POST.get("seen_status", ""))
            step = step_for(workflow, subject, action, request.user)
    except (WrongState, ConditionUnmet) as error:
        context = {"refusal": error.refusal, "subject": subject, "label": label}
        return render(request, "409.html", context, status=error.status_code)
    forms_ = forms_for(request, subject, step)
    if request.method == "POST" and all([form.is_valid() for form in forms_]):  # noqa: C419 - show all errors
        return take(request, workflow, subject, step, forms_)
    return show(request, subject, step, forms_, status=422 if request.method == "POST" else 200)


def visible_subject(workflow: Workflow, user: User, pk: int) -> Subject:
    manager: Any = workflow.model._default_manager
    rows = manager.visible_to(user).select_related(*workflow.model.read_with)
    subject: Subject = get_visible(rows, pk)
    return subject


def demand_unmoved(workflow: Workflow, subject: Subject, action: str, seen: str) -> None:
    if seen and seen != subject.status:
        raise workflow.wrong_state(subject, action)


def step_for(workflow: Workflow, subject: Subject, action: str, user: User) -> Transition:
    if action == WITHDRAW:
        return withdrawal(subject, workflow.demand_withdrawable(subject, user))
    if action == COUNTERSIGN:
        return workflow.countersigning(subject, user)[0]
    if not any(step.action == action for step in workflow.transitions):
        raise Http404
    return demand_by_hand(workflow, subject, action, user)


def forms_for(request: OfficeRequest, subject: Subject, step: Transition) -> list[forms.Form]:
    """The decision's own form, then the step's where it has one."""
    data = request.POST if request.method == "POST" else None
    papers = Evidence.objects.filter(division=subject.division).order_by("-id")[:PAPERS_SHOWN]
    seen = {"seen_status": subject.status}
    made: list[forms.Form] = [
        DecisionForm(
            data,
            step=step,
            criteria=step.questions(subject),
            places=places_of(subject, step),
            papers=papers,
            readers=readers_shown(subject, request.user),
            initial=seen,
        )
    ]
    if step.form:
        made.append(step_form(request, subject, step))
    return made


def readers_shown(subject: Subject, but: User) -> list[Post]:
    """One post of everybody who has the subject in his territory."""
    posts = readers_of(subject).exclude(user=but).select_related("user", "organization")
    by_user = {post.user_id: post for post in posts.order_by("-organization__division__code", "id")}
    return list(by_user.values())


def step_form(request: OfficeRequest, subject: Subject, step: Transition) -> forms.Form:
    """Papers are stored as they come, so that a form with an error elsewhere keeps them."""
    form: forms.Form = step.form(subject=subject)
    if request.method != "POST":
        return form
    data, refused = store_uploads(
        request.POST, request.FILES, form.fields, division=subject.division, by=request.user
    )
    form = step.form(data, subject=subject)
    for name, reason in refused.items():
        form.add_error(name, reason)
    return form


def places_of(subject: Subject, step: Transition) -> list[tuple[str, str]]:
    """Where a return may go, where there is a choice."""
    label = WORKFLOWS[subject.life()].label_of
    return [(status, label(status)) for status in step.targets] if step.return_to else []


def take(
    request: OfficeRequest,
    workflow: Workflow,
    subject: Subject,
    step: Transition,
    forms_: list[forms.Form],
) -> HttpResponse:
    decided = forms_[0]
    assert isinstance(decided, DecisionForm)
    try:
        workflow.perform(
            subject,
            step.action,
            by=request.user,
            comment=decided.cleaned_data["comment"],
            opinions=decided.opinions(),
            data=facts_of(forms_),
            evidence=[
                *decided.cleaned_data.get("evidence", []),
                *(paper for form in forms_[1:] for paper in papers_in(form)),
            ],
            seen_status=decided.cleaned_data["seen_status"],
            copy_to=decided.cleaned_data["copy_to"],
        )
    except Refused as error:
        return show(request, subject, step, forms_, error.refusal, error.status_code)
    messages.success(
        request, f"已办理“{step.label}”：{subject}，现为“{workflow.label_of(subject.status)}”"
    )
    return redirect(subject.get_absolute_url())


def facts_of(forms_: list[forms.Form]) -> dict[str, Any]:
    """What the step's form recorded, and where a return goes."""
    facts = {} if len(forms_) < 2 else dict(forms_[1].cleaned_data)
    place = forms_[0].cleaned_data.get("return_to")
    return facts | {"return_to": place} if place else facts


def show(
    request: OfficeRequest,
    subject: Subject,
    step: Transition,
    forms_: list[forms.Form],
    refusal: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "subject": subject,
        "step": step,
        "form": forms_[0],
        "step_form": forms_[1] if len(forms_) > 1 else None,
        "errors": sum(len(form.errors) for form in forms_),
        "amount": amount_of(step, subject),
        "refusal": refusal,
        "steps": queries.steps(subject),
        "target_label": WORKFLOWS[subject.life()].label_of(step.target),
        "questions": step.questions(subject),
    }
    return render(request, "approvals/act.html", context, status=status)


def amount_of(step: Transition, subject: Subject) -> Decimal | None:
    """The sum that the step will move, where nothing typed with it decides that."""
    return step.amount(subject, {}) if step.amount and not step.form else None
