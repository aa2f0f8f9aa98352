"""The one door for every step of every life, by API."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from approvals.models import Decision
from approvals.workflow import WORKFLOWS
from funds.models import Allotment, Voucher
from funds.services import month_of, record_receipt
from organizations.policies import Refused
from projects.models import PaymentRequest, Project
from tests import factories as make
from tests.api.conftest import Api, caller
from tests.cast import Cast
from tests.databases import at_once

COMMENT = {"comment": "情况属实，同意。"}


def status_of(subject: Any) -> str:
    return str(type(subject).objects.get(pk=subject.pk).status)


def test_releasing_posts_one_voucher_and_a_retry_finds_it(cast: Cast, api: Api) -> None:
    payment, key = make.payment_at(cast, "release"), make.key()
    path = f"payments/{payment.pk}/actions/release/"
    before = Voucher.objects.count()
    first = api("finance_head").post(path, COMMENT, key)
    again = api("finance_head").post(path, COMMENT, key)
    assert (first.status_code, again.status_code) == (200, 200), first.content
    assert first.json()["id"] == again.json()["id"]
    assert first.json()["amount"] == "100000.00"
    assert (Voucher.objects.count(), status_of(payment)) == (before + 1, "payment")


@pytest.mark.parametrize(
    ("who", "action", "body"),
    [
        ("finance_head", "release", {"comment": "另一句话"}),
        ("treasury_clerk", "pay", COMMENT),
        ("finance_head", "withdraw_release", COMMENT),
    ],
)
def test_a_key_stands_for_one_request(
    cast: Cast, api: Api, who: str, action: str, body: dict[str, Any]
) -> None:
    payment, key = make.payment_at(cast, "release"), make.key()
    api("finance_head").post(f"payments/{payment.pk}/actions/release/", COMMENT, key)
    answer = api(who).post(f"payments/{payment.pk}/actions/{action}/", body, key)
    assert answer.status_code == 422
    assert "幂等键" in answer.json()["reason"]
    assert status_of(payment) == "payment"


def test_one_refund_key_never_refunds_two_amounts(cast: Cast, api: Api) -> None:
    payment, key = make.payment_at(cast, "paid"), make.key()
    path = f"payments/{payment.pk}/actions/refund/"
    tag = payment.sources.get().allotment_id

    def refund(amount: Any) -> Any:
        body = {"comment": "账号有误退回", "data": {"sources": {str(tag): amount}}}
        return api("treasury_clerk").post(path, body, key)

    assert refund("100.00").json()["amount"] == "100.00"
    assert refund("100.00").status_code == 200
    assert refund("200.00").status_code == 422


def test_money_moves_only_under_a_key(cast: Cast) -> None:
    payment = make.payment_at(cast, "release")
    client = caller(cast["finance_head"]).client
    answer = client.post(f"/api/payments/{payment.pk}/actions/release/", COMMENT, format="json")
    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json()["fields"]


@pytest.mark.parametrize(
    ("sources", "field"),
    [
        ({"{tag}": 100000.0}, "sources.{tag}"),
        ({"{tag}": 100000}, "sources.{tag}"),
        ({"{tag}": "-1"}, "sources.{tag}"),
        ({"999999": "1.00"}, "sources.999999"),
        ([["{tag}", "1.00"]], "sources"),
        ({}, "__all__"),
    ],
)
def test_each_wrong_source_is_refused_at_its_place(
    cast: Cast, api: Api, sources: Any, field: str
) -> None:
    payment = make.payment_at(cast, "paid")
    tag = Allotment.objects.get()
    if isinstance(sources, dict):
        sources = {name.format(tag=tag.pk): amount for name, amount in sources.items()}
    path = f"payments/{payment.pk}/actions/refund/"
    answer = api("treasury_clerk").post(path, {**COMMENT, "data": {"sources": sources}})
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [field.format(tag=tag.pk)]
    assert status_of(payment) == "paid"


def test_every_criterion_is_answered_one_by_one(cast: Cast, api: Api) -> None:
    payment = make.payment_at(cast, "compliance")
    path = f"payments/{payment.pk}/actions/pass_compliance/"
    step = WORKFLOWS[PaymentRequest.life()].find("pass_compliance", "compliance")
    assert step
    opinions = [{"code": c.code, "result": "pass"} for c in step.questions(payment)]
    assert api("finance_reviewer").post(path, {"opinions": opinions[1:]}).status_code == 409
    assert api("finance_reviewer").post(path, {"opinions": opinions}).status_code == 200


@pytest.mark.parametrize(
    ("who", "action", "status"),
    [
        ("township_clerk", "pay", 409),
        ("township_clerk", "no_such_action", 409),
        ("auditor", "submit", 403),
        ("nobody", "submit", 403),
        ("system_admin", "submit", 403),
        ("other_township_clerk", "submit", 404),
        ("other_finance_head", "submit", 404),
    ],
)
def test_the_wrong_state_person_and_place(
    cast: Cast, api: Api, who: str, action: str, status: int
) -> None:
    payment = make.payment_at(cast, "draft")
    answer = api(who).post(f"payments/{payment.pk}/actions/{action}/", COMMENT)
    assert answer.status_code == status, answer.content
    assert set(answer.json()) == {"reason", "clause", "who_can_clear", "fields"}
    assert status_of(payment) == "draft"


def test_the_refusal_is_the_workflows_own(cast: Cast, api: Api) -> None:
    payment = make.payment_at(cast, "draft")
    with pytest.raises(Refused) as refused:
        make.do(payment, "release", cast, "finance_head")
    answer = api("finance_head").post(f"payments/{payment.pk}/actions/release/", COMMENT).json()
    refusal = refused.value.refusal
    assert (answer["reason"], answer["clause"]) == (refusal.reason, refusal.clause)
    assert answer["who_can_clear"] == refusal.who_can_clear


def test_who_may_not_act_hears_that_before_any_field(cast: Cast, api: Api) -> None:
    project = make.project_before_meeting(cast)
    answer = api("finance_head").post(f"projects/{project.pk}/actions/determine/", {"data": {}})
    assert answer.status_code == 403


def test_the_list_of_actions_says_what_comes_along_and_why_not(cast: Cast, api: Api) -> None:
    payment = make.payment_at(cast, "paid")
    path = f"payments/{payment.pk}/actions/"
    allowed = {a["action"]: a for a in api("treasury_clerk").get(path).json()}
    assert allowed["refund"]["allowed"] and allowed["refund"]["needs_key"]
    tag = Allotment.objects.get()
    assert {f["name"] for f in allowed["refund"]["facts"]} == {f"sources.{tag.pk}"}
    project = make.project_before_meeting(cast)
    (waiting,) = api("township_clerk").get(f"projects/{project.pk}/actions/").json()
    assert (waiting["allowed"], waiting["reason"]) == (False, "由领导小组成员办理")


def test_what_a_meeting_decides_has_no_action_of_its_own(cast: Cast, api: Api) -> None:
    project = make.project_before_meeting(cast)
    answer = api("group_member").post(f"projects/{project.pk}/actions/determine/", COMMENT)
    assert answer.status_code == 409
    assert "领导小组会议" in answer.json()["reason"]
    assert status_of(project) == "determination"


def test_decisions_are_told_in_order(cast: Cast, api: Api) -> None:
    project = make.submitted_project(cast)
    rows = api("auditor").get(f"projects/{project.pk}/decisions/").json()
    assert [row["action"] for row in rows] == ["record_meeting", "submit"]
    assert rows[0]["by_name"] == "吴春"


def test_the_inbox_holds_what_waits_for_a_person(cast: Cast, api: Api) -> None:
    project = make.submitted_project(cast)
    inbox = api("township_reviewer").get("inbox/").json()
    assert inbox["count"] == 1
    assert inbox["results"][0]["id"] == project.pk
    assert inbox["results"][0]["amount"] == "500000.00"
    assert api("auditor").get("inbox/").json() == {
        "count": 0, "results": [], "errands": [],
    }  # fmt: skip


def test_a_month_is_closed_by_its_action(cast: Cast, api: Api) -> None:
    last_month = make.today().replace(day=1) - dt.timedelta(days=1)
    record_receipt(
        allotment=make.allotment(cast), amount=make.yuan(100), occurred_on=last_month,
        memo="到账", key=make.key(), by=cast["finance_clerk"],
    )  # fmt: skip
    body = {"county": cast.county.code, "month": last_month.strftime("%Y-%m")}
    month = api("finance_reviewer").post("months/", body).json()
    assert api("finance_clerk").post("months/", body).status_code == 403
    assert api("finance_reviewer").post("months/", {**body, "month": "1999-01"}).status_code == 400
    path = f"months/{month['id']}/actions/close/"
    assert api("finance_clerk").post(path).status_code == 403
    assert api("other_finance_reviewer").post(path).status_code == 404
    assert api("finance_reviewer").post(path).status_code == 200
    assert api("finance_reviewer").post(path).status_code == 409
    assert api("finance_clerk").get("months/").json()["results"][0]["status"] == "closed"


def test_a_months_row_is_not_shown_to_another_county(cast: Cast, api: Api) -> None:
    month = month_of(county=cast.county, first_day=make.today().replace(day=1))
    assert api("other_finance_clerk").get(f"months/{month.pk}/").status_code == 404


@pytest.mark.parametrize(
    "more", [{"by": 1}, {"status": "paid"}, {"amount": "1.00"}, {"to_status": "paid"}, {"key": "k"}]
)
def test_a_step_takes_nothing_from_the_body_that_only_the_server_says(
    cast: Cast, api: Api, more: dict[str, Any]
) -> None:
    payment = make.payment_at(cast, "release")
    path = f"payments/{payment.pk}/actions/release/"
    assert api("finance_head").post(path, {"data": more}).status_code == 400
    answer = api("finance_head").post(path, {**COMMENT, **more}).json()
    assert (answer["amount"], answer["to_status"]) == ("100000.00", "payment")
    assert Decision.objects.latest("id").by == cast["finance_head"]


@pytest.mark.parametrize("text", ["\ud800", "a\0b"])
def test_text_that_no_database_stores_is_refused(cast: Cast, api: Api, text: str) -> None:
    project = make.draft_project(cast)
    facts = {**make.MEETING, "held_on": make.today().isoformat(), "minutes": text}
    path = f"projects/{project.pk}/actions/record_meeting/"
    body = json.dumps({"data": facts})  # escaped, as a careless client would send it
    client = api("village_cadre").client
    answer = client.post(f"/api/{path}", body, content_type="application/json")
    assert answer.status_code == 400
    assert Project.objects.get(pk=project.pk).status == "draft"


def test_one_key_sent_at_once_pays_once(committed_cast: Cast) -> None:
    payment, key = make.payment_at(committed_cast, "payment"), make.key()
    user = committed_cast["treasury_clerk"]
    callers = [caller(user) for _ in range(4)]
    path = f"payments/{payment.pk}/actions/pay/"
    answers = at_once(4, lambda n: callers[n].post(path, COMMENT, key))
    assert {getattr(a, "status_code", a) for a in answers} == {200}
    assert len({a.json()["id"] for a in answers}) == 1  # type: ignore[union-attr]
    assert Voucher.objects.filter(kind="pay").count() == 1
