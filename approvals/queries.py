"""Reads for the inbox. What waits for a person is derived from the tables of transitions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import (
    Case,
    Count,
    DateTimeField,
    DecimalField,
    Exists,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.utils import timezone

from organizations.models import Post, User
from organizations.models.divisions import Level

from .holders import Clock, Deadlines, Holder, deadlines, holders, in_words
from .models import Assignment, CarbonCopy, Decision, Seat, Subject
from .seats import Urgings, arrivals, assignments_of, names_of, seats_waiting, urgings_of
from .separation import DutiesDone, duties_done
from .trail import decisions_of, steps
from .workflow import WORKFLOWS, Workflow, workflow_of

__all__ = [
    "InboxItem",
    "StepCount",
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
        return not self.workflow.next_roles(self.subject.status)

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


def waiting(workflow: Workflow, user: User) -> Rows:
    """Things of one life with a step forward for a post that the person holds over them, or with
    a seat for his unit to sign."""
    mine = Q(pk__in=[])
    seated = workflow.seated()
    bound = Q(pk__in=[])
    for status in dict.fromkeys(s for t in workflow.transitions for s in t.sources):
        roles = set()
        for post in user.posts_today:
            awaited = workflow.next_roles(status, lent=post.user_id != user.pk)
            if post.role in awaited and status not in seated:
                mine |= Q(status=status, division__path__startswith=post.division.path)
                roles.add(post.role)
        if roles:
            bound |= Q(status=status, post__role__in=_sharing(workflow, status, roles))
    elsewhere = _handed_over(workflow).filter(bound).exclude(post__in=user.posts_today)
    rows = workflow.model._default_manager.all()
    return rows.filter(mine & ~Exists(elsewhere) | Exists(_seats_waiting(workflow, user)))


def _sharing(workflow: Workflow, status: str, roles: set[str]) -> set[str]:
    """The roles that take each step which these roles take: where one of them was named, there is
    nothing left for the others."""
    steps = [t for t in workflow.forward(status) if roles.intersection(t.roles)]
    return set.intersection(*({str(role) for role in t.roles} for t in steps)) if steps else set()


def _handed_over(workflow: Workflow) -> QuerySet[Assignment]:
    """The last hand-over of the present step, while somebody holds the named post."""
    here = Assignment.objects.filter(
        subject_type=workflow.life,
        subject_id=OuterRef("pk"),
        status=OuterRef("status"),
        at__gte=OuterRef("status_since"),
    )
    later = Assignment.objects.filter(
        subject_type=workflow.life,
        subject_id=OuterRef("subject_id"),
        status=OuterRef("status"),
        id__gt=OuterRef("id"),
    )
    return here.filter(~Exists(later), post__in=Post.objects.in_force())


def _seats_waiting(workflow: Workflow, user: User) -> QuerySet[Seat]:
    """Unsigned seats of this person's units in the present stay."""
    held = Q(pk__in=[])
    for post in user.posts_today:
        held |= Q(organization_id=post.organization_id, role=post.role)
    arrived = arrivals().filter(
        subject_type=workflow.life,
        subject_id=OuterRef("subject_id"),
        to_status=OuterRef("status"),
    )
    return (
        Seat.objects.filter(
            held,
            subject_type=workflow.life,
            subject_id=OuterRef("pk"),
            status=OuterRef("status"),
            signature__isnull=True,
        )
        .annotate(arrived=Subquery(arrived.order_by("-id").values("id")[:1]))
        .filter(Q(stay_id=F("arrived")) | Q(stay__isnull=True, arrived__isnull=True))
    )


def pending(
    user: User,
    *,
    limit: int = 50,
    offset: int = 0,
    step: str = "",
    due: Deadlines | None = None,
) -> list[InboxItem]:
    """待办, overdue first, then oldest. `step` is a StepCount's key, to see only that one."""
    due = due or deadlines()
    found: list[tuple[bool, Subject]] = []
    for workflow in WORKFLOWS.values():
        rows = _at_step(waiting(workflow, user), workflow, step)
        if rows is None:
            continue
        late = rows.annotate(is_late=_is_late(workflow, due))
        ordered = late.order_by("-is_late", "status_since", "pk")
        page = ordered.select_related(*workflow.model.read_with)[: offset + limit]
        found += [(subject.is_late, subject) for subject in page]
    found.sort(key=lambda pair: (not pair[0], pair[1].status_since))
    subjects = [subject for _, subject in found[offset : offset + limit]]
    return items(subjects, due=due, reader=user)


