"""Finance keys in a receipt."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from funds.models import Allotment, Voucher
from funds.queries import figures_by_allotment
from funds.services import close_month
from tests import factories as make
from tests.cast import Cast
from tests.funds.browsing import log_in

URL = "/receipts/new/"


def form_data(tag: Allotment, **facts: Any) -> dict[str, Any]:
    return {
        "key": make.key(),
        "allotment": tag.pk,
        "amount": "1,000.50",
        "occurred_on": make.today().isoformat(),
        "memo": "收到巴财农〔2025〕11号资金",
        "document": "GK-0001",
        "payer": "巴州财政局",
        **facts,
    }


def test_a_receipt_is_recorded_and_the_form_opens_for_the_next(client: Client, cast: Cast) -> None:
    tag = make.allotment(cast)
    log_in(client, cast, "finance_clerk")
    response = client.post(URL, form_data(tag, save_and_new="1"), follow=True)
    voucher = Voucher.objects.get()
    assert (voucher.total, voucher.document) == (Decimal("1000.50"), "GK-0001")
    assert response.redirect_chain == [(f"{URL}?allotment={tag.pk}", 302)]
    page = response.content.decode()
    assert f"凭证 {voucher}" in page and "message-success" in page
    assert f'<option value="{tag.pk}" selected>' in page
    assert 'data-remaining="998999.50"' in page
    assert f'data-copy-last="{voucher.memo}"' in page
    assert [entry.voucher for entry in response.context["recent"]] == [voucher]


def test_without_save_and_new_the_voucher_opens(client: Client, cast: Cast) -> None:
    tag = make.allotment(cast)
    log_in(client, cast, "finance_clerk")
    response = client.post(URL, form_data(tag))
    assert response["Location"] == Voucher.objects.get().get_absolute_url()


def test_the_second_click_means_the_same_voucher(client: Client, cast: Cast) -> None:
    tag = make.allotment(cast, 1000)
    log_in(client, cast, "finance_clerk")
    data = form_data(tag, amount="1000")  # the whole allotment: a second one would not fit
    client.post(URL, data)
    response = client.post(URL, data, follow=True)
    assert Voucher.objects.count() == 1
    assert "已登记过" in response.content.decode()


def test_the_same_key_with_another_amount_is_refused(client: Client, cast: Cast) -> None:
    tag = make.allotment(cast)
    log_in(client, cast, "finance_clerk")
    data = form_data(tag)
    client.post(URL, data)
    response = client.post(URL, {**data, "amount": "7"})
    assert response.status_code == 409
    assert "内容不同" in response.content.decode()
    assert Voucher.objects.count() == 1


@pytest.mark.parametrize("typed", ["１，０００．５０", "1000.5", "0.10005万", "￥1,000.50元"])
def test_amounts_as_people_type_them(client: Client, cast: Cast, typed: str) -> None:
    tag = make.allotment(cast)
    log_in(client, cast, "finance_clerk")
    client.post(URL, form_data(tag, amount=typed))
    assert Voucher.objects.get().total == Decimal("1000.50")


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("-5", "不能为负数"),
        ("0", "必须大于零"),
        ("1.234", "最多两位小数"),
        ("99999999999999999999", "金额过大"),
        ("一千", "看不懂"),
        ("1,00", "千分位"),
        ("1e3", "看不懂"),
        ("=", "看不懂"),
        ("", "必填"),
    ],
)
def test_bad_amounts_are_marked_at_the_field_and_nothing_typed_is_lost(
    client: Client, cast: Cast, typed: str, why: str
) -> None:
    tag = make.allotment(cast)
    log_in(client, cast, "finance_clerk")
    data = form_data(tag, amount=typed)
    response = client.post(URL, data)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["amount"]
    page = response.content.decode()
    if typed:
        assert why in page
    for kept in (data["memo"], "GK-0001", "巴州财政局", data["key"], f'"{tag.pk}" selected'):
        assert kept in page
    assert not Voucher.objects.exists()


def test_more_than_the_allotment_is_refused_at_the_amount(client: Client, cast: Cast) -> None:
    tag = make.allotment(cast, 1000)
    log_in(client, cast, "finance_clerk")
    response = client.post(URL, form_data(tag, amount="1000.01"))
    assert response.status_code == 409
    assert "尚未到账的 1,000.00 元" in str(response.context["form"].errors["amount"])
    assert 'value="1000.01"' in response.content.decode()
    assert figures_by_allotment([tag])[tag.pk].received == 0


@pytest.mark.parametrize("day", ["2999-01-01", "1999-12-31"])
def test_a_day_that_cannot_be_is_refused_at_the_day(client: Client, cast: Cast, day: str) -> None:
    tag = make.allotment(cast)
    log_in(client, cast, "finance_clerk")
    response = client.post(URL, form_data(tag, occurred_on=day))
    assert response.status_code == 409
    assert "occurred_on" in response.context["form"].errors


def test_a_closed_month_takes_no_receipt(client: Client, cast: Cast) -> None:
    tag = make.allotment(cast)
    close_month(county=cast.county, first_day=dt.date(2025, 1, 1), by=cast["finance_reviewer"])
    log_in(client, cast, "finance_clerk")
    response = client.post(URL, form_data(tag, occurred_on="2025-01-31"))
    assert response.status_code == 409
    message = str(response.context["form"].errors["occurred_on"])
    assert "已结账" in message and "财政局负责人" in message


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("memo", ""),
        ("memo", "汇给 652826199001011237 张三 13800138000"),
        ("occurred_on", "昨天"),
        ("allotment", ""),
        ("allotment", "999999999999"),
        ("key", "x"),
        ("memo", "a" * 201),
        ("payer", "\x00"),
    ],
)
def test_other_wrong_fields(client: Client, cast: Cast, field: str, value: str) -> None:
    tag = make.allotment(cast)
    log_in(client, cast, "finance_clerk")
    response = client.post(URL, form_data(tag, **{field: value}))
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert not Voucher.objects.exists()


def test_another_countys_allotment_is_no_choice(client: Client, cast: Cast) -> None:
    tag = make.allotment(cast)
    log_in(client, cast, "other_finance_clerk")
    response = client.post(URL, form_data(tag, memo="到账"))
    assert response.status_code == 422
    page = response.content.decode()
    assert tag.document_number not in page
    assert "请在列表中选择本县的指标" in page


def test_only_finance_clerks_record_receipts(client: Client, cast: Cast) -> None:
    tag = make.allotment(cast)
    for who in ("finance_reviewer", "finance_head", "auditor", "township_clerk", "nobody"):
        log_in(client, cast, who)
        assert client.get(URL).status_code == 403
        assert client.post(URL, form_data(tag)).status_code == 403
        assert client.get("/receipts/choose/").status_code == 403
    assert not Voucher.objects.exists()


@pytest.mark.parametrize(
    "words", ["巴财农[2025]11", "11号", "2025]11号", "xczxrw", "xiangcunzhenxing", "乡村振兴"]
)
def test_an_allotment_is_found_by_number_name_or_pinyin(
    client: Client, cast: Cast, words: str
) -> None:
    tag = make.allotment(cast, number="巴财农〔2025〕11号")
    make.allotment(cast, number="新财农〔2024〕3号", code="ZQ-YB")
    log_in(client, cast, "finance_clerk")
    response = client.get(
        "/receipts/choose/",
        {"words": words, "amount": "12"},
        headers={"HX-Request": "true", "HX-Trigger-Name": "words"},
    )
    assert [a for a, _ in response.context["offered"]] == [tag]
    page = response.content.decode()
    assert f'value="{tag.pk}" selected' in page
    assert "未到账 <strong>1,000,000.00</strong>" in page
    assert 'hx-swap-oob="true"' in page and 'value="12"' in page


def test_choosing_in_the_list_shows_what_is_still_to_come(client: Client, cast: Cast) -> None:
    first, second = make.allotment(cast, 500), make.allotment(cast, 900, "新财农〔2024〕3号")
    make.receipt(cast, second, 100)
    log_in(client, cast, "finance_clerk")
    response = client.get("/receipts/choose/", {"words": "", "allotment": str(second.pk)})
    assert 'data-remaining="800.00"' in response.content.decode()
    response = client.get("/receipts/choose/", {"words": "无此文号", "allotment": str(second.pk)})
    assert [a for a, _ in response.context["offered"]] == [second]
    assert first.pk != response.context["chosen"]
    assert client.get("/receipts/choose/", {"allotment": "9" * 30}).context["chosen"] == 0
