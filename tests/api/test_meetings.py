"""A meeting by API: the same services and refusals as its pages."""

from __future__ import annotations

from typing import Any

import pytest

from approvals.meetings import amend_item
from approvals.models import Meeting, Vote
from funds.models import Allotment
from organizations.models import User
from tests import factories as make
from tests.api.conftest import Api, Caller, caller
from tests.approvals.gathering import (
    Gathering,
    again,
    gather,
    in_pool,
    item_of,
    status_of,
    waiting_project,
)
from tests.cast import Cast


@pytest.fixture
def held(cast: Cast) -> Gathering:
    return gather(cast, 3)


@pytest.fixture
def tag(cast: Cast) -> Allotment:
    return make.funded_allotment(cast, 1000)


def member(held: Gathering, index: int) -> Caller:
    return caller(User.objects.get(pk=held.members[index].post.user_id))


def path(held: Gathering, rest: str = "") -> str:
    return f"meetings/{held.meeting.pk}/{rest}"


def test_from_the_agenda_to_the_money(
    cast: Cast, api: Api, held: Gathering, tag: Allotment
) -> None:
    office, project = api("group_secretary"), waiting_project(cast)
    (ready,) = office.get(path(held, "ready/")).json()
    assert (ready["key"], ready["asked"]) == (f"projects.project:{project.pk}", "500000.00")
    made = office.post(path(held, "items/"), {"subjects": [ready["key"]]})
    assert made.status_code == 200, made.content
    item = made.json()["items"][0]
    body = {"sources": {str(tag.pk): "700.00"}, "reply_document": "焉扶领批[2025]1号"}
    set_ = office.put(path(held, f"items/{item['id']}/sources/"), body)
    assert set_.status_code == 200, set_.content
    item = set_.json()["items"][0]
    (line,) = item["sources"]
    assert (line["before"], line["proposed"], line["after"]) == ("1000.00", "700.00", "300.00")
    assert item["reply_document"] == "焉扶领批〔2025〕1号"
    assert office.post(path(held, "actions/open_meeting/"), {}).status_code == 200
    for index in range(3):
        assert member(held, index).post(path(held, "check-in/")).status_code == 200
        seen = member(held, index).get(path(held)).json()["items"][0]
        ballot = {"choice": "agree", "seen_digest": seen["digest"]}
        voted = member(held, index).post(path(held, f"items/{item['id']}/vote/"), ballot)
        assert voted.status_code == 200, voted.content
    detail = member(held, 0).get(path(held)).json()
    assert (detail["quorum"], detail["items"][0]["outcome_name"]) == ("", "同意")
    assert detail["items"][0]["votes"] == [] and detail["items"][0]["my_vote"] == "agree"
    last = {"minutes_document": "焉扶领纪[2025]5号", "seen_result": detail["result"]}
    closed = member(held, 0).post(path(held, "close/"), last)
    assert closed.status_code == 200, closed.content
    assert status_of(project.pk) == "result_feedback" and in_pool(tag) == 300
    after = api("auditor").get(path(held)).json()
    assert after["meeting"]["minutes_document"] == "焉扶领纪〔2025〕5号"
    assert [vote["said"] for vote in after["items"][0]["votes"]] == ["同意"] * 3
    money = api("auditor").get(f"projects/{project.pk}/").json()["sources"][0]
    assert (money["approved"], money["allocated"]) == ("700.00", "700.00")


@pytest.fixture
def item(held: Gathering, tag: Allotment) -> Any:
    made = item_of(held, tag, 100)
    held.open()
    return again(made)


def test_one_key_is_one_vote(held: Gathering, item: Any) -> None:
    vote, key = path(held, f"items/{item.pk}/vote/"), make.key()
    ballot = {"choice": "agree", "seen_digest": item.digest}
    first = member(held, 1).post(vote, ballot, key)
    assert member(held, 1).post(vote, ballot, key).json() == first.json()
    assert member(held, 1).post(vote, {**ballot, "choice": "reject"}, key).status_code == 422
    again_ = member(held, 1).post(vote, {**ballot, "choice": "reject"})
    assert again_.status_code == 409 and "不能更改" in again_.json()["reason"]
    assert Vote.objects.count() == 1
    keyless = member(held, 2).client.post(f"/api/{vote}", ballot, format="json")
    assert keyless.status_code == 400 and "Idempotency-Key" in keyless.json()["fields"]


def test_changed_since_is_409_and_other_people_are_refused(
    cast: Cast, api: Api, held: Gathering, item: Any
) -> None:
    vote = path(held, f"items/{item.pk}/vote/")
    ballot = {"choice": "agree", "seen_digest": item.digest}
    amend_item(item=item, by=held.secretary, amendment="改")
    changed = member(held, 1).post(vote, ballot)
    assert changed.status_code == 409 and "已在您打开之后修改" in changed.json()["reason"]
    for who, status in (("group_secretary", 403), ("auditor", 403), ("system_admin", 403),
                        ("township_clerk", 404), ("other_group_member", 404)):  # fmt: skip
        assert api(who).post(vote, ballot).status_code == status, who
    assert not Vote.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"choice": "maybe"}, "choice"),
        ({"choice": 1}, "choice"),
        ({"seen_digest": ""}, "seen_digest"),
        ({"comment": "13800138000"}, "comment"),
        ({"member": 1}, "member"),
        ({"decision": 1}, "decision"),
    ],
)
def test_a_wrong_ballot_is_answered_at_its_field(
    held: Gathering, item: Any, changes: dict[str, Any], field: str
) -> None:
    ballot = {"choice": "agree", "seen_digest": item.digest, **changes}
    answer = member(held, 1).post(path(held, f"items/{item.pk}/vote/"), ballot)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])


