"""What the morning's e-mail says of returns, beside what waits in somebody's inbox: who below
has not reported, before the day it is due and after."""

from __future__ import annotations

import datetime as dt

from organizations.models import Role, User

from .matrix import Cell, matrix
from .periods import last_ended_month

TOLD = (Role.GROUP_SECRETARY, Role.PREFECTURE_CLERK, Role.REGION_CLERK)
DAYS_BEFORE = 3
NAMED = 20


def returns_to_tell(user: User, day: dt.date) -> list[str]:
    """Lines for this person; none where everybody has reported."""
    if not user.roles().intersection(TOLD):
        return []
    month = last_ended_month(day)
    cells = [(row.unit, row.cells[0]) for row in matrix(user, [month])]
    late = [unit.name for unit, cell in cells if missing(cell) and day > cell.due_on]
    soon = [unit.name for unit, cell in cells if missing(cell) and is_soon(cell, day)]
    lines = []
    if late:
        lines.append(f"{month:%Y年%m月}月报逾期未报 {len(late)} 个：{in_words(late)}")
    if soon:
        lines.append(f"{month:%Y年%m月}月报即将到期 {len(soon)} 个：{in_words(soon)}")
    return lines


def missing(cell: Cell) -> bool:
    return not cell.was_sent


def is_soon(cell: Cell, day: dt.date) -> bool:
    return cell.due_on - dt.timedelta(days=DAYS_BEFORE) <= day <= cell.due_on


def in_words(names: list[str]) -> str:
    shown = "、".join(names[:NAMED])
    return f"{shown}等" if len(names) > NAMED else shown
