"""Meetings of the leading group: the list, calling one, and its page for everybody in the room."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from approvals.actions import Action, available
from approvals.meetings import SECRETARIES, call_meeting, change_meeting, refuse_closing
from approvals.models import Meeting
from approvals.trail import decisions_of, steps
from organizations.models import Division, User
from organizations.policies import Refused
from organizations.requests import OfficeRequest, get_visible
from projects.filters import MeetingFilter
from projects.forms.meeting import MeetingForm
from projects.meeting_queries import MeetingPage, read_meeting, with_totals
from projects.policies import demand_post, demand_project_reader, demand_secretary

from .life import add_refusal, button, page_of

STOP_POLLING = 286  # htmx swaps the answer in and asks no more


def meeting_list(request: OfficeRequest) -> HttpResponse:
    demand_project_reader(request.user)
    visible = Meeting.objects.visible_to(request.user).select_related("division")
    filters = MeetingFilter(request.GET, visible)
    context = {
        "filters": filters,
        "page": page_of(with_totals(filters.qs).order_by("-held_on", "-id"), request),
        "may_call": bool(request.user.roles().intersection(SECRETARIES)),
    }
    return render(request, "meetings/meeting_list.html", context)


def meeting_new(request: OfficeRequest) -> HttpResponse:
    posts = demand_post(request.user, SECRETARIES)
    counties = Division.objects.filter(pk__in=[post.division.pk for post in posts])
    initial = {"county": posts[0].division.pk}
    form = MeetingForm(request.POST or None, counties=counties, initial=initial)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            meeting = call_meeting(by=request.user, **form.facts())
            messages.success(request, f"已登记会议 {meeting.name}，请列入议题")
            return redirect("meeting_detail", pk=meeting.pk)
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
    return render(request, "meetings/meeting_form.html", {"form": form}, status=status)


def meeting_edit(request: OfficeRequest, pk: int) -> HttpResponse:
    """Name, day, place and chair while it is prepared; only the chair once it sits."""
    meeting = visible_meeting(request, pk)
    demand_secretary(request.user, meeting, Meeting.Status.PREPARING, Meeting.Status.OPEN)
    form = MeetingForm(request.POST or None, instance=meeting)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            change_meeting(meeting=visible_meeting(request, pk), by=request.user, **form.changes())
            messages.success(request, "已保存会议登记的修改")
            return redirect("meeting_detail", pk=pk)
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
    context = {"form": form, "meeting": meeting}
    return render(request, "meetings/meeting_form.html", context, status=status)


def meeting_detail(request: OfficeRequest, pk: int) -> HttpResponse:
    """The whole room on one page; asked by htmx, only the counts."""
    meeting = visible_meeting(request, pk)
    page = read_meeting(meeting, request.user)
    if request.htmx:
        status = 200 if page.is_open else STOP_POLLING
        return render(request, "meetings/_live.html", {"page": page}, status=status)
    context = {
        "page": page,
        "meeting": meeting,
        "steps": steps(meeting),
        "actions": actions_of(page, request.user),
        "decisions": decisions_of(meeting),
    }
    return render(request, "meetings/meeting_detail.html", context)


def actions_of(page: MeetingPage, user: User) -> list[Action]:
    """The steps of its life; closing has a page of its own, where all of it is read once more."""
    actions = [a for a in available(page.meeting, user) if a.action != "close_meeting"]
    if not page.is_open:
        return actions
    url = reverse("meeting_close", args=(page.meeting.pk,))
    refusal = refuse_closing(page.meeting, list(page.members), page.me)
    return [button("闭会并生效", url, refusal, style="primary"), *actions]


def visible_meeting(request: OfficeRequest, pk: int) -> Meeting:
    demand_project_reader(request.user)
    meetings = Meeting.objects.visible_to(request.user)
    return get_visible(meetings.select_related("division", "recorded_by"), pk)


def url_of(meeting: Meeting, anchor: str = "") -> str:
    return reverse("meeting_detail", args=(meeting.pk,)) + (f"#{anchor}" if anchor else "")
