from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from approvals.actions import Action
from approvals.models import Evidence
from organizations.models import User
from organizations.policies import refuse_without
from organizations.requests import OfficeRequest, get_visible
from projects.models import Project
from projects.policies import demand_project_reader, raise_if
from projects.views.life import button
from projects.views.projects import visible_project
from publicity.composers import codes_for, compose, composer_of, missing
from publicity.models import Notice, Posting
from publicity.policies import (
    refuse_posting,
    refuse_publishing,
    refuse_registering,
    refuse_taking_down,
)
from publicity.queries import notices_of, objections_to, photos_of, type_in_force, versions_of
from publicity.services import publish_notice

from .public import public_address


@require_safe
def notice_list(request: OfficeRequest, pk: int) -> HttpResponse:
    """`pk` is the project's."""
    project = visible_project(request, pk)
    context = {
        "project": project,
        "notices": notices_of(project),
        "actions": publishing_buttons(project, request.user),
    }
    return render(request, "publicity/notice_list.html", context)


def publishing_buttons(project: Project, user: User) -> list[Action]:
    """The types that belong to the step at which the project stands."""
    codes = [c for c in codes_for(project) if project.status in composer_of(c, project).statuses]
    rules = [type_in_force(code) for code in codes]
    return [
        button(
            f"发布{rule}",
            reverse("notice_publish", args=(project.pk, rule.code)),
            refuse_publishing(project, rule, user),
            style="primary",
        )
        for rule in rules
    ]


@require_http_methods(["GET", "POST"])
def notice_publish(request: OfficeRequest, pk: int, code: str) -> HttpResponse:
    """What would be published, word for word, and what is missing yet. `pk` is the project's."""
    project = visible_project(request, pk)
    if code not in codes_for(project):
        raise Http404
    rule = type_in_force(code)
    raise_if(None, wrong_role=refuse_without(request.user, rule.publishers, project.division))
    if request.method == "POST":
        notice = publish_notice(subject=project, code=code, by=request.user)
        messages.success(request, f"已发布 {notice}，请打印张贴后登记")
        return redirect(notice)
    lines = compose(code, project)
    context = {
        "project": project,
        "rule": rule,
        "lines": lines,
        "missing": missing(lines),
        "refusal": refuse_publishing(project, rule, request.user),
    }
    return render(request, "publicity/notice_publish.html", context)


@require_safe
def notice_detail(request: OfficeRequest, pk: int) -> HttpResponse:
    notice = visible_notice(request, pk)
    context = {
        "notice": notice,
        "project": notice.project,
        "postings": posting_rows(notice),
        "versions": versions_of(notice),
        "objections": objections_to(notice),
        "actions": notice_buttons(notice, request.user),
    }
    return render(request, "publicity/notice_detail.html", context)


def posting_rows(notice: Notice) -> list[tuple[Posting, list[Evidence]]]:
    """Each posting with its photos, near and far."""
    photos = photos_of(notice)
    return [
        (posting, [photos[sha256] for sha256 in (posting.near_photo, posting.far_photo) if sha256])
        for posting in notice.postings.select_related("recorded_by", "take_down__recorded_by")
    ]


def notice_buttons(notice: Notice, user: User) -> list[Action]:
    """To post it, to take down whatever hangs, and to write down what is held against it."""
    url = reverse("posting_new", args=(notice.pk,))
    buttons = [button("登记张贴", url, refuse_posting(notice, user), style="primary")]
    for posting in notice.postings.filter(take_down__isnull=True):
        posting.notice = notice
        url = reverse("take_down_new", args=(posting.pk,))
        label = f"登记撤下：{posting.place}"
        buttons.append(button(label, url, refuse_taking_down(posting, user)))
    url = reverse("objection_new", args=(notice.pk,))
    buttons.append(button("登记异议", url, refuse_registering(notice, user)))
    return buttons


@require_safe
def notice_print(request: OfficeRequest, pk: int) -> HttpResponse:
    """The sheet to be hung, on A4."""
    notice = visible_notice(request, pk)
    context = {
        "notice": notice,
        "project": notice.project,
        "address": public_address(request, notice),
    }
    return render(request, "publicity/notice_print.html", context)


def visible_notice(request: OfficeRequest, pk: int) -> Notice:
    demand_project_reader(request.user)
    notices = Notice.objects.visible_to(request.user).select_related(
        "type", "county", "division__parent", "project", "published_by", "superseded_by"
    )
    return get_visible(notices.prefetch_related("postings", "voided_by"), pk)
