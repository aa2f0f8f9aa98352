from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from approvals.actions import Action
from approvals.models import Evidence, Subject
from approvals.workflow import workflow_of
from organizations.models import User
from organizations.policies import refuse_without
from organizations.requests import OfficeRequest, get_visible
from projects.policies import demand_project_reader, raise_if
from projects.views.adjustments import visible_adjustment
from projects.views.life import button
from projects.views.meetings import visible_meeting
from projects.views.plans import visible_plan
from projects.views.projects import visible_project
from publicity.addresses import address
from publicity.composers import codes_for, compose, composer_of, missing
from publicity.models import Notice, Posting
from publicity.policies import (
    refuse_posting,
    refuse_publishing,
    refuse_registering,
    refuse_taking_down,
)
from publicity.queries import (
    notices_of,
    objections_to,
    photos_of,
    subject_of,
    type_in_force,
    versions_of,
)
from publicity.services import publish_notice

from .public import public_address

FINDERS: dict[str, Callable[[OfficeRequest, int], Subject]] = {
    "project": visible_project,
    "plan": visible_plan,
    "adjustment": visible_adjustment,
    "meeting": visible_meeting,
}


@require_safe
def notice_list(request: OfficeRequest, pk: int, of: str = "project") -> HttpResponse:
    """`pk` is that of what the notices are about."""
    subject = FINDERS[of](request, pk)
    context = {
        "subject": subject,
        "status": workflow_of(subject).label_of(subject.status),
        "notices": notices_of(subject),
        "actions": publishing_buttons(subject, request.user),
    }
    return render(request, "publicity/notice_list.html", context)


def publishing_buttons(subject: Subject, user: User) -> list[Action]:
    """The types that belong to the step at which the subject stands."""
    codes = [c for c in codes_for(subject) if subject.status in composer_of(c, subject).statuses]
    rules = [type_in_force(code) for code in codes]
    return [
        button(
            f"发布{rule}",
            address(subject, "notice_publish", rule.code),
            refuse_publishing(subject, rule, user),
            style="primary",
        )
        for rule in rules
    ]


@require_http_methods(["GET", "POST"])
def notice_publish(request: OfficeRequest, pk: int, code: str, of: str = "project") -> HttpResponse:
    subject = FINDERS[of](request, pk)
    if code not in codes_for(subject):
        raise Http404
    rule = type_in_force(code)
    raise_if(None, wrong_role=refuse_without(request.user, rule.publishers, subject.division))
    if request.method == "POST":
        notice = publish_notice(subject=subject, code=code, by=request.user)
        messages.success(request, f"已发布 {notice}，请打印张贴后登记")
        return redirect(notice)
    lines = compose(code, subject)
    context = {
        "subject": subject,
        "back": address(subject, "notice_list"),
        "rule": rule,
        "lines": lines,
        "missing": missing(lines),
        "refusal": refuse_publishing(subject, rule, request.user),
    }
    return render(request, "publicity/notice_publish.html", context)


@require_safe
def notice_detail(request: OfficeRequest, pk: int) -> HttpResponse:
    notice = visible_notice(request, pk)
    subject = subject_of(notice)
    context = {
        "notice": notice,
        "subject": subject,
        "back": address(subject, "notice_list"),
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
