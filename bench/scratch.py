"""A database of the bench's own, migrated, gone afterwards. Nothing else is ever written."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connections
from psycopg import Connection, sql

from config.launch.addresses import in_database
from config.launch.home import ROOT

ROLES_SQL = ROOT / "config" / "launch" / "roles.sql"
VARIABLES = (
    "DATABASE_URL",
    "OWNER_DATABASE_URL",
    "SUPERUSER_DATABASE_URL",
    "AUDIT_DATABASE_URL",
)


def owner() -> Connection[Any]:
    """As the owner of the tables, each statement committed at once."""
    return psycopg.connect(os.environ["OWNER_DATABASE_URL"], autocommit=True)


@contextmanager
def scratch_database(name: str = "") -> Iterator[str]:
    """Django and the processes started meanwhile work in a new database. With a name it is
    kept, and used again when it is there."""
    keep, name = bool(name), name or f"yichi_bench_{secrets.token_hex(4)}"
    with owner() as connection:
        known = "SELECT 1 FROM pg_database WHERE datname = %s"
        there = connection.execute(known, [name]).fetchone()
        if not there:
            create = sql.SQL("CREATE DATABASE {} TEMPLATE template1")
            connection.execute(create.format(sql.Identifier(name)))
    before = {v: os.environ[v] for v in VARIABLES if v in os.environ}
    settings = connections.settings["default"]
    old_name, settings["NAME"] = settings["NAME"], name
    os.environ.update({v: in_database(url, name) for v, url in before.items()})
    try:
        if not there:
            migrate()
        yield name
    finally:
        connections.close_all()
        settings["NAME"] = old_name
        os.environ.update(before)
        if not keep:
            drop(name)


def migrate() -> None:
    with owner() as connection:
        connection.execute(ROLES_SQL.read_bytes())
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity=0"], cwd=ROOT, check=True)


def drop(name: str) -> None:
    with owner() as connection:
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        connection.execute(statement.format(sql.Identifier(name)))
