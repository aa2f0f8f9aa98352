"""What the launcher says. Standard output belongs to the command that was asked for."""

import sys
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

LOGIN_COLUMNS = (("用户名", "username"), ("密码", "password"), ("姓名", "name"), ("岗位", "role"))


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def width(text: str) -> int:
    """Columns on a terminal; a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(width(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell + " " * (w - width(cell)) for cell, w in zip(row, widths, strict=True))
        for row in rows
    )
    return "\n".join("  " + line.rstrip() for line in lines)


def login_table(logins: Sequence[Mapping[str, str]]) -> str:
    columns = [*LOGIN_COLUMNS, ("单位", "unit")]
    heads = [head for head, _ in columns]
    return table([heads, *([str(login.get(key, "")) for _, key in columns] for login in logins)])


def tail(log: Path, lines: int = 20) -> str:
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    return "\n".join(text.splitlines()[-lines:])
