"""Writes the sheets of `funds.workbooks`, and the same rows as CSV."""

from __future__ import annotations

import csv
import re
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from .workbooks import AMOUNT, TEXT, Column, Sheet

DIGITS_MAX = 15  # a spreadsheet keeps no more; a longer amount is written as text
LAST_ROW = 1_048_576
NOTES_SHEET, LISTS_SHEET = "说明", "选项"

HEADER_FONT = Font(name="微软雅黑", size=10, bold=True)
BODY_FONT = Font(name="微软雅黑", size=10)
HEADER_FILL = PatternFill("solid", fgColor="DDE7F1")
WRONG_FILL = PatternFill("solid", fgColor="F8CBAD")
THIN = Side(style="thin", color="B9C5D2")
FRAME = Border(left=THIN, right=THIN, top=THIN, bottom=THIN)
LOCKED, UNLOCKED = Protection(locked=True), Protection(locked=False)

# Not allowed in XML 1.0, or not a character at all.
NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
FORMULA_START = re.compile(r"^[=+\-@\t\r\n＝＋－＠\0]")

Marks = Mapping[tuple[int, str], str]


def write(
    target: Path | IO[bytes],
    sheet: Sheet,
    rows: Iterable[Sequence[Any]],
    *,
    heading: str,
    lists: Mapping[str, Sequence[str]] | None = None,
    marks: Marks | None = None,
    is_form: bool = True,
) -> None:
    """Rows are values in the order of the columns. `heading` is printed above each page;
    `marks` colours wrong cells by row number and field; a form takes entries and is protected
    against slips (without a password), a plain table is not."""
    book = Workbook(write_only=True)
    page = book.create_sheet(sheet.title)
    lists = lists or {}
    _set_up(page, sheet, heading, lists, is_form=is_form)
    page.append([_header(page, column) for column in sheet.columns])
    wrong, ready = {number for number, _ in marks or {}}, Ready()
    for number, values in enumerate(rows, start=2):
        if marks and number in wrong:
            page.append(_cells(page, sheet, values, number, marks))
        else:
            page.append(_filled(page, sheet, values, ready))
    _write_notes(book, sheet)
    _write_lists(book, lists)
    book.save(target)
    book.close()


def _set_up(
    page: Any, sheet: Sheet, heading: str, lists: Mapping[str, Sequence[str]], *, is_form: bool
) -> None:
    page.freeze_panes = "A2"
    page.page_setup.orientation, page.page_setup.paperSize = "landscape", 9
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.print_title_rows = "1:1"
    page.oddHeader.center.text = heading.replace("&", "&&")
    page.oddFooter.center.text = "第 &P 页 共 &N 页"
    page.print_options.horizontalCentered = True
    for index, column in enumerate(sheet.columns, start=1):
        dimension = page.column_dimensions[get_column_letter(index)]
        dimension.width, dimension.hidden = column.width, column.is_hidden
        if is_form:
            dimension.protection = LOCKED if column.is_locked else UNLOCKED
            dimension.number_format = column.format
        if column.choices and lists.get(column.choices):
            page.data_validations.append(_drop_down(column, index, lists))
    if is_form:
        _protect(page.protection)


def _protect(protection: Any) -> None:
    """Against slips only. In `SheetProtection` True means that the act is not allowed."""
    protection.sheet = True
    for act in ("formatCells", "formatColumns", "formatRows", "insertRows", "sort", "autoFilter"):
        setattr(protection, act, False)


def _drop_down(column: Column, index: int, lists: Mapping[str, Sequence[str]]) -> DataValidation:
    letter = get_column_letter(list(lists).index(column.choices) + 1)
    count = len(lists[column.choices])
    rule = DataValidation(
        type="list",
        formula1=f"={LISTS_SHEET}!${letter}$1:${letter}${count}",
        allow_blank=True,
        showErrorMessage=True,
        errorTitle=column.header,
        error="请从下拉列表中选择",
    )
    own = get_column_letter(index)
    rule.add(f"{own}2:{own}{LAST_ROW}")
    return rule


def _header(page: Any, column: Column) -> Any:
    cell = WriteOnlyCell(page, column.header)
    cell.font, cell.fill, cell.border = HEADER_FONT, HEADER_FILL, FRAME
    cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
    cell.protection = LOCKED
    return cell


def _cells(page: Any, sheet: Sheet, values: Sequence[Any], number: int, marks: Marks) -> list[Any]:
    cells = []
    for column, value in zip(sheet.columns, values, strict=True):
        cell = _cell(page, column, value)
        reason = marks.get((number, column.field))
        if reason:
            cell.fill = WRONG_FILL
            cell.comment = Comment(as_text(reason), "一池", width=280, height=90)
        cells.append(cell)
    return cells


