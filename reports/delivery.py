"""Envelopes and the outbox: what is sent of a sealed version, written in the transaction of the
step that reports it, for each office of a receiving unit that is not in this deployment.

An envelope is canonical JSON. It names the one before it to the same addressee, and carries the
vouchers between the two heads of the ledger: whoever receives it can walk from the head that it
knows to the new one, and sees when one was left out. A roll-up has no ledger of its own.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.db import connection

from funds.export import vouchers_in_chain
from organizations.models import Division

from .figures import canonical
from .keys import sign
from .models import Addressee, Delivery, ReturnDispatch, UnitKey

FORMAT = "YICHI-ENVELOPE-1"
BODY_MAX = 16 * 1024 * 1024  # bytes


def queue_deliveries(dispatch: ReturnDispatch) -> list[Delivery]:
    """Call in the transaction of the step. In one line for each sender, so that each envelope
    knows the one before it."""
    sender = dispatch.version.subject.division
    lock_line(f"send {sender.code}")
    addressees = Addressee.objects.filter(division=dispatch.to, is_current=True)
    return [queue(dispatch, addressee, sender) for addressee in addressees.order_by("office")]


def lock_line(name: str) -> None:
    """Until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def queue(dispatch: ReturnDispatch, addressee: Addressee, sender: Division) -> Delivery:
    body = canonical(envelope(dispatch, addressee, sender))
    return Delivery.objects.create(
        dispatch=dispatch,
        addressee=addressee,
        sender=sender,
        body=body,
        sha256=digest(body.encode()),
    )


def envelope(dispatch: ReturnDispatch, addressee: Addressee, sender: Division) -> dict[str, Any]:
    version = dispatch.version
    ledger = {"sequence": version.ledger_sequence, "head": version.ledger_head}
    before = Delivery.objects.filter(addressee=addressee, sender=sender).order_by("id").last()
    previous = None
    if before:
        previous = {"envelope": before.sha256, "ledger": json.loads(before.body)["ledger"]}
    return {
        "format": FORMAT,
        "sender": sender.code,
        "to": addressee.division.code,
        "office": addressee.office,
        "period": f"{version.subject.first_day:%Y-%m}",
        "number": version.number,
        "reason": version.reason,
        "sealed_at": version.sealed_at,
        "ledger": ledger,
        "previous": previous,
        "chain": chain_between(sender, ledger, previous["ledger"]) if previous else [],
        "content_sha256": version.sha256,
        "content": version.content,
    }


def chain_between(
    county: Division, one: dict[str, Any], other: dict[str, Any]
) -> list[dict[str, Any]]:
    """The vouchers after the earlier of two heads, up to the later."""
    low, high = sorted((one["sequence"], other["sequence"]))
    return list(vouchers_in_chain(county, low + 1, high)) if low < high else []


def digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def signed_message(body: bytes) -> bytes:
    """No signature under an envelope is one under anything else."""
    return FORMAT.encode() + b"\n" + body


def sign_delivery(delivery: Delivery) -> tuple[UnitKey, str]:
    return sign(delivery.sender, signed_message(delivery.body.encode()))
