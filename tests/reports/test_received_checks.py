"""The receiving unit looks at what it has anew, and at the ledger of a county that rewrote it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from funds.export import export_month
from organizations.models import Division
from reports.keys import add_key
from reports.models import ReceivedDelivery
from reports.received_checks import check_heads, check_line
from tests.cast import Cast
from tests.reports import delivering, reporting
from verify_export import check_export, digest_of


@pytest.fixture
def taken_in(cast: Cast, client: Client, settings: Any, tmp_path: Path) -> Cast:
    """Both offices have a return and its correction."""
    settings.HOME = tmp_path
    delivering.open_line(cast)
    first = delivering.sent(cast)
    for delivery in first:
        assert delivering.post_delivery(client, delivery).status_code == 200
    for delivery in delivering.correct(cast, first[0]):
        assert delivering.post_delivery(client, delivery).status_code == 200
    return cast


def verify(*arguments: str) -> tuple[int, str]:
    out = io.StringIO()
    try:
        call_command("verify_received", *arguments, stdout=out)
    except SystemExit as stop:
        return int(stop.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_whatever_was_changed_in_the_store_is_named(taken_in: Cast) -> None:
    code, text = verify()
    assert code == 0 and text.count("2 份") == 2
    for name, value, word in (
        ("body", "{}", "摘要不符"),
        ("signature", "0" * 128, "签名与报文不符"),
        ("receipt", "{}", "回执的签名"),
        ("number", 7, "登记的栏目"),
        ("key_id", strangers_key(), "签名与报文不符"),
    ):
        rows = list(ReceivedDelivery.objects.filter(office="finance").order_by("pk"))
        setattr(rows[1], name, value)
        problems = list(check_line(rows))
        assert problems and word in "；".join(problems), name
    assert "没有接在" in "；".join(check_line(rows[1:]))


def strangers_key() -> int:
    return add_key(Division.objects.get(code="652827000000"), "cd" * 32).pk


def rewritten(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With another memo in the first voucher, and every digest after it made anew."""
    header, *vouchers, trailer = records
    head = header["previous_digest"]
    for voucher in vouchers:
        if voucher is vouchers[0]:
            voucher["memo"] = "改过的摘要"
        voucher["previous_digest"] = head
        voucher["digest"] = head = digest_of(voucher)
    return [header, *vouchers, {**trailer, "head": head}]


def test_a_ledger_rewritten_after_it_was_reported_is_found(taken_in: Cast, tmp_path: Path) -> None:
    out = io.StringIO()
    export_month(taken_in.county, reporting.this_month(), out)
    records = [json.loads(line) for line in out.getvalue().splitlines()]
    assert not list(check_heads(taken_in.county, records))
    forged = rewritten(records)
    assert not list(check_export(forged))  # by itself it is whole
    path = tmp_path / "export.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in forged))
    code, text = verify("--export", str(path))
    assert code == 1 and "报送以后账已被改动" in text
    with pytest.raises(CommandError):
        verify("--export", str(tmp_path / "nothing"))
