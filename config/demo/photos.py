"""Pictures and papers that stand in for real ones: small, valid, and no two alike."""

from __future__ import annotations

import hashlib
import struct
import zlib

from django.core.files.uploadedfile import SimpleUploadedFile

from approvals.evidence import store_evidence
from organizations.models import Division, User

WIDTH, HEIGHT = 48, 32


def picture(seed: str) -> bytes:
    """A PNG of coloured stripes that differ with every seed."""
    colours = hashlib.sha256(seed.encode()).digest()[:24]
    stripe = WIDTH // 8
    row = b"\0" + b"".join(colours[i * 3 : i * 3 + 3] * stripe for i in range(8))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    body = zlib.compress(row * HEIGHT)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def sheet(seed: str) -> bytes:
    """A PDF of one empty page, told apart by a comment."""
    return f"%PDF-1.4\n% {seed.encode().hex()}\n1 0 obj<</Type/Catalog>>endobj\n%%EOF\n".encode()


def photo(seed: str) -> SimpleUploadedFile:
    """As somebody uploads it."""
    return SimpleUploadedFile("照片.png", picture(seed), "image/png")


def store_photo(name: str, *, division: Division, by: User) -> str:
    """Its SHA-256."""
    upload = SimpleUploadedFile(f"{name}.png", picture(f"{division.code} {name}"))
    return store_evidence(upload, division=division, by=by).sha256


def store_sheet(name: str, *, division: Division, by: User) -> str:
    upload = SimpleUploadedFile(f"{name}.pdf", sheet(f"{division.code} {name}"))
    return store_evidence(upload, division=division, by=by).sha256
