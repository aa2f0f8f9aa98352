"""两本总台账对账: finance's against the project department's, on one page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from funds.policies import counties_of, demand_fund_reader
from funds.views.ledgers import county_of_journal
from organizations.requests import OfficeRequest
from reports.models import LedgerDifference
from reports.reconciliation import CLAUSE, KINDS, Difference, compared, differences, found_since

CLEARED_SHOWN = 30  # days


@require_safe
def reconciliation(request: OfficeRequest) -> HttpResponse:
    demand_fund_reader(request.user)
    counties = counties_of(request.user)
    county = county_of_journal(request, counties)
    found, since, today = differences(county), found_since(county), timezone.localdate()
    context = {
        "county": county,
        "counties": counties,
        "kinds": [
            (kind, [(d, age(d, since, today)) for d in found if d.kind == kind]) for kind in KINDS
        ],
        "cleared": LedgerDifference.objects.filter(
            county=county, cleared_on__gte=today - dt.timedelta(days=CLEARED_SHOWN)
        ),
        "count": len(found),
        "compared": compared(county),
        "clause": CLAUSE,
        "now": timezone.now(),
    }
    return render(request, "reports/reconciliation.html", context)


def age(found: Difference, since: Mapping[tuple[str, str], dt.date], today: dt.date) -> int:
    """Days since it was first found; one that nobody found before today is new."""
    return (today - since.get((found.kind.code, found.code), today)).days
