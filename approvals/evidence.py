"""Papers and photos: looked at, named by their SHA-256, written once and never changed."""

from __future__ import annotations

import hashlib
import os
import re
import struct
import tempfile
import unicodedata
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from organizations.models import Division, User
from organizations.personal_data import refuse_personal_data
from organizations.policies import Refusal, Refused

from .models import Evidence, PhotoUse, Subject
from .office_files import UnsafeFileError, inspect

SIZE_MAX = 10 * 1024 * 1024
NAME_MAX = 100
PIXELS_MAX = 100_000_000
KINDS = "PDF、JPG、PNG、XLSX 或 DOCX"
OFFICE = "application/vnd.openxmlformats-officedocument."
CONTENT_TYPES = {
    "pdf": "application/pdf",
    "jpg": "image/jpeg",
    "png": "image/png",
    "xlsx": f"{OFFICE}spreadsheetml.sheet",
    "docx": f"{OFFICE}wordprocessingml.document",
}
# What a browser that guesses would take for a page.
MARKUP = re.compile(rb"<\s*(?:!doctype|html|head|body|script|svg|iframe|\?xml|!--)", re.I)
JPEG_FRAME = frozenset({0xC0, 0xC1, 0xC2, 0xC3})


def store_evidence(upload: UploadedFile[Any], *, division: Division, by: User) -> Evidence:
    """The row of this content in this division, made when it is new. Raises Refused.

    The file is on the disk before the row, so that no row ever lacks its file.
    """
    name = clean_name(upload.name or "")
    if (upload.size or 0) > SIZE_MAX:
        raise Refused(
            f"文件超过 {SIZE_MAX // 1024 // 1024} MB", who_can_clear="上传人（压缩或分开）"
        )
    file = upload.file
    assert file is not None
    kind = check_content(file, name)
    sha256, size = _write_once(file)
    return Evidence.objects.get_or_create(
        sha256=sha256,
        division=division,
        defaults={
            "name": name,
            "content_type": CONTENT_TYPES[kind],
            "size": size,
            "uploaded_by": by,
        },
    )[0]


PHOTO_KINDS = (CONTENT_TYPES["jpg"], CONTENT_TYPES["png"])


def refuse_used_photos(photos: Iterable[str]) -> Refusal | None:
    """Why these photos (SHA-256) can not be shown once more. `claim_photos` holds the same."""
    used = PhotoUse.objects.filter(sha256__in=list(photos)).order_by("used_at").first()
    if used is None:
        return None
    at = timezone.localtime(used.used_at)
    return Refusal(
        f"同一张照片已于 {at:%Y-%m-%d} 用于“{used.shown_for}”，不能重复使用",
        who_can_clear="上传人（换用本次现场的照片）",
    )


def claim_photos(photos: Iterable[str], *, subject: Subject, shown_for: str, by: User) -> None:
    """Each photo (SHA-256) proves this and nothing else from now on. Raises Refused."""
    rows = [
        PhotoUse(
            sha256=photo,
            subject_type=subject.life(),
            subject_id=subject.pk,
            shown_for=shown_for[:160],
            used_by=by,
        )
        for photo in photos
    ]
    try:
        with transaction.atomic():
            PhotoUse.objects.bulk_create(rows)
    except IntegrityError as error:
        refusal = refuse_used_photos(row.sha256 for row in rows)
        if refusal is None:  # the same photo twice in one act
            raise Refused(
                "同一张照片选了两次，请换用另一张", who_can_clear="上传人（换一张照片）"
            ) from error
        raise Refused(refusal.reason, who_can_clear=refusal.who_can_clear) from error


def clean_name(given: str) -> str:
    """Without folders, control characters and marks that turn the reading direction."""
    text = unicodedata.normalize("NFC", given).replace("\\", "/")
    text = "".join(letter for letter in text if unicodedata.category(letter) not in ("Cc", "Cf"))
    text = re.sub(r"\s+", " ", text.rpartition("/")[2]).strip(" .")
    stem, dot, extension = text.rpartition(".")
    if not (stem and dot):
        raise Refused(f"文件名须带扩展名，可上传 {KINDS}", who_can_clear="上传人（改文件名）")
    try:
        refuse_personal_data(stem)
    except ValidationError as error:
        raise Refused(
            f"文件名：{'；'.join(error.messages)}", who_can_clear="上传人（改文件名）"
        ) from error
    return f"{stem[:NAME_MAX]}.{extension[:10]}"


