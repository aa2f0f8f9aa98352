"""What the database lets each of its roles do, whatever the application believes."""

from __future__ import annotations

import os

import psycopg
import pytest
from django.apps import apps
from django.db import connection
from psycopg import Connection

from config.launch.addresses import in_database

APPEND_ONLY = [
    "approvals_decision", "approvals_evidence", "approvals_photouse", "approvals_vote",
    "approvals_recusal", "approvals_assignment", "approvals_reminder", "funds_voucher",
    "funds_entry", "projects_villagemeeting", "projects_feedback", "projects_revision",
    "projects_completion", "projects_acceptance", "projects_settlement",
    "projects_assetstatement", "projects_projectsource", "projects_feedbackitem",
    "projects_answer", "projects_projectversion", "projects_differencereading",
    "publicity_notice", "publicity_posting",
    "publicity_takedown", "assets_assetvalue", "assets_noassets", "assets_income",
    "assets_inspection",
]  # fmt: skip


@pytest.fixture
def audit(db: None) -> Connection[tuple[object, ...]]:
    url = os.environ.get("AUDIT_DATABASE_URL")
    if not url:
        pytest.skip("needs AUDIT_DATABASE_URL, which ./run test sets on its own server")
    return psycopg.connect(in_database(url, connection.settings_dict["NAME"]))


def may(role: str, table: str, right: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_table_privilege(%s, %s, %s)", [role, table, right])
        (answer,) = cursor.fetchone()
    return bool(answer)


def test_the_application_is_not_the_owner(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, (SELECT rolsuper FROM pg_roles WHERE rolname = current_user), "
            "(SELECT tableowner FROM pg_tables WHERE tablename = 'funds_voucher')"
        )
        user, is_superuser, owner = cursor.fetchone()
    assert (user, is_superuser, owner) == ("yichi_app", False, "yichi_owner")


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("right", ["UPDATE", "DELETE", "TRUNCATE"])
def test_what_is_written_once_stays(db: None, table: str, right: str) -> None:
    assert not may("yichi_app", table, right)


def history_tables() -> list[str]:
    return [m._meta.db_table for m in apps.get_models() if m.__name__.startswith("Historical")]


@pytest.mark.parametrize("table", history_tables())
def test_history_is_append_only(db: None, table: str) -> None:
    assert may("yichi_app", table, "INSERT")
    assert not may("yichi_app", table, "UPDATE")
    assert not may("yichi_app", table, "DELETE")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_trigger "
            "WHERE tgrelid = %s::regclass AND starts_with(tgname::text, 'refuse')",
            [table],
        )
        assert cursor.fetchone() == (2,)


def test_nobody_deletes_people_posts_projects_or_allotments(db: None) -> None:
    for table in (
        "organizations_user", "organizations_post", "projects_project", "projects_paymentrequest",
        "funds_allotment", "funds_earmark", "publicity_notice", "publicity_objection",
        "approvals_digest",
    ):  # fmt: skip
        assert not may("yichi_app", table, "DELETE"), table


def test_the_auditor_reads_but_learns_no_secret(audit: Connection[tuple[object, ...]]) -> None:
    with audit:
        audit.execute("SELECT * FROM funds_voucher")
        audit.execute("SELECT real_name, is_active FROM organizations_user")
        for secret in (
            "SELECT password FROM organizations_user",
            "SELECT * FROM django_session",
            "SELECT * FROM authtoken_token",
            "DELETE FROM projects_project",
        ):
            with pytest.raises(psycopg.Error), audit.transaction():
                audit.execute(secret.encode())