def _at_step(rows: Rows, workflow: Workflow, step: str) -> Rows | None:
    if not step:
        return rows
    life, _, status = step.partition(":")
    return rows.filter(status=status) if life == workflow.life else None


def _is_late(workflow: Workflow, due: Deadlines, *, left: int = 0) -> Q:
    """In SQL what Clock says of one row: fewer working days are left than that."""
    whens = [
        When(status=status, then=Value(due.overdue_if_before(limit - left)))
        for (life, status), limit in due.limits.items()
        if life == workflow.life
    ]
    long_ago = Value(dt.datetime(1970, 1, 1, tzinfo=dt.UTC))
    return Q(status_since__lt=Case(*whens, default=long_ago, output_field=DateTimeField()))


def pending_count(user: User) -> int:
    return sum(waiting(workflow, user).count() for workflow in WORKFLOWS.values())


def pending_steps(user: User, due: Deadlines | None = None) -> list[StepCount]:
    """待办 by step, in the order of each life."""
    due = due or deadlines()
    steps = []
    for workflow in WORKFLOWS.values():
        name = workflow.model.amount_field
        total: Any = Sum(name) if name else Value(None, output_field=DecimalField())
        late, last = _is_late(workflow, due), _is_late(workflow, due, left=1)
        rows = (
            waiting(workflow, user)
            .order_by()
            .values("status")
            .annotate(
                count=Count("pk"),
                oldest=Min("status_since"),
                amount=total,
                overdue=Count("pk", filter=late),
                at_limit=Count("pk", filter=last & ~late),
            )
        )
        found = {row["status"]: StepCount(workflow, **row) for row in rows}
        order = dict.fromkeys(s for t in workflow.transitions for s in t.sources)
        steps += [found[status] for status in order if status in found]
    return steps


def items(
    subjects: Iterable[Subject], *, due: Deadlines | None = None, reader: User | None = None
) -> list[InboxItem]:
    """With holder and clock; for a reader also what stands in the way of acting himself."""
    page = list(subjects)
    if not page:
        return []
    held_by, due = holders(page), due or deadlines()
    seats, handed, urged = seats_waiting(page), assignments_of(page), urgings_of(page)
    done = duties_done([reader.pk], {k for s in page for k in s.case_keys()}) if reader else None
    found = []
    for subject in page:
        key = (subject.life(), subject.pk)
        item = InboxItem(
            subject,
            workflow_of(subject),
            held_by[key],
            due.clock(subject),
            _separation_note(subject, done, reader) if done and reader else "",
            _acts_for(subject, seats.get(key, ()), reader) if reader else "",
            seats.get(key, ()),
            handed.get(key),
            urged.get(key),
        )
        found.append(item)
    return found


def _acts_for(subject: Subject, seats: Sequence[Seat], reader: User) -> str:
    """The names of those for whom the reader has the thing in his inbox; none where he has it by
    a post of his own."""
    signers = {(seat.organization_id, seat.role) for seat in seats}
    workflow = workflow_of(subject)
    posts = [
        post
        for post in reader.posts_today
        if (post.organization_id, post.role) in signers
        or not seats
        and post.role in workflow.next_roles(subject.status, lent=post.user_id != reader.pk)
        and post.division.contains(subject.division)
    ]
    if any(post.user_id == reader.pk for post in posts):
        return ""
    return "、".join(str(post.user) for post in posts)


def _separation_note(subject: Subject, done: DutiesDone, reader: User) -> str:
    """Shown, not hidden: the thing waits for the post, but not for this person."""
    roles = {p.role for p in reader.posts_today if p.division.contains(subject.division)}
    steps = workflow_of(subject).forward(subject.status)
    clashes = [
        done.clash(step.duty, subject.case_keys())
        for step in steps
        if roles.intersection(step.roles)
    ]
    if not clashes or None in clashes:
        return ""
    return f"您已办理过“{clashes[0].label}”，须由他人办理"  # type: ignore[union-attr]


def done(user: User) -> QuerySet[Decision]:
    """已办: what this person decided, newest first."""
    return Decision.objects.filter(by=user).order_by("-id")


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


def subjects_of(decisions: Iterable[Decision]) -> dict[tuple[str, int], Subject]:
    """What the decisions are about: one query for each life among them."""
    found: dict[tuple[str, int], Subject] = {}
    wanted = {(d.subject_type, d.subject_id) for d in decisions}
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
