"""Plain SQL of the application's role lets no asset be handed over, counted, its income be given
out or itself leave but by the steps, the notices and the voucher that they rest on."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction
from psycopg import errors

from approvals.models import Decision, Subject
from assets.models import Asset
from tests import lives
from tests.assets import registering as reg
from tests.assets import using
from tests.cast import Cast
from tests.databases import app_connection
from tests.plain_sql import take_step

STATEMENTS = (
    "UPDATE assets_handover SET receiver_name = 'x'",
    "UPDATE assets_handover SET status = 'closed'",
    "DELETE FROM assets_handoveritem",
    "INSERT INTO assets_handoveritem (handover_id, asset_id)"
    " SELECT h.id, a.id FROM assets_handover h, assets_asset a WHERE a.project_id IS NULL",
    "UPDATE assets_income SET amount = 1",
    "DELETE FROM assets_income",
    "INSERT INTO assets_income (asset_id, year, amount, received_on, document, note, reverses_id,"
    " recorded_by_id, recorded_at) SELECT asset_id, year, -amount, received_on, document, 'x', id,"
    " recorded_by_id, now() FROM assets_income",
    "UPDATE assets_distribution SET year = 2025",
    "UPDATE assets_distributionline SET amount = 40000",
    "DELETE FROM assets_distributionline",
    "UPDATE assets_stocktakeline SET book_quantity = 1",
    "DELETE FROM assets_stocktakeline",
    "UPDATE assets_stocktake SET as_of = '2025-01-01'",
    "UPDATE assets_disposal SET sold_price = 1",
    "UPDATE assets_disposal SET reason = 'x'",
    "DELETE FROM assets_disposal",
    "UPDATE assets_asset SET left_on = '2026-02-01'",
    "UPDATE assets_incomeuse SET is_allowed = true WHERE NOT is_allowed",
    "UPDATE assets_assettype SET asset_class = 'GY' WHERE code = 'JY02'",
    *(
        f"TRUNCATE assets_{table} CASCADE"
        for table in ("handover", "income", "distribution", "stocktake", "inspection", "disposal")
    ),
)


def test_every_life_of_an_asset_rests_on_what_it_must(committed_cast: Cast) -> None:
    cast = committed_cast
    asset = using.owned(cast)
    assert asset.project
    sheet, plan = using.handover(cast, asset.project), using.decided_distribution(cast, asset)
    disposal, count = using.disposal(cast, reg.earlier(cast)), using.stocktake(cast)
    with transaction.atomic():
        lives.place(sheet, "supervision", cast)
        lives.place(disposal, "proceeds", cast)
    steps: list[tuple[Subject, dict[str, Any], str]] = [
        (plan, step("complete", "township_review", "closed", "township_reviewer"), "公示未发布"),
        (count, step("submit", "implement", "review", "project_clerk"), "没有盘点"),
        (disposal, step("book", "receive", "closed", "finance_clerk"), "没有退出台账"),
        (disposal, step("cancel", "propose", "cancelled", "village_cadre"), "环节没有由"),
    ]
    before = Decision.objects.count()
    with app_connection(connection.settings_dict["NAME"]) as app:
        for statement in STATEMENTS:
            with pytest.raises(errors.DatabaseError):
                app.execute(statement.encode())
        for subject, facts, words in steps:
            who = facts.pop("who")
            with pytest.raises(errors.DatabaseError, match=words):
                take_step(app, subject, post=cast.post(who), **facts)
    assert Decision.objects.count() == before
    assert not Asset.objects.filter(left_on__isnull=False).exists()


def step(action: str, duty: str, to: str, who: str) -> dict[str, str]:
    return {"action": action, "duty": duty, "to": to, "who": who}
