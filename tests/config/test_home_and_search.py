from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from organizations.models import Division
from projects.models import Project
from tests import factories as make
from tests.cast import Cast
from tests.pages import logged_in


def titles(client_answer: Any) -> dict[str, list[str]]:
    return {g.label: [hit.title for hit in g.hits] for g in client_answer.context["groups"]}


def test_home_shows_the_inbox_before_the_six_figures(cast: Cast) -> None:
    make.payment_at(cast, "compliance")
    answer = logged_in(cast["finance_reviewer"]).get("/")
    page = answer.content.decode()
    assert page.index("待办事项") < page.index("资金总况")
    assert len(answer.context["home"].inbox) == 1
    total = answer.context["home"].counties.total
    assert total.issued >= total.received >= total.allocated > 0
    for word in ("下达", "到账", "分配", "核拨", "支付", "结余"):
        assert f"<dt>{word}</dt>" in page


def test_home_of_a_county_has_no_table_of_counties(cast: Cast) -> None:
    make.payment_at(cast, "paid")
    assert "各县（市）" not in logged_in(cast["auditor"]).get("/").content.decode()


def test_home_of_the_region_has_each_county_with_money(cast: Cast) -> None:
    make.allotment(cast)
    rows = logged_in(cast["region_clerk"]).get("/").context["home"].counties.rows
    assert [county.name for county, _ in rows] == ["焉耆回族自治县"]


def test_home_of_a_township_adds_up_its_own_projects(cast: Cast) -> None:
    request = make.payment_at(cast, "paid")
    own = logged_in(cast["township_clerk"]).get("/").context["home"].projects
    assert own.count == 1
    assert own.total.paid == request.amount
    assert own.total.unpaid == own.total.allocated - own.total.paid
    beside = logged_in(cast["other_township_clerk"]).get("/").context["home"].projects
    assert (beside.count, beside.total.allocated) == (0, Decimal(0))


def test_home_of_the_administrator_is_about_accounts(cast: Cast) -> None:
    page = logged_in(cast["system_admin"]).get("/").content.decode()
    assert "待接任确认的岗位" in page
    assert "资金总况" not in page


def test_home_without_a_post_says_whom_to_ask(cast: Cast) -> None:
    page = logged_in(cast["nobody"]).get("/").content.decode()
    assert "您今日没有任何岗位" in page


def test_home_takes_a_fixed_number_of_queries(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    make.payment_at(cast, "compliance")
    client = logged_in(cast["finance_reviewer"])
    client.get("/")
    with django_assert_max_num_queries(40):
        client.get("/")


# --- search ----------------------------------------------------------------------------------


def test_a_project_is_found_by_name_code_and_initials(cast: Cast) -> None:
    make.payment_at(cast, "paid")
    project = Project.objects.get()
    client = logged_in(cast["finance_clerk"])
    initials = project.pinyin.split()[-1]
    for words in (project.name[:4], project.code, initials):
        assert project.name in titles(client.get("/search/", {"q": words}))["项目"], words


def test_an_allotment_is_found_in_any_bracket_style(cast: Cast) -> None:
    allotment = make.allotment(cast)
    client = logged_in(cast["finance_clerk"])
    typed = allotment.document_number.replace("〔", "[").replace("〕", "]")
    assert allotment.document_number in titles(client.get("/search/", {"q": typed}))["指标"]


def test_a_voucher_is_found_by_amount_number_and_memo(cast: Cast) -> None:
    request = make.payment_at(cast, "paid")
    request.refresh_from_db()
    voucher = request.pay_voucher
    assert voucher
    client = logged_in(cast["auditor"])
    for words in (f"{voucher.total:,.2f}", str(voucher), voucher.memo):
        found = titles(client.get("/search/", {"q": words}))
        assert f"{voucher} 支付" in found["凭证"], words


def test_the_search_stays_within_territory_and_role(cast: Cast) -> None:
    request = make.payment_at(cast, "paid")
    words = {"q": request.project.name}
    assert titles(logged_in(cast["other_finance_clerk"]).get("/search/", words)) == {}
    assert titles(logged_in(cast["other_township_clerk"]).get("/search/", words)) == {}
    township = titles(logged_in(cast["township_clerk"]).get("/search/", words))
    assert set(township) == {"项目"}
    assert "项目" not in titles(logged_in(cast["system_admin"]).get("/search/", words))


@pytest.mark.parametrize("words", ["", "   ", "没有这个", "<b>", "%", "'; --", "9" * 80])
def test_odd_words_are_answered_calmly(cast: Cast, words: str) -> None:
    answer = logged_in(cast["finance_clerk"]).get("/search/", {"q": words})
    assert answer.status_code == 200
    assert "<b>" not in answer.content.decode()


def test_a_division_is_found(cast: Cast) -> None:
    assert Division.objects.filter(name="永宁镇").exists()
    answer = logged_in(cast["finance_clerk"]).get("/search/", {"q": "永宁"})
    assert titles(answer)["行政区划"] == ["永宁镇"]


def test_the_search_takes_a_fixed_number_of_queries(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    make.payment_at(cast, "paid")
    client = logged_in(cast["finance_clerk"])
    client.get("/search/?q=永")
    with django_assert_max_num_queries(18):
        client.get("/search/?q=永")
