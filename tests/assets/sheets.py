"""Workbooks that come out of a page."""

from __future__ import annotations

import io
from typing import Any

from openpyxl import load_workbook


def cells_of(response: Any) -> list[list[Any]]:
    """The rows of the first sheet, with its header."""
    book = load_workbook(io.BytesIO(b"".join(response.streaming_content)), read_only=True)
    rows = book.worksheets[0].iter_rows(values_only=True)
    return [list(row) for row in rows]
