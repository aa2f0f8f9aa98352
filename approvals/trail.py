"""One thing's way so far: the stepper and the decision trail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone

from .holders import Clock, deadlines, holders, in_words
from .models import Decision, Evidence, Subject
from .workflow import Workflow, workflow_of


@dataclass(frozen=True)
class Step:
    """A dot of the stepper. `by` and `at` of a step that is done, the rest of the present one."""

    label: str
    state: str  # done, current, todo, skipped
    by: str = ""
    at: dt.datetime | None = None
    holder: str = ""
    clock: Clock | None = None


def steps(subject: Subject) -> list[Step]:
    """The way forward through the life, in order; a status beside it comes at the end."""
    workflow = workflow_of(subject)
    path = workflow.main_path()
    decisions = _decisions(subject)
    who = {d.from_status: d for d in decisions}  # the latest of each
    who |= {d.to_status: d for d in decisions if d.to_status == path[-1]}
    if subject.status not in path:
        row = [_done(workflow, status, who) for status in path if status in who]
        return [*row, _present(workflow, subject)]
    here = path.index(subject.status)
    row = [_done(workflow, status, who) for status in path[:here]]
    at_end = subject.status == path[-1]
    row.append(_done(workflow, path[-1], who) if at_end else _present(workflow, subject))
    return row + [Step(workflow.label_of(status), "todo") for status in path[here + 1 :]]


def _done(workflow: Workflow, status: str, who: Mapping[str, Decision]) -> Step:
    decision = who.get(status)
    if decision is None:
        return Step(workflow.label_of(status), "done")
    at = timezone.localtime(decision.at)
    return Step(workflow.label_of(status), "done", by=decision.signed_by, at=at)


def _present(workflow: Workflow, subject: Subject) -> Step:
    return Step(
        workflow.label_of(subject.status),
        "current",
        holder=in_words(subject, holders([subject])[subject.life(), subject.pk]),
        clock=deadlines().clock(subject),
    )


@dataclass(frozen=True)
class TrailLine:
    """A decision as the trail shows it."""

    action_label: str
    from_label: str
    to_label: str
    by_name: str
    by_unit: str
    by_title: str
    at: dt.datetime
    comment: str
    opinions: Sequence[Mapping[str, str]]
    amount: Decimal | None
    evidence: Sequence[Evidence]


def decisions_of(subject: Subject) -> list[TrailLine]:
    """Every decision about it, oldest first."""
    workflow = workflow_of(subject)
    decisions = list(_decisions(subject))
    papers = _papers(decisions)
    return [_line(workflow, decision, papers) for decision in decisions]


def _decisions(subject: Subject) -> list[Decision]:
    return list(Decision.objects.about(subject.life(), subject.pk).order_by("id"))


def _papers(decisions: Sequence[Decision]) -> dict[str, Evidence]:
    hashes = {sha256 for decision in decisions for sha256 in decision.evidence}
    if not hashes:
        return {}
    return {paper.sha256: paper for paper in Evidence.objects.filter(sha256__in=hashes)}


def _line(workflow: Workflow, decision: Decision, papers: Mapping[str, Evidence]) -> TrailLine:
    return TrailLine(
        action_label=decision.action_label,
        from_label=workflow.label_of(decision.from_status),
        to_label=workflow.label_of(decision.to_status),
        by_name=decision.signed_by,
        by_unit=decision.by_unit,
        by_title=decision.by_title,
        at=timezone.localtime(decision.at),
        comment=decision.comment,
        opinions=decision.opinions,
        amount=decision.amount,
        evidence=[papers[sha256] for sha256 in decision.evidence if sha256 in papers],
    )
