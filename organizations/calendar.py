"""Working days: Monday to Friday, but for the days that the calendar names."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from .models import CalendarDay

WEEKDAYS = 5
MONDAY_TO_SUNDAY = 7


@dataclass(frozen=True)
class Calendar:
    """The exceptional days of some span, in order; outside the span only weekends are known."""

    days_off: tuple[dt.date, ...] = ()
    days_on: tuple[dt.date, ...] = ()

    @classmethod
    def of(cls, exceptions: Iterable[tuple[dt.date, bool]]) -> Calendar:
        """From pairs of a day and whether it is at work, each the opposite of its weekday."""
        found = sorted(exceptions)
        return cls(
            days_off=tuple(day for day, is_working in found if not is_working),
            days_on=tuple(day for day, is_working in found if is_working),
        )

    def is_working(self, day: dt.date) -> bool:
        return self._up_to(day) > self._up_to(day - dt.timedelta(days=1))

    def working_days_between(self, start: dt.date, end: dt.date) -> int:
        """`start` is not counted, `end` is. Nothing lies between a day and an earlier one."""
        return max(self._up_to(end) - self._up_to(start), 0)

    def working_days_after(self, day: dt.date, n: int) -> dt.date:
        """The n-th working day after `day`, which is not counted; `day` itself for none."""
        found = day
        # Each step goes as far as there are working days missing, so it never goes too far.
        while missing := n - self.working_days_between(day, found):
            found += dt.timedelta(days=missing)
        return found

    def working_days_before(self, day: dt.date, n: int) -> dt.date:
        """The latest day from which n working days have gone by until `day`."""
        found = day
        while missing := n - self.working_days_between(found, day):
            found -= dt.timedelta(days=missing)
        return found

    def _up_to(self, day: dt.date) -> int:
        """Working days since the calendar's year 1, which began with a Monday."""
        weeks, rest = divmod(day.toordinal(), MONDAY_TO_SUNDAY)
        ordinary = weeks * WEEKDAYS + min(rest, WEEKDAYS)
        return ordinary - bisect_right(self.days_off, day) + bisect_right(self.days_on, day)


def load_calendar(first: dt.date = dt.date.min, last: dt.date = dt.date.max) -> Calendar:
    """In one query; for a list, load it once and ask it for each row."""
    days = CalendarDay.objects.filter(day__range=(first, last))
    return Calendar.of(days.values_list("day", "is_working"))


def is_working(day: dt.date) -> bool:
    return load_calendar(day, day).is_working(day)


def working_days_after(day: dt.date, n: int) -> dt.date:
    """The n-th working day after `day`, which is not counted."""
    return load_calendar(first=day).working_days_after(day, n)


def working_days_between(start: dt.date, end: dt.date) -> int:
    """`start` is not counted, `end` is."""
    return load_calendar(start, end).working_days_between(start, end)
