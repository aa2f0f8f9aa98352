"""A meeting as its pages show it: the agenda with the money, the votes and who is missing, in a
number of queries that does not grow with the items or the members."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from approvals.agenda import KINDS, AgendaKind, kind_of, subjects_of, text_of
from approvals.meeting_rules import (
    Bonds,
    Tally,
    bonds,
    counting,
    refuse_quorum,
    refuse_voter,
    result_digest,
    tally,
    unrecused,
)
from approvals.meetings import SECRETARIES
from approvals.models import AgendaItem, Meeting, MeetingMember, Recusal, Subject, Vote
from funds.models import Allotment
from organizations.models import Division, User
from organizations.policies import Refusal, holds

from .meetings import PoolLine, PoolRun, pool_run, refuse_more_than_asked
from .models import Project, ProjectVersion

ZERO = Decimal(0)
Outcome = AgendaItem.Outcome
AGREED = (Outcome.AGREED, Outcome.AMENDED)


@dataclass(frozen=True)
class MemberVote:
    """What one member did about one item; shown by name only when the meeting is over."""

    member: MeetingMember
    said: str
    comment: str = ""


@dataclass(frozen=True)
class ItemRow:
    """One item for one reader. `refusal` is why the reader can not vote on it."""

    item: AgendaItem
    subject: Subject
    asked: Decimal | None
    proposed: Decimal
    lines: Sequence[PoolLine]
    tally: Tally
    recusals: Sequence[Recusal]
    votes: Sequence[MemberVote]
    missing: Sequence[MeetingMember]
    unrecused: Sequence[tuple[MeetingMember, str]]
    superseded: int
    sent_up: str
    problem: str
    refusal: Refusal | None
    mine: Vote | None
    bound: str

    @property
    def kind(self) -> AgendaKind:
        return kind_of(self.item)

    @property
    def takes_sources(self) -> bool:
        return self.kind.takes_sources and self.asked is not None

    @property
    def aside(self) -> list[MeetingMember]:
        return [recusal.member for recusal in self.recusals]

    @property
    def outcome(self) -> Outcome:
        """What was decided, or what closing now would decide."""
        return Outcome(self.item.outcome) if self.item.outcome else self.tally.outcome_of(self.item)

    @property
    def is_agreed(self) -> bool:
        return self.outcome in AGREED

    @property
    def stops_closing(self) -> str:
        """Why the meeting can not be closed because of this item."""
        if self.unrecused:
            names = "、".join(f"{m.post.user}（{why}）" for m, why in self.unrecused)
            return f"须回避而未登记回避：{names}"
        if not self.tally.eligible:
            return "到会成员全部回避，须撤出议程"
        return self.problem if self.is_agreed else ""

    @property
    def approved(self) -> Decimal | None:
        return self.proposed if self.item.outcome in AGREED else None


@dataclass(frozen=True)
class MeetingPage:
    """`run` is the pool as the whole agenda would use it up."""

    meeting: Meeting
    members: Sequence[MeetingMember]
    rows: Sequence[ItemRow]
    removed: Sequence[AgendaItem]
    run: PoolRun
    quorum: Refusal | None
    me: MeetingMember | None
    is_secretary: bool

    @property
    def present(self) -> int:
        return sum(member.is_present for member in self.members)

    @property
    def chair(self) -> MeetingMember | None:
        return next((member for member in self.members if member.is_chair), None)

    @property
    def is_chair(self) -> bool:
        return self.me is not None and self.me.is_chair

    @property
    def is_open(self) -> bool:
        return self.meeting.status == Meeting.Status.OPEN

    @property
    def is_preparing(self) -> bool:
        return self.meeting.status == Meeting.Status.PREPARING

    @property
    def is_closed(self) -> bool:
        return self.meeting.status == Meeting.Status.CLOSED

    @property
    def absent(self) -> list[MeetingMember]:
        return [member for member in self.members if not member.is_present]

    @property
    def is_in_the_room(self) -> bool:
        """The reader is a member, has checked in, and the meeting sits: the ballots come first."""
        return self.is_open and self.me is not None and self.me.is_present

    @property
    def asked(self) -> Decimal:
        """Of the pool: a plan is made of projects that ask for themselves."""
        return sum((row.asked or ZERO for row in self.rows if row.takes_sources), ZERO)

    @property
    def proposed(self) -> Decimal:
        return sum((row.proposed for row in self.rows), ZERO)

    @property
    def by_source(self) -> list[tuple[Allotment, Decimal]]:
        """What the items that are agreed to take from each source, oldest item first."""
        taken: dict[Allotment, Decimal] = {}
        for row in self.rows:
            for source in row.item.sources.all() if row.is_agreed else ():
                taken[source.allotment] = taken.get(source.allotment, ZERO) + source.amount
        return list(taken.items())

    @property
    def agreed_total(self) -> Decimal:
        return sum((amount for _, amount in self.by_source), ZERO)

    @property
    def result(self) -> str:
        """What whoever closes it confirms."""
        return result_digest([row.item for row in self.rows], self.members)

    @property
    def sees_names(self) -> bool:
        """Who has not voted yet is told to those who have to see to it."""
        return self.is_chair or self.is_secretary

    def row_of(self, item: AgendaItem) -> ItemRow | None:
        return next((row for row in self.rows if row.item.pk == item.pk), None)


def read_meeting(
    meeting: Meeting, user: User, takes: Mapping[int, bool] | None = None
) -> MeetingPage:
    """For this reader. `takes` as `pool_run` has it."""
    members = list(meeting.members.select_related("post__user", "post__organization"))
    every = list(
        meeting.items.select_related("charge").prefetch_related(
            "votes", "recusals", "versions", "sources__allotment__category"
        )
    )
    for item in every:
        item.meeting = meeting
    items = [item for item in every if not item.is_removed]
    subjects = subjects_of(items)
    bound = bonds(members, items, subjects)
    run = pool_run(meeting.division, items, takes)
    sent_up = digests_sent_up(subjects)
    me = next((member for member in members if member.post.user_id == user.pk), None)
    waiting = not_ready(items, subjects)
    rows = [
        row_of(
            item, subjects[item.pk], members, me, bound, run, sent_up.get(item.pk, ""),
            waiting.get(item.pk),
        )
        for item in items
    ]  # fmt: skip
    return MeetingPage(
        meeting=meeting,
        members=members,
        rows=rows,
        removed=[item for item in every if item.is_removed],
        run=run,
        quorum=refuse_quorum(meeting, members),
        me=me,
        is_secretary=holds(user, SECRETARIES, meeting.division) is not None,
    )


def not_ready(items: Sequence[AgendaItem], subjects: Mapping[int, Subject]) -> dict[int, Refusal]:
    """By item, what is still undecided and can not be voted on yet; a query for each life."""
    waiting = [item for item in items if not item.outcome]
    found: dict[int, Refusal] = {}
    for life in {item.subject_type for item in waiting}:
        those = [item for item in waiting if item.subject_type == life]
        refusals = KINDS[life].not_ready([subjects[item.pk] for item in those])
        found |= {i.pk: refusals[i.subject_id] for i in those if i.subject_id in refusals}
    return found


def takes_of(page: MeetingPage) -> dict[int, bool]:
    """Which items closing now would give their money."""
    return {row.item.pk: row.is_agreed for row in page.rows}


def row_of(
    item: AgendaItem,
    subject: Subject,
    members: Sequence[MeetingMember],
    me: MeetingMember | None,
    bound: Bonds,
    run: PoolRun,
    sent_up: str,
    waiting: Refusal | None,
) -> ItemRow:
    by_id = {member.pk: member for member in members}
    recusals = list(item.recusals.all())
    for recusal in recusals:
        recusal.member = by_id[recusal.member_id]
    counted = {vote.member_id: vote for vote in counting(item)}
    aside = {recusal.member_id for recusal in recusals}
    eligible = [m for m in members if m.is_present and m.pk not in aside]
    asked = asked_by(item, subject)
    proposed = sum((source.amount for source in item.sources.all()), ZERO)
    return ItemRow(
        item=item,
        subject=subject,
        asked=asked,
        proposed=proposed,
        lines=run.by_item.get(item.pk, ()),
        tally=tally(item, members),
        recusals=recusals,
        votes=[vote_in_words(m, counted.get(m.pk), aside) for m in members],
        missing=[member for member in eligible if member.pk not in counted],
        unrecused=unrecused(item, members, bound),
        superseded=sum(vote.digest != item.digest for vote in item.votes.all()),
        sent_up=sent_up,
        problem=waiting.reason if waiting else money_problem(item, asked, proposed, run),
        refusal=refuse_voter(item, me, bound.between(me, item) if me else "") or waiting,
        mine=counted.get(me.pk) if me else None,
        bound=bound.between(me, item) if me else "",
    )


def asked_by(item: AgendaItem, subject: Subject) -> Decimal | None:
    """As it was decided on; the thing itself may since have been adjusted."""
    if not item.outcome:
        return kind_of(item).asked(subject)
    asked = as_decided(item)["asked"]
    return None if asked is None else Decimal(asked)


def as_decided(item: AgendaItem) -> dict[str, Any]:
    """The last words that the members voted on."""
    text: dict[str, Any] = json.loads(list(item.versions.all())[-1].text)
    return text


def vote_in_words(member: MeetingMember, vote: Vote | None, aside: set[int]) -> MemberVote:
    if not member.is_present:
        return MemberVote(member, "缺席")
    if member.pk in aside:
        return MemberVote(member, "回避")
    if vote is None:
        return MemberVote(member, "未表决")
    return MemberVote(member, str(vote.get_choice_display()), vote.comment)


def money_problem(item: AgendaItem, asked: Decimal | None, proposed: Decimal, run: PoolRun) -> str:
    """Why the item can not be agreed to for the sake of its money; nothing once it is decided."""
    if item.outcome:
        return ""
    if kind_of(item).takes_sources and asked is not None and not proposed:
        return "没有填写批准金额的资金来源"
    return refuse_more_than_asked(asked, proposed) or run.problem(item)


def digests_sent_up(subjects: Mapping[int, Subject]) -> dict[int, str]:
    """By item, the SHA-256 of its project's text that went up the second time. One query."""
    projects = {item: s.pk for item, s in subjects.items() if isinstance(s, Project)}
    versions = ProjectVersion.objects.filter(
        project__in=projects.values(), round=ProjectVersion.Round.SECOND
    )
    latest = dict(versions.order_by("id").values_list("project_id", "sha256"))
    return {item: latest.get(project, "") for item, project in projects.items()}


