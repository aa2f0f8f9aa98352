"""Two deployments, or one that is both: their keys, their addresses, and what goes between."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from organizations.models import Division
from reports.delivery import digest, sign_delivery, signed_message
from reports.delivery_marks import question_of
from reports.figures import canonical, county_figures
from reports.keys import add_key, make_key, sign
from reports.models import (
    Addressee,
    Delivery,
    MonthlyReturn,
    Office,
    ReceivedDelivery,
    ReceivedReturn,
    ReceivedUnlock,
    UnitKey,
)
from reports.periods import as_known_now, due_on
from tests import factories as make
from tests import lives
from tests.cast import Cast
from tests.plain_sql import commit_rules
from tests.reports import reporting

INBOX = "/api/deliveries/"
MARKS = "/api/deliveries/marks/"
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
    """As if it had been sent back: reported anew after another voucher."""
    monthly = delivery.dispatch.version.monthly
    assert monthly
    lives.place(monthly, MonthlyReturn.Status.RETURNED, cast)
    sent_back(cast)
    make.funded_allotment(cast, 70_000)
    make.do(monthly, "correct", cast, "finance_clerk", comment="补一笔到账")
    commit_rules()
    for action, who in reporting.STEPS[:4]:
        if action == "seal":
            reporting.clear(cast, monthly)
        make.do(monthly, action, cast, who)
    return list(Delivery.objects.filter(dispatch__version__number=1).order_by("pk"))


def sent_back(cast: Cast) -> None:
    """As if the receiver had asked for a correction of what it has."""
    for there in ReceivedReturn.objects.filter(division=cast.county):
        lives.place(there, ReceivedReturn.Status.SENT_BACK, cast)


def post(client: Client, body: bytes, key: str, signature: str, kind: str = JSON) -> Any:
    headers = {"Yichi-Key": key, "Yichi-Signature": signature}
    return client.post(INBOX, data=body, content_type=kind, headers=headers)


def post_delivery(client: Client, delivery: Delivery) -> Any:
    key, signature = sign_delivery(delivery)
    return post(client, delivery.body.encode(), key.key_id, signature)


def post_forged(
    client: Client, cast: Cast, fields: dict[str, Any], by: Division | None = None
) -> Any:
    """By somebody who has the county's key, or another unit's."""
    body = canonical(fields).encode()
    key, signature = sign(by or cast.county, signed_message(body))
    return post(client, body, key.key_id, signature)


def with_figures(delivery: Delivery, figures: dict[str, Any]) -> dict[str, Any]:
    content = canonical(figures)
    fields: dict[str, Any] = json.loads(delivery.body)
    return {**fields, "content": content, "content_sha256": digest(content.encode())}


def asked(client: Client, delivery: Delivery) -> Any:
    """The sender's question."""
    body, key, signature = question_of(delivery)
    headers = {"Yichi-Key": key, "Yichi-Signature": signature}
    return client.post(MARKS, data=body, content_type=JSON, headers=headers)


def received(cast: Cast) -> ReceivedDelivery:
    """A row to look at; nobody signed it."""
    known = UnitKey.objects.filter(public_key="ab" * 32).first()
    key = known or add_key(prefecture(cast), "ab" * 32)
    content = canonical(county_figures(as_known_now(cast.county, reporting.last_month())))
    return ReceivedDelivery.objects.create(
        sender=cast.county,
        to=prefecture(cast),
        office=Office.FINANCE,
        first_day=reporting.last_month(),
        number=0,
        content_sha256=digest(content.encode()),
        ledger_sequence=0,
        ledger_head="",
        body=canonical({"content": content}),
        sha256=digest(canonical({"content": content}).encode()),
        key=key,
        signature="00" * 64,
        receipt="{}",
        receipt_key=key,
        receipt_signature="00" * 64,
    )


def arrived(cast: Cast) -> ReceivedReturn:
    """The county's last month, as if it had been made in another deployment."""
    envelope = received(cast)
    content = json.loads(envelope.body)["content"]
    found = ReceivedReturn.objects.create(
        division=envelope.sender,
        to=envelope.to,
        first_day=envelope.first_day,
        number=0,
        is_roll_up=False,
        content=content,
        sha256=envelope.content_sha256,
        due_on=due_on(envelope.sender, envelope.first_day),
    )
    found.refresh_from_db()
    return found


def unlock_asked_for(cast: Cast) -> ReceivedUnlock:
    there = ReceivedReturn.objects.first() or arrived(cast)
    return ReceivedUnlock.objects.create(
        arrived=there, division=there.division, ref=1, asked_by="刘秋", **reporting.unlock_facts()
    )
