"""One thing's way so far: the stepper and the decision trail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.utils import timezone

from organizations.models import User

from .holders import Clock, deadlines, holders, in_words
from .models import Assignment, Decision, Evidence, Meeting, Reminder, Seat, Subject, Vote
from .seats import Urgings, names_of, seats_waiting, urgings_of
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
    waits_for: str = ""  # the units whose signatures are still missing
    urged: Urgings | None = None


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
    key = (subject.life(), subject.pk)
    return Step(
        workflow.label_of(subject.status),
        "current",
        holder=in_words(subject, holders([subject])[key]),
        clock=deadlines().clock(subject),
        waits_for=names_of(seats_waiting([subject]).get(key, [])),
        urged=urgings_of([subject]).get(key),
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


def decisions_of(subject: Subject, reader: User | None = None) -> list[TrailLine]:
    """Every decision about it and what the office did around them, oldest first. A `reader` who
    may read the minutes of a meeting that took votes on it is told who voted how."""
    workflow = workflow_of(subject)
    decisions = list(_decisions(subject))
    papers, votes = _papers(decisions), _votes(decisions, reader)
    lines = [_line(workflow, decision, papers) for decision in decisions]
    told = [_with_vote(line, votes.get(d.pk)) for line, d in zip(lines, decisions, strict=True)]
    return sorted([*told, *_beside(subject)], key=lambda line: line.at)


def _votes(decisions: Sequence[Decision], reader: User | None) -> dict[int, Vote]:
    """By decision, of meetings that are closed; while one sits, nobody sees another's vote."""
    cast = [d.pk for d in decisions if d.action == "vote"]
    if not cast or reader is None:
        return {}
    closed = Meeting.objects.visible_to(reader).filter(status=Meeting.Status.CLOSED)
    votes = Vote.objects.filter(decision__in=cast, item__meeting__in=closed)
    return {vote.decision_id: vote for vote in votes.select_related("item")}


def _with_vote(line: TrailLine, vote: Vote | None) -> TrailLine:
    if vote is None:
        return line
    former = "" if vote.digest == vote.item.digest else "（议题修改前，不计数）"
    return replace(
        line,
        action_label=f"{line.action_label}：{vote.get_choice_display()}{former}",
        comment="\n".join(filter(None, (line.comment, vote.comment))),
    )


def _decisions(subject: Subject) -> list[Decision]:
    return list(Decision.objects.about(subject.life(), subject.pk).order_by("id"))


def _beside(subject: Subject) -> Iterator[TrailLine]:
    """转办, 加签 and 催办. The seats that a step itself calls for belong to that step."""
    people = ("by", "by_post__user", "by_post__organization")
    about = {"subject_type": subject.life(), "subject_id": subject.pk}
    for handed in Assignment.objects.filter(**about).select_related(
        *people, "post__user", "post__organization"
    ):
        yield _office_line(handed, f"转办给{handed.post}", handed.reason)
    for seat in Seat.objects.filter(**about).select_related(*people, "organization", "stay"):
        if seat.stay is None or seat.stay.by_id != seat.by_id:
            yield _office_line(seat, f"请{seat.organization}会签", seat.reason)
    for reminder in Reminder.objects.filter(**about).select_related(*people):
        yield _office_line(reminder, "催办", reminder.message)


def _office_line(row: Assignment | Seat | Reminder, label: str, words: str) -> TrailLine:
    post = row.by_post
    acts_for = f"代{post.user}" if post and post.user_id != row.by_id else ""
    return TrailLine(
        action_label=label,
        from_label="",
        to_label="",
        by_name=f"{row.by}{acts_for}",
        by_unit=post.organization.name if post else "",
        by_title=post.title if post else "",
        at=timezone.localtime(row.at),
        comment=words,
        opinions=(),
        amount=None,
        evidence=(),
    )


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
