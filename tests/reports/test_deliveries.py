"""What leaves a county is signed, in order and whole; what is not is refused and not stored; and
however often it comes it is there once."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from organizations.policies import Refused
from reports.delivery import sign_delivery, signed_message
from reports.delivery_receiving import store_receipt
from reports.keys import end_key, make_key, sign
from reports.models import Delivery, DeliveryReceipt, Office, ReceivedDelivery, UnitKey
from reports.packages import ENVELOPE, SIGNATURE, WORKBOOK, pack
from reports.views.deliveries import workbook_of
from tests import factories as make
from tests.cast import Cast
from tests.plain_sql import commit_rules
from tests.reports import delivering
from tests.reports.delivering import post, post_delivery, post_forged, with_figures

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def line(cast: Cast, settings: Any, tmp_path: Path) -> Cast:
    settings.HOME = tmp_path
    delivering.open_line(cast)
    return cast


def test_both_offices_have_it_once_and_say_so(line: Cast, client: Client) -> None:
    deliveries = delivering.sent(line)
    commit_rules()
    assert [d.addressee.office for d in deliveries] == [Office.FINANCE, Office.POVERTY]
    for delivery in deliveries:
        answers = {post_delivery(client, delivery).content for _ in range(100)}
        (answer,) = answers
        receipts = {store_receipt(delivery, answer).pk for _ in range(3)}
        assert len(receipts) == 1
    assert ReceivedDelivery.objects.count() == DeliveryReceipt.objects.count() == 2
    stored = ReceivedDelivery.objects.latest("pk")
    assert json.loads(stored.body)["content"] == deliveries[0].dispatch.version.content


def test_the_private_half_is_a_file_for_nobody_else(line: Cast, tmp_path: Path) -> None:
    files = list((tmp_path / "keys").iterdir())
    assert len(files) == 2 and {f.stat().st_mode & 0o777 for f in files} == {0o600}
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700


def test_a_correction_follows_its_return_along_the_ledger(line: Cast, client: Client) -> None:
    first = delivering.sent(line)[0]
    second = delivering.correct(line, first)[0]
    early = post_delivery(client, second)
    assert early.status_code == 409 and "首报" in early.json()["reason"]
    assert not ReceivedDelivery.objects.exists()
    assert post_delivery(client, first).status_code == 200
    unasked = post_delivery(client, second)
    assert unasked.status_code == 409 and "退回或同意解锁" in unasked.json()["reason"]
    delivering.sent_back(line)
    fields = json.loads(second.body)
    assert fields["chain"] and fields["previous"]["envelope"] == first.sha256
    for forged, word in forged_chains(fields):
        answer = post_forged(client, line, forged)
        assert answer.status_code in (400, 409, 422) and word in answer.json()["reason"]
    assert ReceivedDelivery.objects.count() == 1
    assert post_delivery(client, second).status_code == 200
    again = post_delivery(client, first)
    assert again.status_code == 200 and ReceivedDelivery.objects.count() == 2


def forged_chains(fields: dict[str, Any]) -> list[tuple[dict[str, Any], str]]:
    chain = fields["chain"]
    changed = [{**chain[0], "memo": "改过的摘要"}, *chain[1:]]
    return [
        ({**fields, "chain": chain[1:]}, "不相连" if chain[1:] else "链首"),
        ({**fields, "chain": changed}, "不相连"),
        ({**fields, "chain": [{}]}, "格式有误"),
        ({**fields, "previous": None}, "中间有缺"),
        ({**fields, "number": 2}, "更正第1号"),
    ]


def test_figures_that_do_not_add_up_are_refused(line: Cast, client: Client) -> None:
    delivery = delivering.sent(line)[0]
    figures = delivery.dispatch.version.figures

    def altered(name: str, change: Callable[[Any], Any]) -> dict[str, Any]:
        return with_figures(delivery, {**figures, name: change(figures[name])})

    more = "99999999.00"
    wrong = {
        "表四": altered("total", lambda total: {**total, "received": more}),
        "资金类别": altered("fund_groups", lambda rows: [{**rows[0], "received": more}]),
        "时序": altered("target", lambda target: {**target, "paid": more}),
        "格式": altered("funds", lambda rows: [{**rows[0], "received": "1E+900000"}]),
        "链首": altered("ledger", lambda ledger: {**ledger, "head": "0" * 64}),
        "月份": with_figures(delivery, {**figures, "period": "2020-01"}),
    }
    for word, fields in wrong.items():
        answer = post_forged(client, line, fields)
        assert answer.status_code in (400, 422) and word in answer.json()["reason"], word
    other = {**json.loads(delivery.body), "content_sha256": "0" * 64}
    assert post_forged(client, line, other).status_code == 422
    assert not ReceivedDelivery.objects.exists()


def test_who_and_when_must_be_known(line: Cast, client: Client) -> None:
    delivery = delivering.sent(line)[0]
    fields = json.loads(delivery.body)
    today = make.today()
    for forged in (
        {**fields, "sender": "999999000000"},
        {**fields, "sender": fields["to"]},
        {**fields, "period": f"{today:%Y-%m}"},
        {**fields, "period": "2026-13"},
        {**fields, "office": "nobody"},
        {**fields, "ledger": {"sequence": "1", "head": ""}},
        {**fields, "extra": 1},
    ):
        assert post_forged(client, line, forged).status_code in (400, 409)
    body = delivery.body.encode()
    key, signature = sign_delivery(delivery)
    other = make_key(delivering.prefecture(line))
    assert post(client, body, other.key_id, signature).status_code == 401
    for unlike in (b" " + body, b"[" * 100_000, b"{}"):
        assert post(client, unlike, key.key_id, signature).status_code == 401
        anew, own = sign(line.county, signed_message(unlike))
        assert post(client, unlike, anew.key_id, own).status_code == 400
    assert post(client, b"0" * (16 * 1024 * 1024 + 1), key.key_id, signature).status_code == 413
    assert client.get(delivering.INBOX).status_code == 405
    end_key(key, valid_until=today)
    assert post(client, body, key.key_id, signature).status_code == 200
    stored = ReceivedDelivery.objects.get()
    different = {**fields, "reason": "另一份"}
    assert post_forged(client, line, different).status_code == 409
    assert ReceivedDelivery.objects.get() == stored


def test_an_ended_key_signs_nothing_more(line: Cast, client: Client) -> None:
    delivery = delivering.sent(line)[0]
    day = dt.timedelta(days=1)
    make_key(line.county, valid_from=make.today() - 2 * day)
    key, signature = sign_delivery(delivery)
    end_key(key, valid_until=make.today() - day)
    answer = post(client, delivery.body.encode(), key.key_id, signature)
    assert answer.status_code == 401 and "有效期" in answer.json()["reason"]
    with pytest.raises(DatabaseError), transaction.atomic():
        UnitKey.objects.filter(pk=key.pk).update(valid_until=None)
    end_key(sign_delivery(delivery)[0], valid_until=make.today())
    make_key(line.county, valid_from=make.today() + day)
    assert post_delivery(client, delivery).status_code == 200  # by the one that ends today


def test_no_byte_may_change(line: Cast, client: Client) -> None:
    delivery = delivering.sent(line)[0]
    body = delivery.body.encode()
    key, signature = sign_delivery(delivery)
    whole = {"body": body, "key": key.key_id.encode(), "signature": signature.encode(),
             "kind": delivering.JSON.encode()}  # fmt: skip

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(["body", "body", "key", "signature", "kind"]), st.data())
    def flipped(part: str, data: st.DataObject) -> None:
        at = data.draw(st.integers(0, len(whole[part]) - 1))
        changed = bytearray(whole[part])
        changed[at] ^= data.draw(st.integers(1, 255 if part == "body" else 127))
        sent = {**whole, part: bytes(changed)}
        words = {name: sent[name].decode("latin-1") for name in ("key", "signature", "kind")}
        if any(not word.isprintable() for word in words.values()):
            return
        if part == "kind" and words["kind"].lower() == delivering.JSON:
            return  # in capitals it says the same
        answer = post(client, sent["body"], words["key"], words["signature"], words["kind"])
        assert answer.status_code in (400, 401, 409, 413), (part, at)

    flipped()
    assert not ReceivedDelivery.objects.exists()
    assert post_delivery(client, delivery).status_code == 200


def test_a_receipt_is_the_addressees_and_of_this_envelope(line: Cast, client: Client) -> None:
    one, other = delivering.sent(line)
    answer = post_delivery(client, one).json()
    for wrong in (
        {**answer, "receipt": answer["receipt"].replace('"number":0', '"number":1')},
        {**answer, "signature": "0" * 128},
        {**answer, "key": sign_delivery(one)[0].key_id},
        {**answer, "key": "\x00"},
        {"receipt": answer["receipt"]},
    ):
        with pytest.raises(Refused):
            store_receipt(one, json.dumps(wrong).encode())
    with pytest.raises(Refused, match="不是这份报文"):
        store_receipt(other, json.dumps(answer).encode())
    assert not DeliveryReceipt.objects.exists()
    store_receipt(one, json.dumps(answer).encode())
    with pytest.raises(DatabaseError), transaction.atomic():
        DeliveryReceipt.objects.create(
            delivery=other,
            text=answer["receipt"],
            key=UnitKey.objects.get(key_id=answer["key"]),
            signature=answer["signature"],
        )


def test_the_database_lets_nobody_change_what_was_sent_or_received(
    line: Cast, client: Client
) -> None:
    delivery = delivering.sent(line)[0]
    post_delivery(client, delivery)
    writes: tuple[Callable[[], Any], ...] = (
        lambda: Delivery.objects.update(body="{}"),
        lambda: Delivery.objects.update(sender=delivering.prefecture(line)),
        lambda: ReceivedDelivery.objects.update(number=7),
        lambda: UnitKey.objects.update(public_key="cd" * 32),
        lambda: Delivery.objects.filter(pk=delivery.pk)._raw_delete("default"),
        lambda: UnitKey.objects.all()._raw_delete("default"),
    )
    for write in writes:
        with pytest.raises(DatabaseError), transaction.atomic():
            write()


def upload(client: Client, content: bytes, name: str = "报送包.zip") -> Any:
    return client.post("/deliveries/import/", {"file": SimpleUploadedFile(name, content)})


def repacked(package: bytes, **changes: bytes) -> bytes:
    """With these parts instead, or beside."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    names = {"envelope": ENVELOPE, "signature": SIGNATURE, "workbook": WORKBOOK}
    parts |= {names.get(name, name): content for name, content in changes.items()}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def test_carried_by_hand_there_and_back(line: Cast, client: Client) -> None:
    delivery = delivering.sent(line)[0]
    address = f"/deliveries/{delivery.pk}/package/"
    client.force_login(line["finance_clerk"], backend=BACKEND)
    assert client.post(address).status_code == 403
    client.force_login(line["other_finance_clerk"], backend=BACKEND)
    assert client.post(address).status_code == 404
    client.force_login(line["group_secretary"], backend=BACKEND)
    assert client.get("/deliveries/").status_code == 200
    package = b"".join(client.post(address))
    other_book = pack(delivery, workbook_of(delivery.dispatch.version) + b"\0")
    client.force_login(line["region_clerk"], backend=BACKEND)
    assert upload(client, package).status_code == 403
    client.force_login(line["prefecture_clerk"], backend=BACKEND)
    workbook = zipfile.ZipFile(io.BytesIO(other_book)).read(WORKBOOK)
    for hostile, word in (
        (b"PK not a package", "已损坏"),
        (package[:-40], "已损坏"),
        (repacked(package, extra=b"x"), "与规定不符"),
        (repacked(package, workbook=workbook), "签名与报文不符"),
        (repacked(package, signature=b"{}"), "签名文件有误"),
        (repacked(package, envelope=b"\0" * (17 * 1024 * 1024)), "超过"),
        (repacked(package, envelope=delivery.body.encode() + b" "), "规范"),
    ):
        answer = upload(client, hostile)
        assert answer.status_code in (400, 401, 413)
        assert word in answer.content.decode()
    assert not ReceivedDelivery.objects.exists()
    assert upload(client, package).status_code == upload(client, package).status_code == 302
    received = ReceivedDelivery.objects.get()
    assert received.imported_by == line["prefecture_clerk"]
    page = client.get(f"/deliveries/received/{received.pk}/receipt/")
    assert page.status_code == 200
    receipt = b"".join(page)
    client.force_login(line["group_secretary"], backend=BACKEND)
    assert client.get(f"/deliveries/received/{received.pk}/receipt/").status_code == 404
    assert upload(client, b"{}", "回执.json").status_code == 400
    assert upload(client, receipt, "回执.json").status_code == 302
    assert DeliveryReceipt.objects.get().delivery == delivery
