"""Loading of dated reference data from CSV files. Safe to run again: rows are matched by key."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from simple_history.utils import bulk_create_with_history

from .models import CalendarDay, Division, Parameter
from .models.divisions import Level
from .pinyin import pinyin_of

REFERENCE = Path(__file__).parent / "reference"
# Where the line of reporting is not the code's: these report to 伊犁哈萨克自治州.
REPORTS_TO = {"654200000000": "654000000000", "654300000000": "654000000000"}


def read_rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        yield from csv.DictReader(file)


@transaction.atomic
def load_dated(
    path: Path,
    model: type[models.Model],
    keys: Sequence[str],
    facts: Callable[[dict[str, str]], Mapping[str, Any]],
) -> int:
    """Adds the rows that are not there yet by `keys` and their first day; `facts` reads the other
    columns of a row. Returns rows added."""
    added = 0
    for row in read_rows(path):
        added += model._default_manager.get_or_create(
            **{name: row[name] for name in (*keys, "valid_from")},
            defaults={**facts(row), "valid_until": row["valid_until"] or None},
        )[1]
    return added


@transaction.atomic
def load_divisions(path: Path = REFERENCE / "divisions_65.csv") -> int:
    """Columns code, name, level, parent and, where it differs, reports_to. Returns rows added.

    Parents must stand before their children. Raises KeyError naming a parent that is missing.
    """
    known = {d.code: d for d in Division.objects.all()}
    order = {level: place for place, level in enumerate(Level.values)}
    rows = sorted(
        (row for row in read_rows(path) if row["code"] not in known),
        key=lambda row: (order[row["level"]], row["code"] in REPORTS_TO, row["code"]),
    )
    added = 0
    for level in Level.values:
        batch = [build_division(row, known) for row in rows if row["level"] == level]
        added += len(batch)
        late = [d for d in batch if d.code in REPORTS_TO]
        for divisions in ([d for d in batch if d.code not in REPORTS_TO], late):
            save_divisions(divisions, known)
    return added


def build_division(row: dict[str, str], known: dict[str, Division]) -> Division:
    return Division(
        code=row["code"],
        name=row["name"],
        level=row["level"],
        parent=known[row["parent"]] if row["parent"] else None,
        pinyin=" ".join(pinyin_of(row["name"])),
    )


def save_divisions(divisions: list[Division], known: dict[str, Division]) -> None:
    for division in divisions:
        superior = known.get(REPORTS_TO.get(division.code, "")) or division.parent
        division.reports_to = superior
        division.path = f"{superior.path if superior else ''}{division.code}/"
    bulk_create_with_history(divisions, Division, batch_size=1000)
    known.update({d.code: d for d in divisions})


@transaction.atomic
def load_parameters(path: Path = REFERENCE / "parameters.csv") -> int:
    rows = [Parameter(**row) for row in read_rows(path)]
    before = Parameter.objects.count()
    Parameter.objects.bulk_create(rows, ignore_conflicts=True)
    return Parameter.objects.count() - before


@transaction.atomic
def load_workdays(path: Path = REFERENCE / "workdays.csv") -> int:
    """Days that are known stay as they are, and so does what has passed of a year that is
    entered already."""
    known = set(CalendarDay.objects.values_list("day", flat=True))
    entered, today = {day.year for day in known}, timezone.localdate()
    days = [
        day
        for day in map(build_calendar_day, read_rows(path))
        if day.day not in known and (day.day > today or day.day.year not in entered)
    ]
    bulk_create_with_history(days, CalendarDay)
    return len(days)


def build_calendar_day(row: dict[str, str]) -> CalendarDay:
    return CalendarDay(
        day=dt.date.fromisoformat(row["day"]),
        is_working=row["is_working"] == "True",
        name=row["name"],
        document_number=row["document_number"],
        source=row["source"],
    )
