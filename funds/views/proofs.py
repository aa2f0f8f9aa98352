"""What an auditor takes home: a month's chain, and the program that checks it without us."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

import verify_export
from funds.export import export_month
from funds.policies import counties_of, demand_fund_reader
from funds.views.ledgers import county_of_journal
from organizations.requests import OfficeRequest


@require_safe
def month_proof(request: OfficeRequest) -> HttpResponse:
    """`?county=&month=YYYY-MM`: the file that `verify_export.py` reads."""
    demand_fund_reader(request.user)
    county = county_of_journal(request, counties_of(request.user))
    month = request.GET.get("month", "")
    try:
        first_day = dt.date.fromisoformat(f"{month}-01")
    except ValueError as error:
        raise Http404("月份须写作 YYYY-MM") from error
    file = io.StringIO()
    export_month(county, first_day, file)
    return download(f"yichi-{county.code}-{month}.jsonl", "application/jsonl", file.getvalue())


@require_safe
def verifier(request: OfficeRequest) -> HttpResponse:
    demand_fund_reader(request.user)
    source = Path(verify_export.__file__).read_text(encoding="utf-8")
    return download("verify_export.py", "text/x-python", source)


def download(name: str, content_type: str, text: str) -> HttpResponse:
    response = HttpResponse(text, content_type=f"{content_type}; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
