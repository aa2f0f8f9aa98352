"""Applies roles.sql. The one launcher module that needs psycopg: it runs inside .venv.

    python -m config.launch.roles < request.json

The request names the url of a role that may create roles, the database (made if missing),
the passwords by role, and with "recreate" that the database is dropped first.
"""

import json
import sys
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection, sql

ROLES_SQL = Path(__file__).with_name("roles.sql").read_bytes()
MAY_NOT = 3


def main() -> int:
    try:
        return provision(json.load(sys.stdin))
    except psycopg.errors.InsufficientPrivilege as error:
        print(error, file=sys.stderr)
        return MAY_NOT
    except psycopg.Error as error:
        print(error, file=sys.stderr)
        return 1


def provision(request: dict[str, Any]) -> int:
    url, database = request["url"], request["database"]
    with _connect_somewhere(url, database) as connection:
        is_super, may_create = _rights(connection)
        if not may_create:
            return MAY_NOT
        if request.get("recreate"):
            _drop(connection, database)
        if is_super:
            _apply(url, "template1", request["passwords"])
        _create(connection, database)
    _apply(url, database, request["passwords"])
    if is_super:
        _own(url, database)
    print(json.dumps({"superuser": is_super}))
    return 0


def _connect_somewhere(url: str, database: str) -> Connection[Any]:
    """To the maintenance database, or where that is closed to the role, to its own."""
    try:
        return psycopg.connect(url, dbname="postgres", autocommit=True)
    except psycopg.OperationalError:
        return psycopg.connect(url, dbname=database, autocommit=True)


def _rights(connection: Connection[Any]) -> tuple[bool, bool]:
    row = connection.execute(
        "SELECT rolsuper, rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
    ).fetchone()
    assert row is not None
    return bool(row[0]), bool(row[1])


def _drop(connection: Connection[Any], database: str) -> None:
    name = sql.Identifier(database)
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


def _create(connection: Connection[Any], database: str) -> None:
    there = connection.execute("SELECT FROM pg_database WHERE datname = %s", [database])
    if there.fetchone() is None:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))


def _apply(url: str, database: str, passwords: dict[str, str]) -> None:
    with psycopg.connect(url, dbname=database, autocommit=True) as connection:
        for role, password in passwords.items():
            setting = f"yichi.{role}_password"
            connection.execute("SELECT set_config(%s, %s, false)", [setting, password])
        connection.execute(ROLES_SQL)


def _own(url: str, database: str) -> None:
    with psycopg.connect(url, dbname=database, autocommit=True) as connection:
        name = sql.Identifier(database)
        connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO yichi_owner").format(name))


if __name__ == "__main__":
    sys.exit(main())
