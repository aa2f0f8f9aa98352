"""Databases for the tests: one migrated template, cloned for every worker and every test that
really commits. Nothing is ever flushed, because the ledger refuses TRUNCATE.
"""

import hashlib
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import pytest
from django.db import connections
from psycopg import Connection, sql
from pytest_django.plugin import DjangoDbBlocker

from config.launch.addresses import in_database
from config.launch.home import ROOT

T = TypeVar("T")
ROLES_SQL = ROOT / "config" / "launch" / "roles.sql"
# For arranging states that no step leads to; exists in test databases alone.
WITHOUT_TRIGGERS = """
CREATE FUNCTION test_without_triggers(boolean) RETURNS void LANGUAGE sql SECURITY DEFINER AS $$
    SELECT set_config('session_replication_role', CASE WHEN $1 THEN 'replica' ELSE 'origin' END,
                      true)
$$;

-- Every row of our own tables, and putting rows back: see tests/walked.py.
CREATE FUNCTION test_rows() RETURNS TABLE (place text, line jsonb) LANGUAGE plpgsql
SECURITY DEFINER AS $$
BEGIN
    FOR place IN
        SELECT c.relname FROM pg_class c
         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
           AND c.relname !~ '^(django|auth|axes)_'
    LOOP
        RETURN QUERY EXECUTE format('SELECT %L, to_jsonb(t) FROM %I t', place, place);
    END LOOP;
END $$;

CREATE FUNCTION test_put_rows(changes jsonb) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER AS $$
DECLARE change record; counter record; reached bigint;
BEGIN
    PERFORM set_config('session_replication_role', 'replica', true);
    FOR change IN SELECT key, value -> 'old' AS old, value -> 'new' AS new FROM jsonb_each(changes)
    LOOP
        EXECUTE format('DELETE FROM %I t WHERE to_jsonb(t) IN (SELECT jsonb_array_elements($1))',
                       change.key) USING change.old;
        EXECUTE format('INSERT INTO %I SELECT * FROM jsonb_populate_recordset(NULL::%I, $1)',
                       change.key, change.key) USING change.new;
        FOR counter IN
            SELECT s.oid::regclass AS name, a.attname FROM pg_depend d
              JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
              JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
             WHERE d.refobjid = change.key::regclass
        LOOP
            EXECUTE format('SELECT max(%I) FROM %I', counter.attname, change.key) INTO reached;
            IF reached > coalesce(pg_sequence_last_value(counter.name), 0) THEN
                PERFORM setval(counter.name, reached);
            END IF;
        END LOOP;
    END LOOP;
    PERFORM set_config('session_replication_role', 'origin', true);
END $$
"""
LEFTOVER_SECONDS = 24 * 3600


def address(variable: str, database: str | None = None) -> str:
    url = os.environ.get(variable)
    if not url:
        pytest.fail(f"{variable} is not set: run the tests with ./run test", pytrace=False)
    return in_database(url, database) if database else url


def owner_connection(database: str | None = None) -> Connection[Any]:
    """As the owner of the tables, each statement committed at once."""
    return psycopg.connect(address("OWNER_DATABASE_URL", database), autocommit=True)


def app_connection(database: str | None = None) -> Connection[Any]:
    """As the application's role in plain SQL, each statement committed at once."""
    return psycopg.connect(address("DATABASE_URL", database), autocommit=True)


def superuser_connection(database: str | None = None) -> Connection[Any]:
    """As somebody whom no right and no trigger stops. Skips where the server is not our own."""
    if not os.environ.get("SUPERUSER_DATABASE_URL"):
        pytest.skip("needs SUPERUSER_DATABASE_URL, which ./run test sets on its own server")
    return psycopg.connect(address("SUPERUSER_DATABASE_URL", database), autocommit=True)


def at_once(count: int, action: Callable[[int], T]) -> list[T | Exception]:
    """Run action(0) … action(count - 1) in as many threads, let go together; what each
    returned or raised. Needs `committed_db`."""
    gate = threading.Barrier(count)

    def attempt(number: int) -> T | Exception:
        gate.wait(timeout=30)
        try:
            return action(number)
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(attempt, range(count)))


def prefix() -> str:
    """Tells apart two checkouts, or two data folders, on one server."""
    identity = f"{ROOT}\0{os.environ.get('YICHI_HOME', '')}"
    return f"yichi_test_{hashlib.sha256(identity.encode()).hexdigest()[:6]}"


def template_name() -> str:
    """Changes with every migration, so that an old template is never taken for a new one."""
    digest = hashlib.sha256(WITHOUT_TRIGGERS.encode())
    for path in [*migrations(), ROLES_SQL, ROOT / "requirements.lock"]:
        digest.update(f"{path.name}\0".encode() + path.read_bytes())
    return f"{prefix()}_{digest.hexdigest()[:12]}_template"


