"""接收 and 退回 in one deployment, and what the other makes of them. Here both are the same one:
the county's return and what arrived of it stand side by side and know nothing of each other."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from approvals.workflow import ConditionUnmet
from organizations.models import User
from organizations.policies import Refused
from reports.delivery_marks import (
    QUESTION,
    import_question,
    mark_message,
    question_message,
    question_of,
    question_to_carry,
    store_marks,
    take_question,
)
from reports.delivery_receiving import import_receipt, take_answer
from reports.figures import canonical
from reports.keys import sign
from reports.matrix import bulletin, matrix
from reports.models import (
    Delivery,
    DeliveryReceipt,
    MonthlyReturn,
    ReceivedDelivery,
    ReceivedReturn,
    ReceivedUnlock,
    ReturnMark,
    ReturnReceipt,
    ReturnUnlock,
    RollUp,
)
from reports.peers import account_of
from reports.workflow import MONTHLY
from tests import factories as make
from tests.cast import Cast
from tests.pages import logged_in
from tests.plain_sql import commit_rules
from tests.reports import delivering, reporting
from tests.reports.delivering import asked, post_delivery, post_forged, with_figures
from tests.reports.test_roll_ups import sealed, second_clerk

S, A = MonthlyReturn.Status, ReceivedReturn.Status


@pytest.fixture
def line(cast: Cast, settings: Any, tmp_path: Path) -> Cast:
    settings.HOME = tmp_path
    delivering.open_line(cast)
    return cast


def delivered(line: Cast, client: Client) -> list[Delivery]:
    deliveries = delivering.sent(line)
    for delivery in deliveries:
        take_answer(delivery, post_delivery(client, delivery).content)
    return deliveries


def home(delivery: Delivery) -> MonthlyReturn:
    return MonthlyReturn.objects.get(versions__dispatch=delivery.dispatch_id)


def hear(client: Client, delivery: Delivery) -> str:
    """What the county's return is at after the question."""
    take_answer(delivery, asked(client, delivery).content)
    commit_rules()
    return home(delivery).status


def test_sent_back_corrected_received_rolled_up_and_closed(line: Cast, client: Client) -> None:
    first, other_office = delivered(line, client)
    arrived = ReceivedReturn.objects.get()
    assert arrived.status == A.ARRIVED and arrived.content == first.dispatch.version.content
    assert hear(client, first) == S.SENT
    make.do(arrived, "send_back", line, "prefecture_clerk", comment="表一缺一笔到账")
    assert hear(client, first) == hear(client, other_office) == hear(client, first) == S.RETURNED
    receipt = ReturnReceipt.objects.get()
    assert not receipt.is_received and receipt.opinion.startswith("表一缺一笔到账（")
    assert line["prefecture_clerk"].real_name in receipt.opinion
    assert ReturnMark.objects.get().decision == receipt.decision

    for delivery in delivering.correct(line, first):
        take_answer(delivery, post_delivery(client, delivery).content)
    arrived = ReceivedReturn.objects.get(number=1)
    make.do(arrived, "receive", line, "prefecture_clerk")
    assert hear(client, delivery) == S.RECEIVED
    assert hear(client, first) == S.RECEIVED  # of the version before nothing more is heard

    rollup = rolled_up(line)
    assert rollup.versions.get().figures["units"][0]["number"] == 1
    assert hear(client, delivery) == S.REPORTED
    make.do(rollup, "receive", line, "region_clerk")
    assert hear(client, delivery) == S.CLOSED
    arrived.refresh_from_db()
    assert arrived.status == A.CLOSED
    assert [mark.action for mark in ReturnMark.objects.filter(delivery=delivery)] == [
        "receive", "roll_up", "report", "close",
    ]  # fmt: skip