@dataclass(frozen=True)
class Part:
    label: str
    text: str


def parts_of(row: ItemRow) -> list[Part]:
    """The words of the item: those that are voted on, or would be."""
    kept = list(row.item.versions.all())
    text = kept[-1].text if kept else text_of(row.subject, row.item)
    content: Mapping[str, Any] = json.loads(text)["content"]
    return [
        Part(part["label"], part["text"])
        for value in content.values()
        if isinstance(value, list)
        for part in value
        if isinstance(part, dict) and part["text"]
    ]


@dataclass(frozen=True)
class Ready:
    """Something that waits for a meeting; `key` names it in a form."""

    key: str
    kind: AgendaKind
    subject: Subject
    asked: Decimal | None


def ready_for(county: Division) -> list[Ready]:
    """What may be put on an agenda of this county, in the order of each kind: one query for each,
    and one more."""
    taken = set(
        AgendaItem.objects.filter(
            meeting__division=county, is_removed=False, outcome=""
        ).values_list("subject_type", "subject_id")
    )
    return [
        Ready(f"{life}:{subject.pk}", kind, subject, kind.asked(subject))
        for life, kind in KINDS.items()
        for subject in kind.ready(county)
        if (life, subject.pk) not in taken
    ]


def with_totals(meetings: QuerySet[Meeting]) -> QuerySet[Meeting]:
    """Each with how many items it agreed to, and how much money they took."""
    agreed = Q(items__outcome__in=AGREED)
    return meetings.annotate(
        agreed=Count("items", filter=agreed, distinct=True),
        amount=Sum("items__sources__amount", filter=agreed),
    )


def resolutions_of(project: Project) -> QuerySet[AgendaItem]:
    """What meetings decided about it, latest first."""
    decided = AgendaItem.objects.filter(subject_type=project.life(), subject_id=project.pk)
    return decided.exclude(outcome="").select_related("meeting", "decision").order_by("-pk")


def reply_number(item: AgendaItem) -> str:
    """批复文号: the given one, else the minutes' with the item's place on the agenda."""
    if item.reply_document:
        return item.reply_document
    minutes = item.meeting.minutes_document
    if minutes.endswith("号"):
        return f"{minutes[:-1]}-{item.position}号"
    return f"{minutes}-{item.position}"
