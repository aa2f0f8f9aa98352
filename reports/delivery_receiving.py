"""Taking an envelope in: over HTTP or from a package that was carried. Whatever is wrong with it,
nothing is stored; the same one again gives the same receipt."""

from __future__ import annotations

import json
import re
from typing import Any

from django.db import transaction
from django.utils import timezone

from organizations.models import User
from organizations.policies import Refused, WrongRole

from .delivery import digest, lock_line, signed_message
from .delivery_checks import (
    SENDER,
    BadEnvelope,
    Letter,
    WrongFigures,
    demand_content,
    demand_leave,
    demand_next,
    demand_size,
    demand_sums,
    demand_units,
    read_canonical,
    read_envelope,
)
from .delivery_marks import marks_of, store_marks
from .figures import canonical
from .keys import ADMINISTRATOR, BadSignature, demand_owner, sign, signed_by, verify
from .models import Delivery, DeliveryReceipt, ReceivedDelivery, ReceivedReturn, UnitKey
from .periods import due_on
from .rollups import FORMAT as ROLL_UP

RECEIPT = "YICHI-RECEIPT-1"
ANSWER_MAX = 64 * 1024  # bytes
SHA256 = re.compile(r"[0-9a-f]{64}")


def receive(
    *, body: bytes, key_id: str, signature: str, by: User | None = None
) -> tuple[ReceivedDelivery, bool]:
    """What is stored of it, and whether it is new. `by` is who imported a package. Raises
    Refused: BadSignature, BadEnvelope, WrongFigures, TooLarge among them."""
    demand_size(body)
    key = signed_by(key_id, signature, signed_message(body))  # before anything of it is read
    letter = read_envelope(body)
    demand_owner(key, letter.sender)
    if by and not any(post.division == letter.to for post in by.posts_today):
        raise WrongRole(f"这份月报报送{letter.to}，由该单位导入", who_can_clear=str(letter.to))
    figures = demand_content(letter)
    demand_units(letter, figures)
    with transaction.atomic():
        lock_line(f"receive {letter['sender']} {letter['to']}")
        received = ReceivedDelivery.objects.filter(
            sender=letter.sender, to=letter.to, office=letter["office"]
        )
        same = received.filter(first_day=letter.first_day, number=letter["number"]).first()
        if same:
            return demand_same(same, body), False
        demand_next(letter, received)
        demand_leave(letter)
        demand_same_for_both(letter)
        demand_sums(figures)
        stored = store(letter, body, key, signature, by)
        arrive(letter, is_roll_up=figures["format"] == ROLL_UP)
        return stored, True


def arrive(letter: Letter, *, is_roll_up: bool) -> None:
    """Once for both offices."""
    ReceivedReturn.objects.get_or_create(
        division=letter.sender,
        to=letter.to,
        first_day=letter.first_day,
        number=letter["number"],
        defaults={
            "reason": letter["reason"],
            "is_roll_up": is_roll_up,
            "content": letter["content"],
            "sha256": letter["content_sha256"],
            "due_on": due_on(letter.sender, letter.first_day),
        },
    )


def demand_same_for_both(letter: Letter) -> None:
    """The other office was not told something else."""
    other = ReceivedDelivery.objects.filter(
        sender=letter.sender, to=letter.to, first_day=letter.first_day, number=letter["number"]
    ).exclude(content_sha256=letter["content_sha256"])
    if other.exists():
        raise WrongFigures("送另一部门的内容与这份不同", who_can_clear=SENDER)


def demand_same(stored: ReceivedDelivery, body: bytes) -> ReceivedDelivery:
    if stored.sha256 == digest(body):
        return stored
    raise Refused(f"“{stored}”已经收到，内容与这次不同，不予替换", who_can_clear=SENDER)


def store(
    letter: Letter, body: bytes, key: UnitKey, signature: str, by: User | None
) -> ReceivedDelivery:
    now = timezone.now()
    receipt = canonical({**stated(letter.fields, digest(body)), "received_at": now})
    receipt_key, receipt_signature = sign(letter.to, receipt_message(receipt))
    return ReceivedDelivery.objects.create(
        sender=letter.sender,
        to=letter.to,
        office=letter["office"],
        first_day=letter.first_day,
        number=letter["number"],
        content_sha256=letter["content_sha256"],
        ledger_sequence=letter["ledger"]["sequence"],
        ledger_head=letter["ledger"]["head"],
        body=body.decode(),
        sha256=digest(body),
        key=key,
        signature=signature,
        received_at=now,
        imported_by=by,
        receipt=receipt,
        receipt_key=receipt_key,
        receipt_signature=receipt_signature,
    )


def stated(fields: Any, sha256: str) -> dict[str, Any]:
    """What a receipt says of an envelope."""
    named = ("sender", "to", "office", "period", "number", "content_sha256", "ledger")
    return {"format": RECEIPT, "envelope": sha256, **{name: fields[name] for name in named}}


def receipt_message(receipt: str) -> bytes:
    return f"{RECEIPT}\n{receipt}".encode()


def answer_of(received: ReceivedDelivery) -> dict[str, Any]:
    """The receipt, ever the same, and what was done with it since."""
    return {
        "receipt": received.receipt,
        "key": received.receipt_key.key_id,
        "signature": received.receipt_signature,
        "marks": marks_of(received),
    }


def take_answer(delivery: Delivery, answer: bytes) -> DeliveryReceipt:
    """What came back of an envelope: its receipt, and the marks. Raises Refused."""
    receipt = store_receipt(delivery, answer)
    store_marks(delivery, answer)
    return receipt


def store_receipt(delivery: Delivery, answer: bytes) -> DeliveryReceipt:
    """Once, if it is signed by the addressee and speaks of this very envelope. Raises Refused."""
    text, key_id, signature = read_answer(answer)
    key = verify(delivery.addressee.division, key_id, signature, receipt_message(text))
    said = read_canonical(text.encode())
    said.pop("received_at", None)
    if said != stated(json.loads(delivery.body), delivery.sha256):
        raise BadSignature("回执所说的不是这份报文", who_can_clear=str(delivery.addressee))
    return DeliveryReceipt.objects.get_or_create(
        delivery=delivery, defaults={"text": text, "key": key, "signature": signature}
    )[0]


def read_answer(answer: bytes) -> tuple[str, str, str]:
    if len(answer) <= ANSWER_MAX:
        try:
            found = json.loads(answer)
            parts = [found[name] for name in ("receipt", "key", "signature")]
            if all(isinstance(part, str) and part.encode() for part in parts):
                return parts[0], parts[1], parts[2]
        except (ValueError, KeyError, TypeError, RecursionError):
            pass
    raise BadEnvelope("回执的格式有误", who_can_clear=ADMINISTRATOR)


def import_receipt(answer: bytes, *, by: User) -> DeliveryReceipt:
    """A receipt that was carried back. Raises Refused."""
    text = read_answer(answer)[0]
    sha256 = read_canonical(text.encode()).get("envelope")
    own = Delivery.objects.visible_to(by).select_related("addressee__division")
    known = isinstance(sha256, str) and SHA256.fullmatch(sha256)
    delivery = own.filter(sha256=sha256).first() if known else None
    if delivery is None:
        raise Refused("没有这份回执所说的报文", who_can_clear=SENDER)
    with transaction.atomic():
        return take_answer(delivery, answer)