def check_content(file: IO[bytes], name: str) -> str:
    """The kind that content and extension agree on. Raises Refused."""
    extension = name.rpartition(".")[2].lower().replace("jpeg", "jpg")
    if extension not in CONTENT_TYPES:
        raise Refused(
            f"不能上传 .{extension} 文件，可上传 {KINDS}",
            who_can_clear="上传人（换成可上传的格式）",
        )
    file.seek(0)
    head = file.read(4096)
    file.seek(0)
    try:
        if not head:
            raise UnsafeFileError("文件是空的")
        if extension in ("xlsx", "docx"):
            _check_office(file, extension)
        else:
            _check_plain(file, head, extension)
    except UnsafeFileError as error:
        raise Refused(f"“{name}”：{error}", who_can_clear="上传人（换一份文件）") from error
    finally:
        file.seek(0)
    return extension


def _check_office(file: IO[bytes], extension: str) -> None:
    if inspect(file) != extension:
        raise UnsafeFileError("内容与扩展名不符")


def _check_plain(file: IO[bytes], head: bytes, extension: str) -> None:
    if not CHECKS[extension](file, head):
        raise UnsafeFileError("内容与扩展名不符，或文件已损坏")
    if MARKUP.search(head[:2048] if extension == "pdf" else head[:1024]):
        raise UnsafeFileError("内容里混有网页代码")
    if zipfile.is_zipfile(file):
        raise UnsafeFileError("内容里混有压缩包")


def _is_pdf(file: IO[bytes], head: bytes) -> bool:
    file.seek(0, os.SEEK_END)
    file.seek(max(0, file.tell() - 2048))
    return head.startswith(b"%PDF-") and b"%%EOF" in file.read()


def _is_png(file: IO[bytes], head: bytes) -> bool:
    if not head.startswith(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR") or len(head) < 33:
        return False
    _check_pixels(*struct.unpack(">II", head[16:24]))
    file.seek(-12, os.SEEK_END)
    return file.read() == b"\0\0\0\0IEND\xaeB`\x82"


def _is_jpeg(file: IO[bytes], head: bytes) -> bool:
    """Walks the segments to the frame header, which says how large the picture is."""
    if not head.startswith(b"\xff\xd8\xff"):
        return False
    file.seek(2)
    while len(segment := file.read(4)) == 4 and segment[0] == 0xFF:
        length = struct.unpack(">H", segment[2:])[0]
        if segment[1] in JPEG_FRAME:
            frame = file.read(5)
            if len(frame) < 5:
                return False
            _check_pixels(*struct.unpack(">HH", frame[1:]))
            return True
        file.seek(length - 2, os.SEEK_CUR)
    return False


def _check_pixels(height: int, width: int) -> None:
    if not 0 < height * width <= PIXELS_MAX:
        raise UnsafeFileError(f"图片尺寸 {width}×{height} 不正常，最多一亿像素")


CHECKS: dict[str, Callable[[IO[bytes], bytes], bool]] = {
    "pdf": _is_pdf,
    "png": _is_png,
    "jpg": _is_jpeg,
}


def _write_once(file: IO[bytes]) -> tuple[str, int]:
    """Temporary file → fsync → rename → read-only; the same content is there already."""
    root = Path(settings.EVIDENCE_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    handle, name = tempfile.mkstemp(dir=root, prefix=".new-")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as target:
            while piece := file.read(256 * 1024):
                digest.update(piece)
                size += len(piece)
                target.write(piece)
            target.flush()
            os.fsync(target.fileno())
        place = root / digest.hexdigest()[:2] / digest.hexdigest()
        place.parent.mkdir(exist_ok=True)
        if not place.exists():
            temporary.chmod(0o440)
            temporary.rename(place)
            _sync_folder(place.parent)
    finally:
        temporary.unlink(missing_ok=True)
    return digest.hexdigest(), size


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