def test_standing_aside_and_checking_in(cast: Cast, api: Api, held: Gathering, item: Any) -> None:
    own = {"member": held.members[1].pk, "reason": "亲属投标"}
    recuse = path(held, f"items/{item.pk}/recuse/")
    assert member(held, 2).post(recuse, own).status_code == 403
    assert member(held, 1).post(recuse, own).json()["reason"] == "亲属投标"
    detail = api("auditor").get(path(held)).json()["items"][0]
    assert detail["recusals"] == [{"member": own["member"], "name": "成员1", "reason": "亲属投标"}]
    assert detail["tally"]["eligible"] == 2
    ticked = {"member": held.members[2].pk}
    assert api("group_secretary").post(path(held, "check-in/"), ticked).status_code == 200
    assert api("auditor").post(path(held, "check-in/"), ticked).status_code == 403
    assert api("auditor").post(path(held, "check-in/"), {}).status_code == 403
    wrong = api("group_secretary").post(path(held, "check-in/"), {"member": "1"})
    assert (wrong.status_code, list(wrong.json()["fields"])) == (400, ["member"])


def test_sources_while_it_sits_are_a_change_with_words(
    api: Api, held: Gathering, item: Any, tag: Allotment
) -> None:
    held.vote(item, 1)
    sources = path(held, f"items/{item.pk}/sources/")
    body: dict[str, Any] = {"sources": {str(tag.pk): "90.00"}}
    silent = api("group_secretary").put(sources, body)
    assert (silent.status_code, list(silent.json()["fields"])) == (400, ["amendment"])
    changed = api("group_secretary").put(sources, {**body, "amendment": "核减"}).json()["items"][0]
    assert (changed["superseded"], changed["tally"]["agree"]) == (1, 0)
    for given, field in (
        ({str(tag.pk): "-1"}, f"sources.{tag.pk}"), ({str(tag.pk): 90}, f"sources.{tag.pk}"),
        ({"999": "1.00"}, "sources.999"), ([1], "sources"), ({str(tag.pk): "500000.01"}, "__all__"),
    ):  # fmt: skip
        answer = api("group_secretary").put(sources, {"sources": given, "amendment": "改"})
        assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert api("group_member").put(sources, body).status_code == 403


def test_only_the_chair_closes_and_only_what_he_saw(
    api: Api, held: Gathering, item: Any, tag: Allotment
) -> None:
    for index in range(3):
        held.vote(item, index)
    body = {"minutes_document": "焉扶领纪〔2025〕5号", "seen_result": "0" * 64}
    assert member(held, 1).post(path(held, "close/"), body).status_code == 403
    assert api("other_group_member").post(path(held, "close/"), body).status_code == 404
    stale = member(held, 0).post(path(held, "close/"), body)
    assert stale.status_code == 409 and "有变动" in stale.json()["reason"]
    body["seen_result"] = member(held, 0).get(path(held)).json()["result"]
    key = make.key()
    first = member(held, 0).post(path(held, "close/"), body, key)
    assert first.status_code == 200, first.content
    assert member(held, 0).post(path(held, "close/"), body, key).json()["id"] == first.json()["id"]
    assert member(held, 0).post(path(held, "close/"), body).status_code == 409
    assert in_pool(tag) == 900


def test_items_leave_and_strangers_do_not_come(
    cast: Cast, api: Api, held: Gathering, item: Any
) -> None:
    remove = path(held, f"items/{item.pk}/remove/")
    assert api("group_secretary").post(remove, {}).status_code == 409
    assert api("group_member").post(remove, {"reason": "x"}).status_code == 403
    assert api("group_secretary").post(remove, {"reason": "资金未到"}).json()["items"] == []
    other = gather(cast, 3, name="另一次会议")
    elsewhere = f"meetings/{other.meeting.pk}/items/{item.pk}/remove/"
    assert api("group_secretary").post(elsewhere, {}).status_code == 404
    for subjects in ([], ["projects.project:1"], "x", [1]):
        answer = api("group_secretary").post(path(other, "items/"), {"subjects": subjects})
        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["subjects"])


def test_the_list_by_state_and_year(cast: Cast, api: Api, held: Gathering) -> None:
    for query, count in (({}, 1), ({"status": "closed"}, 0), ({"year": 2001}, 0)):
        assert api("auditor").get("meetings/", **query).json()["count"] == count
    assert api("other_finance_clerk").get("meetings/").json()["count"] == 0
    assert api("other_finance_clerk").get(path(held)).status_code == 404
    assert api("auditor").get("meetings/", status="nonsense").status_code == 400
    assert Meeting.objects.count() == 1
