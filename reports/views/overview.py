from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from funds.policies import counties_of, demand_fund_reader
from funds.views.ledgers import county_of_journal
from organizations.requests import OfficeRequest
from reports.overview import overview_of


@require_safe
def overview(request: OfficeRequest) -> HttpResponse:
    """领导小组一页通."""
    demand_fund_reader(request.user)
    counties = counties_of(request.user)
    county = county_of_journal(request, counties)
    context = {"counties": counties, "county": county, "page": overview_of(county)}
    return render(request, "reports/overview.html", context)
