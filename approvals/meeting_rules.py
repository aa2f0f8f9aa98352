"""Counting: who must be there, who stands aside, who may vote on an item, what the votes come to.

FACTS names no rule of procedure for the leading group, so the shares here are defaults [D] and
are never shown as 依据: two thirds of the roster present, more than half of those who may vote,
and at least half of the roster left to vote on an item.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils import timezone

from organizations.models import Division, Parameter, Post, User
from organizations.models.divisions import Level
from organizations.policies import Refusal, Refused

from .agenda import KINDS, kind_of
from .models import AgendaItem, Duty, Meeting, MeetingMember, Subject, Vote
from .separation import DutiesDone, duties_done_by

Outcome = AgendaItem.Outcome
SECRETARY = "领导小组办公室"
BELOW = (Level.TOWNSHIP, Level.VILLAGE)


@dataclass(frozen=True)
class Tally:
    """One item's votes for the version that it has now. `due` is the roster; `eligible` are
    present and not recused."""

    due: int
    present: int
    recused: int
    eligible: int
    agree: int
    defer: int
    reject: int

    @property
    def voted(self) -> int:
        return self.agree + self.defer + self.reject

    @property
    def not_voted(self) -> int:
        return self.eligible - self.voted

    @property
    def too_few(self) -> str:
        """Why nobody may decide the item: so many stand aside that no half of the group is left."""
        if self.eligible * 2 >= self.due:
            return ""
        return f"可表决 {self.eligible} 人，不足应到 {self.due} 人的半数，本议题只能暂缓"

    @property
    def outcome(self) -> str:
        """More than half of those who may vote; where nothing reaches it, the item waits."""
        if self.too_few:
            return Outcome.DEFERRED
        if self.agree * 2 > self.eligible:
            return Outcome.AGREED
        if self.reject * 2 > self.eligible:
            return Outcome.REJECTED
        return Outcome.DEFERRED

    def outcome_of(self, item: AgendaItem) -> Outcome:
        """As it is written down: what was changed in the meeting is 修改后同意."""
        agreed = self.outcome == Outcome.AGREED
        return Outcome.AMENDED if agreed and item.is_amended else Outcome(self.outcome)

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
    votes = Counter(vote.choice for vote in counting(item) if vote.member_id in present - recused)
    return Tally(
        due=len(members),
        present=len(present),
        recused=len(recused),
        eligible=len(present - recused),
        agree=votes[Vote.Choice.AGREE],
        defer=votes[Vote.Choice.DEFER],
        reject=votes[Vote.Choice.REJECT],
    )


def counting(item: AgendaItem) -> list[Vote]:
    """The votes on what the item is now; those on a former version are superseded."""
    return [vote for vote in item.votes.all() if vote.digest == item.digest]


def result_digest(items: Iterable[AgendaItem], members: Sequence[MeetingMember]) -> str:
    """What closing would decide, so that the chair confirms that and nothing else."""
    lines = [f"{i.pk}:{i.digest}:{tally(i, members).outcome_of(i)}" for i in items]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def refuse_quorum(meeting: Meeting, members: Sequence[MeetingMember]) -> Refusal | None:
    """Why the meeting can not decide anything with these members present."""
    due, present = len(members), sum(member.is_present for member in members)
    share = Parameter.objects.fraction("meeting.quorum", meeting.held_on)
    if present >= due * share and present * 2 > due:
        return None
    return Refusal(
        f"应到 {due} 人，实到 {present} 人，不足应到人数的 {share}",
        who_can_clear=f"成员签到，或{SECRETARY}另行召集",
    )


def tie_of(post: Post, subject: Subject) -> str:
    """Why this member must stand aside: a post, now or before, in the township or the village
    whose thing is decided. A post of the county itself is no tie. Empty when there is none."""
    return tie(posts_below([post.user_id])[post.user_id], KINDS[subject.life()].places(subject))


def posts_below(users: Iterable[int]) -> Mapping[int, list[Post]]:
    """What these people hold, or held, in townships and villages. One query."""
    found: dict[int, list[Post]] = defaultdict(list)
    held = Post.objects.filter(
        user__in=list(users),
        organization__division__level__in=BELOW,
        valid_from__lte=timezone.localdate(),
    )
    for post in held.select_related("organization__division"):
        found[post.user_id].append(post)
    return found


def tie(held: Iterable[Post], places: Iterable[Division]) -> str:
    """What is for the county as a whole ties nobody."""
    near = [place for place in places if place.level in BELOW]
    for post in held:
        for place in near:
            if post.division.contains(place) or place.contains(post.division):
                return f"现任或曾任{post.organization.name}{post.title}"
    return ""


@dataclass(frozen=True)
class Bonds:
    """What binds the members of a meeting to its items. By member and item: why the one must
    stand aside from the other."""

    reasons: Mapping[tuple[int, int], str]

    def between(self, member: MeetingMember, item: AgendaItem) -> str:
        return self.reasons.get((member.pk, item.pk), "")


def bonds(
    members: Sequence[MeetingMember], items: Sequence[AgendaItem], subjects: Mapping[int, Subject]
) -> Bonds:
    """Ties of post, and duties in the same case that voting may not be joined with. Two queries,
    however many members and items. `members` come with their posts."""
    held = posts_below(member.post.user_id for member in members)
    keys = {key for item in items for key in subjects[item.pk].case_keys()}
    done = duties_done_by({member.post.user_id for member in members}, keys)
    reasons = {}
    for item in items:
        subject = subjects[item.pk]
        places = kind_of(item).places(subject)
        for member in members:
            user = member.post.user_id
            reason = tie(held[user], places) or did(done[user], subject)
            if reason:
                reasons[member.pk, item.pk] = reason
    return Bonds(reasons)


def did(done: DutiesDone, subject: Subject) -> str:
    clash = done.clash(Duty.DETERMINE, subject.case_keys())
    return f"已在本事项中办理“{clash.label}”" if clash else ""


def bond(member: MeetingMember, item: AgendaItem, subject: Subject) -> str:
    """Why this member must stand aside from this item."""
    return bonds([member], [item], {item.pk: subject}).between(member, item)


def refuse_vote(item: AgendaItem, member: MeetingMember | None, subject: Subject) -> Refusal | None:
    """Why this member's vote on the item would not count."""
    return refuse_voter(item, member, bond(member, item, subject) if member else "")


