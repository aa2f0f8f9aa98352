"""The one door to the ledger.

Every movement of money is one call of the database's `ledger_post`, which locks the
county's book, checks period, kind, key and person, moves the balances, numbers the voucher
and links the chain. Nothing else writes those tables, and a test says so.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import DatabaseError, connection

from approvals.models import Decision
from organizations.models import Division, Post, User
from organizations.policies import Refused

from .models import Voucher

Kind = Voucher.Kind

# SQLSTATEs that the ledger's functions raise, and who can clear what they refuse.
WHO_CAN_CLEAR = {
    "YC001": "",
    "YC002": "系统管理员（岗位任职）",
    "YC003": "其他经办人",
    "YC010": "财政记账（登记到账）或领导小组（调整分配）",
    "YC013": "重新打开表单后再提交",
    "YC014": "经办人（改正日期）",
    "YC015": "财政局负责人（反结账）",
    "YC016": "系统管理员（校准时钟）",
}
CLAUSES = {
    "YC010": "新扶贫领字〔2018〕76号 二(二)：专账专款，按批复的项目拨付",
    "YC018": "新扶贫领字〔2018〕76号 二(二)：严格按照领导小组会议批复拨付",
    "YC015": "会计月份结账后不得补记",
}


class LedgerRefused(Refused):
    """The ledger did not take the voucher. `code` is the SQLSTATE that names the rule."""

    def __init__(
        self, code: str, reason: str, *, clause: str | None = None, who_can_clear: str | None = None
    ) -> None:
        self.code = code
        super().__init__(
            reason,
            clause=CLAUSES.get(code, "") if clause is None else clause,
            who_can_clear=WHO_CAN_CLEAR.get(code, "") if who_can_clear is None else who_can_clear,
        )


@dataclass(frozen=True)
class Line:
    """One movement: so many yuan of an allotment, for an earmark where the kind has one."""

    allotment_id: int
    amount: Decimal
    earmark_id: int | None = None


def post(
    kind: Kind,
    lines: Sequence[Line],
    *,
    county: Division,
    key: str,
    occurred_on: dt.date,
    memo: str,
    by: User,
    held: Post,
    document: str = "",
    counterparty: str = "",
    evidence: Sequence[str] = (),
    decision: Decision | None = None,
    refers_to: Voucher | None = None,
    reverses: Voucher | None = None,
) -> Voucher:
    """Post one voucher. The same key and content returns the first voucher again.

    Raises LedgerRefused. Must run inside the transaction of the decision it rests on.
    """
    arguments: list[Any] = [
        county.pk,
        str(kind),
        key,
        occurred_on,
        memo,
        document,
        counterparty,
        list(evidence),
        by.pk,
        held.pk,
        decision.pk if decision else None,
        refers_to.pk if refers_to else None,
        reverses.pk if reverses else None,
        [line.allotment_id for line in lines],
        [line.earmark_id for line in lines],
        [line.amount for line in lines],
    ]
    with refusals(), connection.cursor() as cursor:
        cursor.execute(POST, arguments)
        names = [column.name for column in cursor.description or ()]
        row = dict(zip(names, cursor.fetchone() or (), strict=True))
    columns = [field.attname for field in Voucher._meta.concrete_fields]
    return Voucher.from_db(connection.alias, columns, [row[name] for name in columns])


POST = """
    SELECT * FROM ledger_post(%s::bigint, %s, %s, %s, %s, %s, %s, %s::text[], %s::bigint,
        %s::bigint, %s::bigint, %s::bigint, %s::bigint, %s::bigint[], %s::bigint[], %s::numeric[])
"""


@dataclass(frozen=True)
class Arrival:
    """One receipt of a sheet."""

    allotment_id: int
    amount: Decimal
    occurred_on: dt.date
    memo: str
    key: str
    document: str = ""
    payer: str = ""


ARRIVALS_AT_ONCE = 1000
RECEIVE_MANY = """
    SELECT ledger_receive_many(%s::bigint, %s::bigint, %s::bigint, %s::text[], %s::date[],
        %s::text[], %s::text[], %s::text[], %s::bigint[], %s::numeric[])
"""


def receive_many(arrivals: Sequence[Arrival], *, county: Division, by: User, held: Post) -> int:
    """At most ARRIVALS_AT_ONCE receipts, each a voucher of its own; returns how many were new.

    A key that was posted with the same content is passed over. All or none. Raises LedgerRefused.
    """
    columns = [
        [getattr(a, name) for a in arrivals]
        for name in (
            "key", "occurred_on", "memo", "document", "payer", "allotment_id", "amount",
        )
    ]  # fmt: skip
    with refusals(), connection.cursor() as cursor:
        cursor.execute(RECEIVE_MANY, [county.pk, by.pk, held.pk, *columns])
        (posted,) = cursor.fetchone() or (0,)
    return int(posted)


def reverse(
    voucher: Voucher,
    *,
    key: str,
    occurred_on: dt.date,
    memo: str,
    by: User,
    held: Post,
    decision: Decision | None = None,
) -> Voucher:
    """红字冲销: the original turned round, once, by another person than its own."""
    return post(
        Kind.REVERSE,
        [],
        county=voucher.county,
        key=key,
        occurred_on=occurred_on,
        memo=memo,
        by=by,
        held=held,
        document=voucher.document,
        counterparty=voucher.counterparty,
        decision=decision,
        reverses=voucher,
    )


def close_month(county: Division, first_day: dt.date, *, decision: Decision) -> None:
    _call("ledger_close_month", county, first_day, decision)


def reopen_month(county: Division, first_day: dt.date, *, decision: Decision) -> None:
    _call("ledger_reopen_month", county, first_day, decision)


def _call(function: str, county: Division, first_day: dt.date, decision: Decision) -> None:
    with refusals(), connection.cursor() as cursor:
        cursor.callproc(function, [county.pk, first_day, decision.pk])


class refusals:  # noqa: N801 - reads as a word in `with refusals():`
    """Turns what the ledger's functions raise into LedgerRefused; other errors pass."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if not isinstance(error, DatabaseError):
            return
        state = getattr(error.__cause__, "sqlstate", None) or ""
        if state.startswith("YC"):
            message = error.__cause__.diag.message_primary  # type: ignore[union-attr]
            raise LedgerRefused(state, message) from error
        if state == "55P03":
            raise LedgerRefused(
                state, "本县专账正忙，请稍后重试", who_can_clear="经办人（稍后重试）"
            ) from error
