"""What the steps of a project recorded, as its page shows it and as it is printed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models

from approvals.evidence import PHOTO_KINDS
from approvals.models import Decision, Evidence
from organizations.models import Division, Organization
from organizations.models.divisions import Level

from .models import (
    Acceptance,
    Answer,
    AssetStatement,
    Completion,
    Feedback,
    FeedbackItem,
    Project,
    Rectification,
    RectificationAnswer,
    Revision,
    Settlement,
    SettlementAudit,
    VillageMeeting,
)
from .models.steps import StepRecord

STEP_RECORDS = (
    VillageMeeting, Feedback, Revision, Completion, Acceptance, Rectification, SettlementAudit,
    Settlement, AssetStatement,
)  # fmt: skip
# Shown as papers, or opinion by opinion, instead of as a value.
NOT_FACTS = {
    "id", "project", "decision", "minutes_file", "photos", "report_file", "stage", "number",
    "acceptance", "audit",
}  # fmt: skip
PRINTS = {
    Acceptance: "acceptance_print",
    SettlementAudit: "settlement_print",
    VillageMeeting: "village_meeting_print",
    Feedback: "letter_print",
    Revision: "answers_print",
}


@dataclass(frozen=True)
class Papers:
    """The files that a record names, photos apart."""

    files: Sequence[Evidence] = ()
    photos: Sequence[Evidence] = ()


@dataclass(frozen=True)
class StepRecordRow:
    """`print_page` is the name of the address that prints it, by the record's key."""

    title: str
    pk: int
    decision: Decision
    facts: list[tuple[str, Any, bool]]  # label, value, whether it is an amount
    papers: Papers
    items: Sequence[FeedbackItem]  # of a letter
    answers: Sequence[Answer]  # to a letter
    inspection: Acceptance | None
    put_right: Sequence[RectificationAnswer]
    print_page: str


def step_records(project: Project) -> list[StepRecordRow]:
    """What the steps recorded, in the order in which they were taken."""
    records: list[StepRecord] = [
        record
        for model in STEP_RECORDS
        for record in model._default_manager.filter(project=project).select_related("decision")
    ]
    records.sort(key=lambda record: record.decision_id)
    return [row_of(record, project.division) for record in records]


def row_of(record: StepRecord, division: Division) -> StepRecordRow:
    return StepRecordRow(
        title=record.title if isinstance(record, Acceptance) else str(record._meta.verbose_name),
        pk=record.pk,
        decision=record.decision,
        facts=list(facts_of(record)),
        papers=papers_of(record, division),
        items=list(record.items.all()) if isinstance(record, Feedback) else (),
        answers=answers_of(record) if isinstance(record, Revision) else (),
        inspection=record if isinstance(record, Acceptance) else None,
        put_right=list(record.answers.all()) if isinstance(record, Rectification) else (),
        print_page=PRINTS.get(type(record), ""),
    )


def facts_of(record: models.Model) -> Iterator[tuple[str, Any, bool]]:
    for field in record._meta.concrete_fields:
        value = getattr(record, field.name)
        told_apart = isinstance(record, Feedback) and field.name == "text"
        if field.name in NOT_FACTS or told_apart or value in ("", None):
            continue
        if field.choices:
            value = getattr(record, f"get_{field.name}_display")()
        elif isinstance(value, bool):
            value = "是" if value else "否"
        label = str(field.verbose_name)
        yield label.removesuffix("（元）"), value, isinstance(field, models.DecimalField)


def papers_of(record: StepRecord, division: Division) -> Papers:
    """In the order in which the record names them."""
    files = [getattr(record, name, "") for name in ("minutes_file", "report_file")]
    shown = [*getattr(record, "photos", ()), *photos_put_right(record)]
    if not (any(files) or shown):
        return Papers()
    found = papers_by_digest([*files, *shown], division)
    photos = [found[digest] for digest in shown if digest in found]
    return Papers(
        [found[digest] for digest in files if digest in found],
        [photo for photo in photos if photo.content_type in PHOTO_KINDS],
    )


def photos_put_right(record: StepRecord) -> list[str]:
    if not isinstance(record, Rectification):
        return []
    return [photo for answer in record.answers.all() for photo in answer.photos]


def papers_by_digest(digests: Iterable[str], division: Division) -> dict[str, Evidence]:
    """The same content may lie in several divisions; the project's own row is preferred."""
    rows = list(Evidence.objects.filter(sha256__in=[d for d in digests if d]))
    rows.sort(key=lambda paper: paper.division_id == division.pk)
    return {paper.sha256: paper for paper in rows}


def answers_of(revision: Revision) -> Sequence[Answer]:
    return list(revision.answers.select_related("item__feedback"))


def addressee(project: Project) -> str:
    """To whom the county writes about a project: the government of its township."""
    division = project.division
    township = division.parent if division.level == Level.VILLAGE else division
    assert township
    government = Organization.objects.filter(
        division=township, kind=Organization.Kind.TOWNSHIP, is_active=True
    ).first()
    return government.name if government else township.name
