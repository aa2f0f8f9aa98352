"""Ed25519 keys: a unit's private key is a file that only this deployment reads, its public key a
row with the days on which it counts. Keys and signatures are written as lower-case hex, the one
way in which they are read."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.utils import timezone

from organizations.models import Division
from organizations.policies import Refused

from .models import UnitKey

ADMINISTRATOR = "系统管理员（登记签名密钥）"
KEY_ID = re.compile(r"[0-9a-f]{16}")
SIGNATURE = re.compile(r"[0-9a-f]{128}")


class BadSignature(Refused):
    """Whoever sent it is not who it says, or it is not what he sent."""

    status_code = 401


def key_id_of(public_key: str) -> str:
    return hashlib.sha256(bytes.fromhex(public_key)).hexdigest()[:16]


def folder() -> Path:
    return Path(settings.HOME) / "keys"


def path_of(key_id: str) -> Path:
    return folder() / f"{key_id}.ed25519"


def make_key(division: Division, *, valid_from: dt.date | None = None) -> UnitKey:
    """A new pair of our own: the private half in a file with mode 0600, the public one a row."""
    private = Ed25519PrivateKey.generate()
    public_key = private.public_key().public_bytes_raw().hex()
    folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(path_of(key_id_of(public_key)), flags, 0o600), "wb") as file:
        file.write(private.private_bytes_raw())
        file.flush()
        os.fsync(file.fileno())
    return add_key(division, public_key, valid_from=valid_from)


def add_key(division: Division, public_key: str, *, valid_from: dt.date | None = None) -> UnitKey:
    return UnitKey.objects.create(
        division=division,
        key_id=key_id_of(public_key),
        public_key=public_key,
        valid_from=valid_from or timezone.localdate(),
    )


def end_key(key: UnitKey, *, valid_until: dt.date) -> None:
    """停用: from the next day on nothing that it signed is taken any more."""
    key.valid_until = valid_until
    key.save(update_fields=["valid_until"])


def is_valid(key: UnitKey, day: dt.date) -> bool:
    return key.valid_from <= day and (key.valid_until is None or day <= key.valid_until)


def sign(division: Division, message: bytes) -> tuple[UnitKey, str]:
    """With the unit's newest key of today that is ours. Raises Refused where there is none."""
    for key in UnitKey.objects.filter(division=division).order_by("-id"):
        path = path_of(key.key_id)
        if is_valid(key, timezone.localdate()) and path.exists():
            private = Ed25519PrivateKey.from_private_bytes(path.read_bytes())
            return key, private.sign(message).hex()
    raise Refused(f"{division}在本系统没有有效的签名密钥", who_can_clear=ADMINISTRATOR)


def verify(division: Division, key_id: str, signature: str, message: bytes) -> UnitKey:
    """The key, if it is this unit's, counts today and signed this. Raises BadSignature."""
    return demand_owner(signed_by(key_id, signature, message), division)


def demand_owner(key: UnitKey, division: Division) -> UnitKey:
    if key.division_id != division.pk:
        raise BadSignature(f"签名公钥没有登记为{division}的公钥", who_can_clear=ADMINISTRATOR)
    return key


def signed_by(key_id: str, signature: str, message: bytes) -> UnitKey:
    """Whosever key it is: it counts today and signed this. Raises BadSignature."""
    known = UnitKey.objects.filter(key_id=key_id).select_related("division")
    key = known.first() if KEY_ID.fullmatch(key_id) else None
    if key is None:
        raise BadSignature("签名公钥没有登记", who_can_clear=ADMINISTRATOR)
    if not is_valid(key, timezone.localdate()):
        raise BadSignature(f"签名公钥 {key.key_id} 不在有效期内", who_can_clear=ADMINISTRATOR)
    if not SIGNATURE.fullmatch(signature):
        raise BadSignature("签名格式有误", who_can_clear="报送单位（重新报送）")
    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.public_key))
        public.verify(bytes.fromhex(signature), message)
    except InvalidSignature:
        raise BadSignature(
            "签名与报文不符，报文可能已被改动", who_can_clear="报送单位（重新报送）"
        ) from None
    return key
