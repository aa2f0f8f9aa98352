"""What a person put into a cell, read as the value it stands for. All raise CellError."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Sequence
from decimal import Decimal

from django.core.exceptions import ValidationError

from organizations.personal_data import refuse_personal_data

from .document_numbers import normalize
from .money import AmountError, parse_amount
from .workbooks import Cell, CellError

DIGITS_MAX = 15
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", re.ASCII)
_COMPACT_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)


def amount(cell: Cell) -> Decimal:
    try:
        return parse_amount(cell.text)
    except AmountError as error:
        raise CellError(str(error).rstrip("。")) from error


def day(cell: Cell) -> dt.date:
    text = cell.text.strip()
    if not text:
        raise CellError("请填写日期")
    if cell.kind == "d" and "T" in text:
        text = text.partition("T")[0]
    match = _DATE.fullmatch(text) or _COMPACT_DATE.fullmatch(text)
    try:
        year, month, day_of_month = map(int, match.groups()) if match else (0, 0, 0)
        return dt.date(year, month, day_of_month)
    except ValueError:
        raise CellError(f"看不懂这个日期：“{text[:20]}”，请写成 2026-03-01") from None


def text(length_max: int, *, is_required: bool = False) -> Callable[[Cell], str]:
    def parse(cell: Cell) -> str:
        value = unicodedata.normalize("NFC", cell.text).strip()
        if is_required and not value:
            raise CellError("必填")
        if cell.kind == "n" and len(re.sub(r"\D", "", value)) >= DIGITS_MAX:
            raise CellError("数字太长，表格会丢失尾数；请把单元格设为文本格式后重新填写")
        if len(value) > length_max:
            raise CellError(f"最多 {length_max} 个字，现有 {len(value)} 个")
        if any(unicodedata.category(letter) == "Cc" for letter in value):
            raise CellError("不能有换行或控制字符")
        return value

    return parse


def free_text(length_max: int) -> Callable[[Cell], str]:
    """Screened for numbers of private persons."""
    plain = text(length_max)

    def parse(cell: Cell) -> str:
        value = plain(cell)
        try:
            refuse_personal_data(value)
        except ValidationError as error:
            raise CellError("；".join(error.messages)) from error
        return value

    return parse


def document_number(cell: Cell) -> str:
    value = normalize(text(60, is_required=True)(cell))
    if not value:
        raise CellError("必填")
    return value


def one_of(names: Sequence[str], *, is_required: bool = True) -> Callable[[Cell], str]:
    def parse(cell: Cell) -> str:
        value = cell.text.strip()
        if not value and not is_required:
            return ""
        if value not in names:
            raise CellError(f"请从下拉列表中选择：{'、'.join(names)}")
        return value

    return parse


def year(cell: Cell) -> int:
    value = cell.text.strip().removesuffix("年")
    if not (value.isascii() and value.isdigit() and 2000 <= int(value) <= 2100):
        raise CellError("资金年度须是 2000 至 2100 之间的年份")
    return int(value)


def yes_or_no(cell: Cell) -> bool:
    value = cell.text.strip()
    if value in ("是", "True"):
        return True
    if value in ("", "否", "False"):
        return False
    raise CellError("请填“是”或“否”")


def row_id(cell: Cell) -> int | None:
    value = cell.text.strip()
    if not value:
        return None
    if not (value.isascii() and value.isdigit() and len(value) < 19):
        raise CellError("系统编号被改动，请勿修改；新的行请留空")
    return int(value)
