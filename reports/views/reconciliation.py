"""两本总台账对账: finance's against the project department's, on one page."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from funds.policies import counties_of, demand_fund_reader
from funds.views.ledgers import county_of_journal
from organizations.requests import OfficeRequest
from reports.reconciliation import CLAUSE, KINDS, compared, differences


@require_safe
def reconciliation(request: OfficeRequest) -> HttpResponse:
    demand_fund_reader(request.user)
    counties = counties_of(request.user)
    county = county_of_journal(request, counties)
    found = differences(county)
    context = {
        "county": county,
        "counties": counties,
        "kinds": [(kind, [d for d in found if d.kind == kind]) for kind in KINDS],
        "count": len(found),
        "compared": compared(county),
        "clause": CLAUSE,
        "now": timezone.now(),
    }
    return render(request, "reports/reconciliation.html", context)