class Filled(Cell):
    """A cell whose style was looked up once, given another value for each row: a style looked up
    for each of a million cells takes longer than writing them."""

    __slots__ = ("looked_up",)
    has_style = True
    looked_up: int

    @property
    def style_id(self) -> int:
        return self.looked_up

    def take(self, value: Any) -> Any:
        """A value that `fit` answered."""
        self._value: Any = value
        return self

    def __repr__(self) -> str:
        return "filled"  # openpyxl asks for it with every cell that it is handed whole


class Ready(dict[Hashable, Filled]):
    """Filled cells of a page, by what makes them look as they do."""

    def keep(self, key: Hashable, whole: Any) -> Filled:
        cell = self[key] = Filled(whole.parent, row=1, column=1)
        cell.looked_up, cell.data_type = whole.style_id, whole.data_type
        return cell


def fit(value: Any) -> tuple[str, Any]:
    """What a spreadsheet can keep of it, and a word for its sort."""
    if isinstance(value, Decimal):
        if len(str(value)) > DIGITS_MAX and len(value.as_tuple().digits) > DIGITS_MAX:
            value = f"{value:f}"
        else:
            return "Decimal", value
    if isinstance(value, str) and value:
        return "formula" if FORMULA_START.match(value) else "text", as_text(value)
    return ("empty", None) if value in ("", None) else (type(value).__name__, value)


def _filled(page: Any, sheet: Sheet, values: Sequence[Any], ready: Ready) -> Iterator[Filled]:
    for column, value in zip(sheet.columns, values, strict=True):
        sort, fitted = fit(value)
        cell = ready.get((column.field, sort))
        if cell is None:
            cell = ready.keep((column.field, sort), _cell(page, column, value))
        yield cell.take(fitted)


def _cell(page: Any, column: Column, value: Any) -> Any:
    cell = WriteOnlyCell(page)
    if isinstance(value, Decimal) and len(value.as_tuple().digits) > DIGITS_MAX:
        value = f"{value:f}"
    if isinstance(value, str) and value:
        cell.value = as_text(value)
        cell.data_type = "s"  # never a formula, whatever it begins with
        cell.quotePrefix = bool(FORMULA_START.match(value))
        cell.number_format = TEXT
    elif value not in ("", None):
        cell.value = value
        cell.number_format = column.format
    cell.font = BODY_FONT
    cell.border = FRAME
    if column.format == AMOUNT:
        cell.alignment = Alignment(horizontal="right")
    cell.protection = LOCKED if column.is_locked else UNLOCKED
    return cell


def as_text(text: str) -> str:
    """As the file format can keep it; what looks like its escapes is escaped."""
    if text.isprintable() and "_x" not in text:
        return text  # most are, and this is asked a million times
    return LOOKS_ESCAPED.sub("_x005F_", NOT_IN_XML.sub("�", text))


def _write_notes(book: Any, sheet: Sheet) -> None:
    noted = [(column.header, column.note) for column in sheet.columns if column.note]
    if not (noted or sheet.notes):
        return
    page = book.create_sheet(NOTES_SHEET)
    page.column_dimensions["A"].width, page.column_dimensions["B"].width = 22, 90
    for line in sheet.notes:
        page.append([line])
    page.append([])
    for header, note in noted:
        page.append([header, note])


def _write_lists(book: Any, lists: Mapping[str, Sequence[str]]) -> None:
    if not lists:
        return
    page = book.create_sheet(LISTS_SHEET)
    page.sheet_state = "hidden"
    for index in range(max((len(values) for values in lists.values()), default=0)):
        page.append([values[index] if index < len(values) else None for values in lists.values()])


def csv_lines(sheet: Sheet, rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """With a byte order mark, which Excel needs, and no cell that it would calculate."""
    writer = csv.writer(_Echo())
    visible = [i for i, column in enumerate(sheet.columns) if not column.is_hidden]
    yield "\ufeff" + writer.writerow([sheet.columns[i].header for i in visible])
    for values in rows:
        yield writer.writerow([_in_csv(values[i]) for i in visible])


def _in_csv(value: Any) -> Any:
    if isinstance(value, str):
        text = value.replace("\0", "")
        return f"'{text}" if FORMULA_START.match(text) else text
    return "" if value is None else value


class _Echo:
    """Lets csv.writer hand back each line instead of collecting them."""

    def write(self, line: str) -> str:
        return line
