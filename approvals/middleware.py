"""A refusal that no page caught becomes a page that says why, not an error; and whatever was
refused, by a page or by the API, is kept when the transactions of the request have ended."""

from __future__ import annotations

from collections.abc import Callable

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from organizations.policies import Refused

from .attempts import keep_uncommitted, keeping_attempts
from .decisions import refused_by_trigger

Handler = Callable[[HttpRequest], HttpResponse]


def answer_refusals(get_response: Handler) -> Handler:
    def middleware(request: HttpRequest) -> HttpResponse:
        with keeping_attempts():
            return get_response(request)

    middleware.process_exception = refusal_page  # type: ignore[attr-defined]
    return middleware


def refusal_page(request: HttpRequest, error: Exception) -> HttpResponse | None:
    """None leaves the error to whoever is next; the API answers for itself."""
    if request.path.startswith("/api/"):
        return None
    if isinstance(error, DatabaseError):
        error = refused_at_commit(error) or error
    if not isinstance(error, Refused):
        return None
    template = "403.html" if error.status_code == 403 else "409.html"
    return render(request, template, {"refusal": error.refusal}, status=error.status_code)


def refused_at_commit(error: DatabaseError) -> Refused | None:
    """What a deferred rule of the database said of a transaction as a whole, kept for each step
    in it; None is a fault."""
    refused = refused_by_trigger(error)
    if refused:
        keep_uncommitted(refused)
    return refused
