"""How long a notice hangs. The day of posting does not count; the gate opens the day after."""

from __future__ import annotations

import datetime as dt

from organizations.calendar import working_days_after

from .models import NoticeType


def last_day(rule: NoticeType, posted_on: dt.date) -> dt.date | None:
    """The last day of the period; None where the rule sets none."""
    if rule.min_days is None:
        return None
    if rule.count_mode == NoticeType.CountMode.WORKING:
        return working_days_after(posted_on, rule.min_days)
    return posted_on + dt.timedelta(days=rule.min_days)


def opens_on(ends_on: dt.date) -> dt.date:
    return ends_on + dt.timedelta(days=1)
