"""Workbooks for the import tests: honest ones, and ones made to hurt."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from openpyxl import Workbook, load_workbook

from funds.spreadsheets import RECEIPTS
from funds.workbooks import Sheet

Change = Callable[[bytes], bytes]
HEADERS = [column.header for column in RECEIPTS.columns]
NUMBER = "巴财农〔2025〕11号"


def receipt_row(amount: Any = 100, document: Any = "回单-1", **cells: Any) -> list[Any]:
    row = {
        "document_number": NUMBER,
        "occurred_on": dt.date(2025, 3, 2),
        "amount": amount,
        "payer": "巴州财政局",
        "document": document,
        "memo": "第一笔",
        **cells,
    }
    return [row.get(column.field) for column in RECEIPTS.columns]


def workbook(rows: Sequence[Sequence[Any]], sheet: Sheet = RECEIPTS) -> bytes:
    book = Workbook()
    page = book.active
    assert page is not None
    page.title = sheet.title
    page.append([column.header for column in sheet.columns])
    for row in rows:
        page.append(list(row))
    return saved(book)


def saved(book: Any) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def opened(content: bytes) -> Any:
    return load_workbook(io.BytesIO(content))


def rezipped(
    content: bytes,
    change: Mapping[str, Change] | None = None,
    extra: Mapping[str, bytes] | None = None,
) -> bytes:
    """The same archive with some parts changed and some added."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for part in source.filelist:
            body = source.read(part)
            body = change[part.filename](body) if change and part.filename in change else body
            target.writestr(part.filename, body)
        for name, body in (extra or {}).items():
            target.writestr(name, body)
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
RELS = "xl/_rels/workbook.xml.rels"
EXTERNAL = (
    b'<Relationship Id="rId99" TargetMode="External" Target="file:///etc/passwd" '
    b'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/externalLinkPath"/>'
    b"</Relationships>"
)


def with_far_row(content: bytes) -> bytes:
    far = b'<row r="1048576"><c r="XFD1048576" t="n"><v>1</v></c></row></sheetData>'
    return rezipped(content, {SHEET: lambda xml: xml.replace(b"</sheetData>", far)})


def with_endless_row(content: bytes) -> bytes:
    far = b'<row r="99999999999"><c t="n"><v>1</v></c></row></sheetData>'
    return rezipped(content, {SHEET: lambda xml: xml.replace(b"</sheetData>", far)})


def hostile() -> dict[str, bytes]:
    good = workbook([receipt_row()])
    return {
        "old binary format": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        "not an archive": b"<html>hello</html>",
        "empty": b"",
        "cut off": good[: len(good) // 2],
        "flipped bytes": good[:200] + bytes(b ^ 0x55 for b in good[200:260]) + good[260:],
        "bomb": rezipped(good, extra={"xl/media/big.png": b"\0" * (60 * 1024 * 1024)}),
        "ratio": rezipped(good, extra={"xl/media/big.png": b"\0" * (5 * 1024 * 1024)}),
        "many parts": rezipped(good, extra={f"docProps/{i}.xml": b"<a/>" for i in range(250)}),
        "macro": rezipped(good, extra={"xl/vbaProject.bin": b"x"}),
        "macro type": rezipped(
            good,
            {"[Content_Types].xml": lambda x: x.replace(b"sheet.main", b"sheet.macroEnabled.main")},
        ),
        "external link": rezipped(good, {RELS: lambda x: x.replace(b"</Relationships>", EXTERNAL)}),
        "external part": rezipped(good, extra={"xl/externalLinks/externalLink1.xml": b"<a/>"}),
        "embedded object": rezipped(good, extra={"xl/embeddings/oleObject1.bin": b"x"}),
        "type definition": rezipped(good, {SHEET: lambda x: b'<!DOCTYPE a [<!ENTITY b "c">]>' + x}),
        "utf-16 part": rezipped(good, {SHEET: lambda x: x.decode().encode("utf-16")}),
        "ebcdic part": rezipped(
            good, {SHEET: lambda x: b'<?xml version="1.0" encoding="cp037"?>' + x}
        ),
        "path out of the archive": rezipped(good, extra={"../../evil.xml": b"<a/>"}),
        "endless row": with_endless_row(good),
        "not a workbook": rezipped(
            good, {"[Content_Types].xml": lambda x: x.replace(b"spreadsheetml", b"drawingml")}
        ),
    }
