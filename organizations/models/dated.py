from __future__ import annotations

import datetime as dt
from typing import Self, TypeVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

Row = TypeVar("Row", bound=models.Model)


def not_over(day: dt.date | None = None) -> Q:
    """Rows whose `valid_until` is open, or this day (default today) or later."""
    return Q(valid_until__isnull=True) | Q(valid_until__gte=day or timezone.localdate())


def covering(day: dt.date | None = None) -> Q:
    """Rows from `valid_from` to `valid_until`, both included, that have the day (default today)
    in them."""
    return not_over(day) & Q(valid_from__lte=day or timezone.localdate())


class DatedQuerySet(models.QuerySet[Row]):
    """Of reference data, which stands from a day on and may end on one."""

    def in_force(self, on: dt.date | None = None) -> Self:
        return self.filter(covering(on))
