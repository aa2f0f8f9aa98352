"""Units, and divisions found by name, code or pinyin."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render

from organizations.models import Division
from organizations.models.divisions import DivisionQuerySet
from organizations.queries import organizations_listed
from organizations.requests import OfficeRequest

PAGE_SIZE = 50
MATCHES_MAX = 20


def organization_list(request: OfficeRequest) -> HttpResponse:
    words = request.GET.get("q", "").strip()[:40]
    found = organizations_listed(request.user, words)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "organizations/organization_list.html", {"page": page, "words": words})


def division_list(request: OfficeRequest) -> HttpResponse:
    words = request.GET.get("q", "").strip()[:40]
    found = find_divisions(request, words).select_related("parent", "reports_to")
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "organizations/division_list.html", {"page": page, "words": words})


def division_search(request: OfficeRequest) -> HttpResponse:
    """The matches as options for a form's picker: `?q=&within=<code of the county>`."""
    words = request.GET.get("q", "").strip()[:40]
    found = find_divisions(request, words) if words else Division.objects.none()
    matches = list(found.filter(is_current=True).select_related("parent")[: MATCHES_MAX + 1])
    return render(
        request,
        "organizations/_division_options.html",
        {
            "matches": matches[:MATCHES_MAX],
            "has_more": len(matches) > MATCHES_MAX,
            "words": words,
        },
    )


def find_divisions(request: OfficeRequest, words: str) -> DivisionQuerySet:
    divisions = Division.objects.visible_to(request.user)
    code = request.GET.get("within", "")
    if code:
        top = Division.objects.visible_to(request.user).filter(code=code).first()
        divisions = divisions.within([top.path] if top else [])
    return divisions.search(words) if words else divisions
