"""总台账 and 专账明细账: every figure adds up to its list, quickly, for those who may read it."""

from __future__ import annotations

import re
from decimal import Decimal
from html import unescape

import pytest
from django.test import Client

from funds import journals
from funds.models import Allotment, Earmark, Voucher
from funds.queries import (
    MADE_OF,
    county_figures,
    figures_by_allotment,
    figures_by_county,
    uses_of,
)
from funds.services import return_to_upper_level, reverse_voucher
from tests import factories as make
from tests.cast import Cast
from tests.funds.browsing import assert_same_queries, log_in

PAGES = ("/ledger/", "/journal/", "/months/", "/allotments/")


def money_that_went_every_way(cast: Cast) -> Allotment:
    """Received twice, one receipt reversed, allocated, released, paid, and some returned."""
    make.payment_at(cast, "paid")
    tag = make.allotment(cast, 300_000, "新财农〔2025〕7号")
    make.receipt(cast, tag, 120_000)
    wrong = make.receipt(cast, tag, 30_000)
    reverse_voucher(
        voucher=wrong,
        occurred_on=make.today(),
        memo="金额录错",
        key=make.key(),
        by=cast["finance_head"],
    )
    return_to_upper_level(
        allotment=tag, amount=make.yuan(20_000), occurred_on=make.today(), memo="上缴",
        document="新财农〔2025〕70号", key=make.key(), by=cast["finance_head"],
    )  # fmt: skip
    return tag


def journal_totals(client: Client, query: str) -> journals.Totals:
    response = client.get(f"/journal/?{query}")
    assert response.status_code == 200
    totals: journals.Totals = response.context["totals"]
    shown = sum(
        (
            (row.increase or Decimal(0)) - (row.decrease or Decimal(0))
            for row in response.context["rows"]
        ),
        Decimal(0),
    )
    assert shown == totals.net  # everything fits on one page here
    return totals


@pytest.mark.parametrize("url", PAGES)
def test_fund_readers_open_the_pages(client: Client, cast: Cast, url: str) -> None:
    money_that_went_every_way(cast)
    for who in ("finance_clerk", "auditor", "group_member", "prefecture_clerk", "region_clerk"):
        log_in(client, cast, who)
        assert client.get(url).status_code == 200
        assert client.get(url + "?unit=wan").status_code == 200


@pytest.mark.parametrize("url", PAGES)
def test_others_are_told_why_not(client: Client, cast: Cast, url: str) -> None:
    for who in ("village_cadre", "township_clerk", "system_admin", "nobody"):
        log_in(client, cast, who)
        response = client.get(url)
        assert response.status_code == 403
        assert "财政记账" in response.content.decode()


def test_another_county_shows_nothing_of_this_one(client: Client, cast: Cast) -> None:
    tag = money_that_went_every_way(cast)
    log_in(client, cast, "other_finance_clerk")
    for url in PAGES:
        assert tag.document_number not in client.get(url).content.decode()
    assert client.get(f"/journal/?county={cast.county.code}").status_code == 404
    assert client.get(f"/journal/?allotment={tag.pk}").context["totals"].count == 0


@pytest.mark.parametrize("figure", MADE_OF)
def test_each_figure_of_the_county_is_the_sum_of_its_list(
    client: Client, cast: Cast, figure: str
) -> None:
    money_that_went_every_way(cast)
    log_in(client, cast, "auditor")
    figures = county_figures([cast.county])
    totals = journal_totals(client, f"county={cast.county.code}&figure={figure}")
    assert totals.net == getattr(figures, figure)
    assert totals.count > 0


@pytest.mark.parametrize("figure", MADE_OF)
def test_each_figure_of_an_allotment_is_the_sum_of_its_list(
    client: Client, cast: Cast, figure: str
) -> None:
    money_that_went_every_way(cast)
    log_in(client, cast, "auditor")
    allotments = list(Allotment.objects.all())
    figures = figures_by_allotment(allotments)
    for allotment in allotments:
        totals = journal_totals(client, f"allotment={allotment.pk}&figure={figure}")
        assert totals.net == getattr(figures[allotment.pk], figure)


