"""Closing: every item decided and every yuan allocated, or nothing at all."""

from __future__ import annotations

from typing import Any

import pytest

from approvals.meetings import amend_item, close_meeting, recuse, remove_item
from approvals.models import AgendaItem, Decision, Meeting
from approvals.transitions import WrongState
from funds.models import Allotment, Voucher
from organizations.models import Post, Role
from organizations.policies import Refused, WrongRole
from projects.models import Project, ProjectSource
from tests import factories as make
from tests.approvals.gathering import (
    AGREE,
    DEFER,
    REJECT,
    Gathering,
    again,
    gather,
    in_pool,
    item_of,
    status_of,
    waiting_project,
)
from tests.cast import SINCE, Cast

MINUTES = "焉扶领纪〔2025〕7号"


@pytest.fixture
def tag(cast: Cast) -> Allotment:
    return make.funded_allotment(cast, 1000)


def close(held: Gathering, by: Any = None, **changes: Any) -> Decision:
    facts = {"minutes_document": MINUTES, "comment": "按表决结果形成决议", **changes}
    return close_meeting(meeting=held.meeting, by=by or held.chair, **facts)


def everything() -> tuple[Any, ...]:
    """All that a closing could write."""
    return (
        Voucher.objects.count(),
        Decision.objects.count(),
        ProjectSource.objects.count(),
        sorted(Project.objects.values_list("pk", "status", "meeting")),
        sorted(AgendaItem.objects.values_list("pk", "outcome", "decision")),
        list(Meeting.objects.values_list("pk", "status", "minutes_document", "chair")),
    )


def test_what_is_agreed_is_given_what_is_not_goes_back_or_ends(cast: Cast, tag: Allotment) -> None:
    held = gather(cast, 3)
    items = [item_of(held, tag) for _ in range(4)]
    held.open()
    amend_item(item=items[1], by=held.secretary, amendment="工期改为六个月")
    for item, choice in zip(items, (AGREE, AGREE, DEFER, REJECT), strict=True):
        held.vote_all(item, choice)
    close(held)
    outcomes = [again(item).outcome for item in items]
    assert outcomes == ["agreed", "amended", "deferred", "rejected"]
    assert [status_of(item.subject_id) for item in items] == [
        "result_feedback", "result_feedback", "second_appraisal", "rejected",
    ]  # fmt: skip
    assert in_pool(tag) == 800
    voucher = Voucher.objects.filter(kind="allocate").first()
    assert voucher and voucher.document == MINUTES and voucher.by == held.chair
    held.meeting.refresh_from_db()
    assert (held.meeting.members_due, held.meeting.members_present) == (3, 3)
    assert held.meeting.chair == "杨岳"
    trail = Decision.objects.get(action="determine", subject_id=items[1].subject_id)
    assert "修改后同意（工期改为六个月）。到会 3 人，回避 0 人，同意 3" in trail.comment


def test_what_nobody_voted_on_waits(cast: Cast, tag: Allotment) -> None:
    held = gather(cast, 3)
    item = item_of(held, tag)
    held.open()
    held.vote(item, 0)
    close(held)
    assert again(item).outcome == "deferred"
    assert in_pool(tag) == 1000


def test_one_item_short_of_money_and_nothing_is_written(cast: Cast, tag: Allotment) -> None:
    other = make.funded_allotment(cast, 50, number="巴财农〔2025〕12号")
    held = gather(cast, 3)
    fits = item_of(held, tag, 600)
    short = held.put(waiting_project(cast), [(tag, 300), (other, 80)])
    held.open()
    held.vote_all(fits)
    held.vote_all(short)
    before = everything()
    with pytest.raises(Refused) as refused:
        close(held)
    assert refused.value.refusal.reason == (
        f"议题“2. {short.title}”：巴财农〔2025〕12号："
        "资金池 可用 50.00 元，本次 80.00 元，差 30.00 元"
    )
    assert everything() == before
    remove_item(item=again(short), by=held.secretary, reason="资金尚未到账")
    close(held)
    assert status_of(fits.subject_id) == "result_feedback"
    assert status_of(short.subject_id) == "determination"


def test_items_of_one_agenda_compete_for_one_source(cast: Cast, tag: Allotment) -> None:
    held = gather(cast, 3)
    items = [item_of(held, tag, 600) for _ in range(2)]
    held.open()
    for item in items:
        held.vote_all(item)
    with pytest.raises(Refused, match="2. .*可用 400.00 元，本次 600.00 元，差 200.00 元"):
        close(held)
    assert in_pool(tag) == 1000


def test_an_item_without_money_is_not_agreed_to(cast: Cast) -> None:
    held = gather(cast, 3)
    item = held.put(waiting_project(cast), [])
    held.open()
    held.vote_all(item)
    with pytest.raises(Refused, match="没有填写批准金额的资金来源"):
        close(held)


def test_who_stands_aside_as_chair_lets_another_sign(cast: Cast, tag: Allotment) -> None:
    held = gather(cast, 3)
    own, other = item_of(held, tag), item_of(held, tag)
    held.open()
    recuse(item=own, member=held.members[0], reason="亲属参与投标", by=held.chair)
    for index in (1, 2):
        held.vote(own, index)
    held.vote_all(other)
    close(held)
    signed = dict(AgendaItem.objects.values_list("pk", "decision__by"))
    assert signed == {own.pk: held.user(1).pk, other.pk: held.chair.pk}
    assert Voucher.objects.get(decision=again(own).decision).by == held.user(1)


