"""Closing on its own page, and what comes of it: 会议纪要 and 批复."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from approvals.meetings import amend_item, recuse
from approvals.models import AgendaItem, Meeting
from funds.models import Allotment, Voucher
from tests import factories as make
from tests.approvals.gathering import (
    DEFER,
    REJECT,
    Gathering,
    again,
    gather,
    in_pool,
    item_of,
)
from tests.cast import Cast
from tests.projects.pages import enter, read, send
from tests.projects.test_meeting_pages import enter_as, url

NUMBER = "焉扶领纪[2025]第03号"
NORMAL = "焉扶领纪〔2025〕3号"


@pytest.fixture
def tag(cast: Cast) -> Allotment:
    return make.funded_allotment(cast, 1000)


@pytest.fixture
def held(cast: Cast, tag: Allotment) -> Gathering:
    """Four items: agreed, agreed with a change, deferred, rejected."""
    held = gather(cast, 3)
    items = [item_of(held, tag) for _ in range(4)]
    held.open()
    amend_item(item=again(items[1]), by=held.secretary, amendment="工期改为六个月")
    recuse(item=again(items[0]), member=held.members[2], reason="亲属投标", by=held.user(2))
    for index in (0, 1):
        held.vote(items[0], index)
    for item, choice in zip(items[1:], ("agree", DEFER, REJECT), strict=True):
        held.vote_all(item, choice)
    return held


def close(held: Gathering) -> str:
    return f"{url(held.meeting)}close/"


def last_word(client: Client, held: Gathering, **changes: Any) -> dict[str, Any]:
    """The form as the page shows it, filled in."""
    seen = client.get(close(held)).context["page"].result
    return {"minutes_document": NUMBER, "comment": "", "confirm": "on", "seen_result": seen,
            **changes}  # fmt: skip


def test_the_chair_reads_all_of_it_once_more(client: Client, held: Gathering) -> None:
    page = read(enter_as(client, held.chair), close(held))
    assert page.count("<strong>同意</strong>") == page.count("<strong>修改后同意</strong>") == 1
    assert page.count("<strong>暂缓</strong>") == page.count("<strong>不同意</strong>") == 1
    assert "会上修改：工期改为六个月" in page
    assert "人民币贰佰元整" in page and "200.00" in page and "800.00" in page


def test_one_press_closes_everything(client: Client, held: Gathering, tag: Allotment) -> None:
    enter_as(client, held.chair)
    send(client, close(held), last_word(client, held))
    held.meeting.refresh_from_db()
    assert (held.meeting.status, held.meeting.minutes_document) == ("closed", NORMAL)
    assert in_pool(tag) == 800
    send(client, close(held), {}, 409)


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"confirm": ""}, "confirm"), ({"minutes_document": ""}, "minutes_document")],
)
def test_without_number_or_tick_nothing_is_closed(
    client: Client, held: Gathering, changes: dict[str, Any], field: str
) -> None:
    enter_as(client, held.chair)
    response = client.post(close(held), last_word(client, held, **changes))
    assert field in response.context["form"].errors
    assert Meeting.objects.get().status == "open"


def test_a_result_that_changed_since_is_read_again(client: Client, held: Gathering) -> None:
    enter_as(client, held.chair)
    data = last_word(client, held)
    item = held.meeting.items.get(position=3)
    amend_item(item=again(item), by=held.secretary, amendment="再改")
    page = send(client, close(held), data, 409)
    assert "表决结果或议题在您打开之后有变动" in page and NUMBER in page and "再改" in page
    assert not Voucher.objects.filter(kind="allocate").exists()
    send(client, close(held), last_word(client, held))


def test_short_of_money_says_which_item_and_source(
    client: Client, cast: Cast, tag: Allotment
) -> None:
    held = gather(cast, 3)
    items = [item_of(held, tag, amount) for amount in (700, 400)]
    held.open()
    for item in items:
        held.vote_all(item)
    enter_as(client, held.chair)
    words = "可用 300.00 元，本议题 400.00 元，差 100.00 元"
    assert words in read(client, close(held))
    page = send(client, close(held), last_word(client, held), 409)
    assert f"议题“2. {items[1].title}”：巴财农〔2025〕11号：资金池 可用 300.00 元" in page
    assert "没有分配任何资金" in page and in_pool(tag) == 1000


def test_others_do_not_close(client: Client, cast: Cast, held: Gathering) -> None:
    for user in (held.user(1), held.secretary, cast["auditor"], cast["finance_head"]):
        read(enter_as(client, user), close(held), 403)
        send(client, close(held), {}, 403)
    read(enter(client, cast, "other_group_member"), close(held), 404)


def test_without_quorum_the_page_says_so(client: Client, cast: Cast, tag: Allotment) -> None:
    held = gather(cast, 4)
    item_of(held, tag)
    held.open(present=2)
    page = read(enter_as(client, held.chair), close(held))
    assert "应到 4 人，实到 2 人" in page and "闭会并生效</button>" not in page
    assert "不足应到人数的 2/3" in send(client, close(held), last_word(client, held), 409)


def closed(client: Client, held: Gathering) -> Gathering:
    enter_as(client, held.chair)
    send(client, close(held), last_word(client, held))
    return held


def test_the_minutes_have_it_all(client: Client, cast: Cast, held: Gathering) -> None:
    minutes = f"{url(held.meeting)}minutes/"
    assert "闭会后生成会议纪要" in read(enter_as(client, held.chair), minutes, 409)
    closed(client, held)
    page = read(enter(client, cast, "auditor"), minutes)
    for words in (
        NORMAL, "焉耆县扶贫开发领导小组会议纪要", "应到 3 人，实到 3 人", "成员2：亲属投标",
        "到会 3 人，回避 1 人，同意 2、暂缓 0、不同意 0、未表决 0",
        "杨岳 同意；成员1 同意；成员2 回避",
        "修改后同意</strong>：工期改为六个月", "巴财农〔2025〕11号", "人民币贰佰元整",
    ):  # fmt: skip
        assert words in page, words
    for item in held.meeting.items.all():
        assert item.digest in page
    read(enter(client, cast, "township_clerk"), minutes, 404)


def resolution(item: AgendaItem) -> str:
    return f"/projects/{item.subject_id}/resolutions/{item.pk}/"


def test_the_reply_goes_to_the_township(client: Client, cast: Cast, held: Gathering) -> None:
    first, second, third, fourth = held.meeting.items.all()
    read(enter(client, cast, "township_clerk"), resolution(first), 404)
    closed(client, held)
    enter(client, cast, "township_clerk")
    page = read(client, resolution(second))
    for words in (
        "焉扶领纪〔2025〕3-2号", "永宁镇人民政府：", second.title, "人民币壹佰元整", "100.00",
        "巴财农〔2025〕11号", "按会议修改意见执行：工期改为六个月", "新建库房一座，480平方米",
    ):  # fmt: skip
        assert words in page, words
    assert "本次不安排资金" in read(client, resolution(third))
    assert "不予立项" in read(client, resolution(fourth))
    project = read(client, f"/projects/{second.subject_id}/")
    assert resolution(second) in project and "minutes/" not in project
    assert "minutes/" in read(enter(client, cast, "auditor"), f"/projects/{second.subject_id}/")
    for who in ("other_township_clerk", "other_finance_clerk"):
        read(enter(client, cast, who), resolution(second), 404)
    read(client, f"/projects/{first.subject_id}/resolutions/{second.pk}/", 404)


def test_a_reply_keeps_its_own_number_and_words(client: Client, cast: Cast, tag: Allotment) -> None:
    project = make.determined_project(
        cast, 300_000, make.funded_allotment(cast, number="巴财农〔2025〕77号")
    )
    item = AgendaItem.objects.get()
    enter(client, cast, "village_cadre")
    assert "〔2025〕3-1号" in read(client, resolution(item))
    assert "人民币叁拾万元整" in read(client, f"/projects/{project.pk}/resolutions/{item.pk}/")


def test_names_are_told_when_it_is_over(client: Client, cast: Cast, held: Gathering) -> None:
    closed(client, held)
    assert "成员1 不同意" in read(enter(client, cast, "auditor"), url(held.meeting))
