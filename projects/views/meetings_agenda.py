"""The agenda: what comes onto it, in which order, out of which money, and one item in full."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from approvals.meetings import add_items, move_item, remove_item
from approvals.models import AgendaItem, Meeting
from organizations.policies import Refusal, Refused
from organizations.requests import OfficeRequest, get_visible
from projects.forms.meeting import RecusalForm, RemovalForm, SourcesForm, VoteForm
from projects.meeting_queries import parts_of, read_meeting, ready_for
from projects.meetings import lines_for, revise_item
from projects.policies import demand_project_reader, demand_secretary

from .life import add_refusal
from .meetings import url_of, visible_meeting

S = Meeting.Status


def visible_item(request: OfficeRequest, pk: int) -> AgendaItem:
    demand_project_reader(request.user)
    meetings = Meeting.objects.visible_to(request.user)
    items = AgendaItem.objects.filter(meeting__in=meetings)
    return get_visible(items.select_related("meeting__division"), pk)


def meeting_agenda(request: OfficeRequest, pk: int) -> HttpResponse:
    """Everything that waits for a meeting, to be ticked in one go."""
    meeting = visible_meeting(request, pk)
    demand_secretary(request.user, meeting, S.PREPARING)
    ready = ready_for(meeting.division)
    chosen, refusal, status = request.POST.getlist("subject"), None, 200
    if request.method == "POST":
        subjects = [row.subject for row in ready if row.key in chosen]
        try:
            if not subjects or len(subjects) < len(set(chosen)):
                raise Refused(
                    "没有勾选事项，或所选事项已不在待审定环节", who_can_clear="本人（重新勾选）"
                )
            add_items(meeting=meeting, subjects=subjects, by=request.user)
            messages.success(request, f"已列入 {len(subjects)} 项议题，请填写各项的资金来源")
            return redirect(url_of(meeting, "agenda"))
        except Refused as error:
            refusal, status = error.refusal, error.status_code
    context = {"meeting": meeting, "ready": ready, "chosen": chosen, "refusal": refusal}
    return render(request, "meetings/agenda_form.html", context, status=status)


def agenda_item(request: OfficeRequest, pk: int) -> HttpResponse:
    """One item word for word, as it is voted on."""
    return show_item(request, visible_item(request, pk))


def show_item(
    request: OfficeRequest, item: AgendaItem, *, refusal: Refusal | None = None,
    status: int = 200, **forms: Any,
) -> HttpResponse:  # fmt: skip
    """With the forms as they were sent, where one was refused."""
    page = read_meeting(item.meeting, request.user)
    row = page.row_of(item)
    context = {
        "page": page,
        "meeting": item.meeting,
        "item": item,
        "row": row,
        "parts": parts_of(row) if row else (),
        "versions": item.versions.all(),
        "refusal": refusal,
        "vote": VoteForm(),
        "recusal": RecusalForm(members=item.meeting.members.all()),
        "removal": RemovalForm(),
        **forms,
    }
    return render(request, "meetings/agenda_item.html", context, status=status)


@require_POST
def agenda_item_move(request: OfficeRequest, pk: int) -> HttpResponse:
    item = visible_item(request, pk)
    demand_secretary(request.user, item.meeting, S.PREPARING)
    move_item(item=item, by=request.user, up="up" in request.POST)
    return redirect(url_of(item.meeting, "agenda"))


@require_POST
def agenda_item_remove(request: OfficeRequest, pk: int) -> HttpResponse:
    item = visible_item(request, pk)
    demand_secretary(request.user, item.meeting, S.PREPARING, S.OPEN)
    form = RemovalForm(request.POST)
    if not form.is_valid():
        return show_item(request, item, removal=form, status=422)
    try:
        remove_item(item=item, by=request.user, reason=form.cleaned_data["reason"])
    except Refused as error:
        form.add_error("reason", error.refusal.reason)
        return show_item(request, item, removal=form, status=error.status_code)
    messages.success(request, f"已撤出议题“{item.title}”")
    return redirect(url_of(item.meeting, "agenda"))


def agenda_item_sources(request: OfficeRequest, pk: int) -> HttpResponse:
    """Out of which money; `preview` works out what would be left and saves nothing."""
    item = visible_item(request, pk)
    demand_secretary(request.user, item.meeting, S.PREPARING, S.OPEN)
    page = read_meeting(item.meeting, request.user)
    row = page.row_of(item)
    if row is None:
        raise Refused(f"议题“{item}”已撤出议程", who_can_clear="领导小组办公室")
    lines = lines_for(item.meeting.division, page.run, item) if row.takes_sources else []
    form = SourcesForm(request.POST or None, item=item, lines=lines, asked=row.asked)
    status, is_preview = 200, "preview" in request.POST
    if request.method == "POST" and not is_preview and form.is_valid():
        try:
            revise_item(item=item, by=request.user, **form.facts())
            messages.success(request, f"已保存议题“{item.title}”的资金来源")
            return redirect(url_of(item.meeting, f"item-{item.pk}"))
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
    context = {"meeting": item.meeting, "item": item, "row": row, "form": form}
    part = "_sources_lines" if request.htmx and is_preview else "agenda_item_sources"
    return render(request, f"meetings/{part}.html", context, status=status)
