"""Many hands at once: what is there is spent once, to the fen, and nobody is refused wrongly."""

from __future__ import annotations

from decimal import Decimal

from django.db import connection

from funds.ledger import LedgerRefused
from funds.models import Account, Allotment, Book, Voucher
from funds.services import record_receipt
from funds.verification import verify_county
from organizations.policies import Refused
from projects.models import PaymentRequest
from tests import factories as make
from tests.cast import Cast
from tests.databases import at_once, owner_connection

HANDS = 8


def receive(cast: Cast, tag: Allotment, amount: str, key: str) -> Voucher:
    return record_receipt(
        allotment=tag,
        amount=Decimal(amount),
        occurred_on=make.today(),
        memo="到账",
        key=key,
        by=cast["finance_clerk"],
    )


def overdraw(cast: Cast) -> list[Voucher | Exception]:
    """Forty hands for 100 each against an allotment of 1,000."""
    tag = make.allotment(cast, 1000)
    return at_once(40, lambda _: receive(cast, tag, "100", make.key()))


def test_exactly_as_many_as_there_is_money_for(committed_cast: Cast) -> None:
    outcomes = overdraw(committed_cast)
    taken = [o for o in outcomes if isinstance(o, Voucher)]
    refused = [o for o in outcomes if isinstance(o, LedgerRefused)]
    assert (len(taken), len(refused)) == (10, 30)
    assert {r.code for r in refused} == {"YC010"}
    assert sorted(v.number for v in taken) == list(range(1, 11))
    assert Account.objects.get(kind="outside").balance == -1000
    assert not verify_county(committed_cast.county).problems


def test_without_the_constraint_the_money_is_overspent(committed_cast: Cast) -> None:
    """The control: it is the CHECK that refuses, and this suite would see it go."""
    with owner_connection(connection.settings_dict["NAME"]) as sql:
        sql.execute("ALTER TABLE funds_account DROP CONSTRAINT account_balance_not_below_floor")
    taken = [o for o in overdraw(committed_cast) if isinstance(o, Voucher)]
    assert len(taken) == 40


def test_double_clicks_make_one_voucher_each(committed_cast: Cast) -> None:
    tag = make.allotment(committed_cast, 1000)
    for _ in range(5):
        key = make.key()
        outcomes = at_once(HANDS, lambda _, key=key: receive(committed_cast, tag, "1", key))  # type: ignore[misc]
        assert len({o.pk for o in outcomes if isinstance(o, Voucher)}) == 1
        assert not [o for o in outcomes if isinstance(o, Exception)]
    assert Voucher.objects.count() == 5


def waiting_payments(cast: Cast, count: int, amount: int, allocated: int) -> list[PaymentRequest]:
    """Requests at the cashier's desk, all for one project."""
    project = make.approved_project(cast, allocated)
    requests = []
    for _ in range(count):
        request = make.draft_payment(cast, project, amount)
        for action, who in make.PAYMENT_STEPS[:-1]:
            make.do(request, action, cast, who)
        requests.append(request)
    return requests


def test_one_request_paid_by_many_hands_is_paid_once(committed_cast: Cast) -> None:
    cast = committed_cast
    (request,) = waiting_payments(cast, 1, 100, 1000)
    outcomes = at_once(
        HANDS,
        lambda _: make.do(PaymentRequest.objects.get(pk=request.pk), "pay", cast, "treasury_clerk"),
    )
    assert sum(o is None for o in outcomes) == 1
    assert sum(isinstance(o, Refused) for o in outcomes) == HANDS - 1
    assert Voucher.objects.filter(kind="pay").count() == 1


def test_payments_side_by_side_all_go_through(committed_cast: Cast) -> None:
    cast = committed_cast
    requests = waiting_payments(cast, HANDS, 100, 1000)
    outcomes = at_once(HANDS, lambda i: make.do(requests[i], "pay", cast, "treasury_clerk"))
    assert outcomes == [None] * HANDS
    assert Account.objects.get(kind="paid").balance == 800
    assert Book.objects.get(county=cast.county).balance == 1_000_000 - 800
    assert not verify_county(cast.county).problems


def test_two_counties_at_once(committed_cast: Cast) -> None:
    cast = committed_cast
    ours = make.allotment(cast, 10_000)
    theirs = make.allotment(cast, 10_000, who="other_finance_clerk", county=cast.other_county)

    def receive_in(i: int) -> Voucher:
        tag, who = ((ours, "finance_clerk"), (theirs, "other_finance_clerk"))[i % 2]
        return record_receipt(
            allotment=tag,
            amount=Decimal(1),
            occurred_on=make.today(),
            memo="到账",
            key=make.key(),
            by=cast[who],
        )

    outcomes = at_once(20, receive_in)
    assert not [o for o in outcomes if isinstance(o, Exception)]
    assert sorted(Book.objects.values_list("sequence", flat=True)) == [10, 10]
