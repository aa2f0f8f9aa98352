"""What is pressed in the room: here I am, I agree, I stand aside."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from approvals.meetings import amend_item, recuse
from approvals.models import AgendaItem, Recusal, Vote
from organizations.models import Post, Role
from tests import factories as make
from tests.approvals.gathering import Gathering, again, gather, item_of
from tests.cast import SINCE, Cast
from tests.projects.pages import enter, read, send
from tests.projects.test_meeting_pages import enter_as, url


@pytest.fixture
def held(cast: Cast) -> Gathering:
    return gather(cast, 3)


@pytest.fixture
def item(cast: Cast, held: Gathering) -> AgendaItem:
    made = item_of(held, make.funded_allotment(cast))
    held.open()
    return again(made)


def ballot(item: AgendaItem, choice: str = "agree", **changes: Any) -> dict[str, Any]:
    return {"choice": choice, "seen_digest": item.digest, "comment": "", **changes}


def vote(client: Client, item: AgendaItem, data: dict[str, Any], status: int = 302) -> str:
    return send(client, f"/meetings/items/{item.pk}/vote/", data, status)


def test_members_come_and_the_secretary_ticks_at_the_door(
    client: Client, cast: Cast, held: Gathering
) -> None:
    check_in = [f"/meetings/members/{m.pk}/check-in/" for m in held.members]
    send(enter_as(client, held.user(1)), check_in[1], {})
    send(client, check_in[2], {}, 403)
    send(enter_as(client, held.secretary), check_in[2], {})
    assert [m.is_present for m in held.members] == [False, True, True]
    send(client, check_in[2], {"undo": "1"})
    assert not held.members[2].is_present
    send(enter(client, cast, "auditor"), check_in[0], {}, 403)
    send(enter(client, cast, "other_group_member"), check_in[0], {}, 404)
    assert not held.members[0].is_present


def test_a_member_votes_from_the_page_of_the_meeting(
    client: Client, held: Gathering, item: AgendaItem
) -> None:
    enter_as(client, held.user(1))
    page = read(client, url(held.meeting))
    assert f'name="seen_digest" value="{item.digest}"' in page
    vote(client, item, ballot(item, "reject", comment="关联不足"))
    cast_by = Vote.objects.get()
    assert (cast_by.choice, cast_by.comment) == ("reject", "关联不足")
    assert "已表决：不同意" in read(client, url(held.meeting))


def test_changed_since_it_was_seen_409_with_the_new_words_and_nothing_lost(
    client: Client, held: Gathering, item: AgendaItem
) -> None:
    enter_as(client, held.user(1))
    amend_item(item=item, by=held.secretary, amendment="工期改为六个月")
    page = vote(client, item, ballot(item, "defer", comment="再议"), 409)
    assert "已在您打开之后修改" in page and "工期改为六个月" in page
    assert 'value="再议"' in page and "暂缓（原选）" in page
    assert not Vote.objects.exists()
    changed = again(item)
    assert changed.digest in page and item.digest != changed.digest
    vote(client, item, ballot(changed, "defer", comment="再议"))
    assert Vote.objects.get().digest == changed.digest


@pytest.mark.parametrize(
    "data", [{"choice": "maybe"}, {"choice": ""}, {"seen_digest": ""}, {"comment": "13800138000"}]
)
def test_a_broken_ballot_is_no_vote(
    client: Client, held: Gathering, item: AgendaItem, data: dict[str, Any]
) -> None:
    vote(enter_as(client, held.user(1)), item, ballot(item, **data), 422)
    assert not Vote.objects.exists()


def test_a_second_press_changes_nothing(client: Client, held: Gathering, item: AgendaItem) -> None:
    enter_as(client, held.user(1))
    vote(client, item, ballot(item))
    assert "表决后不能更改" in vote(client, item, ballot(item, "reject"), 409)
    assert Vote.objects.get().choice == "agree"


def test_who_may_not_vote_is_told_why(
    client: Client, cast: Cast, held: Gathering, item: AgendaItem
) -> None:
    vote(enter(client, cast, "group_secretary"), item, ballot(item), 403)
    vote(enter(client, cast, "auditor"), item, ballot(item), 403)
    vote(enter(client, cast, "township_clerk"), item, ballot(item), 404)
    vote(enter(client, cast, "other_group_member"), item, ballot(item), 404)
    recuse(item=item, member=held.members[1], reason="亲属", by=held.user(1))
    assert "您已回避" in vote(enter_as(client, held.user(1)), item, ballot(item), 409)
    make.do(held.meeting, "cancel_meeting", cast, "group_secretary")
    assert "已取消" in vote(enter_as(client, held.user(2)), item, ballot(item), 409)
    assert not Vote.objects.exists()


def test_the_absent_are_told_to_check_in(client: Client, cast: Cast, held: Gathering) -> None:
    item = again(item_of(held, make.funded_allotment(cast)))
    held.open(present=2)
    item = again(item)
    enter_as(client, held.user(2))
    assert "您尚未签到，未到会不能表决" in read(client, url(held.meeting))
    vote(client, item, ballot(item), 409)


def test_a_tie_is_named_and_standing_aside_is_one_form_away(
    client: Client, cast: Cast, held: Gathering, item: AgendaItem
) -> None:
    Post.objects.create(
        user=held.user(1), role=Role.TOWNSHIP_REVIEWER, title="镇长", valid_from=SINCE,
        organization=cast.post("township_reviewer").organization, valid_until=SINCE,
        accepted_at=cast.post("township_reviewer").accepted_at,
    )  # fmt: skip
    enter_as(client, held.user(1))
    page = read(client, url(held.meeting))
    assert "您现任或曾任永宁镇人民政府镇长，须回避本议题" in page and 'name="choice"' not in page
    assert "须回避而未登记回避：成员1（现任或曾任永宁镇人民政府镇长）" in page
    own = f"/meetings/items/{item.pk}/recuse/"
    data = {"member": held.members[1].pk, "reason": ""}
    assert "必填" in send(client, own, data, 422)
    send(client, own, {**data, "reason": "曾任镇长"})
    assert Recusal.objects.get().reason == "曾任镇长"
    assert "回避 <strong>1</strong>" in read(client, url(held.meeting))


def test_nobody_sends_another_out_but_the_secretary(
    client: Client, cast: Cast, held: Gathering, item: AgendaItem
) -> None:
    own = f"/meetings/items/{item.pk}/recuse/"
    data = {"member": held.members[1].pk, "reason": "亲属"}
    send(enter_as(client, held.user(2)), own, data, 403)
    send(enter(client, cast, "auditor"), own, data, 403)
    send(enter(client, cast, "other_group_member"), own, data, 404)
    stranger = gather(cast, 3, name="另一次会议").members[1]
    send(enter_as(client, held.secretary), own, {**data, "member": stranger.pk}, 422)
    assert not Recusal.objects.exists()
    send(client, own, data)
    assert Recusal.objects.get().by == held.secretary


def test_after_the_vote_standing_aside_is_refused_and_the_reason_stays(
    client: Client, held: Gathering, item: AgendaItem
) -> None:
    held.vote(item, 1)
    data = {"member": held.members[1].pk, "reason": "亲属"}
    page = send(enter_as(client, held.user(1)), f"/meetings/items/{item.pk}/recuse/", data, 409)
    assert "不能再登记回避" in page and 'value="亲属"' in page
