"""What the database server must be before money is kept in it. Run by `migrate` and by
`check --database default`; the web server asks more before its first request (config/wsgi.py)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.db import connections
from django.db.backends.utils import CursorWrapper

# Without these an accepted payment may be gone after a crash, and the chain would not show it.
MUST_BE_ON = ("fsync", "synchronous_commit", "full_page_writes")
LEDGER_TABLES = (
    "funds_voucher", "funds_entry", "funds_account", "funds_book", "funds_numberseries",
)  # fmt: skip
WRITES = ("INSERT", "UPDATE", "DELETE", "TRUNCATE")


def check_ledger_server(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    for alias in databases or ():
        with connections[alias].cursor() as cursor:
            found += durability_errors(server_settings(cursor))
            found += privilege_errors(cursor, settings.DATABASE_APP_ROLE)
    return found


def demand_safe_server() -> None:
    """Whoever serves must not be able to write the ledger himself. Raises UnsafeServer."""
    with connections["default"].cursor() as cursor:
        found = durability_errors(server_settings(cursor))
        cursor.execute("SELECT current_user, session_user")
        for role in sorted({settings.DATABASE_APP_ROLE, *cursor.fetchone()}):
            found += privilege_errors(cursor, role)
    if found:
        raise UnsafeServer("；".join(f"{error.msg}。{error.hint}" for error in found))


class UnsafeServer(Exception):  # noqa: N818 - it says what is wrong
    """The database server, or the role that it is asked with, may not keep this ledger."""


def server_settings(cursor: CursorWrapper) -> dict[str, str]:
    cursor.execute(
        "SELECT name, setting FROM pg_settings WHERE name = ANY (%s)", [list(MUST_BE_ON)]
    )
    return dict(cursor.fetchall())


def durability_errors(server: dict[str, str]) -> list[CheckMessage]:
    return [
        Error(
            f"PostgreSQL 的 {name} 已关闭，断电会丢失已确认的凭证",
            hint=f"在 postgresql.conf 中设 {name} = on 并重新加载",
            id="funds.E001",
        )
        for name in MUST_BE_ON
        if server.get(name) == "off"
    ]


def privilege_errors(cursor: CursorWrapper, role: str) -> list[CheckMessage]:
    """The role may read the ledger and knock at its one door; nothing else. Before the first
    migration there is nothing to protect."""
    cursor.execute(
        """
        SELECT c.relname,
               pg_has_role(r.oid, c.relowner, 'MEMBER'),
               has_table_privilege(r.oid, c.oid, %s)
                   OR has_any_column_privilege(r.oid, c.oid, 'INSERT, UPDATE')
          FROM pg_class c, pg_roles r
         WHERE c.oid IN (SELECT to_regclass(t) FROM unnest(%s::text[]) AS t) AND r.rolname = %s
        """,
        [", ".join(WRITES), list(LEDGER_TABLES), role],
    )
    return [
        Error(
            f"应用程序的数据库角色 {role} {'拥有' if owns else '可以改写'}账簿表 {table}",
            hint="用迁移角色运行 migrate，网页和后台任务用 DATABASE_URL 中的应用角色",
            id="funds.E002",
        )
        for table, owns, writes in cursor.fetchall()
        if owns or writes
    ]
