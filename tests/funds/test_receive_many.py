"""A sheet of receipts in one call: the same vouchers as one by one, and all or none."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from funds import ledger
from funds.ledger import Arrival, LedgerRefused
from funds.models import Account, Allotment, Book, Voucher
from funds.services import close_month
from funds.verification import verify_county
from tests import factories as make
from tests.cast import Cast


def arrival(tag: Allotment, amount: str = "1.00", **kwargs: Any) -> Arrival:
    facts = {"occurred_on": make.today(), "memo": "到账", "key": make.key(), **kwargs}
    return Arrival(tag.pk, Decimal(amount), **facts)


def receive(cast: Cast, arrivals: list[Arrival], who: str = "finance_clerk") -> int:
    with transaction.atomic():
        return ledger.receive_many(arrivals, county=cast.county, by=cast[who], held=cast.post(who))


def refused(code: str) -> Any:
    return pytest.raises(LedgerRefused, check=lambda error: error.code == code)


def test_each_row_is_a_voucher_and_the_chain_holds(cast: Cast) -> None:
    one, two = make.allotment(cast, 1000), make.allotment(cast, 1000, "巴财农〔2025〕12号")
    make.receipt(cast, one, 5)
    day = dt.date(2024, 12, 31)
    rows = [arrival(one, "10.01"), arrival(two, "20.02", occurred_on=day), arrival(one, "0.01")]
    assert receive(cast, rows) == 3
    make.receipt(cast, two, 7)
    assert not verify_county(cast.county).problems
    assert Book.objects.get(county=cast.county).balance == Decimal("42.04")
    numbers = list(Voucher.objects.order_by("sequence").values_list("year", "number"))
    this_year = make.today().year
    assert numbers == [(this_year, 1), (this_year, 2), (2024, 1), (this_year, 3), (this_year, 4)]


def test_a_row_posted_before_is_passed_over_whichever_way_it_was_posted(cast: Cast) -> None:
    tag, key = make.allotment(cast, 1000), make.key()
    rows = [arrival(tag, "3.00", key=key), arrival(tag)]
    assert receive(cast, rows[:1]) == 1
    again = ledger.post(
        Voucher.Kind.RECEIVE,
        [ledger.Line(tag.pk, Decimal(3))],
        county=cast.county,
        key=key,
        occurred_on=make.today(),
        memo="到账",
        by=cast["finance_clerk"],
        held=cast.post("finance_clerk"),
    )
    assert again.number == 1
    assert receive(cast, rows) == 1
    assert receive(cast, rows) == 0
    with refused("YC013"):
        receive(cast, [arrival(tag, "4.00", key=key)])


def test_one_fen_too_much_and_nothing_is_posted(cast: Cast) -> None:
    tag = make.allotment(cast, 10)
    with refused("YC010") as caught:
        receive(cast, [arrival(tag, "6.00"), arrival(tag, "4.01")])
    assert "可用 10.00 元，本次 10.01 元，差 0.01 元" in str(caught.value)
    assert not Voucher.objects.exists()
    assert not Account.objects.filter(balance__gt=0).exists()


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"amount": "0"}, "YC012"),
        ({"amount": "-1"}, "YC012"),
        ({"amount": "0.001"}, "YC012"),
        ({"occurred_on": dt.date(2025, 1, 31)}, "YC015"),
        ({"occurred_on": dt.date(2999, 1, 1)}, "YC014"),
        ({"key": ""}, "YC011"),
        ({"key": "decision:1"}, "YC011"),
    ],
)
def test_one_bad_row_and_nothing_is_posted(cast: Cast, facts: dict[str, Any], code: str) -> None:
    tag = make.allotment(cast, 1000)
    close_month(county=cast.county, first_day=dt.date(2025, 1, 1), by=cast["finance_reviewer"])
    with refused(code):
        receive(cast, [arrival(tag), arrival(tag, **facts)])
    assert not Voucher.objects.exists()


def test_another_county_and_another_post(cast: Cast) -> None:
    theirs = make.allotment(cast, who="other_finance_clerk", county=cast.other_county)
    with refused("YC011"):
        receive(cast, [arrival(theirs)])
    ours = make.allotment(cast)
    for who in ("finance_reviewer", "other_finance_clerk", "auditor"):
        with refused("YC002"):
            receive(cast, [arrival(ours)], who)


def test_no_more_than_a_thousand_and_not_none(cast: Cast) -> None:
    tag = make.allotment(cast, 1_000_000)
    for count in (0, ledger.ARRIVALS_AT_ONCE + 1):
        with refused("YC011"):
            receive(cast, [arrival(tag) for _ in range(count)])
