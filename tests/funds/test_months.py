from __future__ import annotations

import datetime as dt

import pytest
from django.db import DatabaseError, connection, transaction

from approvals.models import Decision
from approvals.workflow import IncompatibleDuty
from funds.ledger import LedgerRefused
from funds.models import Allotment, Book, Month
from funds.services import close_month, record_receipt
from funds.workflow import MONTH
from organizations.models import Post, User
from organizations.policies import WrongRole
from tests import factories as make
from tests.cast import Cast

JANUARY, FEBRUARY = dt.date(2025, 1, 1), dt.date(2025, 2, 1)


def receive(cast: Cast, day: dt.date) -> None:
    tag = Allotment.objects.first() or make.allotment(cast)
    record_receipt(
        allotment=tag,
        amount=make.yuan(1),
        occurred_on=day,
        memo="到账",
        key=make.key(),
        by=cast["finance_clerk"],
    )


def closed(cast: Cast, first_day: dt.date = JANUARY) -> Month:
    return close_month(county=cast.county, first_day=first_day, by=cast["finance_reviewer"])


def test_nothing_is_posted_into_a_closed_month(cast: Cast) -> None:
    receive(cast, dt.date(2025, 1, 31))
    closed(cast)
    for day in (dt.date(2025, 1, 31), dt.date(2025, 1, 1), dt.date(2024, 2, 29)):
        with pytest.raises(LedgerRefused, match="已结账"):
            receive(cast, day)
    receive(cast, dt.date(2025, 2, 1))


def test_months_are_closed_in_order_and_after_they_end(cast: Cast) -> None:
    closed(cast, FEBRUARY)
    with pytest.raises(LedgerRefused, match="已经结账"):
        closed(cast, JANUARY)
    with pytest.raises(LedgerRefused, match="依次结账"):
        closed(cast, dt.date(2025, 4, 1))
    with pytest.raises(LedgerRefused, match="还没有结束"):
        close_month(
            county=cast.other_county,
            first_day=(make.today() + dt.timedelta(days=40)).replace(day=1),
            by=cast["other_finance_reviewer"],
        )


def test_reopening_takes_a_reason_and_a_second_person_and_stays_visible(cast: Cast) -> None:
    month = closed(cast)
    MONTH.perform(month, "request_reopening", by=cast["finance_clerk"], comment="漏记一笔")
    with pytest.raises(WrongRole):
        MONTH.perform(month, "reopen", by=cast["finance_clerk"], comment="同意")
    MONTH.perform(month, "reopen", by=cast["finance_head"], comment="同意补记")
    assert Book.objects.get(county=cast.county).closed_through == dt.date(2024, 12, 31)
    receive(cast, dt.date(2025, 1, 5))
    trail = Decision.objects.about(month.life(), month.pk).values_list("action", flat=True)
    assert list(trail) == ["close", "request_reopening", "reopen"]


def test_who_asks_for_reopening_cannot_grant_it(cast: Cast) -> None:
    month = closed(cast)
    MONTH.perform(month, "request_reopening", by=cast["finance_reviewer"], comment="漏记")
    make_head(cast, cast["finance_reviewer"])
    with pytest.raises(IncompatibleDuty):
        MONTH.perform(month, "reopen", by=cast["finance_reviewer"], comment="同意")


def make_head(cast: Cast, user: User) -> None:
    post = cast.post("finance_head")
    Post.objects.create(
        user=user,
        role=post.role,
        organization=post.organization,
        title="兼",
        valid_from=post.valid_from,
        accepted_at=post.accepted_at,
    )


@pytest.mark.parametrize("function", ["ledger_close_month", "ledger_reopen_month"])
def test_the_database_wants_the_decision_in_the_same_transaction(cast: Cast, function: str) -> None:
    with (
        pytest.raises(DatabaseError, match="同一事务"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.callproc(function, [cast.county.pk, JANUARY, None])
