"""The list of meetings, calling and changing one, and its page for everybody in the room."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from approvals.meetings import recuse
from approvals.models import Meeting
from organizations.models import User
from tests import factories as make
from tests.approvals.gathering import AGREE, REJECT, Gathering, again, gather, item_of
from tests.cast import Cast
from tests.projects.pages import BACKEND, enter, read, send


def called(cast: Cast, **changes: Any) -> dict[str, Any]:
    return {
        "county": cast.county.pk,
        "name": "2025年第3次会议",
        "held_on": make.today(),
        "place": "县政府二楼会议室",
        "chair": cast.post("group_member").pk,
        "agenda": "审定项目",
        **changes,
    }


def enter_as(client: Client, user: User) -> Client:
    client.force_login(user, backend=BACKEND)
    return client


def url(meeting: Meeting) -> str:
    return f"/meetings/{meeting.pk}/"


def test_a_meeting_is_called(client: Client, cast: Cast) -> None:
    read(enter(client, cast, "group_secretary"), "/meetings/new/")
    send(client, "/meetings/new/", called(cast))
    meeting = Meeting.objects.get()
    assert [m.post.user for m in meeting.members.all()] == [cast["group_member"]]
    assert meeting.name in read(client, "/meetings/")
    page = read(client, url(meeting))
    assert "议程上没有议题" in page and "杨岳" in page and "拟定议程" in page


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"held_on": "2020-01-01"}, "held_on", "在今天之前"),
        ({"chair": 0}, "chair", ""),
        ({"county": 0}, "county", ""),
        ({"name": ""}, "name", ""),
        ({"agenda": "请打 13800138000"}, "agenda", "手机号"),
    ],
)
def test_bad_input_is_answered_at_its_field(
    client: Client, cast: Cast, changes: dict[str, Any], field: str, message: str
) -> None:
    enter(client, cast, "group_secretary")
    response = client.post("/meetings/new/", called(cast, **changes))
    assert message in " ".join(response.context["form"].errors[field])
    assert not Meeting.objects.exists()


def test_the_chair_is_a_member_of_this_county(client: Client, cast: Cast) -> None:
    enter(client, cast, "group_secretary")
    for who in ("other_group_member", "finance_head"):
        response = client.post("/meetings/new/", called(cast, chair=cast.post(who).pk))
        assert "chair" in response.context["form"].errors


def test_day_and_chair_are_changed_until_it_opens_then_only_the_chair(
    client: Client, cast: Cast
) -> None:
    held = gather(cast, 3)
    edit = f"{url(held.meeting)}edit/"
    enter(client, cast, "group_secretary")
    tomorrow = make.today() + dt.timedelta(days=1)
    facts = called(cast, held_on=tomorrow, chair=held.members[1].post_id)
    send(client, edit, facts)
    held.meeting.refresh_from_db()
    assert held.meeting.held_on == tomorrow
    assert held.members[0].post_id == facts["chair"]
    send(client, edit, called(cast))
    item_of(held, make.funded_allotment(cast))
    held.open()
    page = read(client, edit)
    assert "主持人" in page and "会议日期" not in page
    send(client, edit, {"chair": held.members[2].post_id, "name": "改名"})
    held.meeting.refresh_from_db()
    assert held.meeting.name == "2025年第3次会议"
    assert [m.is_chair for m in held.members].count(True) == 1


def test_a_closed_meeting_is_not_changed(client: Client, cast: Cast) -> None:
    make.determined_project(cast)
    enter(client, cast, "group_secretary")
    read(client, f"{url(Meeting.objects.get())}edit/", 409)


def test_the_list_by_year_and_state(client: Client, cast: Cast) -> None:
    gather(cast, 1, name="第1次会议")
    make.do(gather(cast, 1, name="第2次会议").meeting, "cancel_meeting", cast, "group_secretary")
    enter(client, cast, "auditor")
    for query, first, second in (
        ("", True, True), ("?status=preparing", True, False), ("?status=cancelled", False, True),
        (f"?year={make.today().year}", True, True), ("?year=2001", False, False),
    ):  # fmt: skip
        page = read(client, f"/meetings/{query}")
        assert ("第1次会议" in page, "第2次会议" in page) == (first, second), query


def test_the_list_adds_up_what_was_agreed_to(client: Client, cast: Cast) -> None:
    make.determined_project(cast, 450_000)
    enter(client, cast, "auditor")
    assert "450,000.00" in read(client, "/meetings/")
    meeting = Meeting.objects.get()
    read(enter(client, cast, "other_finance_clerk"), url(meeting), 404)


@pytest.fixture
def held(cast: Cast) -> Gathering:
    """A meeting that sits: two items, the second above what its source has left."""
    held = gather(cast, 3)
    tag = make.funded_allotment(cast, 1000)
    item_of(held, tag, 700)
    item_of(held, tag, 400)
    held.open()
    return held


def test_the_pool_runs_down_item_by_item_and_turns_red(
    client: Client, cast: Cast, held: Gathering
) -> None:
    page = read(enter(client, cast, "group_secretary"), url(held.meeting))
    assert "资金池现有 1,000.00 元，本次拟安排 1,100.00 元，差 100.00 元" in page
    assert "资金池 可用 300.00 元，本议题 400.00 元，差 100.00 元" in page
    assert page.count('class="short"') == 2, "the second item's line, and the source as a whole"


def test_others_votes_are_counts_until_it_closes(
    client: Client, cast: Cast, held: Gathering
) -> None:
    item = held.meeting.items.first()
    assert item
    held.vote(item, 1, REJECT)
    for user in (held.user(2), held.chair, held.secretary, cast["auditor"]):
        page = read(enter_as(client, user), url(held.meeting))
        assert "不同意 <strong>1</strong>" in page
        assert "成员1 不同意" not in page
    project = read(client, f"/projects/{item.subject_id}/")
    assert "表决" in project and "不同意" not in project


def test_the_chair_and_the_secretary_see_who_has_not_voted(
    client: Client, cast: Cast, held: Gathering
) -> None:
    held.vote(again(held.meeting.items.first()), 1)  # type: ignore[arg-type]
    for user, sees in ((held.chair, True), (held.secretary, True), (held.user(1), False)):
        page = read(enter_as(client, user), url(held.meeting))
        assert ("尚未表决" in page) == sees


def test_a_member_sees_his_own_state_at_each_item(
    client: Client, cast: Cast, held: Gathering
) -> None:
    first, second = held.meeting.items.all()
    held.vote(first, 1)
    recuse(item=again(second), member=held.members[1], reason="亲属", by=held.user(1))
    page = read(enter_as(client, held.user(1)), url(held.meeting))
    assert "您已对本议题表决“同意”，表决后不能更改" in page
    assert "您已回避本议题，不能表决" in page
    assert 'name="choice"' not in page
    assert read(enter_as(client, held.user(2)), url(held.meeting)).count('value="agree"') == 2
    assert 'name="choice"' not in read(enter_as(client, held.secretary), url(held.meeting))


def test_only_the_counts_are_asked_again(client: Client, cast: Cast, held: Gathering) -> None:
    enter_as(client, held.user(1))
    answer = client.get(url(held.meeting), headers={"HX-Request": "true"})
    assert answer.status_code == 200
    part = answer.content.decode()
    assert "<html" not in part and "表决进度" in part and "<form" not in part
    make.do(held.meeting, "cancel_meeting", cast, "group_secretary")
    over = client.get(url(held.meeting), headers={"HX-Request": "true"})
    assert over.status_code == 286
    assert "请刷新本页" in over.content.decode()


def test_closing_is_offered_to_the_chair_and_explained_to_others(
    client: Client, cast: Cast, held: Gathering
) -> None:
    assert f"{url(held.meeting)}close/" in read(enter_as(client, held.chair), url(held.meeting))
    page = read(enter_as(client, held.user(1)), url(held.meeting))
    assert f"{url(held.meeting)}close/" not in page
    assert "由本次会议的主持人闭会" in page and "可由 杨岳 组长 办理或解除" in page


def test_opening_says_what_it_waits_for(client: Client, cast: Cast) -> None:
    held = gather(cast, 1)
    enter(client, cast, "group_secretary")
    assert "议程上没有议题" in read(client, url(held.meeting))
    item_of(held, make.funded_allotment(cast))
    act = f"/act/approvals.meeting/{held.meeting.pk}/open_meeting/"
    send(client, act, {"seen_status": "preparing", "comment": ""})
    held.meeting.refresh_from_db()
    assert held.meeting.status == "open"


def test_the_page_asks_as_much_for_one_item_as_for_many(
    client: Client, cast: Cast, django_assert_max_num_queries: Any
) -> None:
    tag = make.funded_allotment(cast)
    counts = []
    for items, members in ((1, 2), (6, 7)):
        held = gather(cast, members, name=f"{items}项")
        for _ in range(items):
            item_of(held, tag, 1)
        held.open()
        for item in held.meeting.items.all():
            recuse(item=again(item), member=held.members[1], reason="亲属", by=held.user(1))
            held.vote(item, 0, AGREE)
        enter_as(client, held.chair)
        with django_assert_max_num_queries(60) as asked:
            assert client.get(url(held.meeting)).status_code == 200
        counts.append(len(asked))
        make.do(held.meeting, "cancel_meeting", cast, "group_secretary")
        connection.check_constraints()  # before the group grows
    assert counts[1] <= counts[0], counts
