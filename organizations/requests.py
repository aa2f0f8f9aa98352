from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django_htmx.middleware import HtmxDetails

from .models import User

M = TypeVar("M", bound=Model)


class OfficeRequest(HttpRequest):
    """A request by somebody who logged in; LoginRequiredMiddleware lets no other through."""

    user: User
    htmx: HtmxDetails


def get_visible(queryset: QuerySet[M], pk: int) -> M:
    """One row of what this person may see; anything else does not exist (404)."""
    return get_object_or_404(queryset, pk=pk)
