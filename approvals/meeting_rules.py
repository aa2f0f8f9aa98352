"""Counting: who must be there, who may vote on an item, and what the votes come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from organizations.models import Parameter, Post, User
from organizations.models.divisions import Level
from organizations.policies import Refusal

from .models import AgendaItem, Meeting, MeetingMember, Subject, Vote

Outcome = AgendaItem.Outcome
SECRETARY = "领导小组办公室"
# [D] More than half of the present who may vote; FACTS names no rule for the leading group.


@dataclass(frozen=True)
class Tally:
    """One item's votes for the version that it has now. `eligible` are present, not recused."""

    present: int
    recused: int
    eligible: int
    agree: int
    defer: int
    reject: int

    @property
    def not_voted(self) -> int:
        return self.eligible - self.agree - self.defer - self.reject

    @property
    def outcome(self) -> str:
        """More than half of those who may vote; where nothing reaches it, the item waits."""
        if self.agree * 2 > self.eligible:
            return Outcome.AGREED
        if self.reject * 2 > self.eligible:
            return Outcome.REJECTED
        return Outcome.DEFERRED

    @property
    def in_words(self) -> str:
        return (
            f"到会 {self.present} 人，回避 {self.recused} 人，"
            f"同意 {self.agree}、暂缓 {self.defer}、不同意 {self.reject}、未表决 {self.not_voted}"
        )


def tally(item: AgendaItem, members: Sequence[MeetingMember]) -> Tally:
    """Two queries unless `votes` and `recusals` of the item are prefetched."""
    present = {member.pk for member in members if member.is_present}
    recused = {recusal.member_id for recusal in item.recusals.all()} & present
    votes = Counter(
        vote.choice
        for vote in item.votes.all()
        if vote.digest == item.digest and vote.member_id in present - recused
    )
    return Tally(
        present=len(present),
        recused=len(recused),
        eligible=len(present - recused),
        agree=votes[Vote.Choice.AGREE],
        defer=votes[Vote.Choice.DEFER],
        reject=votes[Vote.Choice.REJECT],
    )


def refuse_quorum(meeting: Meeting, members: Sequence[MeetingMember]) -> Refusal | None:
    """Why the meeting can not decide anything with these members present."""
    due, present = len(members), sum(member.is_present for member in members)
    percent = Parameter.objects.number("meeting.quorum_percent", meeting.held_on)
    if present * 100 >= due * percent and present * 2 > due:
        return None
    return Refusal(
        f"应到 {due} 人，实到 {present} 人，不足应到人数的 {percent}%",
        who_can_clear=f"成员签到，或{SECRETARY}另行召集",
    )


def tie_of(post: Post, subject: Subject) -> str:
    """Why this member must stand aside: a post, now or before, in the township or the village
    whose thing is decided. A post of the county itself is no tie. Empty when there is none."""
    below = (Level.TOWNSHIP, Level.VILLAGE)
    held = post.user.posts.filter(organization__division__level__in=below)
    for other in held.select_related("organization__division"):
        if other.division.contains(subject.division) or subject.division.contains(other.division):
            return f"现任或曾任{other.organization.name}{other.title}"
    return ""


def refuse_vote(item: AgendaItem, member: MeetingMember | None, subject: Subject) -> Refusal | None:
    """Why this member's vote on the item would not count."""
    if member is None:
        return Refusal("您不在本次会议的应到名单中", who_can_clear=SECRETARY)
    if item.meeting.status != Meeting.Status.OPEN:
        return Refusal(f"会议现为“{item.meeting.get_status_display()}”，不能表决")
    if not member.is_present:
        return Refusal("您尚未签到，未到会不能表决", who_can_clear="本人或会务（签到）")
    if item.recusals.filter(member=member).exists():
        return Refusal("您已回避本议题，不能表决", who_can_clear="其他到会成员")
    tie = tie_of(member.post, subject)
    if tie:
        return Refusal(f"您{tie}，须回避本议题", who_can_clear="本人（登记回避）")
    return None


def member_of(meeting: Meeting, user: User) -> MeetingMember | None:
    return meeting.members.filter(post__user=user).select_related("post__user").first()
