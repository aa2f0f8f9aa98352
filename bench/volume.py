"""Many projects, payments and vouchers of one county, made in the database in bulk.

Runs as the owner, who may write what the application may not, with the rules of the lives
switched off for the bulk rows; every voucher still goes through `ledger_post`, so that
balances, numbers and chain are right. Only for a scratch database.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection, sql

from config.demo.people import YANQI
from funds.models import Allotment, FundCategory, FundLevel
from funds.services import record_allotment, record_receipt
from organizations.models import Division, Role
from organizations.models import Post as PostHeld

FUNCTIONS = (Path(__file__).parent / "volume.sql").read_text(encoding="utf-8")
RULED = (
    "approvals_decision",
    "projects_project",
    "projects_paymentrequest",
    "projects_paymentsource",
)
PLENTY = Decimal(10) ** 12
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Ground:
    """Where the bench builds: a county of the demonstration with two inexhaustible allotments."""

    county: int
    allotments: tuple[int, int]


def owner_connection() -> Connection[Row]:
    url = os.environ.get("SUPERUSER_DATABASE_URL") or os.environ["OWNER_DATABASE_URL"]
    connection = psycopg.connect(url, autocommit=True)
    connection.execute("SET synchronous_commit = off")
    # One session fills tables that were empty when the functions' plans were made and kept.
    connection.execute("SET enable_seqscan = off")
    return connection


@contextmanager
def without_rules(connection: Connection[Row]) -> Iterator[None]:
    """No triggers of the lives while rows are made that nobody decided."""
    try:
        switch(connection, "DISABLE")
        yield
    finally:
        switch(connection, "ENABLE")


def switch(connection: Connection[Row], how: str) -> None:
    for table in RULED:
        statement = sql.SQL("ALTER TABLE {} {} TRIGGER USER")
        connection.execute(statement.format(sql.Identifier(table), sql.SQL(how)))


def break_ground() -> Ground:
    """The two allotments, received in full, by the demonstration's own clerk."""
    county = Division.objects.get(code=YANQI)
    clerk = PostHeld.objects.get(role=Role.FINANCE_CLERK, organization__division=county).user
    allotments = []
    for number in (901, 902):
        allotment = record_allotment(
            county=county,
            by=clerk,
            facts={
                "document_number": f"测财农〔2025〕{number}号",
                "level": FundLevel.REGION,
                "category": FundCategory.objects.in_force().get(code="ZX-FZ"),
                "fund_year": 2025,
                "issued_on": dt.date(2025, 3, 1),
                "amount": PLENTY,
            },
        )
        record_receipt(
            allotment=allotment,
            amount=PLENTY - 10**9,
            occurred_on=dt.date.today(),
            memo="测量用",
            key=f"bench-{allotment.pk}",
            by=clerk,
        )
        allotments.append(allotment.pk)
    return Ground(county.pk, (allotments[0], allotments[1]))


def find_ground() -> Ground:
    found = Allotment.objects.filter(document_number__startswith="测财农").order_by("pk")
    if not found:
        return break_ground()
    return Ground(found[0].county_id, (found[0].pk, found[1].pk))


def open_requests(
    ground: Ground, *, projects: int, each: int, amount: int, released: int, mark: str
) -> tuple[list[int], list[int]]:
    """New projects with so much released to each, and for each so many requests that wait for
    payment. Answers (earmarks, requests)."""
    with owner_connection() as connection:
        connection.execute(FUNCTIONS)
        with without_rules(connection):
            connection.execute(
                "CALL bench_projects(%s, %s, %s, %s)", [ground.county, projects, mark, False]
            )
            connection.execute(
                "CALL bench_open_requests(%s, %s, %s, %s, %s)",
                [mark, ground.allotments[0], each, amount, released],
            )
            connection.execute("ANALYZE")
        earmarks = connection.execute(
            "SELECT earmark_id FROM projects_project WHERE starts_with(code, %s) ORDER BY id",
            [mark],
        ).fetchall()
        requests = connection.execute(
            "SELECT r.id FROM projects_paymentrequest r JOIN projects_project p"
            " ON p.id = r.project_id WHERE starts_with(p.code, %s) AND r.status = 'payment'"
            " ORDER BY row_number() OVER (PARTITION BY p.id ORDER BY r.id), p.id",
            [mark],
        ).fetchall()
    return [row[0] for row in earmarks], [row[0] for row in requests]


def generate(projects: int, entries: int, mark: str = "VOL-") -> tuple[int, int]:
    """A county's years of work: projects at every step, and payments with two sources each.
    Answers the projects and entries that there are now."""
    ground = find_ground()
    with owner_connection() as connection:
        connection.execute(FUNCTIONS)
        with without_rules(connection):
            connection.execute(
                "CALL bench_projects(%s, %s, %s, %s)", [ground.county, projects, mark, True]
            )
            connection.execute(
                "CALL bench_history(%s, %s, %s)", [mark, list(ground.allotments), entries]
            )
        connection.execute("VACUUM ANALYZE")  # as the server does in the course of a year
        row = connection.execute(
            "SELECT (SELECT count(*) FROM projects_project), (SELECT count(*) FROM funds_entry)"
        ).fetchone()
    assert row is not None
    return row[0], row[1]
