"""A month is checked, closed and, with a second person, reopened, through the pages."""

from __future__ import annotations

import datetime as dt

from django.test import Client

from funds.models import Book, Month
from funds.services import record_receipt
from tests import factories as make
from tests.cast import Cast
from tests.funds.browsing import log_in

FIRST = dt.date(2025, 1, 1)


def money_in_january(cast: Cast) -> None:
    record_receipt(
        allotment=make.allotment(cast), amount=make.yuan(100), occurred_on=dt.date(2025, 1, 20),
        memo="到账", key=make.key(), by=cast["finance_clerk"],
    )  # fmt: skip


def prepared(client: Client, cast: Cast, month: str = "2025-01") -> Month:
    log_in(client, cast, "finance_reviewer")
    client.post("/months/prepare/", {"month": month})
    return Month.objects.get()


def take(client: Client, month: Month, action: str, comment: str = "核对无误") -> int:
    month.refresh_from_db()
    return client.post(
        f"/act/funds.month/{month.pk}/{action}/",
        {"comment": comment, "seen_status": month.status},
    ).status_code


def test_the_list_runs_from_the_first_voucher_to_now(client: Client, cast: Cast) -> None:
    money_in_january(cast)
    log_in(client, cast, "auditor")
    lines = client.get("/months/").context["lines"]
    today = make.today()
    assert len(lines) == (today.year - 2025) * 12 + today.month
    assert (lines[-1].figures.income, lines[-1].figures.closing) == (100, 100)
    assert (lines[0].figures.opening, lines[0].figures.vouchers) == (100, 0)


def test_a_month_is_closed_and_reopened_with_a_second_person(client: Client, cast: Cast) -> None:
    money_in_january(cast)
    month = prepared(client, cast)
    page = client.get(month.get_absolute_url())
    assert all(check.is_met for check in page.context["checks"])
    assert [a.action for a in page.context["actions"] if a.allowed][0] == "close"
    assert take(client, month, "close") == 302
    assert Book.objects.get().closed_through == dt.date(2025, 1, 31)
    assert take(client, month, "request_reopening", "漏记一笔") == 302
    assert take(client, month, "reopen") == 403  # the reviewer may not agree to it alone
    log_in(client, cast, "finance_head")
    assert take(client, month, "reopen", "同意补记") == 302
    shown = client.get(month.get_absolute_url()).content.decode()
    for step in ("结账", "申请反结账", "漏记一笔", "同意反结账", "同意补记"):
        assert step in shown
    assert [line.reopenings for line in client.get("/months/").context["lines"]][-1] == 1


def test_a_month_that_is_not_over_or_out_of_order_fails_its_check(
    client: Client, cast: Cast
) -> None:
    money_in_january(cast)
    month = prepared(client, cast, f"{make.today():%Y-%m}")
    checks = client.get(month.get_absolute_url()).context["checks"]
    assert [check.is_met for check in checks] == [False, True, True, True]
    assert take(client, month, "close") == 409


def test_only_the_reviewer_prepares_a_month(client: Client, cast: Cast) -> None:
    money_in_january(cast)
    for who, status in (
        ("auditor", 403), ("finance_clerk", 403), ("township_clerk", 403), ("nobody", 403),
    ):  # fmt: skip
        log_in(client, cast, who)
        assert client.post("/months/prepare/", {"month": "2025-01"}).status_code == status
    log_in(client, cast, "other_finance_reviewer")
    url = f"/months/prepare/?county={cast.county.code}"
    assert client.post(url, {"month": "2025-01"}).status_code == 404
    assert not Month.objects.exists()


def test_a_month_before_the_first_voucher_is_not_made(client: Client, cast: Cast) -> None:
    money_in_january(cast)
    log_in(client, cast, "finance_reviewer")
    for month in ("2024-12", "2999-01", "x", ""):
        assert client.post("/months/prepare/", {"month": month}).status_code == 302
    assert not Month.objects.exists()
    assert client.get("/months/prepare/").status_code == 405


def test_another_countys_month_does_not_exist(client: Client, cast: Cast) -> None:
    money_in_january(cast)
    month = prepared(client, cast)
    for who, status in (("other_finance_head", 404), ("township_clerk", 403), ("auditor", 200)):
        log_in(client, cast, who)
        assert client.get(month.get_absolute_url()).status_code == status
