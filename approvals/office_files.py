"""A look at an Office file before any parser sees it.

A zip archive of XML is a small program for whoever opens it. This refuses what a county's
sheet or letter never needs and what has brought readers down: archives that unpack to too much,
document type definitions, macros, links to other files, embedded objects, old binary formats.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

UNPACKED_MAX = 50 * 1024 * 1024
PARTS_MAX = 200
RATIO_MAX = 200  # of one part larger than a megabyte; real sheets stay below 60
CHUNK = 256 * 1024
OVERLAP = 4096

MAIN_PARTS = {
    "xlsx": b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
    "docx": b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
}
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP_MAGIC = b"PK\x03\x04"

FORBIDDEN_PARTS = (
    (re.compile(r"vbaproject|vbadata|macrosheets|/activex/|customui", re.I), "含有宏或控件"),
    (re.compile(r"externallink|/connections\.xml|querytable", re.I), "引用了别的文件或数据源"),
    (re.compile(r"/embeddings/|oleobject|\.bin$", re.I), "含有嵌入的对象"),
)
HARMLESS_BINARY = re.compile(r"/printersettings/[^/]+\.bin$", re.I)
DTD = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
MACRO_TYPES = re.compile(rb"macroEnabled|vbaProject|ms-excel\.sheet\.binary", re.I)
RELATIONSHIP = re.compile(rb"<[^<>]*TargetMode\s*=\s*[\"']External[\"'][^<>]*>", re.I)
# A reader that fills up missing rows would count for hours to a row that no sheet can have.
ENDLESS_ROW = re.compile(rb"<(?:\w+:)?row\b[^<>]*\br=[\"']\d{8,}")
ENCODING = re.compile(rb"^<\?xml[^>]*?encoding\s*=\s*[\"']([^\"']+)[\"']")


class UnsafeFileError(ValueError):
    """The file is not opened; the message is shown to the person as it stands."""


def inspect(file: IO[bytes]) -> str:
    """The kind, "xlsx" or "docx", of a file that may be opened. Raises UnsafeFileError."""
    file.seek(0)
    magic = file.read(8)
    file.seek(0)
    if magic == OLE_MAGIC:
        raise UnsafeFileError("这是旧版（.xls、.doc）或加了密码的文件，请另存为 .xlsx 或 .docx")
    if not magic.startswith(ZIP_MAGIC):
        raise UnsafeFileError("文件不是有效的 .xlsx 或 .docx，可能已损坏")
    try:
        with zipfile.ZipFile(file) as archive:
            return _inspect_archive(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise UnsafeFileError("文件已损坏，无法打开，请重新保存后再传") from error
    finally:
        file.seek(0)


def _inspect_archive(archive: zipfile.ZipFile) -> str:
    parts = archive.infolist()
    if len(parts) > PARTS_MAX:
        raise UnsafeFileError(f"文件内部有 {len(parts)} 个部件，最多 {PARTS_MAX} 个")
    names = [part.filename for part in parts]
    if len({name.lower() for name in names}) != len(names):
        raise UnsafeFileError("文件内部有重名的部件")
    for part in parts:
        _check_name(part)
    kind, unpacked = "", 0
    for part in parts:
        for content in _unpack(archive, part, UNPACKED_MAX - unpacked):
            unpacked += content.size
            if part.filename == "[Content_Types].xml":
                kind = kind or _kind_of(content.window)
    if not kind:
        raise UnsafeFileError("文件不是 .xlsx 或 .docx")
    return kind


def _check_name(part: zipfile.ZipInfo) -> None:
    name = part.filename.replace("\\", "/")
    if part.flag_bits & 0x1:
        raise UnsafeFileError("文件加了密码，请取消密码后再传")
    if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UnsafeFileError("文件的压缩方式不常见，请用 Excel 或 WPS 另存后再传")
    if name.startswith("/") or ".." in name.split("/") or "\0" in part.orig_filename:
        raise UnsafeFileError("文件内部的路径不正常")
    for pattern, reason in FORBIDDEN_PARTS:
        if pattern.search("/" + name) and not HARMLESS_BINARY.search("/" + name):
            raise UnsafeFileError(f"文件{reason}，请删除后另存再传")


class _Chunk:
    """A piece of a part; `window` repeats the end of the piece before."""

    def __init__(self, size: int, window: bytes) -> None:
        self.size, self.window = size, window


def _unpack(archive: zipfile.ZipFile, part: zipfile.ZipInfo, left: int) -> Iterator[_Chunk]:
    """Reads what is really there; the sizes that the archive claims are not believed."""
    is_xml = part.filename.lower().endswith((".xml", ".rels", ".vml"))
    size, tail = 0, b""
    with archive.open(part) as source:
        while piece := source.read(CHUNK):
            size += len(piece)
            if size > left:
                raise UnsafeFileError(f"文件解开后超过 {UNPACKED_MAX // 1024 // 1024} MB")
            if size > 1024 * 1024 and size > RATIO_MAX * max(part.compress_size, 1):
                raise UnsafeFileError("文件压缩得不正常（疑似压缩炸弹）")
            window = tail + piece
            if is_xml:
                _check_xml(window, is_start=not tail, part=part.filename)
            tail = window[-OVERLAP:]
            yield _Chunk(len(piece), window)


def _check_xml(window: bytes, *, is_start: bool, part: str) -> None:
    if is_start:
        _check_encoding(window)
    if DTD.search(window):
        raise UnsafeFileError("文件内部含有文档类型定义（DTD），可能被动过手脚")
    if part.startswith("xl/worksheets/") and ENDLESS_ROW.search(window):
        raise UnsafeFileError("工作表的行号不正常")
    if part == "[Content_Types].xml" and MACRO_TYPES.search(window):
        raise UnsafeFileError("文件含有宏，请另存为不含宏的 .xlsx 或 .docx 后再传")
    if part.lower().endswith(".rels"):
        for link in RELATIONSHIP.findall(window):
            if b"/hyperlink" not in link:
                raise UnsafeFileError("文件引用了外部文件，请断开链接后另存再传")


def _check_encoding(window: bytes) -> None:
    text = window.removeprefix(b"\xef\xbb\xbf").lstrip()
    declared = ENCODING.match(text)
    if not text.startswith(b"<") or (
        declared and declared[1].lower() not in (b"utf-8", b"us-ascii", b"utf8")
    ):
        raise UnsafeFileError("文件内部的编码不是 UTF-8")


def _kind_of(content_types: bytes) -> str:
    found = [kind for kind, marker in MAIN_PARTS.items() if marker in content_types]
    return found[0] if len(found) == 1 else ""