def test_an_item_from_which_most_stand_aside_waits(cast: Cast, tag: Allotment) -> None:
    held = gather(cast, 3)
    item = item_of(held, tag)
    held.open()
    for index in (0, 1):
        recuse(item=item, member=held.members[index], reason="亲属", by=held.user(index))
    held.vote(item, 2)
    close(held)
    assert again(item).outcome == "deferred"
    trail = Decision.objects.get(action="defer")
    assert "可表决 1 人，不足应到 3 人的半数，本议题只能暂缓" in trail.comment


def test_an_item_from_which_all_stand_aside_is_withdrawn(cast: Cast, tag: Allotment) -> None:
    held = gather(cast, 1)
    item = item_of(held, tag)
    held.open()
    recuse(item=item, member=held.members[0], reason="亲属", by=held.chair)
    with pytest.raises(Refused, match="全部回避，不能议决，须撤出议程"):
        close(held)


def test_a_tie_that_nobody_spoke_of_stops_the_closing(cast: Cast, tag: Allotment) -> None:
    held = gather(cast, 3)
    item = item_of(held, tag)
    held.open()
    Post.objects.create(
        user=held.user(2), role=Role.TOWNSHIP_REVIEWER, title="镇长", valid_from=SINCE,
        organization=cast.post("township_reviewer").organization, valid_until=SINCE,
        accepted_at=cast.post("township_reviewer").accepted_at,
    )  # fmt: skip
    for index in (0, 1):
        held.vote(item, index)
    with pytest.raises(Refused, match="须回避而未登记回避：成员2（现任或曾任永宁镇人民政府镇长）"):
        close(held)
    recuse(item=item, member=held.members[2], reason="曾任镇长", by=held.secretary)
    close(held)
    assert again(item).outcome == "agreed"


def test_a_meeting_without_quorum_decides_nothing(cast: Cast, tag: Allotment) -> None:
    held = gather(cast, 4)
    item = item_of(held, tag)
    held.open(present=2)
    held.vote(item, 0)
    held.vote(item, 1)
    before = everything()
    with pytest.raises(Refused, match="应到 4 人，实到 2 人，不足应到人数的 2/3"):
        close(held)
    assert everything() == before
    held.come([2])
    close(held)
    assert again(item).outcome == "agreed"


def test_only_the_chair_of_this_meeting_closes_it(cast: Cast, tag: Allotment) -> None:
    held = gather(cast, 3)
    held.vote_all(held_item := open_item(held, tag))
    for by in (held.user(1), held.secretary, cast["other_group_member"], cast["finance_head"]):
        with pytest.raises(WrongRole, match="主持人闭会"):
            close(held, by=by)
    assert not again(held_item).outcome


def open_item(held: Gathering, tag: Allotment) -> AgendaItem:
    item = item_of(held, tag)
    held.open()
    return item


def test_the_chair_is_there_himself(cast: Cast, tag: Allotment) -> None:
    held = gather(cast, 3)
    item_of(held, tag)
    held.open(present=0)
    held.come([1, 2])
    with pytest.raises(Refused, match="主持人尚未签到"):
        close(held)


def test_a_meeting_closes_once(cast: Cast, tag: Allotment) -> None:
    held = gather(cast, 3)
    with pytest.raises(WrongState, match="拟定议程"):
        close(held)
    held.vote_all(open_item(held, tag))
    close(held)
    before = everything()
    with pytest.raises(WrongState, match="已由焉耆县扶贫开发领导小组杨岳于"):
        close(held)
    assert everything() == before


def test_one_key_closes_once(cast: Cast, tag: Allotment) -> None:
    held, key = gather(cast, 3), make.key()
    held.vote_all(open_item(held, tag))
    first = close(held, key=key, body_digest="x")
    assert close(held, key=key, body_digest="x") == first
    with pytest.raises(Refused, match="幂等键"):
        close(held, key=key, body_digest="y")


def test_minutes_have_a_number_of_their_own(cast: Cast, tag: Allotment) -> None:
    first = gather(cast, 3)
    first.vote_all(open_item(first, tag))
    close(first)
    second = gather(cast, 3, name="第8次会议")
    second.vote_all(open_item(second, tag))
    with pytest.raises(Refused, match="本县已有同号会议纪要"):
        close(second)


def test_what_changed_behind_the_votes_is_voted_on_again(cast: Cast, tag: Allotment) -> None:
    """Somebody wrote past the services: the words that were voted on no longer hold."""
    held = gather(cast, 3)
    item = open_item(held, tag)
    held.vote_all(item)
    item.sources.update(amount=200)
    with pytest.raises(Refused, match="内容在表决后有变动"):
        close(held)


def test_a_meeting_whose_items_were_all_withdrawn_is_cancelled_instead(
    cast: Cast, tag: Allotment
) -> None:
    held = gather(cast, 3)
    item = open_item(held, tag)
    remove_item(item=item, by=held.secretary, reason="材料不全")
    with pytest.raises(Refused, match="议程上没有议题"):
        close(held)
    make.do(held.meeting, "cancel_meeting", cast, "group_secretary")
