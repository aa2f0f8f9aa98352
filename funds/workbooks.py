"""One specification per sheet: the blank template, the filled export and the import are the
same sheet. Nothing here knows what the columns mean."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from approvals.office_files import UnsafeFileError, inspect

from . import workbook_reader

FILE_MAX = 5 * 1024 * 1024
WALL_SECONDS_MAX = 60
HEADER_ROW = 1


class CellError(ValueError):
    """A cell that is refused; the message is shown at its place as it stands."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell: kind is n, s, d, b, f or e as in `workbook_reader`."""

    kind: str
    text: str


EMPTY = Cell("s", "")


@dataclass(frozen=True)
class Column:
    header: str
    field: str
    parse: Callable[[Cell], Any] | None = None
    format: str = "@"
    width: float = 14
    choices: str = ""  # the name of a list that the caller of `write` gives
    is_locked: bool = False
    is_hidden: bool = False
    note: str = ""

    @property
    def is_amount(self) -> bool:
        return self.format == AMOUNT


AMOUNT, DATE, TEXT, WHOLE = "#,##0.00", "yyyy-mm-dd", "@", "0"


@dataclass(frozen=True)
class Sheet:
    title: str
    columns: tuple[Column, ...]
    notes: tuple[str, ...] = ()

    def column(self, field: str) -> Column:
        return next(column for column in self.columns if column.field == field)


@dataclass(slots=True)
class Row:
    number: int
    cells: dict[str, Cell]

    def cell(self, field: str) -> Cell:
        return self.cells.get(field, EMPTY)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a cell, or with an empty `letter` a whole row, is refused."""

    row: int
    letter: str
    field: str
    reason: str

    @property
    def where(self) -> str:
        return f"第 {self.row} 行" + (f" {self.letter} 列" if self.letter else "")


@dataclass
class Filled:
    """A sheet as it came back: rows by field, and where each field stands in the file."""

    rows: list[Row]
    letters: Mapping[str, str]
    problems: list[Problem] = field(default_factory=list)

    def problem(self, row: Row, name: str, reason: str) -> Problem:
        return Problem(row.number, self.letters.get(name, ""), name, reason)


def read(path: Path, sheet: Sheet, *, rows_max: int) -> Filled:
    """Rows below the header. Raises UnsafeFileError when the file is not one to open at all."""
    if path.stat().st_size > FILE_MAX:
        raise UnsafeFileError(f"文件超过 {FILE_MAX // 1024 // 1024} MB")
    lines = csv_rows(path, rows_max) if path.suffix == ".csv" else _rows(path, sheet, rows_max)
    try:
        number, header = next(lines)
    except StopIteration:
        raise UnsafeFileError("工作簿是空的，请使用本页下载的模板") from None
    fields = _fields(number, header, sheet)
    letters = {name: _letter(index) for index, name in fields.items()}
    filled = Filled([], letters)
    for number, cells in lines:
        if number > 2 * rows_max:
            raise UnsafeFileError(f"第 {number} 行离表头太远，请删除中间的空行")
        _add_row(filled, fields, number, cells)
    return filled


def _add_row(filled: Filled, fields: Mapping[int, str], number: int, cells: list[Any]) -> None:
    row = Row(number, {})
    for index, kind, text in cells:
        if index in fields:
            row.cells[fields[index]] = Cell(kind, text)
        elif text.strip():
            reason = "这一列没有表头，请删除内容或使用模板"
            filled.problems.append(Problem(number, _letter(index), "", reason))
    if any(cell.text.strip() for cell in row.cells.values()):
        filled.rows.append(row)


def _fields(number: int, header: list[Any], sheet: Sheet) -> dict[int, str]:
    """Column number → field. The order of the columns is free, their names are not."""
    known = {_plain(column.header): column.field for column in sheet.columns}
    fields: dict[int, str] = {}
    for index, _kind, text in header:
        name = known.get(_plain(text))
        if name is None or name in fields.values():
            shown = text if len(text) <= 20 else text[:20] + "…"
            raise UnsafeFileError(
                f"第 {number} 行 {_letter(index)} 列：表头“{shown}”不认识或重复，"
                "请使用本页下载的模板"
            )
        fields[index] = name
    missing = [
        c.header for c in sheet.columns if not c.is_hidden and c.field not in fields.values()
    ]
    if missing:
        raise UnsafeFileError(f"缺少表头：{'、'.join(missing)}，请使用本页下载的模板")
    return fields


def _plain(header: str) -> str:
    return re.sub(r"\s", "", header).replace("(", "（").replace(")", "）")


def _letter(index: int) -> str:
    letters = ""
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def csv_rows(path: Path, rows_max: int) -> Iterator[tuple[int, list[Any]]]:
    """As `_lines`, of a text file such as banks give: every cell is text."""
    text = decode(path.read_bytes())
    for number, row in enumerate(csv.reader(text.splitlines()), start=1):
        if number > rows_max + 1:
            raise UnsafeFileError(f"超过 {rows_max} 行，请分成几个文件导入")
        cells = [[index, "s", cell.strip()] for index, cell in enumerate(row, 1) if cell.strip()]
        if cells:
            yield number, cells


def decode(content: bytes) -> str:
    """UTF-8, else what Chinese offices and banks still write. Raises UnsafeFileError."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise UnsafeFileError("不是文本文件，请另存为 CSV（UTF-8 或 GBK）或 .xlsx")


def _rows(path: Path, sheet: Sheet, rows_max: int) -> Iterator[tuple[int, list[Any]]]:
    with path.open("rb") as file:
        if inspect(file) != "xlsx":
            raise UnsafeFileError("请上传 .xlsx 工作簿")
    return _lines(path, sheet, rows_max)


def _lines(path: Path, sheet: Sheet, rows_max: int) -> Iterator[tuple[int, list[Any]]]:
    """Streams from the reading process, so that the rows are in memory once."""
    command = [sys.executable, "-I", workbook_reader.__file__, str(path), sheet.title]
    process = subprocess.Popen(  # noqa: S603 - our own program on our own file
        [*command, str(rows_max + 1)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            number, cells = json.loads(line)
            yield number, cells
        status = process.wait(WALL_SECONDS_MAX)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    if status == workbook_reader.TOO_MANY_ROWS:
        raise UnsafeFileError(f"超过 {rows_max} 行，请分成几个文件导入")
    if status:
        raise UnsafeFileError("工作簿无法读取：文件损坏，或内容过大过于复杂，请用模板重新填写")


def refuse_formulas(filled: Filled) -> Iterator[Problem]:
    for row in filled.rows:
        for name, cell in row.cells.items():
            if cell.kind == "f":
                reason = "单元格是公式，请选择性粘贴为数值后再导入"
                yield filled.problem(row, name, reason)
            elif cell.kind == "e":
                yield filled.problem(row, name, f"单元格是错误值 {cell.text}")


def marked(problems: Iterable[Problem]) -> dict[tuple[int, str], str]:
    """Problems by row and field, for `workbook_writer.write`."""
    marks: dict[tuple[int, str], str] = {}
    for problem in problems:
        place = (problem.row, problem.field)
        marks[place] = f"{marks[place]}\n{problem.reason}" if place in marks else problem.reason
    return marks
