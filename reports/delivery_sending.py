"""The sweep of the outbox: whatever was queued and has no receipt is sent, in the order in which
it was queued, until its receipt is there."""

from __future__ import annotations

import datetime as dt
import json
import logging
import socket
import ssl
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Timer
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone

from organizations.policies import Refused

from .delivery import sign_delivery
from .delivery_receiving import ANSWER_MAX, store_receipt
from .models import Delivery

logger = logging.getLogger(__name__)

SILENCE_MAX = 5  # seconds without a byte
DEADLINE = 10  # seconds for the whole exchange; the delivery's row stays locked meanwhile
FIRST_PAUSE, LONGEST_PAUSE = 30, 3600  # seconds
KEY_HEADER, SIGNATURE_HEADER = "Yichi-Key", "Yichi-Signature"
JSON = "application/json"


class Undelivered(Exception):
    """Why there is no answer that counts; shown beside the delivery."""


def sweep() -> int:
    """Sends what is due; answers how many receipts came. Safe to run at any time and at once."""
    delivered = 0
    while True:
        came = sum(deliver_alone(delivery.pk) for delivery in first_in_line())
        if not came:
            return delivered
        delivered += came


def first_in_line() -> list[Delivery]:
    """Of each sender and addressee the oldest, if it is due: those behind it name it."""
    waiting = Delivery.objects.waiting().filter(addressee__is_current=True)
    oldest = (
        waiting.exclude(addressee__address="")
        .order_by("sender_id", "addressee_id", "id")
        .distinct("sender_id", "addressee_id")
        .defer("body")
    )
    now = timezone.now()
    return [delivery for delivery in oldest if delivery.next_at <= now]


def deliver_alone(pk: int) -> bool:
    """One delivery's trouble is not the next one's."""
    try:
        return deliver(pk)
    except Exception:
        logger.exception("delivery %s broke off", pk)
        return False


def deliver(pk: int) -> bool:
    """Whether the receipt came. Nothing where another worker is at it."""
    with transaction.atomic():
        delivery = (
            Delivery.objects.waiting()
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("sender", "addressee__division")
            .filter(pk=pk)
            .first()
        )
        if delivery is None:
            return False
        error = attempt(delivery)
        pause = min(FIRST_PAUSE * 2 ** min(delivery.attempts, 10), LONGEST_PAUSE)
        delivery.attempts += 1
        delivery.last_error = "".join(filter(str.isprintable, error))[:300]
        delivery.next_at = timezone.now() + dt.timedelta(seconds=pause)
        delivery.save(update_fields=["attempts", "last_error", "next_at"])
        return not error


def attempt(delivery: Delivery) -> str:
    """Why there is no receipt; nothing where there is one."""
    try:
        key, signature = sign_delivery(delivery)
        headers = {KEY_HEADER: key.key_id, SIGNATURE_HEADER: signature, "Content-Type": JSON}
        answer = post(delivery.addressee.address, delivery.body.encode(), headers)
        store_receipt(delivery, answer)
    except (Refused, Undelivered) as error:
        return str(error)
    return ""


def post(address: str, body: bytes, headers: dict[str, str]) -> bytes:
    """The body of a 200. Redirects are not followed, nothing is unpacked, and neither a long nor
    a slow answer is waited for. Raises Undelivered."""
    parts = urlsplit(address)
    try:
        connection = connect(parts.scheme, parts.hostname or "", parts.port)
    except (OSError, ValueError) as error:
        raise Undelivered(f"连接不上：{error}") from error
    timer = Timer(DEADLINE, cut, [connection.sock])
    timer.daemon = True
    timer.start()
    try:
        connection.request("POST", parts.path or "/", body, headers)
        response = connection.getresponse()
        answer = response.read(ANSWER_MAX + 1)
    except (OSError, HTTPException) as error:
        raise Undelivered(f"没有得到答复：{error or type(error).__name__}") from error
    finally:
        timer.cancel()
        connection.close()
    if response.status != 200:
        raise Undelivered(f"对方答复 {response.status}：{reason_in(answer)}")
    return answer


def connect(scheme: str, host: str, port: int | None) -> HTTPConnection:
    connection: HTTPConnection
    if scheme == "https":
        context = ssl.create_default_context()
        connection = HTTPSConnection(host, port, timeout=SILENCE_MAX, context=context)
    else:
        connection = HTTPConnection(host, port, timeout=SILENCE_MAX)
    connection.connect()
    return connection


def cut(sock: socket.socket) -> None:
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def reason_in(answer: bytes) -> str:
    """In the words of the other deployment, as far as it gives some."""
    with suppress(ValueError, KeyError, TypeError, RecursionError):
        return str(json.loads(answer[:ANSWER_MAX])["reason"])[:200]
    return "没有说明"
