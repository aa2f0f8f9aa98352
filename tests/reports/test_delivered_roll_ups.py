"""What a prefecture added up, delivered to the region's deployment. Here both are the same one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from organizations.models import Division
from reports.delivery_receiving import take_answer
from reports.keys import make_key
from reports.models import (
    Addressee,
    Delivery,
    DeliveryReceipt,
    MonthlyReturn,
    Office,
    ReceivedReturn,
    ReturnMark,
    RollUp,
)
from reports.rollups import compile_roll_up
from tests import factories as make
from tests.cast import Cast
from tests.plain_sql import commit_rules
from tests.reports import delivering, reporting
from tests.reports.delivering import asked, post_delivery, post_forged, with_figures
from tests.reports.test_roll_ups import sealed, second_clerk


@pytest.fixture
def line(cast: Cast, settings: Any, tmp_path: Path) -> Cast:
    settings.HOME = tmp_path
    below = delivering.prefecture(cast)
    above = below.reports_to
    assert above
    for unit in (below, above):
        make_key(unit)
    for office in Office.values:
        Addressee.objects.create(division=above, office=office)
    return cast


def sent(line: Cast) -> list[Delivery]:
    make.funded_allotment(line)
    reporting.return_at(line, MonthlyReturn.Status.RECEIVED)
    rollup = sealed(line, second_clerk())
    make.do(rollup, "send", line, "second_clerk")
    commit_rules()
    return list(Delivery.objects.order_by("pk"))


def test_a_roll_up_reaches_the_region_and_its_mark_comes_back(line: Cast, client: Client) -> None:
    one, other = sent(line)
    rollup, version = RollUp.objects.get(), one.dispatch.version
    fields = json.loads(one.body)
    assert (fields["ledger"], fields["chain"]) == ({"sequence": 0, "head": ""}, [])
    demand_true_sums(client, line, one, version.figures)
    for delivery in (one, other):
        (answer,) = {post_delivery(client, delivery).content for _ in range(10)}
        take_answer(delivery, answer)
    arrived = ReceivedReturn.objects.get()
    assert arrived.is_roll_up and arrived.content == version.content
    assert DeliveryReceipt.objects.count() == 2
    make.do(arrived, "receive", line, "region_clerk")
    for delivery in (one, other, one):
        take_answer(delivery, asked(client, delivery).content)
    commit_rules()
    rollup.refresh_from_db()
    assert rollup.status == RollUp.Status.RECEIVED
    assert MonthlyReturn.objects.get().status == MonthlyReturn.Status.CLOSED
    assert [mark.action for mark in ReturnMark.objects.all()] == ["receive"]
    of_all = compile_roll_up(
        unit=arrived.to, first_day=arrived.first_day, by=line["region_clerk"]
    ).versions.get()
    counties = {row["code"]: row["reported"] for row in of_all.figures["units"]}
    assert counties[line.county.code] and sum(counties.values()) == 1
    assert of_all.figures["total"] == version.figures["total"]


def demand_true_sums(
    client: Client, line: Cast, delivery: Delivery, figures: dict[str, Any]
) -> None:
    """With the prefecture's own key, too, nothing is taken that does not add up."""
    ours, *others = figures["units"]
    below: Division = delivery.sender
    lies: tuple[tuple[dict[str, Any], int], ...] = (
        ({"total": {**figures["total"], "received": "99999999.00"}}, 422),
        ({"units": others}, 422),
        ({"units": [{**ours, "total": {**ours["total"], "received": "1.00"}}, *others]}, 422),
        ({"units": [{**ours, "reported": False}, *others]}, 422),
        ({"missing": []}, 422),
        ({"fund_groups": []}, 422),
        ({"units": [{"code": ours["code"], "reported": True}, *others]}, 400),
        ({"units": [{**ours, "code": "654002000000"}, *others]}, 422),
        ({"units": [ours, ours, *others]}, 422),
        ({"unit": {**figures["unit"], "code": line.county.code}}, 422),
    )
    for lie, status in lies:
        fields = with_figures(delivery, {**figures, **lie})
        assert post_forged(client, line, fields, below).status_code == status, lie
    for name, value in (("ledger", {"sequence": 1, "head": "0" * 64}), ("chain", [{}])):
        fields = {**json.loads(delivery.body), name: value}
        assert post_forged(client, line, fields, below).status_code in (400, 409, 422), name
    assert not ReceivedReturn.objects.exists()
