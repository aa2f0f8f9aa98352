"""The check value of a published version: anybody who has the page can add it up again.

SHA-256 over `YICHI-NOTICE-1\\n` and then netstrings (`<bytes>:<text>,`) of the number, the version,
the code and name of the type, the moment of publication (UTC, ISO, to the second), and each label
and text in their order; NFC, UTF-8.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .models import Notice

CHECK_CODE_LENGTH = 12


def digest_of(notice: Notice) -> str:
    at = notice.published_at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    fields = [notice.number, str(notice.version), notice.type.code, notice.type.name, at]
    fields += [text for line in notice.content for text in (line["label"], line["text"])]
    digest = hashlib.sha256(b"YICHI-NOTICE-1\n")
    for field in fields:
        raw = unicodedata.normalize("NFC", field).encode()
        digest.update(b"%d:%s," % (len(raw), raw))
    return digest.hexdigest()
