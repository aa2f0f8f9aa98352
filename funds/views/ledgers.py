from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from funds import journals
from funds.filters import FIGURES, AllotmentFilter, JournalFilter
from funds.models import Allotment, Earmark, Entry
from funds.policies import counties_of, demand_fund_reader
from funds.queries import (
    Arrival,
    Figures,
    arrivals_by_allotment,
    figures_by_allotment,
    figures_by_county_of,
)
from organizations.models import Division, User
from organizations.requests import OfficeRequest

PAGE_SIZE = 50
PRINTED_SIZE = 2000  # rows of a ledger that is printed in one piece


@dataclass(frozen=True)
class LedgerRow:
    allotment: Allotment
    figures: Figures
    arrival: Arrival | None
    query: str  # what the links of its figures carry


@require_safe
def fund_ledger(request: OfficeRequest) -> HttpResponse:
    """扶贫资金总台账: one line for each allotment, from issue to what is left."""
    demand_fund_reader(request.user)
    counties = counties_of(request.user)
    visible = Allotment.objects.visible_to(request.user).select_related(
        "county", "category", "integrating_department", "recorded_by"
    )
    chosen = AllotmentFilter(request.GET, queryset=visible, counties=counties)
    size = PRINTED_SIZE if request.GET.get("whole") else PAGE_SIZE
    page = Paginator(chosen.found, size).get_page(request.GET.get("page"))
    by_county = figures_by_county_of(chosen.found)
    return render(
        request,
        "funds/ledger.html",
        {
            "filter": chosen,
            "page": page,
            "rows": ledger_rows(list(page.object_list)),
            "subtotals": county_rows(counties, by_county, chosen.asked),
            "total": sum(by_county.values(), Figures()),
            "asked": urlencode(chosen.asked),
            "several_counties": len(counties) > 1,
            "as_of": timezone.localdate(),
        },
    )


def ledger_rows(allotments: list[Allotment]) -> list[LedgerRow]:
    figures = figures_by_allotment(allotments)
    arrivals = arrivals_by_allotment(allotments)
    return [
        LedgerRow(
            a,
            figures[a.pk],
            arrivals.get(a.pk),
            urlencode({"county": a.county.code, "allotment": a.pk}),
        )
        for a in allotments
    ]


def county_rows(
    counties: list[Division], by_county: dict[int, Figures], asked: dict[str, Any]
) -> list[tuple[Division, Figures, str]]:
    """A ledger is a county's, so each county's total links to its own journal."""
    return [
        (county, by_county[county.pk], urlencode({**asked, "county": county.code}))
        for county in counties
        if county.pk in by_county
    ]


@require_safe
def journal(request: OfficeRequest) -> HttpResponse:
    """专账明细账: one line for each movement, with the account's balance after it."""
    demand_fund_reader(request.user)
    counties = counties_of(request.user)
    county = county_of_journal(request, counties)
    funds = AllotmentFilter(
        request.GET, queryset=Allotment.objects.filter(county=county), counties=counties
    )
    asked = JournalFilter(request.GET)
    figure = asked.figure_shown if asked.is_valid() else "balance"
    entries = journal_entries(county, funds, asked)
    month = asked.cleaned_data.get("month")
    page = journals.page_of(
        entries,
        start=request.GET.get("start", ""),
        end=request.GET.get("end", ""),
        size=PRINTED_SIZE if request.GET.get("whole") else PAGE_SIZE,
        oldest_first=bool(month),
    )
    return render(
        request,
        "funds/journal.html",
        {
            "county": county,
            "counties": counties,
            "funds": funds,
            "filter": asked,
            "figure": figure,
            "figure_label": dict(FIGURES)[figure],
            "page": page,
            "rows": journals.rows_of(page.entries, figure),
            "totals": journals.remembered_totals(
                entries, figure, county=county, asked={**funds.asked, **asked.asked}
            ),
            "month": month_figures(county, month) if month and asked.only_month else None,
            "narrowed": narrowings(request.user, asked),
            "as_of": timezone.localdate(),
        },
    )


def county_of_journal(request: OfficeRequest, counties: list[Division]) -> Division:
    code = request.GET.get("county")
    for county in counties:
        if not code or county.code == code:
            return county
    raise Http404("没有这个县的专账")


def journal_entries(
    county: Division, funds: AllotmentFilter, asked: JournalFilter
) -> QuerySet[Entry]:
    entries = journals.entries_of(county)
    if not (asked.is_valid() and funds.form.is_valid()):
        return entries.none()
    if set(funds.asked) - {"county"}:
        entries = entries.filter(source__allotment__in=funds.found.order_by().values("pk"))
    if asked.figure_shown != "all":
        entries = entries.filter(journals.touching(asked.figure_shown))
    return asked.apply(entries)


def month_figures(county: Division, first_day: dt.date) -> journals.MonthFigures | None:
    months = journals.months_of(county, until=timezone.localdate())
    return next((m for m in months if m.first_day == first_day), None)


def narrowings(user: User, asked: JournalFilter) -> list[tuple[str, str, str]]:
    """What a link narrowed the journal to: the parameter, what it is, and its name."""
    found: list[tuple[str, str, str]] = []
    given = asked.cleaned_data
    if given.get("allotment"):
        allotment = Allotment.objects.visible_to(user).filter(pk=given["allotment"])
        found += [("allotment", "来源", str(a)) for a in allotment.select_related("category")]
    if given.get("earmark"):
        counties = counties_of(user)
        earmark = Earmark.objects.filter(pk=given["earmark"], county__in=counties)
        found += [("earmark", "项目", str(e)) for e in earmark]
    return found
