from __future__ import annotations

from decimal import Decimal

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Sum
from django.http import HttpResponse
from django.shortcuts import redirect, render

from approvals.meetings import SECRETARIES, call_meeting
from approvals.models import Decision, Meeting
from organizations.models import Division
from organizations.policies import Refused
from organizations.requests import OfficeRequest, get_visible
from projects.forms.meeting import MeetingForm
from projects.models import Project
from projects.policies import demand_post, demand_project_reader
from projects.queries import approved_amounts

from .life import add_refusal, page_of


def meeting_list(request: OfficeRequest) -> HttpResponse:
    demand_project_reader(request.user)
    meetings = (
        Meeting.objects.visible_to(request.user)
        .select_related("division")
        .annotate(decided=Count("projects", distinct=True), amount=Sum("projects__sources__amount"))
        .order_by("-held_on", "-id")
    )
    context = {
        "page": page_of(meetings, request),
        "may_record": bool(request.user.roles().intersection(SECRETARIES)),
    }
    return render(request, "projects/meeting_list.html", context)


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
    return render(request, "projects/meeting_form.html", {"form": form}, status=status)


def meeting_detail(request: OfficeRequest, pk: int) -> HttpResponse:
    demand_project_reader(request.user)
    meeting = get_visible(
        Meeting.objects.visible_to(request.user).select_related("division", "recorded_by"), pk
    )
    projects = list(meeting.projects.select_related("division__parent").order_by("code"))
    amounts = approved_amounts(projects)
    decisions = Decision.objects.filter(
        subject_type=Project.life(), subject_id__in=[p.pk for p in projects], action="determine"
    )
    decided = {decision.subject_id: decision for decision in decisions}
    context = {
        "meeting": meeting,
        "rows": [(p, amounts.get(p.pk), decided.get(p.pk)) for p in projects],
        "total": sum(amounts.values(), Decimal(0)),
    }
    return render(request, "projects/meeting_detail.html", context)
