"""Two deployments, or one that is both: their keys, their addresses, and what goes between."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from organizations.models import Division
from reports.delivery import digest, sign_delivery, signed_message
from reports.figures import canonical
from reports.keys import add_key, make_key, sign
from reports.models import Addressee, Delivery, MonthlyReturn, Office, ReceivedDelivery
from tests import factories as make
from tests.cast import Cast
from tests.plain_sql import commit_rules
from tests.reports import reporting

INBOX = "/api/deliveries/"
JSON = "application/json"


def prefecture(cast: Cast) -> Division:
    unit = cast.county.reports_to
    assert unit
    return unit


def open_line(cast: Cast, address: str = "") -> None:
    """Keys of both ends, and the prefecture's two offices."""
    make_key(cast.county)
    make_key(prefecture(cast))
    for office in Office.values:
        Addressee.objects.create(division=prefecture(cast), office=office, address=address)


def sent(cast: Cast) -> list[Delivery]:
    """A return with money in it, reported to both offices."""
    make.funded_allotment(cast)
    reporting.return_at(cast, MonthlyReturn.Status.SENT)
    return list(Delivery.objects.order_by("pk"))


def correct(cast: Cast, delivery: Delivery) -> list[Delivery]:
    """Sent back, and reported anew after another voucher."""
    monthly = delivery.dispatch.version.monthly
    assert monthly
    make.do(monthly, "send_back", cast, "prefecture_clerk", comment="表一缺一笔到账")
    make.funded_allotment(cast, 70_000)
    make.do(monthly, "correct", cast, "finance_clerk", comment="补一笔到账")
    commit_rules()
    for action, who in reporting.STEPS[:4]:
        if action == "seal":
            reporting.clear(cast, monthly)
        make.do(monthly, action, cast, who)
    return list(Delivery.objects.filter(dispatch__version__number=1).order_by("pk"))


def post(client: Client, body: bytes, key: str, signature: str, kind: str = JSON) -> Any:
    headers = {"Yichi-Key": key, "Yichi-Signature": signature}
    return client.post(INBOX, data=body, content_type=kind, headers=headers)


def post_delivery(client: Client, delivery: Delivery) -> Any:
    key, signature = sign_delivery(delivery)
    return post(client, delivery.body.encode(), key.key_id, signature)


def post_forged(client: Client, cast: Cast, fields: dict[str, Any]) -> Any:
    """By somebody who has the county's key."""
    body = canonical(fields).encode()
    key, signature = sign(cast.county, signed_message(body))
    return post(client, body, key.key_id, signature)


def with_figures(delivery: Delivery, figures: dict[str, Any]) -> dict[str, Any]:
    content = canonical(figures)
    fields: dict[str, Any] = json.loads(delivery.body)
    return {**fields, "content": content, "content_sha256": digest(content.encode())}


def received(cast: Cast) -> ReceivedDelivery:
    """A row to look at; nobody signed it."""
    key = add_key(prefecture(cast), "ab" * 32)
    return ReceivedDelivery.objects.create(
        sender=cast.county,
        to=prefecture(cast),
        office=Office.FINANCE,
        first_day=reporting.last_month(),
        number=0,
        content_sha256=digest(b"{}"),
        ledger_sequence=0,
        ledger_head="",
        body="{}",
        sha256=digest(b"{}"),
        key=key,
        signature="00" * 64,
        receipt="{}",
        receipt_key=key,
        receipt_signature="00" * 64,
    )
