"""Counting, as pure arithmetic and as the members do it."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest

from approvals.meeting_rules import Tally, refuse_quorum, tie_of
from approvals.meetings import MEETING_LIFE, change_meeting, check_in, undo_check_in
from approvals.models import AgendaItem, Meeting
from organizations.models import Parameter, Post, Role, User
from organizations.policies import Refused, WrongRole
from tests import factories as make
from tests.approvals.gathering import gather, item_of
from tests.cast import SINCE, Cast, make_person

O = AgendaItem.Outcome  # noqa: E741 - reads as a column head in the tables below


def count(due: int, eligible: int, agree: int, defer: int = 0, reject: int = 0) -> Tally:
    return Tally(due, eligible, 0, eligible, agree, defer, reject)


@pytest.mark.parametrize("size", range(2, 10))
def test_one_vote_fewer_than_needed_never_approves(size: int) -> None:
    needed = size // 2 + 1
    for agree in range(size + 1):
        for reject in range(size + 1 - agree):
            for defer in range(size + 1 - agree - reject):
                outcome = count(size, size, agree, defer, reject).outcome
                assert (outcome == O.AGREED) == (agree >= needed)
                assert (outcome == O.REJECTED) == (reject >= needed)
    assert count(size, size, needed - 1, reject=size - needed + 1).outcome != O.AGREED


@pytest.mark.parametrize("size", [2, 4, 6, 8])
def test_exactly_half_is_not_enough(size: int) -> None:
    half = size // 2
    assert count(size, size, half, reject=half).outcome == O.DEFERRED
    assert count(size, size, half).outcome == O.DEFERRED


@pytest.mark.parametrize(
    ("due", "eligible", "agree", "outcome"),
    [
        (9, 5, 3, O.AGREED), (9, 5, 5, O.AGREED), (9, 4, 4, O.DEFERRED), (8, 4, 4, O.AGREED),
        (8, 4, 2, O.DEFERRED), (3, 2, 2, O.AGREED), (3, 1, 1, O.DEFERRED), (1, 1, 1, O.AGREED),
        (1, 0, 0, O.DEFERRED), (2, 1, 1, O.AGREED),
    ],
)  # fmt: skip
def test_an_item_needs_half_of_the_group(due: int, eligible: int, agree: int, outcome: str) -> None:
    """Members recused or absent are not eligible; where too few are left, the item waits."""
    votes = count(due, eligible, agree)
    assert votes.outcome == outcome
    assert bool(votes.too_few) == (eligible * 2 < due)


def test_too_few_can_not_reject_either() -> None:
    assert count(9, 4, 0, reject=4).outcome == O.DEFERRED


@pytest.mark.parametrize(
    ("due", "present", "is_enough"),
    [
        (1, 1, True), (1, 0, False), (2, 1, False), (2, 2, True), (3, 1, False), (3, 2, True),
        (4, 2, False), (4, 3, True), (6, 4, True), (6, 3, False), (9, 6, True), (9, 5, False),
        (50, 33, False), (50, 34, True),
    ],
)  # fmt: skip
def test_two_thirds_make_a_quorum(cast: Cast, due: int, present: int, is_enough: bool) -> None:
    roster: Any = [SimpleNamespace(is_present=number < present) for number in range(due)]
    refusal = refuse_quorum(Meeting(held_on=make.today()), roster)
    assert (refusal is None) == is_enough
    if refusal:
        assert f"应到 {due} 人，实到 {present} 人，不足应到人数的 2/3" in refusal.reason
        assert not refusal.clause


def test_no_parameter_makes_less_than_a_majority_enough(cast: Cast) -> None:
    Parameter.objects.create(
        key="meeting.quorum", setting="1/4", name="x", source="D", valid_from=make.today()
    )
    roster: Any = [SimpleNamespace(is_present=number < 2) for number in range(4)]
    assert refuse_quorum(Meeting(held_on=make.today()), roster)


def hold_post(user: User, cast: Cast, of: str, role: str, until: Any = None) -> None:
    Post.objects.create(
        user=user, role=role, organization=cast.post(of).organization, title="镇长",
        valid_from=SINCE, valid_until=until, accepted_at=cast.post(of).accepted_at,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("of", "is_tied"),
    [
        ("village_cadre", True), ("township_reviewer", True), ("work_team", True),
        ("other_township_clerk", False), ("other_village_cadre", False), ("finance_head", False),
        ("prefecture_clerk", False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("until", [None, SINCE])
def test_a_post_now_or_before_where_the_project_is_ties(
    cast: Cast, of: str, is_tied: bool, until: Any
) -> None:
    user = cast["group_member"]
    hold_post(user, cast, of, cast.post(of).role, until)
    project = make.draft_project(cast)
    why = tie_of(Post.objects.get(user=user, role=Role.GROUP_MEMBER), project)
    assert bool(why) == is_tied
    assert not is_tied or cast.post(of).organization.name in why


def test_what_is_for_the_whole_county_ties_nobody(cast: Cast) -> None:
    post = cast.post("group_member")
    hold_post(cast["group_member"], cast, "village_cadre", Role.VILLAGE_CADRE)
    project = make.draft_project(cast)
    assert tie_of(post, project)
    project.division = cast.county
    project.places.all().delete()
    assert not tie_of(post, project)


def test_the_roster_is_that_of_the_day(cast: Cast) -> None:
    """Who joined since the calling is on it, who left is not."""
    held = gather(cast, 3)
    item_of(held, make.funded_allotment(cast))
    leaver = held.members[1].post
    leaver.valid_until, leaver.end_reason = make.today() - dt.timedelta(days=1), "调离"
    leaver.save()
    joiner = make_person(
        "joiner", "新成员", Role.GROUP_MEMBER, held.members[0].post.organization, "成员"
    )
    MEETING_LIFE.perform(held.meeting, "open_meeting", by=held.secretary)
    people = {member.post.user_id for member in held.members}
    assert joiner.pk in people and leaver.user_id not in people and len(people) == 3


def test_a_meeting_does_not_open_without_its_chair(cast: Cast) -> None:
    held = gather(cast, 3)
    item_of(held, make.funded_allotment(cast))
    post = held.members[0].post
    post.valid_until, post.end_reason = make.today() - dt.timedelta(days=1), "调离"
    post.save()
    with pytest.raises(Refused, match="主持人已不在任"):
        MEETING_LIFE.perform(held.meeting, "open_meeting", by=held.secretary)


def test_a_meeting_opens_on_its_day_and_with_something_to_decide(cast: Cast) -> None:
    held = gather(cast, 3)
    with pytest.raises(Refused, match="议程上没有议题"):
        MEETING_LIFE.perform(held.meeting, "open_meeting", by=held.secretary)
    item_of(held, make.funded_allotment(cast))
    facts = {"name": "会议", "held_on": make.today() + dt.timedelta(days=1),
             "place": "", "agenda": ""}  # fmt: skip
    change_meeting(meeting=held.meeting, by=held.secretary, chair=held.members[1].post, facts=facts)
    held.meeting.refresh_from_db()
    assert [m.is_chair for m in held.members] == [True, False, False]
    with pytest.raises(Refused, match="只能在会议当日宣布开会"):
        MEETING_LIFE.perform(held.meeting, "open_meeting", by=held.secretary)
    facts["held_on"] = make.today() - dt.timedelta(days=1)
    with pytest.raises(Refused, match="在今天之前"):
        change_meeting(
            meeting=held.meeting, by=held.secretary, chair=held.members[0].post, facts=facts
        )


def test_check_in_by_oneself_or_at_the_door(cast: Cast) -> None:
    held = gather(cast, 3)
    own, other = held.members[1], held.members[2]
    assert check_in(member=own, by=held.user(1)).checked_in_by == held.user(1)
    with pytest.raises(WrongRole):
        check_in(member=other, by=held.user(1))
    assert check_in(member=other, by=held.secretary).checked_in_by == held.secretary
    first = held.members[2].checked_in_at
    check_in(member=other, by=held.user(2))
    assert held.members[2].checked_in_at == first, "coming twice changes nothing"


def test_a_tick_by_mistake_is_taken_back_until_the_member_has_voted(cast: Cast) -> None:
    held = gather(cast, 3)
    item = item_of(held, make.funded_allotment(cast))
    held.open()
    with pytest.raises(WrongRole):
        undo_check_in(member=held.members[1], by=held.user(1))
    assert not undo_check_in(member=held.members[1], by=held.secretary).is_present
    held.vote(item, 2)
    with pytest.raises(Refused, match="不能撤销签到"):
        undo_check_in(member=held.members[2], by=held.secretary)


def test_who_left_office_is_not_ticked(cast: Cast) -> None:
    held = gather(cast, 3)
    post = held.members[1].post
    post.valid_until, post.end_reason = make.today() - dt.timedelta(days=1), "调离"
    post.save()
    with pytest.raises(Refused, match="不在任"):
        check_in(member=held.members[1], by=held.secretary)
