"""Receipts, returns and reversals: once for each key, and always in fen."""

from __future__ import annotations

from typing import Any

import pytest

from funds.models import Voucher
from organizations.policies import Refused
from tests import factories as make
from tests.api.conftest import Api, caller
from tests.cast import Cast
from tests.databases import at_once


def receipt_body(tag: Any, amount: Any = "100.00", **more: Any) -> dict[str, Any]:
    body = {"allotment": tag.pk, "amount": amount, "memo": "到账"}
    return {**body, "occurred_on": make.today().isoformat(), **more}


def test_a_receipt_becomes_a_voucher_with_its_money_as_text(cast: Cast, api: Api) -> None:
    tag = make.allotment(cast)
    answer = api("finance_clerk").post("receipts/", receipt_body(tag, "100"))
    assert answer.status_code == 201, answer.content
    voucher = answer.json()
    assert (voucher["total"], voucher["balance_after"]) == ("100.00", "100.00")
    assert voucher["entries"][0]["amount"] == "100.00"
    figures = api("finance_clerk").get("figures/").json()[0]["figures"]
    assert (figures["received"], figures["paid"]) == ("100.00", "0.00")


def test_the_same_key_and_body_answer_with_the_first_voucher(cast: Cast, api: Api) -> None:
    tag, key = make.allotment(cast), make.key()
    first = api("finance_clerk").post("receipts/", receipt_body(tag), key)
    again = api("finance_clerk").post("receipts/", receipt_body(tag), key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert Voucher.objects.count() == 1


def test_the_same_key_with_another_amount_is_refused(cast: Cast, api: Api) -> None:
    tag, key = make.allotment(cast), make.key()
    api("finance_clerk").post("receipts/", receipt_body(tag), key)
    other = api("finance_clerk").post("receipts/", receipt_body(tag, "100.01"), key)
    assert (other.status_code, other.json()["code"]) == (422, "YC013")
    assert Voucher.objects.count() == 1


@pytest.mark.parametrize("key", ["", "1", "decision:1", "x" * 200])
def test_a_posting_without_a_proper_key_is_refused(cast: Cast, key: str) -> None:
    client = caller(cast["finance_clerk"]).client
    headers = {"Idempotency-Key": key} if key else {}
    body = receipt_body(make.allotment(cast))
    answer = client.post("/api/receipts/", body, format="json", headers=headers)
    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json()["fields"]


@pytest.mark.parametrize(
    "amount",
    [100, 100.0, 1e3, True, None, [], {}, "0", "-1", "1.001", "1e3", "NaN", "", "9" * 20, "壹佰"],
)
def test_an_amount_is_a_proper_text_or_is_refused_at_its_field(
    cast: Cast, api: Api, amount: Any
) -> None:
    tag = make.allotment(cast)
    answer = api("finance_clerk").post("receipts/", receipt_body(tag, amount))
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == ["amount"]
    assert not Voucher.objects.exists()


def test_amounts_as_people_type_them_are_understood(cast: Cast, api: Api) -> None:
    tag = make.allotment(cast)
    answer = api("finance_clerk").post("receipts/", receipt_body(tag, "１，２３４．５０"))
    assert answer.json()["total"] == "1234.50"


def test_a_receipt_above_its_allotment_gives_the_services_own_words(cast: Cast, api: Api) -> None:
    tag = make.allotment(cast, 100)
    with pytest.raises(Refused) as refused:
        make.receipt(cast, tag, 101)
    answer = api("finance_clerk").post("receipts/", receipt_body(tag, "101.00"))
    assert answer.status_code == 409
    refusal = refused.value.refusal
    assert answer.json() == {
        "reason": refusal.reason,
        "clause": refusal.clause,
        "who_can_clear": refusal.who_can_clear,
        "fields": {},
        "code": "YC010",
    }


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("other_finance_clerk", 404),
        ("auditor", 403),
        ("township_clerk", 403),
        ("nobody", 403),
        ("system_admin", 403),
    ],
)
def test_only_the_countys_own_clerk_records_a_receipt(
    cast: Cast, api: Api, who: str, status: int
) -> None:
    tag = make.allotment(cast)
    answer = api(who).post("receipts/", receipt_body(tag))
    assert answer.status_code == status
    assert answer.json()["reason"]
    assert not Voucher.objects.exists()


@pytest.mark.parametrize(
    "more", [{"by": 1}, {"county": 2}, {"posted_at": "2020-01-01"}, {"number": 7}, {"kind": "pay"}]
)
def test_what_only_the_server_says_is_not_taken_from_the_body(
    cast: Cast, api: Api, more: dict[str, Any]
) -> None:
    answer = api("finance_clerk").post("receipts/", receipt_body(make.allotment(cast), **more))
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == list(more)


def test_the_body_cannot_choose_the_key(cast: Cast, api: Api) -> None:
    tag, key = make.allotment(cast), make.key()
    body = receipt_body(tag, key="decision:1")
    assert api("finance_clerk").post("receipts/", body, key).json()["key"] == key


def test_money_goes_back_up_only_by_the_head(cast: Cast, api: Api) -> None:
    tag = make.funded_allotment(cast, 100)
    body = receipt_body(tag, "40.00", document="巴财农〔2025〕90号")
    assert api("finance_clerk").post("returns/", body).status_code == 403
    answer = api("finance_head").post("returns/", body)
    assert (answer.status_code, answer.json()["balance_after"]) == (201, "60.00")


def test_a_receipt_is_reversed_once_by_another_person(cast: Cast, api: Api) -> None:
    voucher = make.receipt(cast, make.allotment(cast), 100)
    path, key = f"vouchers/{voucher.pk}/reverse/", make.key()
    body = {"occurred_on": make.today().isoformat(), "memo": "重复登记"}
    assert api("finance_clerk").post(path, body).status_code == 403
    assert api("other_finance_head").post(path, body).status_code == 404
    first = api("finance_reviewer").post(path, body, key)
    again = api("finance_reviewer").post(path, body, key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["reverses"] == voucher.pk
    second = api("finance_reviewer").post(path, body)
    assert (second.status_code, second.json()["code"]) == (409, "YC017")


def test_one_key_sent_at_once_makes_one_voucher(committed_cast: Cast) -> None:
    tag, key = make.allotment(committed_cast), make.key()
    clerk = committed_cast["finance_clerk"]
    callers = [caller(clerk) for _ in range(4)]
    answers = at_once(4, lambda n: callers[n].post("receipts/", receipt_body(tag), key))
    codes = [getattr(answer, "status_code", answer) for answer in answers]
    assert set(codes) <= {200, 201}, codes
    assert len({answer.json()["id"] for answer in answers}) == 1  # type: ignore[union-attr]
    assert Voucher.objects.count() == 1
