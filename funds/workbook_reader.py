"""Reads one sheet of an xlsx file in a process of its own and writes its rows as JSON lines.

    python -I workbook_reader.py FILE SHEET ROWS_MAX

Started by `funds.workbooks`, after `approvals.office_files` has looked at the file. Memory and
processor time are limited, so that a file made to hurt ends this process and nothing else.
A line is [row number, [[column, kind, text], …]] of the cells that hold something; kind is
n number, s text, d date, b truth value, f formula, e error value.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import warnings
from typing import Any

from openpyxl import load_workbook

if sys.platform != "win32":
    import resource

COLUMNS_MAX = 60
MEMORY_MAX = 512 * 1024 * 1024
SECONDS_MAX = 20
TOO_MANY_ROWS = 3
NO_SHEET = 4


def limit_resources() -> None:
    if sys.platform != "win32":
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS_MAX, SECONDS_MAX))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main(path: str, title: str, rows_max: int) -> int:
    limit_resources()
    warnings.simplefilter("ignore")
    book = load_workbook(path, read_only=True, keep_links=False)
    if not book.worksheets:
        return NO_SHEET
    sheet = book[title] if title in book.sheetnames else book.worksheets[0]
    sheet.reset_dimensions()
    rows = 0
    for number, row in enumerate(sheet.iter_rows(), start=1):
        cells = [as_json(cell) for cell in row if cell.value is not None][: COLUMNS_MAX + 1]
        if cells:
            rows += 1
            if rows > rows_max:
                return TOO_MANY_ROWS
            sys.stdout.write(json.dumps([number, cells]) + "\n")
    return 0


def as_json(cell: Any) -> list[Any]:
    return [cell.column, cell.data_type, as_text(cell.data_type, cell.value)]


def as_text(kind: str, value: Any) -> str:
    if kind == "f":
        return str(getattr(value, "text", value))
    if isinstance(value, float):
        return f"{value:.15g}"  # what Excel shows: it keeps fifteen digits
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value).replace("_x005F_", "_")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
