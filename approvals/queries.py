"""Reads for the inbox. What waits for a person is derived from the tables of transitions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, When
from django.utils import timezone

from organizations.models import Post, User
from organizations.models.divisions import Level

from .errands import errand_count
from .holders import Clock, Deadlines, Holder, deadlines, holders, in_words
from .models import Assignment, CarbonCopy, Decision, Duty, Seat, Subject
from .seats import Key, Urgings, assignments_of, names_of, seats_waiting, urgings_of
from .separation import duties_done_by
from .trail import decisions_of, steps
from .transitions import Transition
from .waiting import EVERYTHING, SUMS, Wanted, counts_of, page_of, sums_of, waiting
from .workflow import WORKFLOWS, Workflow, posts_for, workflow_of

__all__ = [
    "InboxItem",
    "StepCount",
    "Wanted",
    "beside_subjects",
    "copied",
    "deadlines",
    "decisions_of",
    "done",
    "holders",
    "items",
    "mine",
    "mine_count",
    "pending",
    "pending_count",
    "pending_steps",
    "steps",
    "unread_count",
    "waiting",
]

Rows = QuerySet[Any]


@dataclass(frozen=True)
class InboxItem:
    """One thing in a list of the inbox: where it stands, with whom, since when."""

    subject: Subject
    workflow: Workflow
    held_by: Sequence[Holder]
    clock: Clock
    note: str = ""
    acts_for: str = ""  # for whom the reader would act, where he holds the step by a lent post
    seats: Sequence[Seat] = ()  # whose signatures are still missing
    handed: Assignment | None = None
    urged: Urgings | None = None

    @property
    def title(self) -> str:
        return str(self.subject)

    @property
    def step_label(self) -> str:
        return self.workflow.label_of(self.subject.status)

    @property
    def url(self) -> str:
        return self.subject.get_absolute_url()

    @property
    def since(self) -> dt.datetime:
        return self.subject.status_since

    @property
    def holder(self) -> str:
        return in_words(self.subject, self.held_by)

    @property
    def waits_for(self) -> str:
        return names_of(self.seats)

    @property
    def is_over(self) -> bool:
        return not self.workflow.roles_holding(self.subject)

    @property
    def days(self) -> int:
        return self.clock.days

    @property
    def limit_days(self) -> int | None:
        return self.clock.limit_days

    @property
    def due_on(self) -> dt.date | None:
        return self.clock.due_on

    @property
    def overdue(self) -> bool:
        return self.clock.overdue

    @property
    def place(self) -> str:
        division = self.subject.division
        if division.level in (Level.TOWNSHIP, Level.VILLAGE) and division.parent:
            return f"{division.parent.name}{division.name}"
        return division.name

    @property
    def amount(self) -> Decimal | None:
        return self.subject.asked_amount


@dataclass(frozen=True)
class StepCount:
    """How much waits for a person at one step."""

    workflow: Workflow
    status: str
    count: int
    amount: Decimal | None
    oldest: dt.datetime
    overdue: int
    at_limit: int  # nothing is left, and nothing overdue: on a working day, due today

    @property
    def key(self) -> str:
        return f"{self.workflow.life}:{self.status}"

    @property
    def label(self) -> str:
        return self.workflow.label_of(self.status)

    @property
    def days(self) -> int:
        return (timezone.now() - self.oldest).days


def pending(
    user: User,
    *,
    limit: int = 50,
    offset: int = 0,
    wanted: Wanted = EVERYTHING,
    due: Deadlines | None = None,
) -> list[InboxItem]:
    """待办, what was urged first, then what is overdue, then the oldest. As many queries for one
    life as for ten, and one more for each life on the page."""
    due = due or deadlines()
    page = page_of(user, wanted, due, limit=limit, offset=offset)
    return items(subjects_at(page), due=due, reader=user)


def pending_count(user: User) -> int:
    """Of the badge: the steps that wait, and what is asked of the person himself."""
    return sum(count for _, _, count in counts_of(user)) + errand_count(user)


def pending_steps(
    user: User, due: Deadlines | None = None, wanted: Wanted = EVERYTHING
) -> list[StepCount]:
    """待办 by step, in the order of each life."""
    found = {(row["life"], row["status"]): row for row in sums_of(user, wanted, due or deadlines())}
    return [
        StepCount(
            workflow,
            status,
            *(found[life, status][name] for name in SUMS),
        )
        for life, workflow in WORKFLOWS.items()
        for status in dict.fromkeys(s for t in workflow.transitions for s in t.sources)
        if (life, status) in found
    ]


def items(
    subjects: Iterable[Subject], *, due: Deadlines | None = None, reader: User | None = None
) -> list[InboxItem]:
    """With holder and clock; for a reader also what stands in the way of acting himself."""
    page = list(subjects)
    if not page:
        return []
    held_by, due = holders(page), due or deadlines()
    seats, handed, urged = seats_waiting(page), assignments_of(page), urgings_of(page)
    barred = Barred(reader, page) if reader else None
    found = []
    for subject in page:
        key = (subject.life(), subject.pk)
        item = InboxItem(
            subject,
            workflow_of(subject),
            held_by[key],
            due.clock(subject),
            barred.note(subject) if barred else "",
            _acts_for(subject, seats.get(key, ()), handed.get(key), reader) if reader else "",
            seats.get(key, ()),
            handed.get(key),
            urged.get(key),
        )
        found.append(item)
    return found


def _acts_for(
    subject: Subject, seats: Sequence[Seat], handed: Assignment | None, reader: User
) -> str:
    """The names of those for whom the reader has the thing in his inbox; none where he has it by
    a post of his own."""
    signers = {(seat.organization_id, seat.role) for seat in seats}
    workflow = workflow_of(subject)
    posts = [
        post
        for post in reader.posts_today
        if (post.organization_id, post.role) in signers
        or not seats
        and (handed is None or handed.post_id == post.pk or handed.post.role != post.role)
        and post.role in workflow.roles_holding(subject, lent=post.user_id != reader.pk)
        and post.division.contains(subject.division)
    ]
    if any(post.user_id == reader.pk for post in posts):
        return ""
    return "、".join(str(post.user) for post in posts)


class Barred:
    """What the reader can not take himself: shown, not hidden, because the thing waits for his
    post. What he did counts, and what the one did for whom he would act."""

    def __init__(self, reader: User, page: Iterable[Subject]) -> None:
        self.reader = reader
        people = {reader.pk, *(post.user_id for post in reader.posts_today)}
        self.done = duties_done_by(people, {key for s in page for key in s.case_keys()})

    def note(self, subject: Subject) -> str:
        """Empty when there is a step that he may take."""
        clashes = [
            self._clash(subject, step, post)
            for step in workflow_of(subject).forward(subject.status)
            for post in posts_for(subject, step, self.reader)
        ]
        duties = [duty for duty in clashes if duty]
        if not duties or len(duties) < len(clashes):
            return ""
        return f"您已办理过“{duties[0].label}”，须由他人办理"

    def _clash(self, subject: Subject, step: Transition, post: Post) -> Duty | None:
        for person in (self.reader.pk, post.user_id):
            found = self.done[person].clash(step.duty, subject.case_keys())
            if found:
                return found
        return None


def done(user: User) -> QuerySet[Decision]:
    """已办: what this person decided and what others decided for him, newest first."""
    posts = list(user.posts.values_list("pk", flat=True))
    return Decision.objects.filter(Q(by=user) | Q(post__in=posts)).order_by("-id")


def started_by(user: User, workflow: Workflow) -> Rows:
    """Things of one life that this person made, or took out of the starting status first."""
    name = workflow.model.author_field
    if name:
        return workflow.model._default_manager.filter(**{name: user})
    started = Decision.objects.filter(
        subject_type=workflow.life,
        subject_id=OuterRef("pk"),
        by=user,
        from_status=workflow.start,
    )
    return workflow.model._default_manager.filter(Exists(started))


def mine(user: User, *, limit: int = 50, offset: int = 0) -> list[InboxItem]:
    """我发起的, newest step first."""
    found: list[Subject] = []
    for workflow in WORKFLOWS.values():
        rows = started_by(user, workflow).order_by("-status_since", "pk")
        found += rows.select_related(*workflow.model.read_with)[: offset + limit]
    found.sort(key=lambda subject: subject.status_since, reverse=True)
    return items(found[offset : offset + limit])


def mine_count(user: User) -> int:
    return sum(started_by(user, workflow).count() for workflow in WORKFLOWS.values())


def copied(user: User) -> QuerySet[CarbonCopy]:
    """抄送: unread first."""
    unread_first = Case(When(read_at__isnull=True, then=0), default=1)
    return (
        CarbonCopy.objects.filter(user=user)
        .select_related("decision__division__parent")
        .order_by(unread_first, "-id")
    )


def unread_count(user: User) -> int:
    return CarbonCopy.objects.filter(user=user, read_at__isnull=True).count()


def subjects_of(decisions: Iterable[Decision]) -> dict[Key, Subject]:
    """What the decisions are about: one query for each life among them."""
    return subjects_by({(d.subject_type, d.subject_id) for d in decisions})


def subjects_at(keys: Sequence[Key]) -> list[Subject]:
    found = subjects_by(keys)
    return [found[key] for key in keys if key in found]


def subjects_by(keys: Iterable[Key]) -> dict[Key, Subject]:
    found: dict[Key, Subject] = {}
    wanted = set(keys)
    for life in {life for life, _ in wanted if life in WORKFLOWS}:
        model = WORKFLOWS[life].model
        ids = [pk for named, pk in wanted if named == life]
        rows = model._default_manager.filter(pk__in=ids).select_related(*model.read_with)
        found.update({(life, subject.pk): subject for subject in rows})
    return found


def beside_subjects(decisions: Sequence[Decision]) -> list[tuple[Decision, InboxItem | None]]:
    """Each decision with where its thing stands now."""
    now = {(i.subject.life(), i.subject.pk): i for i in items(subjects_of(decisions).values())}
    return [(d, now.get((d.subject_type, d.subject_id))) for d in decisions]
