"""What the members do in a meeting: come, stand aside, vote."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from organizations.models import Post, User
from organizations.personal_data import refuse_personal_data
from organizations.policies import Refused, WrongRole, demand

from .agenda import subject_of
from .keys import KeyedRequest, earlier_decision
from .meeting_agenda import SECRETARIES, lock_item, lock_meeting
from .meeting_rules import SECRETARY, member_of, refuse_vote
from .models import AgendaItem, Meeting, MeetingMember, Recusal, Vote
from .workflow import workflow_of

S = Meeting.Status


class ContentChanged(Refused):
    """The item is no longer what the member was shown; nothing has been written."""


@transaction.atomic
def check_in(*, member: MeetingMember, by: User) -> MeetingMember:
    """签到, by the member himself or at the door by the secretary."""
    member = lock_member(member, by)
    if not Post.objects.in_force().filter(pk=member.post_id).exists():
        raise Refused(f"{member}今天不在任，不能签到", who_can_clear=SECRETARY)
    if member.checked_in_at is None:
        member.checked_in_at = timezone.now()
        member.checked_in_by = by
        member.save(update_fields=["checked_in_at", "checked_in_by"])
    return member


@transaction.atomic
def undo_check_in(*, member: MeetingMember, by: User) -> MeetingMember:
    """By the secretary, of somebody ticked by mistake; who has voted or stood aside was there."""
    demand(by, SECRETARIES, member.meeting.division)
    member = lock_member(member, by)
    if member.votes.exists() or member.recusals.exists():
        raise Refused(f"{member}已表决或登记回避，不能撤销签到", who_can_clear="本人（无须再办）")
    member.checked_in_at = member.checked_in_by = None
    member.save(update_fields=["checked_in_at", "checked_in_by"])
    return member


def lock_member(member: MeetingMember, by: User) -> MeetingMember:
    """As it stands now, with the meeting locked; for the member or the secretary."""
    lock_meeting(member.meeting, S.PREPARING, S.OPEN)
    if member.post.user_id != by.pk:
        demand(by, SECRETARIES, member.meeting.division)
    locked = MeetingMember.objects.select_related("post__user").get(pk=member.pk)
    locked.meeting = member.meeting
    return locked


@transaction.atomic
def recuse(*, item: AgendaItem, member: MeetingMember, reason: str, by: User) -> Recusal:
    """The member takes no part in the item; too late once he has voted on what it is now."""
    item = lock_item(item, S.OPEN)
    if member.meeting_id != item.meeting_id:
        raise Refused(f"{member}不在本次会议的应到名单中", who_can_clear=SECRETARY)
    if member.post.user_id != by.pk:
        demand(by, SECRETARIES, item.meeting.division)
    if not reason.strip():
        raise Refused("登记回避须写明事由", who_can_clear="登记人（写明事由）")
    refuse_personal_data(reason)
    if item.votes.filter(member=member, digest=item.digest).exists():
        raise Refused(
            f"{member}已对本议题表决，不能再登记回避",
            who_can_clear="领导小组办公室（议题修改后重新表决）",
        )
    recusal, _ = Recusal.objects.get_or_create(
        item=item, member=member, defaults={"reason": reason.strip(), "by": by}
    )
    return recusal


@transaction.atomic
def cast_vote(
    *, item: AgendaItem, choice: str, seen_digest: str, by: User, comment: str = "",
    key: str | None = None, body_digest: str = "",
) -> Vote:  # fmt: skip
    """Raises Refused: not a member, absent, recused, tied, twice; ContentChanged since it was
    shown. The same `key` and `body_digest` a second time return the first vote."""
    refuse_personal_data(comment)
    item = lock_item(item, S.OPEN)
    subject = subject_of(item)
    earlier = earlier_decision(subject, KeyedRequest("vote", by, key, body_digest))
    if earlier:
        return Vote.objects.get(decision=earlier)
    member = member_of(item.meeting, by)
    refusal = refuse_vote(item, member, subject)
    if refusal:
        kind = Refused if member else WrongRole
        raise kind(refusal.reason, who_can_clear=refusal.who_can_clear)
    assert member
    if item.digest != seen_digest:
        raise ContentChanged(
            "议题内容已在您打开之后修改，请看过修改后的内容再表决", who_can_clear="本人"
        )
    decision = workflow_of(subject).perform(
        subject,
        "vote",
        by=by,
        comment=f"{item.meeting.name}第{item.position}项议题",
        key=key,
        body_digest=body_digest,
    )
    return Vote.objects.create(
        item=item,
        member=member,
        choice=Vote.Choice(choice),
        comment=comment.strip(),
        digest=item.digest,
        decision=decision,
    )
