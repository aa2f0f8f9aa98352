"""A voucher is read, printed and, once and by another person, reversed."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from funds.models import Voucher
from projects.models import Project
from tests import factories as make
from tests.cast import Cast
from tests.funds.browsing import log_in


def received(cast: Cast) -> Voucher:
    return make.receipt(cast, make.allotment(cast), "186400.05")


def data(**facts: Any) -> dict[str, Any]:
    today = make.today().isoformat()
    return {"key": make.key(), "occurred_on": today, "memo": "金额录错", **facts}


def test_the_page_tells_everything_the_voucher_knows(client: Client, cast: Cast) -> None:
    voucher = received(cast)
    log_in(client, cast, "auditor")
    page = client.get(voucher.get_absolute_url()).content.decode()
    for fact in (
        str(voucher), "186,400.05", "人民币壹拾捌万陆仟肆佰元零伍分", "朱明", "焉耆县财政局",
        "会计", voucher.digest, voucher.previous_digest, "上级未到", "资金池", "巴财农〔2025〕11号",
    ):  # fmt: skip
        assert fact in page, fact


def test_a_payment_leads_to_the_decision_it_rests_on(client: Client, cast: Cast) -> None:
    request = make.payment_at(cast, "paid")
    request.refresh_from_db()
    log_in(client, cast, "auditor")
    voucher = request.pay_voucher
    assert voucher
    response = client.get(voucher.get_absolute_url())
    page = response.content.decode()
    assert f'href="{request.get_absolute_url()}"' in page
    assert Project.objects.get().code in page
    (action,) = response.context["actions"]
    assert not action.allowed and "拨付申请中冲销" in action.reason


def test_a_receipt_is_reversed_once_by_another_person(client: Client, cast: Cast) -> None:
    voucher = received(cast)
    url = f"{voucher.get_absolute_url()}reverse/"
    log_in(client, cast, "finance_reviewer")
    assert client.get(url).status_code == 200
    sent = data()
    response = client.post(url, sent, follow=True)
    red = Voucher.objects.get(kind="reverse")
    assert (red.reverses, red.by, red.memo) == (voucher, cast["finance_reviewer"], "金额录错")
    page = response.content.decode()
    assert "红字" in page and "-186,400.05" in page and voucher.get_absolute_url() in page
    assert client.post(url, sent)["Location"] == red.get_absolute_url()  # the second click
    again = client.post(url, data())
    assert again.status_code == 409
    assert "已冲销过一次" in again.content.decode()
    page = client.get(voucher.get_absolute_url()).content.decode()
    assert red.get_absolute_url() in page and "已由凭证" in page
    assert client.post(f"{red.get_absolute_url()}reverse/", data()).status_code == 409
    assert Voucher.objects.count() == 2


def test_who_posted_it_may_not_reverse_it(client: Client, cast: Cast) -> None:
    tag = make.funded_allotment(cast, 1000)
    log_in(client, cast, "finance_head")
    client.post(
        f"{tag.get_absolute_url()}return/",
        {**data(), "amount": "10", "document": "新财农〔2025〕70号"},
    )
    voucher = Voucher.objects.get(kind="return")
    (action,) = client.get(voucher.get_absolute_url()).context["actions"]
    assert not action.allowed and "以外的人" in action.reason
    response = client.post(f"{voucher.get_absolute_url()}reverse/", data())
    assert response.status_code == 409
    assert "以外的人" in response.content.decode()


@pytest.mark.parametrize(
    ("field", "value"), [("memo", ""), ("occurred_on", ""), ("occurred_on", "x"), ("key", "")]
)
def test_a_reversal_says_when_and_why(client: Client, cast: Cast, field: str, value: str) -> None:
    voucher = received(cast)
    log_in(client, cast, "finance_head")
    response = client.post(f"{voucher.get_absolute_url()}reverse/", data(**{field: value}))
    assert (response.status_code, list(response.context["form"].errors)) == (422, [field])
    assert Voucher.objects.count() == 1


def test_money_that_went_on_cannot_be_taken_back_from_the_pool(client: Client, cast: Cast) -> None:
    make.determined_project(cast)
    voucher = Voucher.objects.get(kind="receive")
    log_in(client, cast, "finance_head")
    response = client.post(f"{voucher.get_absolute_url()}reverse/", data())
    assert response.status_code == 409
    assert "资金池 可用 500,000.00 元" in response.content.decode()


def test_other_roles_and_other_counties(client: Client, cast: Cast) -> None:
    voucher = received(cast)
    for who, page, reverse in (
        ("auditor", 200, 403), ("finance_clerk", 200, 403), ("township_clerk", 403, 403),
        ("other_finance_head", 404, 404), ("nobody", 403, 403),
    ):  # fmt: skip
        log_in(client, cast, who)
        assert client.get(voucher.get_absolute_url()).status_code == page, who
        url = f"{voucher.get_absolute_url()}reverse/"
        assert client.get(url).status_code == reverse, who
        assert client.post(url, data()).status_code == reverse, who
    assert Voucher.objects.count() == 1
