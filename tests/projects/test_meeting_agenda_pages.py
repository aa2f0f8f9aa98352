"""The secretary makes the agenda and changes it while the meeting sits."""

from __future__ import annotations

import pytest
from django.test import Client

from approvals.meetings import add_item
from approvals.models import AgendaItem
from funds.models import Allotment
from tests import factories as make
from tests.approvals.gathering import (
    Gathering,
    again,
    gather,
    item_of,
    status_of,
    waiting_project,
)
from tests.cast import Cast
from tests.projects.pages import enter, read, send
from tests.projects.test_meeting_pages import url


@pytest.fixture
def held(cast: Cast) -> Gathering:
    return gather(cast, 3)


@pytest.fixture
def tag(cast: Cast) -> Allotment:
    return make.funded_allotment(cast, 1000)


@pytest.fixture
def office(client: Client, cast: Cast) -> Client:
    return enter(client, cast, "group_secretary")


def test_what_waits_is_put_on_the_agenda(office: Client, cast: Cast, held: Gathering) -> None:
    projects = [waiting_project(cast) for _ in range(3)]
    draft = make.draft_project(cast)
    agenda = f"{url(held.meeting)}agenda/"
    page = read(office, agenda)
    assert all(project.name in page for project in projects) and draft.name not in page
    assert page.count("500,000.00") == 3
    send(office, agenda, {"subject": [f"projects.project:{p.pk}" for p in projects[:2]]})
    listed = list(held.meeting.items.values_list("position", "subject_id"))
    assert listed == [(1, projects[0].pk), (2, projects[1].pk)]
    assert projects[0].name not in read(office, agenda), "it stands on an agenda already"


@pytest.mark.parametrize("chosen", [[], ["projects.project:999999"], ["nonsense"]])
def test_nothing_or_something_else_is_not_put_on(
    office: Client, cast: Cast, held: Gathering, chosen: list[str]
) -> None:
    one = waiting_project(cast)
    picked = [*chosen, f"projects.project:{one.pk}"] if chosen else []
    page = send(office, f"{url(held.meeting)}agenda/", {"subject": picked}, 409)
    assert "没有勾选事项" in page and not held.meeting.items.exists()
    assert not chosen or "checked" in page, "what was ticked stays ticked"


def test_an_agenda_is_made_before_the_meeting_and_by_the_secretary(
    client: Client, cast: Cast, held: Gathering, tag: Allotment
) -> None:
    item = item_of(held, tag)
    pages = (f"{url(held.meeting)}agenda/", f"/meetings/items/{item.pk}/sources/")
    for who, status in (("group_member", 403), ("auditor", 403), ("township_clerk", 404),
                        ("other_finance_clerk", 404)):  # fmt: skip
        for page in pages:
            read(enter(client, cast, who), page, status)
        for act in ("move", "remove"):
            send(client, f"/meetings/items/{item.pk}/{act}/", {"up": "1"}, status)
    held.open()
    enter(client, cast, "group_secretary")
    assert "会议进行" in read(client, pages[0], 409)
    send(client, f"/meetings/items/{item.pk}/move/", {"up": "1"}, 409)


def test_items_change_places_and_leave(office: Client, held: Gathering, tag: Allotment) -> None:
    items = [item_of(held, tag) for _ in range(3)]
    send(office, f"/meetings/items/{items[2].pk}/move/", {"up": "1"})
    send(office, f"/meetings/items/{items[0].pk}/move/", {"down": "1"})
    send(office, f"/meetings/items/{items[1].pk}/remove/", {})
    left = list(held.meeting.items.values_list("pk", flat=True))
    assert left == [items[2].pk, items[0].pk]
    assert status_of(items[1].subject_id) == "determination"


def sources(item: AgendaItem) -> str:
    return f"/meetings/items/{item.pk}/sources/"


def test_sources_show_what_is_left_when_the_turn_comes(
    office: Client, cast: Cast, held: Gathering, tag: Allotment
) -> None:
    other = make.funded_allotment(cast, 500, number="巴财农〔2025〕12号")
    item_of(held, tag, 700)
    item = held.put(waiting_project(cast), [])
    page = read(office, sources(item))
    assert "300.00" in page and "500.00" in page and "申请 500,000.00" in page
    send(office, sources(item), {f"source_{tag.pk}": "200", f"source_{other.pk}": "0.05万"})
    assert dict(item.sources.values_list("allotment", "amount")) == {tag.pk: 200, other.pk: 500}
    assert "200.00" in read(office, sources(item))


