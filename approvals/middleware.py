"""A refusal that no page caught becomes a page that says why, not an error."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from organizations.policies import Refused

Handler = Callable[[HttpRequest], HttpResponse]


def answer_refusals(get_response: Handler) -> Handler:
    def middleware(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    middleware.process_exception = refusal_page  # type: ignore[attr-defined]
    return middleware


def refusal_page(request: HttpRequest, error: Exception) -> HttpResponse | None:
    """None leaves the error to whoever is next; the API answers for itself."""
    if not isinstance(error, Refused) or request.path.startswith("/api/"):
        return None
    template = "403.html" if error.status_code == 403 else "409.html"
    return render(request, template, {"refusal": error.refusal}, status=error.status_code)
