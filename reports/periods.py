"""A month to report on, when it is due, and what was known when the figures were taken.

A voucher has a business date and a place in its county's chain; a dated fact has a day and the
moment at which it was written down. Figures are of what happened up to the cut-off and stood in
the books at `known_at`, in the chain up to `sequence`: whatever is written later, for whatever
day, changes nothing about them.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import connection
from django.utils import timezone

from funds.models import Book, Voucher
from organizations.calendar import Calendar, load_calendar
from organizations.models import Division, Parameter
from organizations.models.divisions import Level
from verify_export import first_link

# By the level that reports: the day of the following month (FACTS: 节假日顺延).
DUE_DAYS = {
    Level.COUNTY: "report.due_day.county",
    Level.PREFECTURE: "report.due_day.prefecture",
    Level.REGION: "report.due_day.region",
}
# What the application's running transactions will have written was written after they began.
OLDEST_UNSEEN = """
    SELECT least(clock_timestamp(), min(xact_start)) - interval '1 microsecond'
      FROM pg_stat_activity
     WHERE datname = current_database() AND usename = current_user
       AND backend_type = 'client backend' AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
"""


@dataclass(frozen=True)
class AsOf:
    """Of which month, as known when. `sequence` is the last voucher of the chain that counts."""

    county: Division
    first_day: dt.date
    known_at: dt.datetime
    sequence: int
    day: dt.date | None = None  # within the month, where it is not the whole of it

    @property
    def cutoff(self) -> dt.date:
        return self.day or last_day_of(self.first_day)

    @property
    def head(self) -> str:
        """The digest that the chain had reached."""
        last = Voucher.objects.filter(county=self.county, sequence=self.sequence).first()
        return last.digest if last else first_link(self.county.code)


def last_day_of(first_day: dt.date) -> dt.date:
    return month_after(first_day) - dt.timedelta(days=1)


def month_after(first_day: dt.date) -> dt.date:
    return (first_day + dt.timedelta(days=32)).replace(day=1)


def month_before(first_day: dt.date) -> dt.date:
    return (first_day - dt.timedelta(days=1)).replace(day=1)


def last_ended_month(today: dt.date | None = None) -> dt.date:
    return month_before((today or timezone.localdate()).replace(day=1))


def as_known_now(county: Division, first_day: dt.date) -> AsOf:
    """Nothing that is committed from now on can still belong to it."""
    with connection.cursor() as cursor:
        cursor.execute(OLDEST_UNSEEN)
        known_at = cursor.fetchone()[0]
    book = Book.objects.filter(county=county).first()
    return AsOf(county, first_day, known_at, book.sequence if book else 0)


def due_on(division: Division, first_day: dt.date, calendar: Calendar | None = None) -> dt.date:
    """The day by which this unit reports the month; the next working day where it is none."""
    following = month_after(first_day)
    number = Parameter.objects.number(DUE_DAYS[Level(division.level)], following)
    day = following + dt.timedelta(days=number - 1)
    calendar = calendar or load_calendar(day, day + dt.timedelta(days=31))
    return day if calendar.is_working(day) else calendar.working_days_after(day, 1)
