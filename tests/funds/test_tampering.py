"""Somebody with the database's superuser password changes a fact: the check names the row."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from pytest_django.plugin import DjangoDbBlocker

from config.launch.home import ROOT
from funds.export import export_month
from funds.verification import verify_county
from tests import factories as make
from tests.cast import Cast, read_cast
from tests.databases import (
    cloned_database,
    default_database,
    owner_connection,
    superuser_connection,
)
from verify_export import check_export, digest_of


@pytest.fixture(scope="module")
def story(populated: str, django_db_blocker: DjangoDbBlocker) -> Iterator[Cast]:
    """A receipt, an allocation, a release, a payment and its reversal: a database that each test
    leaves as it was."""
    with (
        cloned_database(populated) as name,
        django_db_blocker.unblock(),
        default_database(name),
    ):
        cast = read_cast()
        request = make.payment_at(cast, "paid")
        make.do(request, "reverse_payment", cast, "finance_reviewer")
        yield cast


@pytest.fixture
def ledger(story: Cast) -> Cast:
    return read_cast()


@pytest.fixture
def superuser(ledger: Cast) -> Iterator[CursorWrapper]:
    """Whoever holds the superuser's password, in a transaction that is rolled back; the check
    reads in it too."""
    server = superuser_connection()
    given = {"user": server.info.user, "password": server.info.password}
    server.close()
    before = connection.settings_dict
    connection.close()
    connection.settings_dict = before | {name.upper(): word for name, word in given.items()}
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            yield cursor
            transaction.set_rollback(True)
    finally:
        connection.close()
        connection.settings_dict = before


def verify() -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command("verify_ledger", stdout=out)
    except SystemExit as stop:
        return int(stop.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_a_clean_ledger_passes(ledger: Cast) -> None:
    code, text = verify()
    assert code == 0
    assert "焉耆回族自治县" in text
    assert "5 张凭证" in text


TEXTS = ["key", "body_digest", "memo", "document", "counterparty", "by_name", "by_unit", "by_title"]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *((column, f"overlay({column} placing 'x' from 1 for 1)") for column in TEXTS),
        ("digest", "repeat('0', 64)"),
        ("previous_digest", "repeat('0', 64)"),
        ("kind", "'receive'"),
        ("year", "year - 1"),
        ("number", "number + 90"),
        ("sequence", "sequence + 90"),
        ("occurred_on", "occurred_on - 1"),
        ("posted_at", "posted_at + interval '1 microsecond'"),
        ("total", "total + 0.01"),
        ("balance_after", "balance_after + 0.01"),
        ("evidence", "array_append(evidence, repeat('a', 64))"),
        ("by_id", "(SELECT min(id) FROM organizations_user)"),
        ("decision_id", "decision_id - 1"),
        ("refers_to_id", "id"),
    ],
)
def test_any_changed_fact_of_a_voucher_is_named(
    superuser: CursorWrapper, column: str, value: str
) -> None:
    superuser.execute(f"UPDATE funds_voucher SET {column} = {value} WHERE sequence = 3")
    code, text = verify()
    assert code == 1
    assert "焉耆回族自治县（652826000000）凭证" in text


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE funds_entry SET amount = 0.01 WHERE id = (SELECT max(id) FROM funds_entry)",
        "UPDATE funds_account SET balance = balance + 0.01 WHERE kind = 'pool'",
        "UPDATE funds_book SET balance = balance + 1",
        "UPDATE funds_book SET head = repeat('1', 64)",
        "UPDATE funds_numberseries SET last_number = last_number + 1",
        "DELETE FROM funds_voucher WHERE sequence = 2",
        "DELETE FROM funds_voucher WHERE sequence = 5",
        "UPDATE funds_voucher SET sequence = 205 - sequence WHERE sequence IN (2, 3)",
        "DELETE FROM funds_book",
        "DELETE FROM funds_account WHERE kind = 'paid'",
        "UPDATE funds_earmark SET code = code || 'x'",
        "UPDATE funds_allotment SET document_number = '巴财农〔2025〕99号'",
    ],
)  # fmt: skip
def test_every_other_change_is_found(superuser: CursorWrapper, change: str) -> None:
    superuser.execute(change)
    assert verify()[0] == 1


@pytest.mark.parametrize("table", ["funds_voucher", "funds_entry", "approvals_decision"])
@pytest.mark.parametrize(
    "statement", ["DELETE FROM {}", "UPDATE {} SET id = id", "TRUNCATE {} CASCADE"]
)
def test_not_even_the_owner_changes_what_is_posted(
    ledger: Cast, table: str, statement: str
) -> None:
    database = connection.settings_dict["NAME"]
    with owner_connection(database) as sql, pytest.raises(Exception, match="只能追加"):
        sql.execute(statement.format(table))


@pytest.fixture
def exported(ledger: Cast, tmp_path: Path) -> Path:
    path = tmp_path / "月.jsonl"
    with path.open("w", encoding="utf-8") as file:
        assert export_month(ledger.county, make.today().replace(day=1), file) == 5
    return path


def stand_alone(path: Path) -> subprocess.CompletedProcess[str]:
    """As an auditor runs it: no site-packages, nothing of ours on the path."""
    return subprocess.run(
        [sys.executable, "-I", "-S", ROOT / "verify_export.py", path],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_stand_alone_verifier_agrees(ledger: Cast, exported: Path) -> None:
    answer = stand_alone(exported)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert verify_county(ledger.county).head in answer.stdout


def test_the_stand_alone_verifier_names_a_changed_voucher(exported: Path) -> None:
    text = exported.read_text(encoding="utf-8")
    exported.write_text(
        text.replace("焉耆兴农建设有限公司", "焉耆兴农建设有限公可", 1), encoding="utf-8"
    )
    answer = stand_alone(exported)
    assert answer.returncode == 1
    assert "已被改动" in answer.stdout


@pytest.mark.parametrize("line", [1, 3, 5, -1])
def test_a_missing_line_is_found(exported: Path, line: int) -> None:
    records = [json.loads(text) for text in exported.read_text(encoding="utf-8").splitlines()]
    assert not list(check_export(records))
    del records[line]
    assert list(check_export(records))


def test_what_is_no_export_is_said_to_be_none(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"\xff\xfe")
    assert stand_alone(path).returncode == 2
    path.write_text("{}", encoding="utf-8")
    assert stand_alone(path).returncode == 1


def test_shifting_text_between_fields_changes_the_digest(exported: Path) -> None:
    voucher = json.loads(exported.read_text(encoding="utf-8").splitlines()[1])
    assert digest_of(voucher) == voucher["digest"]
    memo, document = voucher["memo"], voucher["document"]
    shifted = voucher | {"memo": memo[:-1], "document": memo[-1] + document}
    assert digest_of(shifted) != voucher["digest"]


def test_a_full_forgery_passes_but_has_another_head(ledger: Cast, exported: Path) -> None:
    """Only a head that somebody else holds shows it: that is why returns carry it."""
    records = [json.loads(text) for text in exported.read_text(encoding="utf-8").splitlines()]
    records[1]["memo"], head = "伪造", records[0]["previous_digest"]
    for record in records[1:-1]:
        record["previous_digest"] = head
        head = record["digest"] = digest_of(record)
    old, records[-1]["head"] = records[-1]["head"], head
    assert not list(check_export(records))
    assert old != head