def refuse_voter(item: AgendaItem, member: MeetingMember | None, bound: str) -> Refusal | None:
    """The same, where it is known what binds the member."""
    if member is None:
        return Refusal("您不在本次会议的应到名单中", who_can_clear=SECRETARY)
    if item.meeting.status != Meeting.Status.OPEN:
        return Refusal(
            f"会议现为“{item.meeting.get_status_display()}”，不能表决",
            who_can_clear="领导小组办公室（宣布开会后表决）",
        )
    if item.is_removed:
        return Refusal("本议题已撤出议程，不能表决", who_can_clear="领导小组办公室（列入下次会议）")
    if not member.is_present:
        return Refusal("您尚未签到，未到会不能表决", who_can_clear="本人或会务（签到）")
    if any(recusal.member_id == member.pk for recusal in item.recusals.all()):
        return Refusal("您已回避本议题，不能表决", who_can_clear="其他到会成员")
    if bound:
        return Refusal(f"您{bound}，须回避本议题", who_can_clear="本人（登记回避）")
    mine = next((vote for vote in counting(item) if vote.member_id == member.pk), None)
    if mine:
        return Refusal(
            f"您已对本议题表决“{mine.get_choice_display()}”，表决后不能更改",
            who_can_clear="领导小组办公室（议题修改后重新表决）",
        )
    return None


def unrecused(
    item: AgendaItem, members: Sequence[MeetingMember], bound: Bonds
) -> list[tuple[MeetingMember, str]]:
    """Who is present, must stand aside from the item and has not said so: nothing is decided
    before that is written down."""
    recused = {recusal.member_id for recusal in item.recusals.all()}
    return [
        (member, bound.between(member, item))
        for member in members
        if member.is_present and member.pk not in recused and bound.between(member, item)
    ]


def demand_recusals(item: AgendaItem, members: Sequence[MeetingMember], bound: Bonds) -> None:
    """Raises Refused with the names."""
    waiting = unrecused(item, members, bound)
    if waiting:
        names = "；".join(f"{member.post.user}（{reason}）" for member, reason in waiting)
        raise Refused(
            f"议题“{item}”须回避而未登记回避：{names}", who_can_clear=f"本人或{SECRETARY}"
        )


def member_of(meeting: Meeting, user: User) -> MeetingMember | None:
    return meeting.members.filter(post__user=user).select_related("post__user").first()
