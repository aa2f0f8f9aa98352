"""备案: the list of a county or of all counties of a prefecture, and one filing with everything
that was sent and answered."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from approvals.actions import available
from approvals.models import Evidence
from approvals.queries import items
from approvals.trail import decisions_of, steps
from organizations.calendar import load_calendar
from organizations.models import User
from organizations.requests import OfficeRequest, get_visible
from projects.filings import county_rows, punctuality, subject_of_filing
from projects.filters import FilingFilter
from projects.models import Filing, FilingVersion
from projects.policies import demand_project_reader

from .life import page_of


def filing_list(request: OfficeRequest) -> HttpResponse:
    demand_project_reader(request.user)
    visible = Filing.objects.visible_to(request.user).select_related("division__parent")
    filters = FilingFilter(request.GET, visible, user=request.user)
    page = page_of(filters.qs.with_first_sent().order_by("-approved_on", "-pk"), request)
    filings = list(page.object_list)
    calendar = load_calendar()
    year = summary_year(filters)
    context = {
        "filters": filters,
        "page": page,
        "rows": [
            (filing, item, punctuality(filing, calendar))
            for filing, item in zip(filings, items(filings), strict=True)
        ],
        "year": year,
        "counties": county_rows(request.user, year) if "county" in filters.filters else (),
        "shows_county": "county" in filters.filters,
    }
    return render(request, "projects/filing_list.html", context)


def summary_year(filters: FilingFilter) -> int:
    asked = filters.form.cleaned_data.get("year") if filters.form.is_valid() else None
    return int(asked) if asked else timezone.localdate().year


def filing_detail(request: OfficeRequest, pk: int) -> HttpResponse:
    filing = visible_filing(request, pk)
    context = {**filing_facts(filing), **life_of_filing(filing, request.user)}
    return render(request, "projects/filing_detail.html", context)


def life_of_filing(filing: Filing, user: User) -> dict[str, Any]:
    """A filing has no fields that anybody edits, so no history of edits."""
    return {
        "steps": steps(filing),
        "actions": available(filing, user),
        "decisions": decisions_of(filing),
    }


def filing_print(request: OfficeRequest, pk: int) -> HttpResponse:
    """项目计划备案表, on A4."""
    return render(request, "projects/filing_print.html", filing_facts(visible_filing(request, pk)))


def visible_filing(request: OfficeRequest, pk: int) -> Filing:
    demand_project_reader(request.user)
    filings = Filing.objects.visible_to(request.user).with_first_sent()
    return get_visible(filings.select_related("division__parent", "decision"), pk)


def filing_facts(filing: Filing) -> dict[str, Any]:
    versions = list(filing.versions.select_related("decision", "receipt__decision"))
    papers = {p.sha256: p for p in Evidence.objects.filter(sha256__in=papers_of(versions))}
    return {
        "filing": filing,
        "subject": subject_of_filing(filing),
        "punctuality": punctuality(filing, load_calendar()),
        "versions": [
            (version, [papers[digest] for digest in version.papers if digest in papers])
            for version in versions
        ],
        "latest": versions[-1] if versions else None,
    }


def papers_of(versions: list[FilingVersion]) -> set[str]:
    return {digest for version in versions for digest in version.papers}
