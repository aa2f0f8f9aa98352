"""What the steps recorded, to be read and printed: the village's meeting, the county's letter, the
answers to it, and the text of the project before and after."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypeVar

from django.http import HttpResponse
from django.shortcuts import render

from organizations.models import Role
from organizations.policies import holds
from organizations.requests import OfficeRequest, get_visible
from projects.models import (
    Acceptance,
    Feedback,
    Project,
    ProjectVersion,
    Rectification,
    Revision,
    Settlement,
    SettlementAudit,
    VillageMeeting,
)
from projects.models.steps import StepRecord
from projects.policies import demand_project_reader
from projects.queries import source_rows
from projects.records import addressee, answers_of, papers_of
from projects.versions import (
    compare,
    read_differences,
    text_of,
    version_after,
    version_before,
)
from projects.village import majority, quorum

from .projects import visible_project

APPRAISERS = (Role.PROJECT_CLERK,)
R = TypeVar("R", bound=StepRecord)


def village_meeting_print(request: OfficeRequest, pk: int) -> HttpResponse:
    """村民代表会议记录, on A4."""
    meeting = visible_record(request, VillageMeeting, pk)
    context = {
        "meeting": meeting,
        "project": meeting.project,
        "text": typed(meeting.project, version_after(meeting.project, meeting.decision_id)),
        "papers": papers_of(meeting, meeting.project.division),
        "quorum": quorum(meeting.held_on),
        "majority": majority(meeting.held_on),
    }
    return render(request, "projects/village_meeting_print.html", context)


def letter_print(request: OfficeRequest, pk: int) -> HttpResponse:
    """反馈意见书, on A4."""
    letter = visible_record(request, Feedback, pk)
    context = {
        "letter": letter,
        "project": letter.project,
        "text": typed(letter.project, version_before(letter.project, letter.decision_id)),
        "addressee": addressee(letter.project),
        "items": letter.items.all(),
    }
    return render(request, "projects/letter_print.html", context)


def answers_print(request: OfficeRequest, pk: int) -> HttpResponse:
    """逐条采纳说明, on A4."""
    revision = visible_record(request, Revision, pk)
    answers = answers_of(revision)
    context = {
        "revision": revision,
        "project": revision.project,
        "answers": answers,
        "letter": answers[0].item.feedback if answers else None,
    }
    return render(request, "projects/answers_print.html", context)


def acceptance_print(request: OfficeRequest, pk: int) -> HttpResponse:
    """验收表, on A4."""
    inspection = visible_record(request, Acceptance, pk)
    rectification = Rectification.objects.filter(acceptance=inspection).first()
    context = {
        "inspection": inspection,
        "project": inspection.project,
        "completion": inspection.project.completions.first(),
        "papers": papers_of(inspection, inspection.project.division),
        "rectification": rectification,
    }
    return render(request, "projects/acceptance_print.html", context)


def settlement_print(request: OfficeRequest, pk: int) -> HttpResponse:
    """结算审定表, on A4, from the department's signature on."""
    audit = visible_record(request, SettlementAudit, pk)
    context = {
        "audit": audit,
        "settlement": Settlement.objects.filter(audit=audit).select_related("decision").first(),
        "project": audit.project,
        "completion": audit.project.completions.first(),
        "accepted": audit.project.acceptances.passed(Acceptance.Stage.FINAL).first(),
        "sources": source_rows(audit.project),
        "papers": papers_of(audit, audit.project.division),
    }
    return render(request, "projects/settlement_print.html", context)


def project_differences(request: OfficeRequest, pk: int) -> HttpResponse:
    """一上 | 二上. `?with=` another earlier text, `?all=1` with what stayed the same unfolded.

    Opening it is what the second appraisal asks for, so it is written down for whoever may sign
    that step, and for nobody else. It changes nothing of the project and a second opening adds
    nothing, so a GET may do it; the row says that the page was served to this person, no more.
    """
    project = visible_project(request, pk)
    comparison = compare(project, request.GET.get("with", ""))
    if comparison and holds(request.user, APPRAISERS, project.division):
        read_differences(project, request.user)
    context = {
        "project": project,
        "comparison": comparison,
        "shows_all": bool(request.GET.get("all")),
    }
    return render(request, "projects/project_differences.html", context)


def typed(project: Project, version: ProjectVersion | None) -> dict[str, Any]:
    """The project as it stood then, its sum as an amount."""
    text = text_of(project, version)
    return {**text, "requested_amount": Decimal(text["requested_amount"])}


def visible_record(request: OfficeRequest, model: type[R], pk: int) -> R:
    """Seen by whoever sees its project."""
    demand_project_reader(request.user)
    rows = model._default_manager.filter(project__in=Project.objects.visible_to(request.user))
    return get_visible(
        rows.select_related(
            "decision", "project__division__parent", "project__county", "project__department"
        ),
        pk,
    )
