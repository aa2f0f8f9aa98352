"""A server that would lose the ledger, or a role that could bend it, is refused."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.db import connection

from funds import checks
from funds.checks import MUST_BE_ON, UnsafeServer, demand_safe_server, durability_errors
from tests.databases import owner_connection

GOOD = dict.fromkeys(MUST_BE_ON, "on")


@pytest.mark.parametrize("name", MUST_BE_ON)
def test_a_server_that_may_lose_what_it_accepted_is_refused(name: str) -> None:
    assert durability_errors(GOOD) == []
    [error] = durability_errors(GOOD | {name: "off"})
    assert name in str(error.msg)


def test_this_server_and_role_are_fit_to_serve(db: None) -> None:
    demand_safe_server()
    assert run_checks(tags=["database"], databases=["default"]) == []


def test_a_session_without_synchronous_commit_is_refused(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
    with pytest.raises(UnsafeServer, match="synchronous_commit"):
        demand_safe_server()


def test_a_role_that_owns_the_ledger_is_refused(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "DATABASE_APP_ROLE", "yichi_owner")
    with pytest.raises(UnsafeServer, match="拥有"):
        demand_safe_server()


@pytest.mark.parametrize("right", ["INSERT", "UPDATE (balance)", "DELETE", "TRUNCATE"])
def test_a_role_that_may_write_the_ledger_is_refused(committed_db: str, right: str) -> None:
    table = "funds_account" if "balance" in right else "funds_voucher"
    with owner_connection(committed_db) as owner:
        owner.execute(f"GRANT {right} ON {table} TO {settings.DATABASE_APP_ROLE}")
    with pytest.raises(UnsafeServer, match=table):
        demand_safe_server()


def test_before_the_first_migration_there_is_nothing_to_protect(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "LEDGER_TABLES", ("no_such_table",))
    demand_safe_server()
