"""A meeting from its agenda to its end; closing decides every item and moves the money."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from organizations.models import Division, Post, Role, User
from organizations.policies import Refused, WrongRole, demand

from .agenda import ACTIONS, MEETING, demand_kind, digest_of, kind_of, subject_of
from .meeting_rules import SECRETARY, Tally, member_of, refuse_quorum, refuse_vote, tally
from .models import (
    AgendaItem,
    Decision,
    Duty,
    Meeting,
    MeetingMember,
    Recusal,
    Subject,
    Vote,
)
from .transitions import Transition
from .workflow import Workflow, register, workflow_of

S = Meeting.Status
Outcome = AgendaItem.Outcome
SECRETARIES = (Role.GROUP_SECRETARY,)
MEMBERS = (Role.GROUP_MEMBER,)


@transaction.atomic
def call_meeting(
    *, county: Division, by: User, name: str, held_on: dt.date, chair: Post, place: str = "",
    agenda: str = "",
) -> Meeting:  # fmt: skip
    """With everybody who is a member that day on the roster."""
    demand(by, SECRETARIES, county)
    meeting = Meeting(
        division=county, name=name, held_on=held_on, place=place, agenda=agenda, recorded_by=by
    )
    meeting.full_clean()
    meeting.save()
    posts = Post.objects.in_force().over(county).filter(role=Role.GROUP_MEMBER)
    roster = list(posts.filter(organization__division=county).order_by("id"))
    if chair not in roster:
        raise Refused("主持人须为现任领导小组成员", who_can_clear=SECRETARY)
    MeetingMember.objects.bulk_create(
        MeetingMember(meeting=meeting, post=post, is_chair=post == chair) for post in roster
    )
    return meeting


@transaction.atomic
def add_item(*, meeting: Meeting, subject: Subject, by: User) -> AgendaItem:
    """At the end of the agenda, as it stands now."""
    demand(by, SECRETARIES, meeting.division)
    meeting = lock_meeting(meeting, S.PREPARING)
    kind = demand_kind(subject)
    if not kind.ready(meeting.division).filter(pk=subject.pk).exists():
        raise Refused(f"“{subject}”不在待审定的环节，或不属本县", who_can_clear="现办理人")
    last = meeting.items.order_by("-position").first()
    item = AgendaItem(
        meeting=meeting,
        position=last.position + 1 if last else 1,
        subject_type=subject.life(),
        subject_id=subject.pk,
        title=str(subject)[:160],
    )
    item.digest = digest_of(subject_of(item), item)  # as the database has it
    try:
        with transaction.atomic():
            item.save()
    except IntegrityError as error:
        raise Refused(
            f"“{subject}”已列入本次或另一次尚未闭会的会议议程", who_can_clear=SECRETARY
        ) from error
    return item


@transaction.atomic
def remove_item(*, item: AgendaItem, by: User) -> None:
    """From an agenda that is still being made; votes can not have been cast then."""
    demand(by, SECRETARIES, item.meeting.division)
    lock_meeting(item.meeting, S.PREPARING)
    item.delete()


@transaction.atomic
def amend_item(*, item: AgendaItem, by: User, amendment: str) -> AgendaItem:
    """Change what is decided; votes on the former version no longer count."""
    demand(by, SECRETARIES, item.meeting.division)
    meeting = lock_meeting(item.meeting, S.PREPARING, S.OPEN)
    item.amendment = amendment.strip()
    item.is_amended = item.is_amended or meeting.status == S.OPEN or bool(item.amendment)
    return renew_digest(item)


def renew_digest(item: AgendaItem) -> AgendaItem:
    """After anything that the members decide on has changed. With the meeting locked."""
    item.digest = digest_of(subject_of(item), item)
    item.save(update_fields=["digest", "amendment", "is_amended"])
    return item


@transaction.atomic
def check_in(*, member: MeetingMember, by: User) -> MeetingMember:
    """签到, by the member himself or at the door by the secretary."""
    lock_meeting(member.meeting, S.PREPARING, S.OPEN)
    if member.post.user_id != by.pk:
        demand(by, SECRETARIES, member.meeting.division)
    member = MeetingMember.objects.select_for_update(of=("self",)).get(pk=member.pk)
    if member.checked_in_at is None:
        member.checked_in_at = timezone.now()
        member.checked_in_by = by
        member.save(update_fields=["checked_in_at", "checked_in_by"])
    return member


@transaction.atomic
def recuse(*, item: AgendaItem, member: MeetingMember, reason: str, by: User) -> Recusal:
    lock_meeting(item.meeting, S.PREPARING, S.OPEN)
    if member.post.user_id != by.pk:
        demand(by, SECRETARIES, item.meeting.division)
    if item.votes.filter(member=member, digest=item.digest).exists():
        raise Refused(f"{member}已对本议题表决，不能再登记回避")
    recusal, _ = Recusal.objects.get_or_create(
        item=item, member=member, defaults={"reason": reason.strip(), "by": by}
    )
    return recusal


@transaction.atomic
def cast_vote(
    *, item: AgendaItem, choice: str, seen_digest: str, by: User, comment: str = ""
) -> Vote:
    """Raises Refused: not a member, absent, recused, tied, changed since it was shown, twice."""
    meeting = lock_meeting(item.meeting, S.OPEN)
    item = AgendaItem.objects.select_for_update(of=("self",)).get(pk=item.pk)
    item.meeting = meeting
    subject = subject_of(item)
    member = member_of(meeting, by)
    refusal = refuse_vote(item, member, subject)
    if refusal or member is None:
        raise WrongRole(refusal.reason if refusal else "", who_can_clear=SECRETARY)
    if item.digest != seen_digest:
        raise Refused("议题内容已在您打开之后修改，请看过修改后的内容再表决", who_can_clear="本人")
    earlier = item.votes.filter(member=member, digest=item.digest).first()
    if earlier:
        raise Refused(f"您已对本议题表决“{earlier.get_choice_display()}”，表决后不能更改")
    decision = workflow_of(subject).perform(
        subject, "vote", by=by, comment=comment or Vote.Choice(choice).label
    )
    return Vote.objects.create(
        item=item, member=member, choice=choice, digest=item.digest, decision=decision
    )


def lock_meeting(meeting: Meeting, *statuses: str) -> Meeting:
    """Everything about a meeting waits for its row, before any subject of it."""
    locked = Meeting.objects.select_for_update(of=("self",)).get(pk=meeting.pk)
    if locked.status not in statuses:
        raise Refused(f"会议现为“{locked.get_status_display()}”，不能办理", who_can_clear=SECRETARY)
    locked.division = meeting.division
    return locked


def decide_all(meeting: Meeting, decision: Decision, data: Mapping[str, Any]) -> tuple[str, ...]:
    """The effect of closing: each item in its order, all of them or none."""
    members = list(meeting.members.select_related("post__user"))
    refusal = refuse_quorum(meeting, members)
    if refusal:
        raise Refused(refusal.reason, who_can_clear=refusal.who_can_clear)
    meeting.minutes_document = data["minutes_document"]
    meeting.chair = decision.by_name
    meeting.members_due = len(members)
    meeting.members_present = sum(member.is_present for member in members)
    items = meeting.items.filter(is_removed=False).prefetch_related("votes", "recusals")
    for item in items:
        item.meeting = meeting
        decide(item, tally(item, members), members, decision.by)
    return ("minutes_document", "chair", "members_due", "members_present")


def decide(item: AgendaItem, votes: Tally, members: list[MeetingMember], chair: User) -> None:
    subject = subject_of(item)
    if digest_of(subject, item) != item.digest:
        raise Refused(f"议题“{item}”的内容在表决后有变动，请重新表决", who_can_clear=SECRETARY)
    outcome = votes.outcome
    if outcome == Outcome.AGREED and item.is_amended:
        outcome = Outcome.AMENDED
    agreed = outcome in (Outcome.AGREED, Outcome.AMENDED)
    problem = kind_of(item).refuse(subject, item) if agreed else ""
    if problem:
        raise Refused(f"议题“{item}”：{problem}", who_can_clear=SECRETARY)
    try:
        made = workflow_of(subject).perform(
            subject,
            ACTIONS[outcome],
            by=signer(item, members, chair),
            comment=f"{item.meeting.name}：{Outcome(outcome).label}。{votes.in_words}",
            data={**kind_of(item).facts(subject, item), "item": item, "meeting": item.meeting},
        )
    except Refused as error:
        raise Refused(
            f"议题“{item}”：{error.refusal.reason}",
            clause=error.refusal.clause,
            who_can_clear=error.refusal.who_can_clear,
        ) from error
    item.outcome = outcome
    item.decision = made
    item.save(update_fields=["outcome", "decision"])


def signer(item: AgendaItem, members: list[MeetingMember], chair: User) -> User:
    """The chair; where the chair stands aside, the next member present who does not."""
    recused = {recusal.member_id for recusal in item.recusals.all()}
    for member in sorted(members, key=lambda m: (m.post.user_id != chair.pk, m.pk)):
        if member.is_present and member.pk not in recused:
            return member.post.user
    raise Refused(f"议题“{item}”的到会成员全部回避，不能议决", who_can_clear=SECRETARY)


def drop_items(meeting: Meeting, decision: Decision, data: Mapping[str, Any]) -> tuple[str, ...]:
    """A cancelled meeting lets go of its items; votes already cast stay on record."""
    meeting.items.filter(outcome="").update(is_removed=True)
    return ()


MEETING_LIFE = register(
    Workflow(
        Meeting,
        name=MEETING,
        start=S.PREPARING,
        transitions=(
            Transition(
                "open_meeting", "宣布开会", (S.PREPARING,), S.OPEN, SECRETARIES, Duty.CONVENE,
                copy_to=MEMBERS,
            ),
            Transition(
                "close_meeting", "闭会并生效", (S.OPEN,), S.CLOSED, MEMBERS, Duty.PRESIDE,
                clause="新扶贫领字〔2018〕76号 二(二)、二(三)“二下”", effect=decide_all,
                only_in="会议页面",
            ),
            Transition(
                "cancel_meeting", "取消会议", (S.PREPARING, S.OPEN), S.CANCELLED, SECRETARIES,
                Duty.CONVENE, needs_comment=True, is_return=True, effect=drop_items,
                style="danger",
            ),
        ),
    )
)  # fmt: skip


@transaction.atomic
def close_meeting(*, meeting: Meeting, by: User, minutes_document: str, comment: str) -> Decision:
    """By the chair of this meeting: every item decided and every yuan allocated, or nothing."""
    member = member_of(meeting, by)
    if member is None or not member.is_chair:
        chair = meeting.members.filter(is_chair=True).select_related("post__user").first()
        raise WrongRole("由本次会议的主持人闭会", who_can_clear=str(chair) if chair else SECRETARY)
    if not member.is_present:
        raise Refused("主持人尚未签到", who_can_clear="主持人")
    return MEETING_LIFE.perform(
        meeting,
        "close_meeting",
        by=by,
        comment=comment,
        data={"minutes_document": minutes_document},
    )
