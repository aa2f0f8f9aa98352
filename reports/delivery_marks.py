"""接收、退回 and what follows, on their way back: the receiving deployment says in signed words
what was done with an envelope, and the sending one takes the same steps because of them. The
sender asks; a mark that was lost, repeated or brought out of order has one effect."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django.utils import timezone

from approvals.models import Decision
from approvals.workflow import workflow_of
from organizations.policies import Refused

from .delivery import lock_line
from .delivery_checks import BadEnvelope, read_canonical
from .figures import canonical
from .keys import ADMINISTRATOR, BadSignature, sign, signed_by, verify
from .models import Delivery, ReceivedDelivery, ReceivedReturn, ReturnMark
from .peers import account_of, region_above

MARK, QUESTION = "YICHI-MARK-1", "YICHI-QUESTION-1"
ACTIONS = ("receive", "send_back", "roll_up", "report", "close")
FIELDS = ("sender", "to", "period", "number", "content_sha256")
SAID = ("action", "at", "by", "unit", "title", "opinion")


def marks_of(received: ReceivedDelivery) -> list[dict[str, str]]:
    """What was done here with the return that this envelope brought, each step signed."""
    arrived = ReceivedReturn.objects.get(
        division=received.sender,
        to=received.to,
        first_day=received.first_day,
        number=received.number,
    )
    taken = Decision.objects.about(ReceivedReturn.life(), arrived.pk)
    return [
        signed_mark(received, decision)
        for decision in taken.filter(action__in=ACTIONS).order_by("pk")
    ]


def signed_mark(received: ReceivedDelivery, decision: Decision) -> dict[str, str]:
    text = canonical(
        {
            **spoken_of(received.sha256, json.loads(received.body)),
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
    """What the sender asks, the number of its key and its signature."""
    body = canonical({"format": QUESTION, "envelope": delivery.sha256}).encode()
    key, signature = sign(delivery.sender, question_message(body))
    return body, key.key_id, signature


def question_message(body: bytes) -> bytes:
    return QUESTION.encode() + b"\n" + body


def envelope_asked_for(*, body: bytes, key_id: str, signature: str) -> ReceivedDelivery:
    """Only its sender is told. Raises Refused."""
    key = signed_by(key_id, signature, question_message(body))
    asked = read_canonical(body)
    if set(asked) != {"format", "envelope"} or asked["format"] != QUESTION:
        raise BadEnvelope("询问的格式有误", who_can_clear=ADMINISTRATOR)
    found = ReceivedDelivery.objects.filter(sender=key.division, sha256=str(asked["envelope"]))
    received: ReceivedDelivery | None = found.select_related("to", "sender", "receipt_key").first()
    if received is None:
        raise Refused("没有收到过这份报文", who_can_clear="报送单位（重新报送）")
    return received


def store_marks(delivery: Delivery, answer: bytes) -> int:
    """Takes the steps that the marks speak of and that are not taken yet; answers how many.
    Raises Refused where one is not signed by the addressee or speaks of another envelope."""
    return sum(
        take_mark(delivery, text, key_id, signature)
        for text, key_id, signature in read_marks(answer)
    )


def take_mark(delivery: Delivery, text: str, key_id: str, signature: str) -> bool:
    to = delivery.addressee.division
    key = verify(to, key_id, signature, mark_message(text))
    said = read_canonical(text.encode())
    if any(not isinstance(said.get(name), str) for name in SAID) or said["action"] not in ACTIONS:
        raise BadEnvelope("标记的格式有误", who_can_clear=str(to))
    own = spoken_of(delivery.sha256, json.loads(delivery.body))
    if {name: value for name, value in said.items() if name not in SAID} != own:
        raise BadSignature("标记所说的不是这份报文", who_can_clear=str(to))
    dispatch, action = delivery.dispatch, said["action"]
    lock_line(f"mark {dispatch.pk}")
    if ReturnMark.objects.filter(dispatch=dispatch, action=action).exists():
        return False
    subject = dispatch.version.subject
    subject.refresh_from_db()
    life = workflow_of(subject)
    newest = subject.versions.latest("number")
    if newest.pk != dispatch.version_id or life.find(action, subject.status) is None:
        return False  # corrected since, or another office was first
    unit = region_above(to) if action == "close" else to
    try:
        comment = in_words(said)
    except ValueError:
        raise BadEnvelope("标记的时间有误", who_can_clear=str(to)) from None
    decision = life.perform(subject, action, by=account_of(unit), comment=comment)
    ReturnMark.objects.create(
        dispatch=dispatch, delivery=delivery, action=action, text=text, key=key,
        signature=signature, decision=decision,
    )  # fmt: skip
    return True


def in_words(said: dict[str, str]) -> str:
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
