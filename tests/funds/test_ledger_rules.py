"""Each rule of the ledger, tried as the application's own role, in plain SQL where it can be."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from approvals.models import Decision
from funds import ledger
from funds.ledger import LedgerRefused, Line
from funds.models import Account, Allotment, Book, Voucher
from funds.services import record_receipt, return_to_upper_level, reverse_voucher
from organizations.policies import WrongRole
from tests import factories as make
from tests.cast import Cast

K = Voucher.Kind


def receive(cast: Cast, tag: Allotment, amount: str = "100", **kwargs: Any) -> Voucher:
    facts = {
        "occurred_on": make.today(), "memo": "到账", "key": make.key(), "by": cast["finance_clerk"],
    }  # fmt: skip
    return record_receipt(allotment=tag, amount=Decimal(amount), **{**facts, **kwargs})


def refused(code: str) -> Any:
    return pytest.raises(LedgerRefused, check=lambda error: error.code == code)


def test_a_receipt_is_one_voucher_and_moves_the_balances(cast: Cast) -> None:
    tag = make.allotment(cast)
    voucher = receive(cast, tag, "1234.56", document="回单7", payer="自治区财政厅")
    assert (voucher.number, voucher.total, voucher.balance_after) == (
        1,
        Decimal("1234.56"),
        Decimal("1234.56"),
    )
    assert (voucher.by_name, voucher.by_unit, voucher.by_title) == ("朱明", "焉耆县财政局", "会计")
    balances = dict(Account.objects.values_list("kind", "balance"))
    assert balances == {"outside": Decimal("-1234.56"), "pool": Decimal("1234.56")}


@pytest.mark.parametrize(
    "amount", ["0", "-1", "0.001", "1.005", "10000000000000000", "NaN", "Infinity"]
)
def test_amounts_that_are_no_amounts(cast: Cast, amount: str) -> None:
    tag = make.allotment(cast)
    with refused("YC012"):
        receive(cast, tag, amount)
    assert not Voucher.objects.exists()


def test_never_more_than_the_allotment(cast: Cast) -> None:
    tag = make.allotment(cast, 1000)
    receive(cast, tag, "600")
    with refused("YC010") as caught:
        receive(cast, tag, "400.01")
    assert "本次到账 400.01 元，超过巴财农〔2025〕11号尚未到账的 400.00 元" in str(caught.value)
    receive(cast, tag, "400")


def test_the_same_key_and_content_returns_the_first_voucher(cast: Cast) -> None:
    tag, key = make.allotment(cast), make.key()
    first = receive(cast, tag, key=key)
    again = receive(cast, tag, key=key)
    assert first.pk == again.pk
    assert Voucher.objects.count() == 1


@pytest.mark.parametrize(
    "other",
    [
        {"amount": "100.01"},
        {"memo": "别的"},
        {"document": "回单2"},
        {"occurred_on": dt.date(2025, 1, 2)},
    ],
)
def test_the_same_key_with_other_content_is_refused(cast: Cast, other: dict[str, Any]) -> None:
    tag, key = make.allotment(cast), make.key()
    receive(cast, tag, key=key)
    with refused("YC013"):
        receive(cast, tag, **{"amount": "100", **other, "key": key})


def test_numbers_run_without_a_gap_by_county_and_year(cast: Cast) -> None:
    tag = make.allotment(cast)
    receive(cast, tag)
    with pytest.raises(LedgerRefused):
        receive(cast, tag, "99999999")
    receive(cast, tag)
    receive(cast, tag, occurred_on=dt.date(2024, 12, 31))
    other = make.allotment(cast, who="other_finance_clerk", county=cast.other_county)
    receive(cast, other, by=cast["other_finance_clerk"])
    numbers = [(v.county.name, v.year, v.number) for v in Voucher.objects.order_by("id")]
    this_year = make.today().year
    assert numbers == [
        ("焉耆回族自治县", this_year, 1),
        ("焉耆回族自治县", this_year, 2),
        ("焉耆回族自治县", 2024, 1),
        ("和静县", this_year, 1),
    ]


def test_no_day_after_today(cast: Cast) -> None:
    with refused("YC014"):
        receive(cast, make.allotment(cast), occurred_on=make.today() + dt.timedelta(days=1))


def test_only_the_clerk_of_the_county_records_receipts(cast: Cast) -> None:
    tag = make.allotment(cast)
    for name in ("other_finance_clerk", "finance_reviewer", "village_cadre", "auditor", "nobody"):
        with pytest.raises(WrongRole):
            receive(cast, tag, by=cast[name])


@pytest.mark.parametrize("name", ["other_finance_clerk", "finance_reviewer", "village_cadre"])
def test_the_database_asks_for_the_clerk_too(cast: Cast, name: str) -> None:
    tag = make.allotment(cast)
    with refused("YC002"):
        ledger.post(
            K.RECEIVE,
            [Line(tag.pk, Decimal(1))],
            county=cast.county,
            key=make.key(),
            occurred_on=make.today(),
            memo="到账",
            by=cast[name],
            held=cast.post(name),
        )


def test_another_persons_post_is_refused(cast: Cast) -> None:
    tag = make.allotment(cast)
    with refused("YC002"):
        ledger.post(
            K.RECEIVE,
            [Line(tag.pk, Decimal(1))],
            county=cast.county,
            key=make.key(),
            occurred_on=make.today(),
            memo="到账",
            by=cast["auditor"],
            held=cast.post("finance_clerk"),
        )


DOERS = {
    K.ALLOCATE: "group_member",
    K.RELEASE: "finance_head",
    K.PAY: "treasury_clerk",
    K.REFUND: "treasury_clerk",
    K.WITHDRAW: "finance_head",
    K.RECOVER: "finance_reviewer",
}


@pytest.mark.parametrize("kind", DOERS)
def test_no_money_moves_for_a_project_without_a_decision(cast: Cast, kind: K) -> None:
    project = make.approved_project(cast)
    tag = Allotment.objects.get()
    with refused("YC018"):
        ledger.post(
            kind,
            [Line(tag.pk, Decimal(1), project.earmark_id)],
            county=cast.county,
            key=make.key(),
            occurred_on=make.today(),
            memo="无批复",
            by=cast[DOERS[kind]],
            held=cast.post(DOERS[kind]),
        )


def test_a_decision_of_an_earlier_transaction_moves_nothing(committed_cast: Cast) -> None:
    cast = committed_cast
    make.determined_project(cast, 1000)
    decision = Decision.objects.get(action="determine")
    project_earmark = Account.objects.get(kind="allocated").earmark_id
    with refused("YC018"):
        ledger.post(
            K.ALLOCATE,
            [Line(Allotment.objects.get().pk, Decimal(1000), project_earmark)],
            county=cast.county,
            key=make.key(),
            occurred_on=make.today(),
            memo="再分一次",
            by=cast["group_member"],
            held=cast.post("group_member"),
            decision=decision,
        )


def test_money_goes_only_where_the_decision_said(cast: Cast) -> None:
    """The amount and the project of the voucher are those of the decision."""
    make.determined_project(cast, 10)
    voucher = Voucher.objects.get(kind="allocate")
    assert voucher.decision
    assert (voucher.total, voucher.decision.amount) == (make.yuan(10), make.yuan(10))


@pytest.mark.parametrize(
    "table", ["funds_voucher", "funds_entry", "funds_account", "funds_book", "funds_numberseries"]
)
@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM {}",
        "UPDATE {} SET id = id",
        "INSERT INTO {} DEFAULT VALUES",
        "TRUNCATE {} CASCADE",
    ],
)
def test_the_application_may_write_no_ledger_table(cast: Cast, table: str, statement: str) -> None:
    receive(cast, make.allotment(cast))
    statement = (
        statement.replace("id = id", "county_id = county_id") if "book" in table else statement
    )
    with (
        pytest.raises(DatabaseError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(table))


def test_a_reversal_turns_the_original_round_once(cast: Cast) -> None:
    voucher = receive(cast, make.allotment(cast), "300")
    red = undo(cast, voucher, "finance_reviewer")
    assert (red.kind, red.reverses_id, red.total) == ("reverse", voucher.pk, voucher.total)
    assert Book.objects.get(county=cast.county).balance == 0
    assert set(Account.objects.values_list("balance", flat=True)) == {Decimal(0)}
    with refused("YC017"):
        undo(cast, voucher, "finance_reviewer")
    with refused("YC017"):
        undo(cast, red, "finance_head")


def test_a_reversal_takes_another_person(cast: Cast) -> None:
    voucher = receive(cast, make.allotment(cast))
    with pytest.raises(WrongRole):
        undo(cast, voucher, "finance_clerk")


def test_money_already_allocated_cannot_be_reversed_away(cast: Cast) -> None:
    make.determined_project(cast, 300_000)
    with refused("YC010"):
        undo(cast, Voucher.objects.get(kind="receive"), "finance_reviewer")


def undo(cast: Cast, voucher: Voucher, who: str) -> Voucher:
    return reverse_voucher(
        voucher=voucher, occurred_on=make.today(), memo="记错", key=make.key(), by=cast[who]
    )


def test_returning_to_the_upper_level_keeps_the_identity(cast: Cast) -> None:
    tag = make.funded_allotment(cast, 1000)
    return_to_upper_level(
        allotment=tag,
        amount=Decimal(400),
        occurred_on=make.today(),
        memo="上缴",
        document="巴财农〔2025〕30号",
        key=make.key(),
        by=cast["finance_head"],
    )
    balances = dict(Account.objects.values_list("kind", "balance"))
    assert balances == {"outside": Decimal(-1000), "pool": Decimal(600), "returned": Decimal(400)}
    assert Book.objects.get(county=cast.county).balance == Decimal(600)


def test_an_allotment_stands_once_money_moved(cast: Cast) -> None:
    tag = make.allotment(cast, 1000)
    tag.amount = make.yuan(2000)
    tag.save()
    receive(cast, tag)
    tag.amount = make.yuan(1)
    with pytest.raises(DatabaseError, match="不能再改"), transaction.atomic():
        tag.save()
    tag.refresh_from_db()
    tag.note = "备注可以改"
    tag.save()