@pytest.mark.parametrize("figure", ["allocated", "released", "paid"])
def test_each_figure_of_a_project_is_the_sum_of_its_list(
    client: Client, cast: Cast, figure: str
) -> None:
    money_that_went_every_way(cast)
    log_in(client, cast, "auditor")
    for allotment in Allotment.objects.all():
        for use in uses_of(allotment):
            query = f"allotment={allotment.pk}&earmark={use.earmark_id}&figure={figure}"
            assert journal_totals(client, query).net == getattr(use.figures, figure)


@pytest.mark.parametrize("figure", MADE_OF)
@pytest.mark.parametrize(
    "narrow", ["fund_year=2025", "level=L1", "group=special", "q=新财农[2025]7号"]
)
def test_filters_of_the_ledger_go_along_with_its_links(
    client: Client, cast: Cast, figure: str, narrow: str
) -> None:
    money_that_went_every_way(cast)
    log_in(client, cast, "auditor")
    ledger = client.get(f"/ledger/?{narrow}")
    county, figures, query = ledger.context["subtotals"][0]
    assert county == cast.county
    assert journal_totals(client, f"{query}&figure={figure}").net == getattr(figures, figure)


def test_every_link_on_the_ledger_opens_the_list_that_adds_up(client: Client, cast: Cast) -> None:
    money_that_went_every_way(cast)
    log_in(client, cast, "prefecture_clerk")
    page = client.get("/ledger/").content.decode()
    cells = re.findall(
        r'<a href="(/journal/\?[^"]+)"><span class="amount[^"]*">([-\d,.]+)</span>', page
    )
    assert len(cells) == 7 * 3  # two allotments and the county's subtotal
    for url, shown in cells:
        totals: journals.Totals = client.get(unescape(url)).context["totals"]
        assert totals.net == Decimal(shown.replace(",", ""))


def test_totals_are_of_the_filter_and_not_of_the_page(client: Client, cast: Cast) -> None:
    for number in range(1, 54):
        make.allotment(cast, 1000, f"巴财农〔2025〕{number}号")
    log_in(client, cast, "auditor")
    response = client.get("/ledger/?page=2")
    assert len(response.context["rows"]) == 3
    assert response.context["total"].issued == 53_000
    assert "第 51–53 条" in response.content.decode()
    whole = client.get("/ledger/?whole=1")
    assert len(whole.context["rows"]) == 53


def test_figures_of_a_county_without_money_are_zero(cast: Cast) -> None:
    money_that_went_every_way(cast)
    figures = figures_by_county([cast.county, cast.other_county])
    assert figures[cast.other_county.pk].received == 0
    assert figures[cast.county.pk].issued == 1_300_000
    assert figures[cast.county.pk].received == 1_120_000
    assert figures[cast.county.pk].paid == 100_000
    assert figures[cast.county.pk].returned == 20_000
    assert figures[cast.county.pk].balance == 1_000_000
    assert figures[cast.county.pk].not_received == 180_000


def test_a_red_letter_stands_in_its_originals_column_below_zero(client: Client, cast: Cast) -> None:
    money_that_went_every_way(cast)
    log_in(client, cast, "auditor")
    response = client.get("/journal/?kind=reverse")
    (row,) = response.context["rows"]
    assert (row.increase, row.decrease) == (-30_000, None)
    page = response.content.decode()
    assert "红字" in page and "-30,000.00" in page


