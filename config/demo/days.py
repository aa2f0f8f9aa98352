"""Days of the demonstration, counted back from today so that nothing lies in the future."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone


def days_ago(days: int) -> dt.date:
    return timezone.localdate() - dt.timedelta(days=days)


def month_ago(months: int) -> dt.date:
    """The first day of the month so many months before this one."""
    today = timezone.localdate()
    years, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    return dt.date(years, month + 1, 1)


def in_month(months: int, day: int) -> dt.date:
    """A day (at most 28) of a past month; in the current month never after today."""
    return min(month_ago(months).replace(day=day), timezone.localdate())