def test_leave_to_correct_is_asked_for_and_given_afar(line: Cast, client: Client) -> None:
    first = delivered(line, client)[0]
    arrived = ReceivedReturn.objects.get()
    make.do(arrived, "receive", line, "prefecture_clerk")
    assert hear(client, first) == S.RECEIVED
    unlock = reporting.asked_unlock(line, home(first))
    with pytest.raises(ConditionUnmet, match="在该系统办理"):
        make.do(unlock, "approve", line, "prefecture_clerk")
    assert {hear(client, first) for _ in range(3)} == {S.RECEIVED}
    asked_for = ReceivedUnlock.objects.get()
    assert (asked_for.reason, asked_for.scope, asked_for.valid_until) == (
        unlock.reason, unlock.scope, unlock.valid_until,
    )  # fmt: skip
    make.do(asked_for, "approve", line, "prefecture_clerk")
    (mark,) = [m for m in asked(client, first).json()["marks"] if '"approve"' in m["mark"]]
    for wrong in (
        by_the_prefecture(line, mark, unlock=unlock.pk + 9),
        by_the_prefecture(line, mark, unlock="1"),
        by_the_prefecture(line, mark, action="receive"),
    ):
        with suppress(Refused):
            assert not store_marks(first, json.dumps({"marks": [wrong]}).encode())
    unlock.refresh_from_db()
    assert unlock.status == ReturnUnlock.Status.REQUESTED
    assert {hear(client, first) for _ in range(2)} == {S.RECEIVED}
    unlock.refresh_from_db()
    assert unlock.status == ReturnUnlock.Status.APPROVED and unlock.marks.get().decision
    make.do(home(first), "correct_unlocked", line, "finance_clerk", comment="级次登记有误")
    assert home(first).versions.get(number=1).unlock == unlock


def test_hostile_requests_leave_nothing(line: Cast, client: Client) -> None:
    first = delivered(line, client)[0]
    good = {
        "ref": 1, "reason": "级次有误", "scope": ["funds"], "valid_until": "2099-01-01",
        "asked_by": "刘秋",
    }  # fmt: skip
    make.do(ReceivedReturn.objects.get(), "receive", line, "prefecture_clerk")
    for wrong in (
        [{**good, "scope": ["everything"]}], [{**good, "scope": []}], [{**good, "ref": -1}],
        [{**good, "valid_until": "soon"}], [{**good, "reason": ""}], [{**good, "more": 1}],
        [good, {**good, "ref": 2}], "unlock", [7],
    ):  # fmt: skip
        body = canonical({"format": QUESTION, "envelope": first.sha256, "unlocks": wrong}).encode()
        key, signature = sign(line.county, question_message(body))
        with pytest.raises(Refused, match="格式有误"):
            take_question(body=body, key_id=key.key_id, signature=signature)
    assert not ReceivedUnlock.objects.exists()


def rolled_up(line: Cast) -> RollUp:
    rollup = sealed(line, second_clerk())
    make.do(rollup, "send", line, "second_clerk")
    commit_rules()
    return rollup


def test_the_receivers_mark_is_nobody_elses(line: Cast, client: Client) -> None:
    one, other = delivered(line, client)
    arrived, monthly = ReceivedReturn.objects.get(), home(one)
    with pytest.raises(ConditionUnmet, match="在该系统办理"):
        make.do(monthly, "receive", line, "prefecture_clerk")
    with pytest.raises(ConditionUnmet, match="由收报单位"):
        make.do(arrived, "receive", line, "region_clerk")
    make.do(arrived, "receive", line, "prefecture_clerk")
    (mark,) = asked(client, one).json()["marks"]
    own_key, own_signature = sign(line.county, mark_message(mark["mark"]))
    sent_back = mark["mark"].replace('"action":"receive"', '"action":"send_back"')
    for wrong in (
        {**mark, "signature": "0" * 128},
        {**mark, "key": own_key.key_id, "signature": own_signature},
        {**mark, "mark": sent_back},
        {"mark": mark["mark"]},
        by_the_prefecture(line, mark, action="seal"),
        by_the_prefecture(line, mark, at="gestern"),
        by_the_prefecture(line, mark, opinion=7),
        by_the_prefecture(line, mark, number=1),
    ):
        with pytest.raises(Refused), transaction.atomic():
            store_marks(one, json.dumps({"marks": [wrong]}).encode())
    with pytest.raises(Refused, match="不是这份报文"):
        store_marks(other, json.dumps({"marks": [mark]}).encode())
    assert home(one).status == S.SENT and not ReturnMark.objects.exists()
    assert store_marks(one, json.dumps({"marks": [mark, mark]}).encode()) == 1
    commit_rules()
    with pytest.raises(DatabaseError), transaction.atomic():
        ReturnMark.objects.update(text="{}")
    with pytest.raises(DatabaseError), transaction.atomic():
        User.objects.filter(username="peer-652800000000").update(password="pbkdf2")


