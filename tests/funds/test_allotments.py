"""Finance registers an allotment, corrects it, and sends money of it back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from funds.models import Allotment, FundCategory, Voucher
from organizations.models import Organization
from tests import factories as make
from tests.cast import Cast
from tests.funds.browsing import assert_same_queries, log_in

NEW = "/allotments/new/"


def form_data(**facts: Any) -> dict[str, Any]:
    return {
        "document_number": "巴财农〔2025〕11号",
        "level": "L1",
        "category": FundCategory.objects.in_force().get(code="ZX-FZ").pk,
        "fund_year": "2025",
        "issued_on": "2025-03-01",
        "amount": "186.4万",
        **facts,
    }


def edit_data(tag: Allotment, **facts: Any) -> dict[str, Any]:
    return form_data(
        document_number=tag.document_number, amount=str(tag.amount), reason="录入有误", **facts
    )


def test_an_allotment_is_registered(client: Client, cast: Cast) -> None:
    log_in(client, cast, "finance_clerk")
    response = client.post(NEW, form_data(), follow=True)
    tag = Allotment.objects.get()
    assert (tag.amount, tag.county, tag.recorded_by) == (
        Decimal("1864000.00"), cast.county, cast["finance_clerk"],
    )  # fmt: skip
    assert response.redirect_chain[-1][0] == tag.get_absolute_url()
    assert "已登记：巴财农〔2025〕11号" in response.content.decode()
    assert client.post(NEW, form_data(level="L2", save_and_new="1"))["Location"] == NEW


@pytest.mark.parametrize(
    "typed",
    [
        "巴财农〔2025〕11号", "巴财农[2025]11号", "巴财农【2025】11号", "巴财农﹝2025﹞11号",
        "巴财农(2025)11号", "巴财农（2025）第11号", "巴财农［２０２５］１１号",
        " 巴财农 〔2025〕 011号",
    ],
)  # fmt: skip
def test_the_document_number_in_every_bracket_style(client: Client, cast: Cast, typed: str) -> None:
    log_in(client, cast, "finance_clerk")
    client.post(NEW, form_data(document_number=typed))
    tag = Allotment.objects.get()
    assert tag.document_number == "巴财农〔2025〕11号"
    assert tag.document_text == typed.strip()
    again = client.post(NEW, form_data(document_number="巴财农[2025]11号"))
    assert again.status_code == 409
    assert "已登记过" in again.content.decode()
    assert Allotment.objects.count() == 1


def test_an_irregular_number_only_warns(client: Client, cast: Cast) -> None:
    log_in(client, cast, "finance_clerk")
    response = client.post(NEW, form_data(document_number="电话通知"), follow=True)
    page = response.content.decode()
    assert "message-warning" in page and "文号不规范" in page
    assert Allotment.objects.get().document_number == "电话通知"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", "-1"), ("amount", "0"), ("amount", "1.001"), ("amount", "9" * 20),
        ("issued_on", "2025-02-30"), ("fund_year", "1999"), ("level", "L9"), ("category", "0"),
        ("document_number", ""), ("document_number", "巴" * 61),
        ("note", "身份证 652826199001011237，电话13800138000"), ("issued_on", "2018-01-01"),
        ("integrating_department", "999999"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_marked_and_the_rest_is_kept(
    client: Client, cast: Cast, field: str, value: str
) -> None:
    log_in(client, cast, "finance_clerk")
    response = client.post(NEW, form_data(direction="产业发展", **{field: value}))
    assert response.status_code == 422
    errors = response.context["form"].errors
    assert list(errors) == ["category" if value == "2018-01-01" else field]
    assert "产业发展" in response.content.decode()
    assert not Allotment.objects.exists()


def test_integrated_money_names_the_department(client: Client, cast: Cast) -> None:
    log_in(client, cast, "finance_clerk")
    response = client.post(NEW, form_data(is_integrated="on"))
    assert list(response.context["form"].errors) == ["integrating_department"]
    department = Organization.objects.get(name="焉耆县水利局")
    client.post(NEW, form_data(is_integrated="on", integrating_department=department.pk))
    assert Allotment.objects.get().integrating_department == department


def test_only_finance_clerks_register(client: Client, cast: Cast) -> None:
    for who in ("finance_head", "auditor", "prefecture_clerk", "township_clerk"):
        log_in(client, cast, who)
        assert client.get(NEW).status_code == 403
        assert client.post(NEW, form_data()).status_code == 403
    assert not Allotment.objects.exists()


def test_the_page_tells_where_the_money_went(client: Client, cast: Cast) -> None:
    make.payment_at(cast, "paid")
    tag = Allotment.objects.get()
    log_in(client, cast, "auditor")
    response = client.get(tag.get_absolute_url())
    (use,) = response.context["uses"]
    assert (use.figures.allocated, use.figures.paid) == (500_000, 100_000)
    page = response.content.decode()
    assert "下岔河村库房建设项目" in page and "1,000,000.00" in page
    assert "更正" not in page  # an auditor corrects nothing
    assert {entry.voucher.kind for entry in response.context["latest"]} == {
        "allocate", "release", "pay",
    }  # fmt: skip


def test_a_correction_keeps_the_old_value_for_ever(client: Client, cast: Cast) -> None:
    tag = make.allotment(cast, 1000)
    log_in(client, cast, "finance_clerk")
    url = f"{tag.get_absolute_url()}edit/"
    assert client.get(url).status_code == 200
    response = client.post(url, edit_data(tag, using_unit="永宁镇"), follow=True)
    tag.refresh_from_db()
    assert tag.using_unit == "永宁镇"
    page = response.content.decode()
    assert "录入有误" in page and "资金使用单位" in page and "朱明" in page


def test_a_correction_needs_a_reason(client: Client, cast: Cast) -> None:
    tag = make.allotment(cast, 1000)
    log_in(client, cast, "finance_clerk")
    response = client.post(
        f"{tag.get_absolute_url()}edit/", {**edit_data(tag, note="x"), "reason": ""}
    )
    assert (response.status_code, list(response.context["form"].errors)) == (422, ["reason"])


def test_once_money_moved_the_amount_stands(client: Client, cast: Cast) -> None:
    tag = make.funded_allotment(cast, 1000)
    log_in(client, cast, "finance_clerk")
    url = f"{tag.get_absolute_url()}edit/"
    response = client.post(url, {**edit_data(tag), "amount": "2000"})
    assert response.status_code == 409
    page = response.content.decode()
    assert "已有资金往来" in page and 'value="2000"' in page
    tag.refresh_from_db()
    assert tag.amount == 1000
    client.post(url, edit_data(tag, note="更正备注"))
    tag.refresh_from_db()
    assert tag.note == "更正备注"


def test_a_correction_may_not_make_two_of_one(client: Client, cast: Cast) -> None:
    make.allotment(cast, 1000)
    other = make.allotment(cast, 1000, "新财农〔2025〕3号")
    log_in(client, cast, "finance_clerk")
    data = {**edit_data(other), "document_number": "巴财农[2025]11号"}
    response = client.post(f"{other.get_absolute_url()}edit/", data)
    assert response.status_code == 409
    assert "已登记过" in response.content.decode()


def test_another_countys_allotment_does_not_exist(client: Client, cast: Cast) -> None:
    tag = make.funded_allotment(cast, 1000)
    for who, page in (
        ("other_finance_clerk", ""), ("other_finance_clerk", "edit/"),
        ("other_finance_head", "return/"),
    ):  # fmt: skip
        log_in(client, cast, who)
        assert client.get(f"{tag.get_absolute_url()}{page}").status_code == 404


def test_wrong_roles_may_look_or_not_even_that(client: Client, cast: Cast) -> None:
    tag = make.funded_allotment(cast, 1000)
    log_in(client, cast, "auditor")
    for page, status in (("", 200), ("edit/", 403), ("return/", 403)):
        assert client.get(f"{tag.get_absolute_url()}{page}").status_code == status
    log_in(client, cast, "township_clerk")
    for page in ("", "edit/", "return/"):
        assert client.get(f"{tag.get_absolute_url()}{page}").status_code == 403


def return_data(**facts: Any) -> dict[str, Any]:
    return {
        "key": make.key(), "amount": "400", "occurred_on": make.today().isoformat(),
        "document": "新财农〔2025〕70号", "memo": "收回结余上缴", **facts,
    }  # fmt: skip


def test_the_head_returns_money_to_the_upper_level_once(client: Client, cast: Cast) -> None:
    tag = make.funded_allotment(cast, 1000)
    log_in(client, cast, "finance_head")
    url = f"{tag.get_absolute_url()}return/"
    assert 'data-remaining="1000.00"' in client.get(url).content.decode()
    data = return_data()
    client.post(url, data)
    client.post(url, data)
    voucher = Voucher.objects.get(kind="return")
    assert [voucher.total, voucher.balance_after] == [400, 600]


@pytest.mark.parametrize(
    ("field", "value", "status"),
    [
        ("amount", "1000.01", 409),
        ("amount", "-1", 422),
        ("document", "", 422),
        ("document", " ", 422),
    ],
)
def test_a_return_that_cannot_be(
    client: Client, cast: Cast, field: str, value: str, status: int
) -> None:
    tag = make.funded_allotment(cast, 1000)
    log_in(client, cast, "finance_head")
    response = client.post(f"{tag.get_absolute_url()}return/", return_data(**{field: value}))
    assert response.status_code == status
    assert field in response.context["form"].errors
    assert "收回结余上缴" in response.content.decode()
    assert not Voucher.objects.filter(kind="return").exists()


def test_the_list_is_filtered_and_totalled(client: Client, cast: Cast) -> None:
    make.funded_allotment(cast, 1000)
    make.allotment(cast, 500, "新财农〔2024〕3号", code="ZQ-YB")
    log_in(client, cast, "prefecture_clerk")
    for query, issued in (
        ("", 1500), ("q=新财农", 500), ("group=bond", 500), ("level=L1", 1500),
        ("fund_year=2024", 0),
        (f"county={cast.county.code}", 1500), (f"county={cast.other_county.code}", 0),
        ("q=zyzf", 0), ("q=yibanzhaiquan", 500),
    ):  # fmt: skip
        response = client.get(f"/allotments/?{query}")
        assert response.context["total"].issued == issued, query


def test_a_busy_allotment_takes_no_more_queries(client: Client, cast: Cast) -> None:
    tag = make.allotment(cast)
    make.receipt(cast, tag, 1)
    log_in(client, cast, "auditor")
    assert_same_queries(
        client,
        tag.get_absolute_url(),
        lambda: [make.receipt(cast, tag, 1) for _ in range(20)],
    )
