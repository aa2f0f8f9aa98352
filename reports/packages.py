"""A return to carry by hand where no network is: a zip of the envelope, its signature, and the
workbook to read it by. What comes in such a file is read within limits and never run."""

from __future__ import annotations

import io
import json
import lzma
import zipfile
import zlib
from typing import IO

from approvals.office_files import UnsafeFileError, inspect
from organizations.models import User

from .delivery import BODY_MAX, digest, sign_delivery
from .delivery_checks import BadEnvelope, TooLarge, read_envelope
from .delivery_receiving import receive
from .keys import sign, verify
from .models import Delivery, ReceivedDelivery

ENVELOPE, SIGNATURE, WORKBOOK = "envelope.json", "signature.json", "return.xlsx"
LIMITS = {ENVELOPE: BODY_MAX, SIGNATURE: 4096, WORKBOOK: 8 * 1024 * 1024}  # bytes, unpacked
PACKAGE_MAX = 16 * 1024 * 1024
CARRIER = "报送单位（重新导出）"
BROKEN = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError,
    ValueError, KeyError, lzma.LZMAError,
)  # fmt: skip


def pack(delivery: Delivery, workbook: bytes) -> bytes:
    """Signed with the key of the sender. Raises Refused where there is none."""
    key, signature = sign_delivery(delivery)
    sheet = sign(delivery.sender, workbook_message(delivery.sha256, workbook))[1]
    signed = {"key": key.key_id, "signature": signature, "workbook": sheet}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(ENVELOPE, delivery.body)
        archive.writestr(SIGNATURE, json.dumps(signed, sort_keys=True))
        archive.writestr(WORKBOOK, workbook)
    return file.getvalue()


def workbook_message(envelope_sha256: str, workbook: bytes) -> bytes:
    return f"YICHI-WORKBOOK-1\n{envelope_sha256}\n".encode() + workbook


def import_package(file: IO[bytes], *, by: User) -> tuple[ReceivedDelivery, bool]:
    """As if it had come over the network, and its workbook belongs to it. Raises Refused."""
    parts = unpack(file)
    key_id, signature, sheet = read_signatures(parts[SIGNATURE])
    body, workbook = parts[ENVELOPE], parts[WORKBOOK]
    sender = read_envelope(body).sender
    verify(sender, key_id, sheet, workbook_message(digest(body), workbook))
    try:
        inspect(io.BytesIO(workbook))
    except UnsafeFileError as error:
        raise BadEnvelope(f"报送包内的工作簿：{error}", who_can_clear=CARRIER) from error
    return receive(body=body, key_id=key_id, signature=signature, by=by)


def unpack(file: IO[bytes]) -> dict[str, bytes]:
    """The three parts and nothing else; whatever the archive says of itself, no more of each
    is unpacked than it may be."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = [part.filename for part in archive.infolist()[: len(LIMITS) + 1]]
            if sorted(names) != sorted(LIMITS):
                raise BadEnvelope("报送包内的文件与规定不符", who_can_clear=CARRIER)
            return {name: read_part(archive, name) for name in LIMITS}
    except BROKEN as error:
        raise BadEnvelope("报送包已损坏，或不是报送包", who_can_clear=CARRIER) from error


def read_part(archive: zipfile.ZipFile, name: str) -> bytes:
    limit = LIMITS[name]
    with archive.open(name) as part:
        found = part.read(limit + 1)
    if len(found) > limit:
        raise TooLarge(f"报送包内的 {name} 超过 {limit // 1024} KB", who_can_clear=CARRIER)
    return found


def read_signatures(text: bytes) -> tuple[str, str, str]:
    try:
        found = json.loads(text)
        parts = [found[name] for name in ("key", "signature", "workbook")]
        if all(isinstance(part, str) for part in parts):
            return parts[0], parts[1], parts[2]
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise BadEnvelope("报送包的签名文件有误", who_can_clear=CARRIER)
