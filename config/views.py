from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import Error, connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from organizations import founding
from organizations.models import User
from organizations.requests import OfficeRequest
from organizations.views.accounts import enter

from . import search as find
from .demo import demo_logins
from .home import home_of
from .navigation import page_of


@require_safe
def home(request: OfficeRequest) -> HttpResponse:
    return render(request, "home.html", {"home": home_of(request.user)})


@require_safe
def search(request: OfficeRequest) -> HttpResponse:
    words = request.GET.get("q", "").strip()[:60]
    return render(
        request, "search.html", {"words": words, "groups": find.search(request.user, words)}
    )


@require_safe
def correspondence(request: OfficeRequest) -> HttpResponse:
    """制度对照表: clause → screen → rule → test."""
    rows = [
        (clause, [(*page_of(carried.screen, request.user), carried) for carried in carried_by])
        for clause, carried_by in founding.correspondence()
    ]
    carried = sum(bool(carried_by) for _, carried_by in rows)
    context = {"rows": rows, "carried": carried, "share": carried * 100 // len(rows)}
    return render(request, "correspondence.html", context)


@login_not_required
@require_POST
def demo_login(request: HttpRequest) -> HttpResponse:
    """One button per role, only in the demonstration and only for its invented people."""
    username = request.POST.get("username", "")
    if not settings.DEMO or username not in {login["username"] for login in demo_logins()}:
        raise Http404
    enter(request, get_object_or_404(User, username=username, is_active=True))
    return redirect("home")


@login_not_required
@never_cache
@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """For the launcher and the container: 200 when pages can be served, 503 without a database."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return HttpResponse("database unavailable", status=503, content_type="text/plain")
    return HttpResponse("ok", content_type="text/plain")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "400.html", status=400)
