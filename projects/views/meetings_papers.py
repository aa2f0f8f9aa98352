"""Closing a meeting, and the papers that come of it: 会议纪要 and 批复."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render

from approvals.meetings import close_meeting, refuse_closing
from approvals.models import Meeting
from organizations.models import Organization
from organizations.models.divisions import Level
from organizations.policies import Refused, WrongRole
from organizations.requests import OfficeRequest, get_visible
from projects.forms.meeting import CloseForm
from projects.meeting_queries import (
    MeetingPage,
    as_decided,
    read_meeting,
    reply_number,
    resolutions_of,
    takes_of,
)
from projects.meetings import sources_of
from projects.models import Project
from projects.policies import raise_if

from .life import add_refusal
from .meetings import url_of, visible_meeting
from .projects import visible_project


def meeting_close(request: OfficeRequest, pk: int) -> HttpResponse:
    """The chair's page: everything that will be decided and allocated, and one button."""
    meeting = visible_meeting(request, pk)
    page = read_closing(request, meeting)
    refusal = refuse_closing(meeting, list(page.members), page.me)
    if not page.is_chair:
        raise_if(None, wrong_role=refusal)
    if not page.is_open:
        raise_if(refusal)
    form = CloseForm(request.POST or None, initial={"seen_result": page.result})
    status = 200
    if request.method == "POST" and form.is_valid():
        words = {name: form.cleaned_data[name] for name in ("minutes_document", "comment")}
        try:
            close_meeting(
                meeting=meeting, by=request.user, seen_result=form.cleaned_data["seen_result"],
                **words,
            )  # fmt: skip
            messages.success(request, f"已闭会：{meeting.name}，决议和资金分配一并生效")
            return redirect(url_of(meeting))
        except WrongRole:
            raise
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
            page = read_closing(request, visible_meeting(request, pk))
    context = {"page": page, "meeting": meeting, "form": form, "refusal": refusal}
    return render(request, "meetings/meeting_close.html", context, status=status)


def read_closing(request: OfficeRequest, meeting: Meeting) -> MeetingPage:
    """With the pool as what is agreed to now would use it up."""
    page = read_meeting(meeting, request.user)
    return read_meeting(meeting, request.user, takes=takes_of(page))


def meeting_minutes(request: OfficeRequest, pk: int) -> HttpResponse:
    """会议纪要, on A4."""
    meeting = visible_meeting(request, pk)
    if meeting.status != Meeting.Status.CLOSED:
        raise Refused(
            f"会议现为“{meeting.get_status_display()}”，闭会后生成会议纪要", who_can_clear="主持人"
        )
    page = read_meeting(meeting, request.user)
    context = {
        "page": page,
        "meeting": meeting,
        "group": page.members[0].post.organization,
        "replies": {row.item.pk: reply_number(row.item) for row in page.rows},
    }
    return render(request, "meetings/meeting_minutes.html", context)


def project_resolution(request: OfficeRequest, pk: int, item: int) -> HttpResponse:
    """批复 to the township, on A4. `pk` is the project's; whoever sees the project may read it."""
    project = visible_project(request, pk)
    resolution = get_visible(resolutions_of(project), item)
    sources = sources_of(resolution) if resolution.decision and resolution.decision.amount else []
    context = {
        "project": project,
        "item": resolution,
        "meeting": resolution.meeting,
        "number": reply_number(resolution),
        "group": resolution.decision.post.organization if resolution.decision else None,
        "township": township_of(project),
        "words": {p["name"]: p["text"] for p in as_decided(resolution)["content"]["project"]},
        "sources": sources,
        "total": sum(amount for _, amount in sources),
        "previous": [i for i in resolutions_of(project) if i.pk != resolution.pk],
    }
    return render(request, "meetings/project_resolution.html", context)


def township_of(project: Project) -> str:
    """Whom the reply is written to."""
    division = project.division
    if division.level == Level.VILLAGE and division.parent:
        division = division.parent
    government = Organization.objects.filter(
        division=division, kind=Organization.Kind.TOWNSHIP
    ).first()
    return str(government or division)
