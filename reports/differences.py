"""更正的差异: two versions of a return, field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .models import Scope
from .tables import (
    AMOUNT,
    COUNT,
    FUNDS,
    PERCENT,
    PROJECTS,
    TEXT,
    UNITS,
    Cell,
    Column,
    group_columns,
    read,
)

Figures = Mapping[str, Any]
# Of each list of rows: the table of the scope, its name, what tells a row, its columns.
LISTS: tuple[tuple[str, str, str, str, tuple[Column, ...]], ...] = (
    ("funds", Scope.FUNDS, "表一", "id", FUNDS),
    ("projects", Scope.PROJECTS, "表二", "id", PROJECTS),
    ("types", Scope.GROUPS, "表三（类型）", "code", group_columns("项目类型")),
    ("townships", Scope.GROUPS, "表三（乡镇）", "code", group_columns("乡镇")),
)
NAMES = {"funds": "document", "projects": "name", "types": "name", "townships": "name"}


@dataclass(frozen=True)
class Change:
    scope: str
    table: str
    row: str
    field: str
    before: Any
    after: Any
    kind: str = TEXT

    @property
    def cells(self) -> tuple[Cell, Cell]:
        """Both at the right, one under the other."""
        kind = self.kind if self.kind in (AMOUNT, PERCENT) else COUNT
        before, after = read(self.before, self.kind), read(self.after, self.kind)
        return Cell(kind, before), Cell(kind, after)


def changes_between(before: Figures, after: Figures) -> Iterator[Change]:
    for key, scope, label, tells, columns in LISTS:
        old = {row[tells]: row for row in before[key]}
        new = {row[tells]: row for row in after[key]}
        for pk in sorted({*old, *new}, key=str):
            named = (new.get(pk) or old[pk])[NAMES[key]]
            yield from row_changes(scope, label, named, old.get(pk), new.get(pk), columns)
    yield from row_changes(Scope.TOTAL, "表四", "合计", before["total"], after["total"], UNITS)


def row_changes(
    scope: str,
    table: str,
    name: str,
    old: Figures | None,
    new: Figures | None,
    columns: tuple[Column, ...],
) -> Iterator[Change]:
    """Of a row that only one of the two has, what it is about: its amounts."""
    if old is None or new is None:
        yield Change(scope, table, name, "整行", "有" if old else "无", "有" if new else "无")
    for column in columns:
        was, is_ = (old or {}).get(column.field), (new or {}).get(column.field)
        tells = old and new or column.kind == AMOUNT and Decimal(was or is_ or 0)
        if column.field != "no" and was != is_ and tells:
            yield Change(scope, table, name, "·".join(column.heads), was, is_, column.kind)


def changed_tables(before: Figures, after: Figures) -> set[str]:
    return {str(change.scope) for change in changes_between(before, after)}
