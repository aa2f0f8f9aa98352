"""Every constraint of the funds tables refuses a row that breaks it, and none is untested.

Each case copies a good row as the owner of the tables, with the one change that the
constraint is there to refuse.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql
from pytest_django.plugin import DjangoDbBlocker

from funds.services import close_month
from tests import factories as make
from tests.cast import read_cast
from tests.databases import cloned_database, default_database, owner_connection

# What makes a copy of the first row a good new row.
FRESH: dict[str, dict[str, Any]] = {
    "funds_voucher": {"id": 9001, "number": 901, "sequence": 901, "key": "新"},
    "funds_entry": {"id": 9001, "line": 9},
    "funds_account": {"id": 9001, "kind": "returned", "balance": "0.00", "floor": "0.00"},
    "funds_numberseries": {"id": 9001, "year": 2019},
    "funds_allotment": {"id": 9001, "document_number": "巴财农〔2025〕77号"},
    "funds_fundcategory": {"id": 9001, "code": "XX"},
    "funds_earmark": {"id": 9001, "code": "XX"},
    "funds_month": {"id": 9001, "first_day": "2025-05-01", "status": "open"},
}
# constraint: (table, the change that it refuses); "@" is the value of the row copied from.
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "voucher_number_once": ("funds_voucher", {"number": "@"}),
    "voucher_sequence_once": ("funds_voucher", {"sequence": "@"}),
    "funds_voucher_key_key": ("funds_voucher", {"key": "@"}),
    "funds_voucher_decision_id_key": ("funds_voucher", {"kind": "allocate", "decision_id": "used"}),
    "funds_voucher_reverses_id_key": ("funds_voucher", {"kind": "reverse", "reverses_id": "used"}),
    "voucher_total_positive": ("funds_voucher", {"total": "0.00"}),
    "voucher_reverse_names_original": ("funds_voucher", {"kind": "reverse"}),
    "voucher_refund_names_original": ("funds_voucher", {"kind": "refund", "decision_id": "free"}),
    "voucher_rests_on_decision": ("funds_voucher", {"kind": "pay"}),
    "voucher_return_names_document": ("funds_voucher", {"kind": "return", "document": ""}),
    "voucher_text_is_nfc": ("funds_voucher", {"memo": "e\u0301"}),
    "funds_voucher_year_check": ("funds_voucher", {"year": -1}),
    "funds_voucher_number_check": ("funds_voucher", {"number": -1}),
    "funds_voucher_hash_version_check": ("funds_voucher", {"hash_version": -1}),
    "entry_line_once": ("funds_entry", {"line": "@"}),
    "entry_amount_positive": ("funds_entry", {"amount": "-0.01"}),
    "entry_accounts_differ": ("funds_entry", {"source_id": 1, "destination_id": 1}),
    "funds_entry_line_check": ("funds_entry", {"line": -1}),
    "account_once": ("funds_account", {"kind": "@"}),
    "account_balance_not_below_floor": ("funds_account", {"balance": "-0.01"}),
    "account_floor_only_outside": ("funds_account", {"floor": "-5.00"}),
    "account_earmark_follows_kind": ("funds_account", {"kind": "paid"}),
    "number_series_once": ("funds_numberseries", {"year": "@"}),
    "funds_numberseries_year_check": ("funds_numberseries", {"year": -1}),
    "funds_numberseries_last_number_check": ("funds_numberseries", {"last_number": -1}),
    "allotment_once": ("funds_allotment", {"document_number": "@"}),
    "allotment_amount_positive": ("funds_allotment", {"amount": "0.00"}),
    "allotment_fund_year_sane": ("funds_allotment", {"fund_year": 1999}),
    "funds_allotment_fund_year_check": ("funds_allotment", {"fund_year": -1}),
    "allotment_integrated_names_department": ("funds_allotment", {"is_integrated": True}),
    "fund_category_once_per_regime": ("funds_fundcategory", {"code": "@"}),
    "fund_category_ends_after_it_begins": ("funds_fundcategory", {"valid_until": "1990-01-01"}),
    "earmark_code_once": ("funds_earmark", {"code": "@"}),
    "month_once": ("funds_month", {"first_day": "@"}),
    "month_starts_on_first": ("funds_month", {"first_day": "2025-05-02"}),
}
# Refused first by a stricter one.
SHADOWED = {"funds_allotment_fund_year_check": "allotment_fund_year_sane"}
BORROWED = {  # values that only the database knows
    "used": {
        "decision_id": "SELECT min(decision_id) FROM funds_voucher",
        "reverses_id": "SELECT min(reverses_id) FROM funds_voucher",
    },
    "free": {"decision_id": "SELECT min(id) FROM approvals_decision"},
}


@pytest.fixture(scope="module")
def rows(populated: str, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    with cloned_database(populated) as name:
        with django_db_blocker.unblock(), default_database(name):
            cast = read_cast()
            request = make.payment_at(cast, "paid")
            make.do(request, "reverse_payment", cast, "finance_reviewer")
            close_month(
                county=cast.county, first_day=dt.date(2025, 1, 1), by=cast["finance_reviewer"]
            )
        yield name


def copy_with(connection: psycopg.Connection[Any], table: str, changes: dict[str, Any]) -> None:
    """Insert the first row again with `changes`, inside a transaction that is rolled back."""
    values = {k: v for k, v in {**FRESH[table], **changes}.items() if v != "@"}
    for column, value in values.items():
        query = BORROWED.get(value, {}).get(column) if isinstance(value, str) else None
        if query:
            found = connection.execute(query.encode()).fetchone()
            values[column] = found[0] if found else None
    statement = sql.SQL(
        "INSERT INTO {0} OVERRIDING SYSTEM VALUE SELECT (jsonb_populate_record(r, %s)).* "
        "FROM {0} AS r ORDER BY r.id LIMIT 1"
    ).format(sql.Identifier(table))
    with connection.transaction(force_rollback=True):
        connection.execute(statement, [json.dumps(values)])


@pytest.mark.parametrize("table", FRESH)
def test_a_good_copy_is_taken(rows: str, table: str) -> None:
    """Else the cases below would prove nothing."""
    with owner_connection(rows) as connection:
        copy_with(connection, table, {})


@pytest.mark.parametrize("constraint", CASES)
def test_the_constraint_refuses(rows: str, constraint: str) -> None:
    table, changes = CASES[constraint]
    with (
        owner_connection(rows) as connection,
        pytest.raises(psycopg.IntegrityError) as caught,
    ):
        copy_with(connection, table, changes)
    assert caught.value.diag.constraint_name == SHADOWED.get(constraint, constraint)


def test_no_constraint_is_untested(rows: str) -> None:
    with owner_connection(rows) as connection:
        names = connection.execute(
            "SELECT conname FROM pg_constraint WHERE contype IN ('c', 'u', 'x') "
            "AND starts_with(conrelid::regclass::text, 'funds_') "
            "AND conrelid::regclass::text NOT LIKE '%historical%'"
        ).fetchall()
    assert {name for (name,) in names} == CASES.keys()
