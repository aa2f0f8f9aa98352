"""The sweep of the outbox: whatever was queued and has no receipt is sent, in the order in which
it was queued, until its receipt is there."""

from __future__ import annotations

import datetime as dt
import json
import logging
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Timer
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from organizations.policies import Refused

from .delivery import sign_delivery
from .delivery_marks import question_of
from .delivery_receiving import ANSWER_MAX, take_answer
from .models import Delivery, MonthlyReturn, ReturnUnlock, ReturnVersion, RollUp
from .models.deliveries import DeliveryQuerySet

logger = logging.getLogger(__name__)

SILENCE_MAX = 5  # seconds without a byte
KEY_HEADER, SIGNATURE_HEADER = "Yichi-Key", "Yichi-Signature"
JSON = "application/json"


class Undelivered(Exception):
    """Why there is no answer that counts; shown beside the delivery."""


def sweep() -> int:
    """Sends what is due; answers how many receipts came. Safe to run at any time and at once."""
    delivered = 0
    while True:
        came = sum(alone(deliver, delivery.pk) for delivery in first_in_line())
        if not came:
            return delivered
        delivered += came


def ask() -> int:
    """Asks after what was delivered and is not at its end; answers how many answers came."""
    return sum(alone(ask_after, delivery.pk) for delivery in to_be_asked_after())


def to_be_asked_after() -> list[Delivery]:
    """One for each version that is the newest of a return or roll-up on its way."""
    on_their_way = Q(dispatch__version__monthly__status__in=MonthlyReturn.MARKED_AFAR)
    on_their_way |= Q(dispatch__version__rollup__status=RollUp.Status.SENT)
    on_their_way |= Q(dispatch__version__monthly__unlocks__status=ReturnUnlock.Status.REQUESTED)
    newer = ReturnVersion.objects.filter(
        Q(monthly=OuterRef("dispatch__version__monthly"))
        | Q(rollup=OuterRef("dispatch__version__rollup")),
        number__gt=OuterRef("dispatch__version__number"),
    )
    delivered = (
        Delivery.objects.filter(on_their_way, receipt__isnull=False, addressee__is_current=True)
        .exclude(Exists(newer))
        .exclude(addressee__address="")
        .order_by("dispatch_id", "addressee__office")
        .distinct("dispatch_id")
        .defer("body")
    )
    now = timezone.now()
    return [delivery for delivery in delivered if delivery.ask_at <= now]


def ask_after(pk: int) -> bool:
    with transaction.atomic():
        delivery = locked(Delivery.objects.filter(pk=pk))
        if delivery is None:
            return False
        delivery.ask_at = timezone.now() + dt.timedelta(seconds=settings.DELIVERY_ASK_PAUSE)
        delivery.save(update_fields=["ask_at"])
        try:
            body, key_id, signature = question_of(delivery)
            address = f"{delivery.addressee.address.rstrip('/')}/marks/"
            take_answer(delivery, post(address, body, headers_of(key_id, signature)))
        except (Refused, Undelivered) as error:
            logger.warning("no marks of %s: %s", delivery, error)
            return False
        return True


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


def alone(act: Callable[[int], bool], pk: int) -> bool:
    """One delivery's trouble is not the next one's."""
    try:
        return act(pk)
    except Exception:
        logger.exception("delivery %s broke off", pk)
        return False


def deliver(pk: int) -> bool:
    """Whether the receipt came. Nothing where another worker is at it."""
    with transaction.atomic():
        delivery = locked(Delivery.objects.waiting().filter(pk=pk))
        if delivery is None:
            return False
        error = attempt(delivery)
        doubled = settings.DELIVERY_FIRST_PAUSE * 2 ** min(delivery.attempts, 10)
        pause = min(doubled, settings.DELIVERY_LONGEST_PAUSE)
        delivery.attempts += 1
        delivery.last_error = "".join(filter(str.isprintable, error))[:300]
        delivery.next_at = timezone.now() + dt.timedelta(seconds=pause)
        delivery.save(update_fields=["attempts", "last_error", "next_at"])
        return not error


def locked(rows: DeliveryQuerySet) -> Delivery | None:
    """None where another worker is at it."""
    rows = rows.select_for_update(skip_locked=True, of=("self",))
    found: Delivery | None = rows.select_related("sender", "addressee__division").first()
    return found


def attempt(delivery: Delivery) -> str:
    """Why there is no receipt; nothing where there is one."""
    try:
        key, signature = sign_delivery(delivery)
        headers = headers_of(key.key_id, signature)
        answer = post(delivery.addressee.address, delivery.body.encode(), headers)
        take_answer(delivery, answer)
    except (Refused, Undelivered) as error:
        return str(error)
    return ""


def headers_of(key_id: str, signature: str) -> dict[str, str]:
    return {KEY_HEADER: key_id, SIGNATURE_HEADER: signature, "Content-Type": JSON}


def post(address: str, body: bytes, headers: dict[str, str]) -> bytes:
    """The body of a 200. Redirects are not followed, nothing is unpacked, and neither a long nor
    a slow answer is waited for. Raises Undelivered."""
    parts = urlsplit(address)
    try:
        connection = connect(parts.scheme, parts.hostname or "", parts.port)
    except (OSError, ValueError) as error:
        raise Undelivered(f"连接不上：{error}") from error
    timer = Timer(settings.DELIVERY_DEADLINE, cut, [connection.sock])
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
