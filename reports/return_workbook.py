"""The tables of a return as a workbook in the office's layout: a title over merged heads, the
amounts as numbers in 元 or 万元, who signs below, one sheet for each table on A4 across."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from funds.money import WAN
from funds.workbook_writer import (
    BODY_FONT,
    FRAME,
    HEADER_FILL,
    HEADER_FONT,
    Ready,
    as_text,
    fit,
)
from funds.workbooks import DATE as DATE_FORMAT
from funds.workbooks import TEXT as TEXT_FORMAT

from .tables import AMOUNT, DATE, PERCENT, Column, Table

TITLE_FONT = Font(name="方正小标宋简体", size=16)
FORMATS = {PERCENT: "0.00", DATE: DATE_FORMAT}
YUAN, TEN_THOUSANDS = "#,##0.00", "#,##0.00####"
CENTER = Alignment(horizontal="center", vertical="center", wrap_text=True)
TITLE_ROWS = 2  # the title, and the line with unit and month


@dataclass(frozen=True)
class Paper:
    """What stands around each table."""

    unit: str
    period: str
    signatures: Sequence[str]
    in_wan: bool = True
    note: str = ""


def write_tables(target: IO[bytes], tables: Iterable[Table], paper: Paper) -> None:
    book = Workbook(write_only=True)
    for table in tables:
        write_table(book, table, paper)
    book.save(target)
    book.close()


def write_table(book: Any, table: Table, paper: Paper) -> None:
    page = book.create_sheet(table.title[:31])
    heads = 2 if table.has_two_lines else 1
    set_up(page, table, heads)
    width = len(table.columns)
    page.append([styled(page, table.title, TITLE_FONT, frame=False)])
    merge(page, 1, 1, 1, width)
    money = "万元" if paper.in_wan else "元"
    line = f"编制单位：{paper.unit}    所属月份：{paper.period}    金额单位：{money}{paper.note}"
    page.append([styled(page, line, BODY_FONT, frame=False)])
    merge(page, 2, 2, 1, width)
    write_heads(page, table, heads)
    ready = Ready()
    for row in table.values():
        page.append(filled(page, table, row, paper, ready))
    if table.total is not None:
        page.append([cell_of(page, c.kind, c.value, paper, bold=True) for c in table.last()])
    page.append([])
    signed = "    ".join(f"{name}" for name in paper.signatures)
    page.append([styled(page, signed, BODY_FONT, frame=False)])


def set_up(page: Any, table: Table, heads: int) -> None:
    first = TITLE_ROWS + heads + 1
    page.freeze_panes = f"C{first}"
    page.page_setup.orientation, page.page_setup.paperSize = "landscape", 9
    page.page_setup.fitToWidth, page.page_setup.fitToHeight = 1, 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.print_title_rows = f"1:{first - 1}"
    page.oddFooter.center.text = "第 &P 页 共 &N 页"
    page.print_options.horizontalCentered = True
    for index, column in enumerate(table.columns, start=1):
        page.column_dimensions[get_column_letter(index)].width = column.width


def write_heads(page: Any, table: Table, heads: int) -> None:
    """Two lines; equal first lines that touch are one cell, a head of one line takes both."""
    first, second, place = [], [], 1
    for head in table.first_heads():
        first += [head.label] + [""] * (head.columns - 1)
        if head.columns > 1:
            merge(page, TITLE_ROWS + 1, TITLE_ROWS + 1, place, place + head.columns - 1)
        elif head.lines > 1:
            merge(page, TITLE_ROWS + 1, TITLE_ROWS + heads, place, place)
        place += head.columns
    second = [column.heads[1] if len(column.heads) > 1 else "" for column in table.columns]
    for labels in (first, second)[:heads]:
        page.append([head_cell(page, label) for label in labels])


def merge(page: Any, top: int, bottom: int, left: int, right: int) -> None:
    if (top, left) != (bottom, right):
        span = f"{get_column_letter(left)}{top}:{get_column_letter(right)}{bottom}"
        page.merged_cells.add(span)


def head_cell(page: Any, label: str) -> Any:
    cell = styled(page, label, HEADER_FONT)
    cell.fill, cell.alignment = HEADER_FILL, CENTER
    return cell


def styled(page: Any, text: str, font: Font, *, frame: bool = True) -> Any:
    cell = WriteOnlyCell(page, as_text(text))
    cell.data_type, cell.font = "s", font
    if frame:
        cell.border = FRAME
    else:
        cell.alignment = Alignment(vertical="center")
    return cell


def filled(
    page: Any, table: Table, values: Iterable[Any], paper: Paper, ready: Ready
) -> Iterator[Any]:
    for column, value in zip(table.columns, values, strict=True):
        sort, fitted = fit(in_unit(column.kind, value, paper))
        cell = ready.get((column.kind, sort))
        if cell is None:
            cell = ready.keep((column.kind, sort), cell_of(page, column.kind, value, paper))
        yield cell.take(fitted)


def in_unit(kind: str, value: Any, paper: Paper) -> Any:
    return value / WAN if kind == AMOUNT and value is not None and paper.in_wan else value


def cell_of(page: Any, kind: str, value: Any, paper: Paper, *, bold: bool = False) -> Any:
    """Figures as numbers; text is never a formula, whatever it begins with."""
    found = WriteOnlyCell(page)
    sort, fitted = fit(in_unit(kind, value, paper))
    if sort in ("text", "formula"):
        found.value, found.data_type, found.number_format = fitted, "s", TEXT_FORMAT
        found.quotePrefix = sort == "formula"
    elif fitted is not None:
        found.value = fitted
        amounts = TEN_THOUSANDS if paper.in_wan else YUAN
        found.number_format = amounts if kind == AMOUNT else FORMATS.get(kind, "General")
    found.font = HEADER_FONT if bold else BODY_FONT
    found.border = FRAME
    return found


def csv_heads(columns: Sequence[Column]) -> list[str]:
    return ["·".join(column.heads) for column in columns]