def migrations() -> list[Path]:
    made = [p for p in ROOT.glob("*/migrations/*") if p.suffix in {".py", ".sql"}]
    lives = [
        p for end in ("workflow", "life", "meetings", "agenda") for p in ROOT.glob(f"*/*{end}.py")
    ]
    return sorted([*made, *lives])  # `migrate` writes their steps too


def ensure_template() -> str:
    """Built by whichever worker comes first; the others wait for it."""
    name = template_name()
    with owner_connection() as connection:
        connection.execute("SELECT pg_advisory_lock(hashtext(%s))", [prefix()])
        if not _exists(connection, name):
            _drop_leftovers(connection)
            _build(connection, name)
        _mark(connection, name)
    return name


def _build(connection: Connection[Any], name: str) -> None:
    unfinished = f"{name}_unfinished"
    _drop(connection, unfinished)
    _create(connection, unfinished, "template1")
    with owner_connection(unfinished) as inside:
        inside.execute(ROLES_SQL.read_bytes())
    _migrate(unfinished)
    with superuser_connection(unfinished) as inside:
        inside.execute(WITHOUT_TRIGGERS)
    # Nobody may connect: an open connection would stop others from cloning it.
    for change in ("ALTER DATABASE {} ALLOW_CONNECTIONS false", "ALTER DATABASE {} RENAME TO {}"):
        names = [sql.Identifier(unfinished), sql.Identifier(name)][: change.count("{}")]
        connection.execute(sql.SQL(change).format(*names))


def _migrate(database: str) -> None:
    urls = {v: address(v, database) for v in ("DATABASE_URL", "OWNER_DATABASE_URL")}
    answer = subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity=0"],
        cwd=ROOT,
        env=os.environ | urls,
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode:
        pytest.exit(f"migrate failed on the test template:\n{answer.stderr}", returncode=3)


def _exists(connection: Connection[Any], name: str) -> bool:
    query = "SELECT FROM pg_database WHERE datname = %s"
    return connection.execute(query, [name]).fetchone() is not None


def _create(connection: Connection[Any], name: str, template: str) -> None:
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
    _mark(connection, name)


def _mark(connection: Connection[Any], name: str) -> None:
    """When it was last used, so that what a killed run left can be told from what is in use."""
    statement = sql.SQL("COMMENT ON DATABASE {} IS {}")
    connection.execute(statement.format(sql.Identifier(name), sql.Literal(str(int(time.time())))))


def _drop(connection: Connection[Any], name: str) -> None:
    statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
    connection.execute(statement.format(sql.Identifier(name)))


def _drop_leftovers(connection: Connection[Any]) -> None:
    rows = connection.execute(
        "SELECT datname FROM pg_database WHERE starts_with(datname, %s) AND coalesce("
        "shobj_description(oid, 'pg_database')::bigint, 0) < %s",
        [prefix(), int(time.time()) - LEFTOVER_SECONDS],
    ).fetchall()
    for (name,) in rows:
        _drop(connection, name)


def _cleaner() -> Connection[Any]:
    """The superuser where we have one: the owner may not end an autovacuum that looks in."""
    is_ours = os.environ.get("SUPERUSER_DATABASE_URL")
    return superuser_connection() if is_ours else owner_connection()


@contextmanager
def cloned_database(template: str = "") -> Iterator[str]:
    """A fresh copy of `template`, or of the migrated one; gone afterwards with whoever is in it."""
    template, name = template or ensure_template(), f"{prefix()}_{secrets.token_hex(5)}"
    with owner_connection() as connection:
        _create(connection, name, template)
    try:
        yield name
    finally:
        with _cleaner() as connection:
            _drop(connection, name)


@contextmanager
def default_database(name: str) -> Iterator[None]:
    """Django's connection, in every thread and in the processes started meanwhile, leads there."""
    settings = connections.settings["default"]
    names = ("DATABASE_URL", "OWNER_DATABASE_URL", "SUPERUSER_DATABASE_URL", "AUDIT_DATABASE_URL")
    before = {variable: os.environ[variable] for variable in names if variable in os.environ}
    old_name = settings["NAME"]
    connections.close_all()
    settings["NAME"] = name
    os.environ.update({variable: in_database(url, name) for variable, url in before.items()})
    try:
        yield
    finally:
        connections.close_all()
        settings["NAME"] = old_name
        os.environ.update(before)


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Instead of pytest-django's own, which would create tables as the application's role."""
    with (
        cloned_database() as name,
        django_db_blocker.unblock(),
        default_database(name),
        django_db_blocker.block(),
    ):
        yield


@pytest.fixture
def committed_db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A database of this test's own, in which commits are real; its name.

    For threads, several connections and other processes. Not together with `db`.
    """
    with cloned_database() as name, django_db_blocker.unblock(), default_database(name):
        yield name
