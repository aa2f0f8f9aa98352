from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from organizations.models import Parameter
from organizations.policies import Refused, refuse_without
from organizations.requests import OfficeRequest, get_visible
from projects.models import Project
from projects.policies import demand_project_reader, raise_if
from projects.views.life import add_refusal, button
from projects.views.projects import visible_project

from .forms import NoticeEndForm, NoticeForm
from .models import Notice
from .policies import POSTERS, refuse_ending, refuse_posting
from .services import end_notice, post_notice


def notice_list(request: OfficeRequest, pk: int) -> HttpResponse:
    """`pk` is the project's."""
    project = visible_project(request, pk)
    notices = project.notices.select_related("recorded_by", "ended_by")
    context = {
        "project": project,
        "notices": [(notice, end_button(notice, request)) for notice in notices],
        "actions": [
            button(
                "登记张贴",
                reverse("notice_new", args=(project.pk,)),
                refuse_posting(project, request.user),
                style="primary",
            )
        ],
    }
    return render(request, "publicity/notice_list.html", context)


def end_button(notice: Notice, request: OfficeRequest) -> list[Any]:
    """Nothing once the notice is over."""
    if notice.taken_down_on is not None:
        return []
    url = reverse("notice_end", args=(notice.pk,))
    return [button("办结公示", url, refuse_ending(notice, request.user), style="primary")]


def notice_new(request: OfficeRequest, pk: int) -> HttpResponse:
    project = visible_project(request, pk)
    wrong_role = refuse_without(request.user, POSTERS, project.division)
    raise_if(refuse_posting(project, request.user), wrong_role=wrong_role)
    initial = {"posted_on": timezone.localdate(), "posted_by_unit": unit_of(request, project)}
    form = NoticeForm(request.POST or None, initial=initial)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            notice = post_notice(project=project, by=request.user, **form.facts())
            messages.success(request, f"已登记张贴，最早可于 {notice.may_end_on} 撤下")
            return redirect("notice_list", pk=project.pk)
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
    context = {"form": form, "project": project}
    return render(request, "publicity/notice_form.html", context, status=status)


def unit_of(request: OfficeRequest, project: Project) -> str:
    posts = [p for p in request.user.posts_today if p.division.contains(project.division)]
    return posts[0].organization.name if posts else ""


def notice_end(request: OfficeRequest, pk: int) -> HttpResponse:
    notice = visible_notice(request, pk)
    wrong_role = refuse_without(request.user, POSTERS, notice.project.division)
    raise_if(refuse_ending(notice, request.user), wrong_role=wrong_role)
    form = NoticeEndForm(request.POST or None, notice=notice)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            end_notice(notice=notice, by=request.user, **form.facts())
            messages.success(request, "公示已办结，可以上报")
            return redirect(notice.project)
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
    context = {"form": form, "project": notice.project, "notice": notice}
    return render(request, "publicity/notice_form.html", context, status=status)


def notice_print(request: OfficeRequest, pk: int) -> HttpResponse:
    notice = visible_notice(request, pk)
    return poster(request, notice.project, notice)


def notice_draft(request: OfficeRequest, pk: int) -> HttpResponse:
    """The sheet to be hung, printed before the posting is recorded. `pk` is the project's."""
    return poster(request, visible_project(request, pk), None)


def poster(request: OfficeRequest, project: Project, notice: Notice | None) -> HttpResponse:
    """Nine elements: 新扶贫领字〔2018〕76号 二(四)."""
    context = {
        "project": project,
        "notice": notice,
        "min_days": Parameter.objects.number("notice.min_days"),
        "places": project.places.select_related("division__parent"),
        "sources": project.sources.select_related("allotment__category"),
        "targets": project.targets.all(),
    }
    return render(request, "publicity/notice_print.html", context)


def visible_notice(request: OfficeRequest, pk: int) -> Notice:
    demand_project_reader(request.user)
    notices = Notice.objects.visible_to(request.user).select_related(
        "project__division__parent", "project__county", "project__type", "project__department"
    )
    return get_visible(notices, pk)
