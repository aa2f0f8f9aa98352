"""接收、退回 and what follows, on their way back: the receiving deployment says in signed words
what was done with an envelope, and the sending one takes the same steps because of them. The
sender asks; a mark that was lost, repeated or brought out of order has one effect."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from approvals.models import Decision
from approvals.workflow import workflow_of
from organizations.models import User
from organizations.policies import Refused

from .delivery import lock_line
from .delivery_checks import MALFORMED, BadEnvelope, read_canonical
from .figures import canonical
from .keys import ADMINISTRATOR, BadSignature, sign, signed_by, verify
from .models import (
    Delivery,
    MonthlyReturn,
    ReceivedDelivery,
    ReceivedReturn,
    ReceivedUnlock,
    ReturnDispatch,
    ReturnMark,
    ReturnUnlock,
    RollUp,
)
from .peers import account_of, region_above

MARK, QUESTION = "YICHI-MARK-1", "YICHI-QUESTION-1"
ACTIONS = ("receive", "send_back", "roll_up", "report", "close")
UNLOCK_ACTIONS = ("approve", "reject")
FIELDS = ("sender", "to", "period", "number", "content_sha256")
SAID = ("action", "at", "by", "unit", "title", "opinion")
ASKED = ("ref", "reason", "scope", "valid_until", "asked_by")
REF_MAX = 2**62


def marks_of(received: ReceivedDelivery) -> list[dict[str, str]]:
    """What was done here with the return that this envelope brought, each step signed."""
    arrived = arrived_in(received)
    taken = Decision.objects.about(ReceivedReturn.life(), arrived.pk)
    found = [
        signed_mark(received, decision, None)
        for decision in taken.filter(action__in=ACTIONS).order_by("pk")
    ]
    for unlock in arrived.unlocks.order_by("pk"):
        given = Decision.objects.about(ReceivedUnlock.life(), unlock.pk)
        found += [
            signed_mark(received, decision, unlock.ref)
            for decision in given.filter(action__in=UNLOCK_ACTIONS)
        ]
    return found


def arrived_in(received: ReceivedDelivery) -> ReceivedReturn:
    found: ReceivedReturn = ReceivedReturn.objects.get(
        division=received.sender,
        to=received.to,
        first_day=received.first_day,
        number=received.number,
    )
    return found


def signed_mark(
    received: ReceivedDelivery, decision: Decision, unlock: int | None
) -> dict[str, str]:
    """`unlock` is the number that the request has where it was made."""
    text = canonical(
        {
            **spoken_of(received.sha256, json.loads(received.body)),
            "unlock": unlock,
            "action": decision.action,
            "at": decision.at,
            "by": decision.signed_by,
            "unit": decision.by_unit,
            "title": decision.by_title,
            "opinion": decision.comment,
        }
    )
    key, signature = sign(received.to, mark_message(text))
    return {"mark": text, "key": key.key_id, "signature": signature}


def spoken_of(envelope: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {"format": MARK, "envelope": envelope, **{name: fields[name] for name in FIELDS}}


def mark_message(text: str) -> bytes:
    return f"{MARK}\n{text}".encode()


def question_of(delivery: Delivery) -> tuple[bytes, str, str]:
    """What the sender asks, the number of its key and its signature. What it asks leave for
    comes along."""
    monthly = delivery.dispatch.version.monthly
    waiting = monthly.unlocks.filter(status=ReturnUnlock.Status.REQUESTED) if monthly else ()
    asked = {
        "format": QUESTION,
        "envelope": delivery.sha256,
        "unlocks": [
            {
                "ref": unlock.pk,
                "reason": unlock.reason,
                "scope": unlock.scope,
                "valid_until": unlock.valid_until,
                "asked_by": unlock.asked_by.real_name,
            }
            for unlock in waiting
        ],
    }
    body = canonical(asked).encode()
    key, signature = sign(delivery.sender, question_message(body))
    return body, key.key_id, signature


def question_to_carry(delivery: Delivery) -> str:
    """The same, as a file for where no network is."""
    body, key_id, signature = question_of(delivery)
    return canonical({"question": body.decode(), "key": key_id, "signature": signature})


def import_question(text: bytes) -> ReceivedDelivery:
    """A question that was carried. Raises Refused."""
    try:
        found = json.loads(text)
        parts = [found[name] for name in ("question", "key", "signature")]
        body = parts[0].encode()
        if not all(isinstance(part, str) for part in parts):
            raise TypeError(parts)
    except MALFORMED:
        raise BadEnvelope("询问的格式有误", who_can_clear=ADMINISTRATOR) from None
    return take_question(body=body, key_id=parts[1], signature=parts[2])


def question_message(body: bytes) -> bytes:
    return QUESTION.encode() + b"\n" + body


@transaction.atomic
def take_question(*, body: bytes, key_id: str, signature: str) -> ReceivedDelivery:
    """The envelope that is asked after; only its sender is told. What it asks leave for is
    written down, once. Raises Refused."""
    key = signed_by(key_id, signature, question_message(body))
    asked = read_canonical(body)
    if set(asked) != {"format", "envelope", "unlocks"} or asked["format"] != QUESTION:
        raise BadEnvelope("询问的格式有误", who_can_clear=ADMINISTRATOR)
    found = ReceivedDelivery.objects.filter(sender=key.division, sha256=str(asked["envelope"]))
    received: ReceivedDelivery | None = found.select_related("to", "sender", "receipt_key").first()
    if received is None:
        raise Refused("没有收到过这份报文", who_can_clear="报送单位（重新报送）")
    if asked["unlocks"]:
        take_requests(arrived_in(received), asked["unlocks"])
    return received


def take_requests(arrived: ReceivedReturn, requests: Any) -> None:
    """Only of what was accepted, and of no more than one at a time."""
    if arrived.status not in ReceivedReturn.ACCEPTED:
        raise Refused("接收以后才须解锁更正", who_can_clear=str(arrived.to))
    try:
        (said,) = requests
        if set(said) != set(ASKED) or not 0 < said["ref"] < REF_MAX:
            raise ValueError(said)
        facts = {**said, "valid_until": dt.date.fromisoformat(said["valid_until"])}
        unlock = ReceivedUnlock(arrived=arrived, division=arrived.division, **facts)
        unlock.clean_fields()
    except (ValidationError, *MALFORMED):
        raise BadEnvelope("解锁申请的格式有误", who_can_clear=ADMINISTRATOR) from None
    ReceivedUnlock.objects.get_or_create(
        arrived=arrived, ref=facts.pop("ref"), defaults={"division": arrived.division, **facts}
    )


def store_marks(delivery: Delivery, answer: bytes) -> int:
    """Takes the steps that the marks speak of and that are not taken yet; answers how many.
    Raises Refused where one is not signed by the addressee or speaks of another envelope."""
    return sum(
        take_mark(delivery, text, key_id, signature)
        for text, key_id, signature in read_marks(answer)
    )


def take_mark(delivery: Delivery, text: str, key_id: str, signature: str) -> bool:
    key = verify(delivery.addressee.division, key_id, signature, mark_message(text))
    said = read_mark(delivery, text)
    dispatch, action = delivery.dispatch, said["action"]
    lock_line(f"mark {dispatch.pk}")
    subject = subject_of(dispatch, said["unlock"])
    marks = ReturnMark.objects.filter(dispatch=dispatch, action=action, unlock=said["unlock"])
    if subject is None or marks.exists():
        return False
    life = workflow_of(subject)
    if life.find(action, subject.status) is None:
        return False  # another office was first
    decision = life.perform(subject, action, by=peer(delivery, action), comment=in_words(said))
    ReturnMark.objects.create(
        dispatch=dispatch, delivery=delivery, unlock_id=said["unlock"], action=action, text=text,
        key=key, signature=signature, decision=decision,
    )  # fmt: skip
    return True


def read_mark(delivery: Delivery, text: str) -> dict[str, Any]:
    """If it is whole and speaks of this very envelope. Raises Refused."""
    to = str(delivery.addressee.division)
    said = read_canonical(text.encode())
    own = spoken_of(delivery.sha256, json.loads(delivery.body))
    if {name: value for name, value in said.items() if name not in (*SAID, "unlock")} != own:
        raise BadSignature("标记所说的不是这份报文", who_can_clear=to)
    try:
        actions = ACTIONS if said["unlock"] is None else UNLOCK_ACTIONS
        whole = all(isinstance(said[name], str) for name in SAID) and said["action"] in actions
        dt.datetime.fromisoformat(said["at"])
        if whole and (said["unlock"] is None or 0 < said["unlock"] < REF_MAX):
            return said
    except MALFORMED:
        pass
    raise BadEnvelope("标记的格式有误", who_can_clear=to)


def subject_of(
    dispatch: ReturnDispatch, unlock: int | None
) -> MonthlyReturn | RollUp | ReturnUnlock | None:
    """As it is now; None where it was corrected since, or there is no such request."""
    reported = dispatch.version.subject
    if reported.versions.latest("number").pk != dispatch.version_id:
        return None
    if unlock is None:
        reported.refresh_from_db()
        return reported
    return ReturnUnlock.objects.filter(pk=unlock, monthly=dispatch.version.monthly).first()


def peer(delivery: Delivery, action: str) -> User:
    to = delivery.addressee.division
    return account_of(region_above(to) if action == "close" else to)


def in_words(said: dict[str, Any]) -> str:
    """The opinion, and whose it is."""
    on = timezone.localtime(dt.datetime.fromisoformat(said["at"])).date()
    whose = f"{said['unit']}{said['title']}{said['by']}，{on}"
    return f"{said['opinion']}（{whose}）" if said["opinion"] else whose


def read_marks(answer: bytes) -> list[tuple[str, str, str]]:
    try:
        found = json.loads(answer)["marks"]
        parts = [(one["mark"], one["key"], one["signature"]) for one in found]
        if all(isinstance(part, str) for three in parts for part in three):
            return parts
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise BadEnvelope("标记的格式有误", who_can_clear=ADMINISTRATOR)
