"""What a walk through the steps leaves behind, kept and put back.

A project's way to its approval takes some nine hundred queries, and half of all tests begin there.
The first test of a process that asks for one walks it; for every later one, in a database that is
as untouched as it was then, the very rows are put back. Tests that turn the clock or that arranged
something before walk by themselves; so do those that commit, unless their database is a clone of
one in which the people stand.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import connection, models
from django.utils import timezone

P = ParamSpec("P")
M = TypeVar("M", bound=models.Model)
Rows = dict[str, set[str]]  # by table, each row as JSON text

UNTOUCHED = """
SELECT NOT EXISTS (SELECT FROM approvals_decision)
   AND NOT EXISTS (SELECT FROM projects_project)
   AND NOT EXISTS (SELECT FROM funds_allotment)
   AND NOT EXISTS (SELECT FROM funds_voucher)
   AND NOT EXISTS (SELECT FROM approvals_meeting)
   AND NOT EXISTS (SELECT FROM organizations_delegation),
       (SELECT count(*) FROM organizations_post WHERE valid_until IS NULL),
       (SELECT count(*) FROM organizations_parameter),
       (SELECT count(*) FROM projects_negativerule)
"""

CLONE_OF: dict[str, str] = {}  # what commits, and the database with the people that it began as
_standing: dict[str, tuple[Any, ...]] = {}  # by database: what UNTOUCHED said at first
_before: dict[str, Rows] = {}
_left: dict[tuple[Any, ...], tuple[type[models.Model], int, str]] = {}


def walked(walk: Callable[P, M]) -> Callable[P, M]:
    @wraps(walk)
    def again(*args: P.args, **kwargs: P.kwargs) -> M:
        database = str(connection.settings_dict["NAME"])
        database = CLONE_OF.get(database, database)
        said = (*args[1:], *sorted(kwargs.items()))
        if not all(isinstance(word, str | int) for word in said) or not is_untouched(database):
            return walk(*args, **kwargs)
        key = (database, walk.__name__, *said)
        if key not in _left:
            _before.setdefault(database, read_rows())
            thing = walk(*args, **kwargs)
            _left[key] = (type(thing), thing.pk, changes(_before[database]))
            return thing
        model, pk, rows = _left[key]
        with connection.cursor() as cursor:
            cursor.execute("SELECT test_put_rows(%s)", [rows])
        return model._default_manager.get(pk=pk)  # type: ignore[return-value]

    return again


def is_untouched(database: str) -> bool:
    """Inside a transaction that will be rolled back, or in a clone of the one with the people; at
    the time that it is, as it was at first."""
    off_the_clock = abs(timezone.now() - dt.datetime.now(dt.UTC)) > dt.timedelta(seconds=5)
    if off_the_clock or not (connection.in_atomic_block or database in CLONE_OF.values()):
        return False
    with connection.cursor() as cursor:
        cursor.execute(UNTOUCHED)
        found = cursor.fetchone()
    return bool(found[0]) and _standing.setdefault(database, found) == found


def read_rows() -> Rows:
    found: Rows = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT place, line::text FROM test_rows()")
        for table, row in cursor.fetchall():
            found.setdefault(table, set()).add(row)
    return found


def changes(before: Rows) -> str:
    """What is there now and was not, and what was and is not: JSON by table, its rows as the
    database wrote them."""
    after, found = read_rows(), []
    for table in after:
        was = before.get(table, set())
        new, old = ",".join(after[table] - was), ",".join(was - after[table])
        if new or old:
            found.append(f'"{table}":{{"old":[{old}],"new":[{new}]}}')
    return f"{{{','.join(found)}}}"