def test_working_it_out_saves_nothing(office: Client, held: Gathering, tag: Allotment) -> None:
    item = item_of(held, tag, 100)
    typed = {f"source_{tag.pk}": "1,200", "preview": "1"}
    page = send(office, sources(item), typed, 200)
    assert "差 200.00" in page and "人民币壹仟贰佰元整" in page and 'value="1,200"' in page
    assert item.sources.get().amount == 100
    part = office.post(sources(item), typed, headers={"HX-Request": "true"}).content.decode()
    assert "差 200.00" in part and "<form" not in part


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("500000.01", "超过申请的 500,000.00 元"),
        ("-5", "不能为负数"),
        ("1.005", "最多两位小数"),
        ("很多", "看不懂"),
    ],
)
def test_a_wrong_sum_is_answered_and_stays(
    office: Client, held: Gathering, tag: Allotment, typed: str, message: str
) -> None:
    item = item_of(held, tag, 100)
    page = send(office, sources(item), {f"source_{tag.pk}": typed}, 200)
    assert message in page and f'value="{typed}"' in page
    assert item.sources.get().amount == 100


def test_more_than_the_pool_may_be_proposed_and_is_shown_red(
    office: Client, held: Gathering, tag: Allotment
) -> None:
    """Money may still come in before the meeting; the ledger is asked when it closes."""
    item = item_of(held, tag, 100)
    send(office, sources(item), {f"source_{tag.pk}": "1500"})
    assert "差 500.00" in read(office, url(held.meeting))


def test_a_change_in_the_meeting_needs_words_and_makes_a_version(
    office: Client, held: Gathering, tag: Allotment
) -> None:
    item = item_of(held, tag, 100)
    held.open()
    held.vote(item, 1)
    assert "此前对本议题的表决不再计数" in read(office, sources(item))
    page = send(office, sources(item), {f"source_{tag.pk}": "90", "amendment": ""}, 200)
    assert "必填" in page and item.sources.get().amount == 100
    send(office, sources(item), {f"source_{tag.pk}": "90", "amendment": "核减10元"})
    changed = again(item)
    assert changed.is_amended and changed.versions.count() == 2
    page = read(office, url(held.meeting))
    assert "核减10元" in page and "另有 1 票是对修改前内容的表决，不再计数" in page


def test_a_reply_may_be_given_a_number(office: Client, held: Gathering, tag: Allotment) -> None:
    first, second = item_of(held, tag), item_of(held, tag)
    typed = {f"source_{tag.pk}": "100", "reply_document": "焉扶领批[2025]第08号"}
    send(office, sources(first), typed)
    assert again(first).reply_document == "焉扶领批〔2025〕8号"
    page = send(office, sources(second), {**typed, f"source_{tag.pk}": "200"}, 409)
    assert "已用于" in page
    assert second.sources.get().amount == 100, "the money is not saved without the number"


def test_an_item_leaves_a_sitting_meeting_with_a_reason(
    office: Client, held: Gathering, tag: Allotment
) -> None:
    item = item_of(held, tag)
    held.open()
    remove = f"/meetings/items/{item.pk}/remove/"
    assert "须写明事由" in send(office, remove, {"reason": ""}, 409)
    send(office, remove, {"reason": "资金尚未到账"})
    assert "资金尚未到账" in read(office, url(held.meeting))
    read(office, sources(item), 409)
    assert "撤出议程" in read(office, f"/meetings/items/{item.pk}/")


def test_one_item_word_for_word(
    client: Client, cast: Cast, held: Gathering, tag: Allotment
) -> None:
    item = item_of(held, tag)
    page = f"/meetings/items/{item.pk}/"
    for _ in range(2):
        shown = read(enter(client, cast, "group_member"), page)
        assert "新建库房一座，480平方米" in shown and again(item).digest in shown
        held.open() if held.meeting.status == "preparing" else None
    read(enter(client, cast, "township_clerk"), page, 404)
    read(enter(client, cast, "other_group_member"), page, 404)


def test_what_asks_for_no_money_is_amended_in_words(
    office: Client, cast: Cast, held: Gathering
) -> None:
    waiver = make.draft_waiver(cast)
    make.do(waiver, "submit", cast, "project_clerk")
    item = add_item(meeting=held.meeting, subject=waiver, by=held.secretary)
    assert sources(item) not in read(office, url(held.meeting))
    held.open()
    assert sources(item) in read(office, url(held.meeting))
    page = read(office, sources(item))
    assert "试算剩余" not in page and "修改内容" in page
    send(office, sources(item), {"amendment": "有效期缩短为三个月"})
    assert again(item).is_amended