def by_the_prefecture(line: Cast, mark: dict[str, str], **changes: Any) -> dict[str, str]:
    text = canonical({**json.loads(mark["mark"]), **changes})
    key, signature = sign(delivering.prefecture(line), mark_message(text))
    return {"mark": text, "key": key.key_id, "signature": signature}


def test_the_database_knows_a_mark_without_its_words(line: Cast, client: Client) -> None:
    """A step in the name of another deployment, by somebody who goes around the application."""
    one = delivered(line, client)[0]
    monthly, peer = home(one), account_of(delivering.prefecture(line))
    commit_rules()
    MONTHLY.perform(monthly, "receive", by=peer, comment="替地州接收")
    with pytest.raises(DatabaseError, match="签名标记"):
        commit_rules()


def test_only_its_sender_is_told(line: Cast, client: Client) -> None:
    one = delivered(line, client)[0]
    body, _, _ = question_of(one)
    key, signature = sign(delivering.prefecture(line), question_message(body))
    headers = {"Yichi-Key": key.key_id, "Yichi-Signature": signature}
    answer = client.post(delivering.MARKS, body, delivering.JSON, headers=headers)
    assert answer.status_code == 409 and "没有收到过" in answer.json()["reason"]
    headers["Yichi-Signature"] = "0" * 128
    assert client.post(delivering.MARKS, body, delivering.JSON, headers=headers).status_code == 401
    assert client.get(delivering.MARKS).status_code == 405


def test_both_offices_are_told_the_same(line: Cast, client: Client) -> None:
    one, other = delivering.sent(line)
    assert post_delivery(client, one).status_code == 200
    figures = {**other.dispatch.version.figures, "note": "另有一项"}
    answer = post_forged(client, line, with_figures(other, figures))
    assert answer.status_code == 422 and "送另一部门的内容与这份不同" in answer.json()["reason"]
    assert ReceivedDelivery.objects.count() == ReceivedReturn.objects.count() == 1


def test_what_came_from_afar_stands_where_the_others_stand(cast: Cast, client: Client) -> None:
    arrived = delivering.arrived(cast)
    clerk, month = cast["prefecture_clerk"], arrived.first_day
    assert arrived.came_late == (timezone.localdate() > arrived.due_on)
    (cell,) = next(row.cells for row in matrix(clerk, [month]) if row.unit == cast.county)
    assert (cell.label, cell.url) == ("已报", arrived.get_absolute_url())
    assert all(row.total is None for row in bulletin(clerk, month))
    make.do(arrived, "receive", cast, "prefecture_clerk")
    (cell,) = next(row.cells for row in matrix(clerk, [month]) if row.unit == cast.county)
    assert cell.label == "接收"
    assert [row.unit for row in bulletin(clerk, month) if row.total] == [cast.county]
    figures = reporting.draft_roll_up(cast).versions.get().figures
    assert [unit["reported"] for unit in figures["units"]] == [True, False]
    page = logged_in(clerk).get("/monthly/matrix/").content.decode()
    assert arrived.get_absolute_url() in page
    shown = logged_in(clerk).get(arrived.get_absolute_url()).content.decode()
    assert arrived.sha256 in shown and "/trace/" not in shown


def test_marks_are_carried_back_with_the_receipt(line: Cast, client: Client) -> None:
    delivery = delivering.sent(line)[0]
    post_delivery(client, delivery)
    make.do(ReceivedReturn.objects.get(), "receive", line, "prefecture_clerk")
    received = ReceivedDelivery.objects.get()
    carried = logged_in(line["prefecture_clerk"]).get(
        f"/deliveries/received/{received.pk}/receipt/"
    )
    assert import_question(question_to_carry(delivery).encode()) == received
    import_receipt(b"".join(carried), by=line["group_secretary"])
    assert home(delivery).status == S.RECEIVED and DeliveryReceipt.objects.count() == 1
