"""What every page shows around its content."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from organizations.models import Division, User
from organizations.models.divisions import Level

from .demo import demo_logins
from .navigation import navigation

UNITS = ("yuan", "wan")


def page(request: HttpRequest) -> dict[str, Any]:
    """The same few queries on every page: today's posts, the county, the count of 待办."""
    context: dict[str, Any] = {"demo": settings.DEMO}
    if settings.DEMO:
        context["demo_logins"] = demo_logins  # called only where a page shows them
    user = getattr(request, "user", None)
    if not isinstance(user, User) or not user.is_authenticated:
        return context
    context["unit"] = unit_of(request)
    if request.headers.get("HX-Request") != "true":
        context["county_name"] = county_name(user)
        context["navigation"] = navigation(request, user)
    return context


def unit_of(request: HttpRequest) -> str:
    """元 or 万元 as last chosen with ?unit=, kept for the rest of the session."""
    asked = request.GET.get("unit")
    if asked in UNITS and request.session.get("unit") != asked:
        request.session["unit"] = asked
    kept: str = request.session.get("unit", UNITS[0])
    return kept


def county_name(user: User) -> str:
    """The county that all of today's posts lie in, else the highest division among them."""
    divisions = sorted((p.division for p in user.posts_today), key=lambda d: len(d.path))
    if not divisions:
        return ""
    highest = divisions[0]
    if highest.level in (Level.REGION, Level.PREFECTURE, Level.COUNTY):
        return highest.name
    counties = {d.county_code for d in divisions}
    county = Division.objects.filter(code__in=counties).order_by("code").first()
    return county.name if county else highest.name
