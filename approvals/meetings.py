"""A meeting from its calling to its end; closing decides every item and moves the money.

Its agenda is made in `meeting_agenda`, its votes are cast in `meeting_votes`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from organizations.models import Division, Post, Role, User
from organizations.policies import Refusal, Refused, WrongRole, demand

from .agenda import ACTIONS, MEETING, is_as_voted, keep_version, kind_of, subjects_of
from .meeting_agenda import (
    SECRETARIES,
    add_item,
    add_items,
    amend_item,
    lock_item,
    lock_meeting,
    move_item,
    number_reply,
    remove_item,
    renew_digest,
    set_amendment,
)
from .meeting_rules import (
    SECRETARY,
    Tally,
    bonds,
    demand_recusals,
    member_of,
    refuse_quorum,
    result_digest,
    tally,
)
from .meeting_votes import ContentChanged, cast_vote, check_in, recuse, undo_check_in
from .models import AgendaItem, Decision, Duty, Meeting, MeetingMember, Subject
from .transitions import Condition, Transition
from .workflow import Workflow, register, workflow_of

__all__ = [
    "MEETING_LIFE",
    "SECRETARIES",
    "ContentChanged",
    "add_item",
    "add_items",
    "amend_item",
    "call_meeting",
    "cast_vote",
    "change_meeting",
    "check_in",
    "close_meeting",
    "lock_item",
    "lock_meeting",
    "move_item",
    "number_reply",
    "recuse",
    "refuse_closing",
    "remove_item",
    "renew_digest",
    "set_amendment",
    "signer",
    "undo_check_in",
]

S = Meeting.Status
Outcome = AgendaItem.Outcome
MEMBERS = (Role.GROUP_MEMBER,)


@transaction.atomic
def call_meeting(
    *, county: Division, by: User, name: str, held_on: dt.date, chair: Post, place: str = "",
    agenda: str = "",
) -> Meeting:  # fmt: skip
    """With everybody who is a member today on the roster; it is brought up to date on opening."""
    demand(by, SECRETARIES, county)
    meeting = Meeting(
        division=county, name=name, held_on=held_on, place=place, agenda=agenda, recorded_by=by
    )
    demand_day(held_on)
    meeting.full_clean()
    meeting.save()
    roster = members_of(county)
    demand_member(chair, roster)
    MeetingMember.objects.bulk_create(
        MeetingMember(meeting=meeting, post=post, is_chair=post == chair) for post in roster
    )
    return meeting


@transaction.atomic
def change_meeting(*, meeting: Meeting, by: User, chair: Post, facts: Mapping[str, Any]) -> Meeting:
    """`facts` while it is prepared: name, held_on, place, agenda. Once it sits only who presides
    can change, to somebody on the roster."""
    demand(by, SECRETARIES, meeting.division)
    meeting = lock_meeting(meeting, S.PREPARING, S.OPEN)
    if meeting.status == S.PREPARING:
        for name in ("name", "held_on", "place", "agenda"):
            setattr(meeting, name, facts[name])
        demand_day(meeting.held_on)
        meeting.full_clean()
        meeting.save(update_fields=["name", "held_on", "place", "agenda"])
    members = list(meeting.members.select_related("post__user"))
    demand_member(chair, [member.post for member in members])
    # The old one first: there is never more than one.
    for member in sorted(members, key=lambda member: member.post == chair):
        if member.is_chair != (member.post == chair):
            member.is_chair = member.post == chair
            member.save(update_fields=["is_chair"])
    return meeting


def demand_day(held_on: dt.date) -> None:
    """No meeting is written down after the day: members vote in it, online, as it sits."""
    if held_on < timezone.localdate():
        raise Refused(f"会议日期 {held_on} 在今天之前", who_can_clear=f"{SECRETARY}（改定日期）")


def demand_member(chair: Post, roster: list[Post]) -> None:
    if chair not in roster:
        raise Refused("主持人须为现任领导小组成员", who_can_clear=SECRETARY)


def members_of(county: Division) -> list[Post]:
    posts = Post.objects.in_force().filter(role__in=MEMBERS, organization__division=county)
    return list(posts.order_by("id"))


def not_today(meeting: Meeting) -> Refusal | None:
    today = timezone.localdate()
    if meeting.held_on == today:
        return None
    return Refusal(
        f"会议日期为 {meeting.held_on}，今天是 {today}，只能在会议当日宣布开会",
        who_can_clear=f"{SECRETARY}（改定日期）",
    )


def nothing_to_decide(meeting: Meeting) -> Refusal | None:
    if meeting.items.filter(is_removed=False).exists():
        return None
    return Refusal("议程上没有议题", who_can_clear=f"{SECRETARY}（列入议题）")


def settle(meeting: Meeting, decision: Decision, data: Mapping[str, Any]) -> tuple[str, ...]:
    """The effect of opening: the roster is that of the day, and every item as it now stands is
    the version that the members vote on."""
    roster = members_of(meeting.division)
    gone = meeting.members.exclude(post__in=roster)
    if gone.filter(is_chair=True).exists():
        raise Refused("主持人已不在任，请先改定主持人", who_can_clear=SECRETARY)
    gone.delete()
    called = set(meeting.members.values_list("post_id", flat=True))
    MeetingMember.objects.bulk_create(
        MeetingMember(meeting=meeting, post=post) for post in roster if post.pk not in called
    )
    items = list(meeting.items.filter(is_removed=False))
    subjects = subjects_of(items)
    for item in items:
        keep_version(item, subjects[item.pk])
        item.save(update_fields=["digest"])
    return ()


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
    open_items = meeting.items.filter(is_removed=False)
    items = list(open_items.prefetch_related("votes", "recusals"))
    if data.get("seen_result", "") not in ("", result_digest(items, members)):
        raise ContentChanged("表决结果或议题在您打开之后有变动，请重新核对后闭会")
    subjects = subjects_of(items)
    bound = bonds(members, items, subjects)
    for item in items:
        item.meeting = meeting
        demand_recusals(item, members, bound)
    for item in items:
        decide(item, subjects[item.pk], tally(item, members), signer(item, members, decision.by))
    return ("minutes_document", "chair", "members_due", "members_present")


def decide(item: AgendaItem, subject: Subject, votes: Tally, by: User) -> None:
    """Raises Refused that names the item."""
    if not is_as_voted(item, subject):
        raise Refused(f"议题“{item}”的内容在表决后有变动，请重新表决", who_can_clear=SECRETARY)
    outcome = votes.outcome_of(item)
    agreed = outcome in (Outcome.AGREED, Outcome.AMENDED)
    problem = kind_of(item).refuse(subject, item) if agreed else ""
    if problem:
        raise Refused(f"议题“{item}”：{problem}", who_can_clear=SECRETARY)
    try:
        made = workflow_of(subject).perform(
            subject,
            ACTIONS[outcome],
            by=by,
            comment=f"{item.meeting.name}：{in_words(outcome, item, votes)}",
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


def in_words(outcome: Outcome, item: AgendaItem, votes: Tally) -> str:
    """The resolution as the trail of the thing keeps it."""
    changed = f"（{item.amendment}）" if outcome == Outcome.AMENDED else ""
    why = f"；{votes.too_few}" if votes.too_few else ""
    return f"{outcome.label}{changed}。{votes.in_words}{why}"


def signer(item: AgendaItem, members: list[MeetingMember], chair: User) -> User:
    """The chair; where the chair stands aside, the next member present who does not."""
    recused = {recusal.member_id for recusal in item.recusals.all()}
    for member in sorted(members, key=lambda m: (m.post.user_id != chair.pk, m.pk)):
        if member.is_present and member.pk not in recused:
            return member.post.user
    raise Refused(f"议题“{item}”的到会成员全部回避，不能议决，须撤出议程", who_can_clear=SECRETARY)


def drop_items(meeting: Meeting, decision: Decision, data: Mapping[str, Any]) -> tuple[str, ...]:
    """A cancelled meeting lets go of its items; votes already cast stay on record."""
    meeting.items.filter(is_removed=False).update(is_removed=True)
    return ()


MEETING_LIFE = register(
    Workflow(
        Meeting,
        name=MEETING,
        start=S.PREPARING,
        transitions=(
            Transition(
                "open_meeting", "宣布开会", (S.PREPARING,), S.OPEN, SECRETARIES, Duty.CONVENE,
                copy_to=MEMBERS, effect=settle,
            ),
            Transition(
                "close_meeting", "闭会并生效", (S.OPEN,), S.CLOSED, MEMBERS, Duty.PRESIDE,
                clause="新扶贫领字〔2018〕76号 二(二)、二(三)“二下”", effect=decide_all,
                only_in="会议页面",
            ),
            Transition(
                "cancel_meeting", "取消会议", (S.PREPARING, S.OPEN), S.CANCELLED, SECRETARIES,
                Duty.CONVENE, needs_comment=True, is_return=True, effect=drop_items,
                style="danger", copy_to=MEMBERS,
            ),
        ),
        conditions={
            "open_meeting": [
                Condition("会议当日", not_today),
                Condition("议程上有议题", nothing_to_decide),
            ],
            "close_meeting": [Condition("议程上有议题", nothing_to_decide)],
        },
    )
)  # fmt: skip


def refuse_closing(
    meeting: Meeting, members: list[MeetingMember], member: MeetingMember | None
) -> Refusal | None:
    """Why `member`, None for somebody not on the roster, can not close it now."""
    if member is None or not member.is_chair:
        chair = next((str(m) for m in members if m.is_chair), SECRETARY)
        return Refusal("由本次会议的主持人闭会", who_can_clear=chair)
    if meeting.status != S.OPEN:
        return Refusal(
            f"会议现为“{meeting.get_status_display()}”，不能闭会",
            who_can_clear="领导小组办公室（宣布开会）",
        )
    if not member.is_present:
        return Refusal("主持人尚未签到", who_can_clear=f"主持人，或{SECRETARY}（改定主持人）")
    return refuse_quorum(meeting, members)


@transaction.atomic
def close_meeting(
    *, meeting: Meeting, by: User, minutes_document: str, comment: str, seen_result: str = "",
    key: str | None = None, body_digest: str = "",
) -> Decision:  # fmt: skip
    """By the chair of this meeting: every item decided and every yuan allocated, or nothing.
    `seen_result` is the `result_digest` that the chair was shown; when it is no longer so,
    ContentChanged. The same `key` and `body_digest` a second time return the first decision."""
    member = member_of(meeting, by)
    members = list(meeting.members.select_related("post__user"))
    refusal = refuse_closing(meeting, members, member)
    if refusal and (member is None or not member.is_chair):
        raise WrongRole(refusal.reason, who_can_clear=refusal.who_can_clear)
    if refusal and meeting.status == S.OPEN:
        raise Refused(refusal.reason, who_can_clear=refusal.who_can_clear)
    return MEETING_LIFE.perform(
        meeting,
        "close_meeting",
        by=by,
        comment=comment,
        data={"minutes_document": minutes_document, "seen_result": seen_result},
        key=key,
        body_digest=body_digest,
    )
