"""收到的月报的复核: everything that was received and stored is looked at anew, as if it had just
come: its signature, its digest, its sums, its place after the one before; and, with a county's
export of its ledger, whether the heads that it reported are still there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from organizations.models import Division
from organizations.policies import Refused
from verify_export import check_export

from .delivery import digest, signed_message
from .delivery_checks import (
    Letter,
    as_previous,
    demand_chain,
    demand_content,
    demand_sums,
    read_canonical,
    read_envelope,
)
from .delivery_receiving import receipt_message, stated
from .models import ReceivedDelivery, ReceivedReturn, UnitKey


def check_line(rows: Iterable[ReceivedDelivery]) -> Iterator[str]:
    """What is wrong with the envelopes of one sender to one office, in their order."""
    last: ReceivedDelivery | None = None
    for received in rows:
        for problem in problems_of(received, last):
            yield f"{received}（{received.get_office_display()}）：{problem}"
        last = received


def problems_of(received: ReceivedDelivery, last: ReceivedDelivery | None) -> Iterator[str]:
    body = received.body.encode()
    if digest(body) != received.sha256:
        yield "报文与报文摘要不符"
    if not signed(received.key, received.signature, signed_message(body)):
        yield "签名与报文不符"
    stamp = receipt_message(received.receipt)
    if not signed(received.receipt_key, received.receipt_signature, stamp):
        yield "回执的签名与回执不符"
    try:
        letter = read_envelope(body)
        yield from strangers(received, letter)
        demand_sums(demand_content(letter))
        if letter["previous"] != (as_previous(last) if last else None):
            yield "没有接在上次所收报文之后"
        elif last:
            demand_chain(letter, last)
    except Refused as refused:
        yield refused.refusal.reason
        return
    arrived = ReceivedReturn.objects.filter(
        division=received.sender,
        to=received.to,
        first_day=received.first_day,
        number=received.number,
    ).first()
    if arrived is None or arrived.content != letter["content"]:
        yield "登记的月报内容与报文不符"


def strangers(received: ReceivedDelivery, letter: Letter) -> Iterator[str]:
    """Whether keys, receipt and columns are of this very envelope."""
    if (received.key.division_id, received.receipt_key.division_id) != (
        letter.sender.pk,
        letter.to.pk,
    ):
        yield "公钥不是该单位的"
    said = read_canonical(received.receipt.encode())
    said.pop("received_at", None)
    if said != stated(letter.fields, received.sha256):
        yield "回执所说的不是这份报文"
    columns = (received.sender_id, received.to_id, received.first_day, received.number)
    if columns != (letter.sender.pk, letter.to.pk, letter.first_day, letter["number"]) or (
        as_previous(received)["ledger"] != letter["ledger"]
    ):
        yield "登记的栏目与报文不符"


def signed(key: UnitKey, signature: str, message: bytes) -> bool:
    """By this key, whether or not it is still in use."""
    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.public_key))
        public.verify(bytes.fromhex(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def lines() -> Iterator[tuple[str, list[ReceivedDelivery]]]:
    """By sender, receiver and office: a name, and the envelopes in the order of their arrival."""
    keys = ReceivedDelivery.objects.order_by("sender__code", "to_id", "office")
    for sender, to, office in keys.values_list("sender", "to", "office").distinct():
        rows = ReceivedDelivery.objects.filter(sender=sender, to=to, office=office)
        found = list(rows.select_related("sender", "to", "key", "receipt_key").order_by("pk"))
        yield f"{found[0].sender} → {found[0].to}{found[0].get_office_display()}", found


def check_heads(county: Division, records: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Whether the county's export is whole and holds every head that the county reported."""
    yield from check_export(records)
    vouchers = [row for row in records if "digest" in row]
    digests = {row["sequence"]: row["digest"] for row in vouchers}
    covered = {row["county"] for row in vouchers} | {records[0].get("county")}
    if covered != {county.code}:
        yield f"导出文件不是{county}的"
        return
    heads = ReceivedDelivery.objects.filter(sender=county, ledger_sequence__in=digests)
    for received in heads.defer("body").order_by("pk"):
        if digests[received.ledger_sequence] != received.ledger_head:
            yield (
                f"第 {received.ledger_sequence} 张凭证与{received}所报链首不符，报送以后账已被改动"
            )
