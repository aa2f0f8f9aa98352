"""Plain SQL of the application's role changes nothing of a sealed return, seals nothing without
its signer, and gives no receipt in the receiver's place."""

from __future__ import annotations

import pytest
from django.db import connection
from psycopg import errors

from reports.models import ReturnDispatch, ReturnVersion
from reports.periods import month_before
from tests import factories as make
from tests.cast import Cast
from tests.databases import app_connection
from tests.plain_sql import take_step
from tests.reports import reporting

SEALED = (
    "UPDATE reports_returnversion SET content = '{}',"
    " sha256 = encode(sha256(convert_to('{}', 'UTF8')), 'hex')",
    "UPDATE reports_returnversion SET ledger_head = repeat('0', 64)",
    "UPDATE reports_returnversion SET sealed_at = NULL, decision_id = NULL",
    "UPDATE reports_returnversion SET checks = '[]'",
    "UPDATE reports_returnversion SET number = 7",
    "DELETE FROM reports_returnversion",
    "TRUNCATE reports_returnversion CASCADE",
    "UPDATE reports_monthlyreturn SET due_on = due_on + 90",
    "UPDATE reports_monthlyreturn SET division_id = division_id + 1",
    "UPDATE reports_monthlyreturn SET status = 'received'",
    "DELETE FROM reports_monthlyreturn",
    "UPDATE reports_returndispatch SET is_late = false",
    "UPDATE reports_returndispatch SET sent_on = due_on",
    "DELETE FROM reports_returndispatch",
    "INSERT INTO reports_checkwaiver (version_id, code, reason, asked_by_id, asked_at)"
    " SELECT id, 'chain', 'x', 1, now() FROM reports_returnversion",
    "INSERT INTO reports_returnreceipt (dispatch_id, decision_id, is_received, received_at,"
    " opinion) SELECT id, decision_id, true, now(), '' FROM reports_returndispatch",
)
RECEIPT = (
    "INSERT INTO reports_returnreceipt (dispatch_id, decision_id, is_received, received_at,"
    " opinion) SELECT id, %(decision)s, true, now(), '' FROM reports_returndispatch"
)
SEAL = (
    "UPDATE reports_returnversion SET sealed_at = now(), decision_id = %(decision)s"
    " WHERE monthly_id = %(pk)s"
)
LOOKED_AT = (
    "UPDATE reports_returnversion SET checked_at = now(), checks = (SELECT jsonb_agg("
    "jsonb_build_object('code', code, 'count', 0, 'found', '[]'::jsonb)) FROM reports_checkrule)"
    " WHERE monthly_id = %(pk)s"
)
SWAP = (
    "UPDATE reports_returnversion SET sealed_at = now(), decision_id = %(decision)s,"
    " content = '{}', sha256 = encode(sha256(convert_to('{}', 'UTF8')), 'hex')"
    " WHERE monthly_id = %(pk)s"
)


def test_what_is_sealed_stands_and_the_marks_are_their_owners(committed_cast: Cast) -> None:
    cast = committed_cast
    make.funded_allotment(cast)
    sent = reporting.return_at(cast, "sent")
    signing = reporting.return_at(cast, "signing", month_before(sent.first_day))
    before = ReturnVersion.objects.filter(monthly=sent).values().get()
    dispatched = ReturnDispatch.objects.values().get()
    with app_connection(connection.settings_dict["NAME"]) as app:
        for statement in SEALED:
            with pytest.raises(errors.DatabaseError):
                app.execute(statement.encode())
        head, chief = cast.post("finance_head"), cast.post("prefecture_clerk")
        region = cast.post("region_clerk")
        for also in ((), (SWAP,)):  # nothing sealed; something else than what was reviewed
            with pytest.raises(errors.DatabaseError):
                take_step(app, signing, "seal", duty="sign", to="sealed", post=head, also=also)
        with pytest.raises(errors.DatabaseError):  # the level above the receiver
            take_step(
                app, sent, "receive", duty="receive", to="received", post=region, also=(RECEIPT,)
            )
        with pytest.raises(errors.DatabaseError):
            take_step(app, sent, "receive", duty="receive", to="received", post=chief)
        with pytest.raises(errors.DatabaseError, match="没有运行核对"):
            take_step(app, signing, "seal", duty="sign", to="sealed", post=head, also=(SEAL,))
        looked_at = (LOOKED_AT, SEAL)
        take_step(app, signing, "seal", duty="sign", to="sealed", post=head, also=looked_at)
        take_step(app, sent, "receive", duty="receive", to="received", post=chief, also=(RECEIPT,))
    assert ReturnVersion.objects.filter(monthly=sent).values().get() == before
    assert ReturnDispatch.objects.values().get() == dispatched
    assert ReturnVersion.objects.filter(sealed_at__isnull=False).count() == 2