def test_a_month_begins_with_what_was_carried_over_and_ends_with_totals(
    client: Client, cast: Cast
) -> None:
    money_that_went_every_way(cast)
    log_in(client, cast, "auditor")
    response = client.get(f"/journal/?month={make.today():%Y-%m}")
    month = response.context["month"]
    assert month.opening == 0
    assert month.closing == county_figures([cast.county]).balance
    assert response.context["totals"].net == month.income - month.expenditure
    page = response.content.decode()
    assert "上月结转" in page and "本月合计" in page and "本年累计" in page
    sequences = [row.entry.voucher.sequence for row in response.context["rows"]]
    assert sequences == sorted(sequences)


@pytest.mark.parametrize(
    "query",
    [
        "month=2025-13",
        "since=昨天",
        "amount=abc",
        "figure=x",
        "allotment=abc",
        "fund_year=99",
        "kind=x",
    ],
)
def test_a_wrong_question_is_marked_and_answers_nothing(
    client: Client, cast: Cast, query: str
) -> None:
    money_that_went_every_way(cast)
    log_in(client, cast, "auditor")
    response = client.get(f"/journal/?{query}")
    assert response.status_code == 200
    assert response.context["totals"].count == 0


def test_the_journal_is_found_by_words_project_amount_and_day(client: Client, cast: Cast) -> None:
    money_that_went_every_way(cast)
    log_in(client, cast, "auditor")
    code = Earmark.objects.get().code
    for query, found in (
        ("kind=pay", 1),
        (f"project={code}&figure=paid", 1),
        ("memo=金额录错", 1),
        ("amount=12万", 1),
        ("memo=焉耆兴农", 1),
        (f"since={make.today()}&kind=pay", 1),
        ("until=2001-01-01", 0),
    ):
        assert journal_totals(client, query).count == found, query


def test_paging_by_place_shows_every_line_once(cast: Cast) -> None:
    tag = make.allotment(cast, 1000)
    for _ in range(23):
        make.receipt(cast, tag, 1)
    entries = journals.entries_of(cast.county)
    for oldest_first in (True, False):
        seen: list[int] = []
        page = journals.page_of(entries, size=5, oldest_first=oldest_first)
        while True:
            seen += [entry.pk for entry in page.entries]
            if not page.next:
                break
            before, page = (
                page,
                journals.page_of(entries, start=page.next, size=5, oldest_first=oldest_first),
            )
            back = journals.page_of(entries, end=page.previous, size=5, oldest_first=oldest_first)
            assert back.entries == before.entries
        assert len(seen) == 23 and seen == sorted(seen, reverse=not oldest_first)
    assert journals.page_of(entries, start="x", size=5, oldest_first=True).previous == ""


def test_remembered_totals_change_with_the_next_voucher(client: Client, cast: Cast) -> None:
    tag = make.allotment(cast, 1000)
    make.receipt(cast, tag, 100)
    log_in(client, cast, "auditor")
    assert client.get("/journal/").context["totals"].net == 100
    make.receipt(cast, tag, 50)
    assert client.get("/journal/").context["totals"].net == 150


@pytest.mark.parametrize("url", [*PAGES, "/ledger/?whole=1", "/journal/?figure=all"])
def test_more_rows_take_no_more_queries(client: Client, cast: Cast, url: str) -> None:
    def grow(first: int = 100, count: int = 45) -> None:
        for number in range(first, first + count):
            make.receipt(cast, make.allotment(cast, 1000, f"巴财农〔2025〕{number}号"), 10)

    grow(200, 5)
    log_in(client, cast, "prefecture_clerk")
    assert_same_queries(client, url, grow)


def test_vouchers_of_one_project_only_link_back_to_it(client: Client, cast: Cast) -> None:
    money_that_went_every_way(cast)
    log_in(client, cast, "auditor")
    earmark = Earmark.objects.get()
    response = client.get(f"/journal/?earmark={earmark.pk}&figure=all")
    kinds = {row.entry.voucher.kind for row in response.context["rows"]}
    assert kinds == {Voucher.Kind.ALLOCATE, Voucher.Kind.RELEASE, Voucher.Kind.PAY}
    assert earmark.title in response.content.decode()
