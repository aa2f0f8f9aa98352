"""A month of a county's ledger as a file that anyone can check with `verify_export.py`.

One JSON object a line: a header with the opening balances, the vouchers in chain order, a
trailer with the closing balances. The vouchers are all those of the chain from the month's
first to its last, also any of another month that was posted between them.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby
from typing import Any, TextIO

from django.db import connection
from django.db.models import Max, Min, Sum
from django.utils import timezone

from organizations.models import Division
from organizations.policies import Refused
from verify_export import FORMAT, account_of, first_link

from .models import Book, Entry, Voucher

ROWS = """
    SELECT v.id, c.code, v.year, v.number, v.sequence, v.kind, v.key, v.body_digest,
           v.occurred_on, v.posted_at, v.total, v.balance_after, v.memo, v.document,
           v.counterparty, v.by_id, v.by_name, v.by_unit, v.by_title, v.decision_id,
           v.refers_to_id, v.reverses_id, v.evidence, v.previous_digest, v.digest,
           e.line, s.kind, t.kind, s.allotment_id, a.document_number,
           coalesce(s.earmark_id, t.earmark_id), m.code, e.amount
      FROM funds_voucher v
      JOIN organizations_division c ON c.id = v.county_id
      JOIN funds_entry e ON e.voucher_id = v.id
      JOIN funds_account s ON s.id = e.source_id
      JOIN funds_account t ON t.id = e.destination_id
      JOIN funds_allotment a ON a.id = s.allotment_id
      LEFT JOIN funds_earmark m ON m.id = coalesce(s.earmark_id, t.earmark_id)
     WHERE v.county_id = %s AND v.sequence BETWEEN %s AND %s
     ORDER BY v.sequence, e.line
"""
FACTS = (
    "id", "county", "year", "number", "sequence", "kind", "key", "body_digest", "occurred_on",
    "posted_at", "total", "balance_after", "memo", "document", "counterparty", "by", "by_name",
    "by_unit", "by_title", "decision", "refers_to", "reverses", "evidence", "previous_digest",
    "digest",
)  # fmt: skip
LINE = (
    "line", "from", "to", "allotment", "document_number", "earmark", "earmark_code", "amount",
)  # fmt: skip


def vouchers_in_chain(
    county: Division, first: int = 1, last: int = 2**62
) -> Iterator[dict[str, Any]]:
    """Every fact of each voucher as plain values, in chain order, memory flat."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(ROWS, [county.pk, first, last])
        for _, rows in groupby(iter(cursor.fetchone, None), key=lambda row: row[4]):
            yield as_record(list(rows))


def as_record(rows: list[tuple[Any, ...]]) -> dict[str, Any]:
    record = dict(zip(FACTS, rows[0], strict=False))
    record["occurred_on"] = record["occurred_on"].isoformat()
    record["posted_at"] = record["posted_at"].astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    for name in ("total", "balance_after"):
        record[name] = str(record[name])
    record["lines"] = [dict(zip(LINE, row[len(FACTS) :], strict=True)) for row in rows]
    for line in record["lines"]:
        line["amount"] = str(line["amount"])
    return record


def export_month(county: Division, first_day: dt.date, file: TextIO) -> int:
    """Writes the file; returns the number of vouchers. Raises Refused for an empty month."""
    following = (first_day + dt.timedelta(days=32)).replace(day=1)
    span = Voucher.objects.filter(
        county=county, occurred_on__gte=first_day, occurred_on__lt=following
    ).aggregate(first=Min("sequence"), last=Max("sequence"))
    if span["first"] is None:
        raise Refused(
            f"{county.name}{first_day:%Y年%m月}没有凭证", who_can_clear="导出人（另选月份）"
        )
    before = Voucher.objects.filter(county=county, sequence=span["first"] - 1).first()
    balances = balances_before(county, span["first"])
    book = Book.objects.get(county=county)
    header = {
        "format": FORMAT,
        "county": county.code,
        "county_name": county.name,
        "month": f"{first_day:%Y-%m}",
        "exported_at": timezone.now().isoformat(),
        "first_sequence": span["first"],
        "previous_digest": before.digest if before else first_link(county.code),
        "opening_balance": str(before.balance_after if before else Decimal(0)),
        "opening_accounts": as_text(balances),
        "ledger_sequence_now": book.sequence,
        "ledger_head_now": book.head,
    }
    write(file, header)
    count, last = 0, None
    for record in vouchers_in_chain(county, span["first"], span["last"]):
        for line in record["lines"]:
            balances[account_of(line, "from")] -= Decimal(line["amount"])
            balances[account_of(line, "to")] += Decimal(line["amount"])
        write(file, record)
        count, last = count + 1, record
    assert last
    trailer = {
        "last_sequence": last["sequence"],
        "head": last["digest"],
        "closing_balance": last["balance_after"],
        "closing_accounts": as_text(balances),
    }
    write(file, trailer)
    return count


def balances_before(county: Division, sequence: int) -> dict[str, Decimal]:
    """Each account's balance before the voucher of this sequence, re-added from entries."""
    balances: dict[str, Decimal] = defaultdict(Decimal)
    entries = Entry.objects.filter(voucher__county=county, voucher__sequence__lt=sequence)
    for side, sign in (("source", -1), ("destination", 1)):
        rows = entries.values_list(
            f"{side}__kind", f"{side}__allotment_id", f"{side}__earmark_id"
        ).annotate(total=Sum("amount"))
        for kind, allotment, earmark, total in rows:
            balances[f"{kind}/{allotment}/{earmark or ''}"] += sign * total
    return balances


def as_text(balances: dict[str, Decimal]) -> dict[str, str]:
    return {account: str(balance) for account, balance in sorted(balances.items()) if balance}


def write(file: TextIO, record: dict[str, Any]) -> None:
    file.write(json.dumps(record, ensure_ascii=False) + "\n")
