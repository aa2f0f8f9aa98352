"""时限: how long a thing may stand where it stands, in working days, by the wall's calendar."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals import queries
from approvals.holders import Clock, Deadlines, deadlines, limits
from approvals.models import Subject
from approvals.waiting import is_late
from approvals.workflow import WORKFLOWS, workflow_of
from organizations.calendar import Calendar, load_calendar
from organizations.models import Parameter
from tests import factories as make
from tests import lives
from tests.cast import Cast
from tests.clocks import pin

# A Wednesday, a day of National Day week, the working Saturday after it, the Monday after 春节.
NOWS = ("2026-11-18T10:00", "2025-10-03T10:00", "2025-10-11T23:59", "2026-02-23T00:00")


def at(local: str) -> dt.datetime:
    return timezone.make_aware(dt.datetime.fromisoformat(local))


def clock(since: str, now: str, limit: int | None, calendar: Calendar) -> Clock:
    return Clock(at(since), at(now), limit, calendar)


@pytest.mark.parametrize(
    ("since", "now", "limit", "left", "words", "due_on"),
    [
        ("2026-11-13T17:59", "2026-11-13T18:00", 3, 3, "剩 3 个工作日", "2026-11-18"),
        ("2026-11-13T00:00", "2026-11-16T08:00", 3, 2, "剩 2 个工作日", "2026-11-18"),
        ("2026-11-13T23:59", "2026-11-18T00:00", 3, 0, "今日到期", "2026-11-18"),
        ("2026-11-13T12:00", "2026-11-18T23:59", 3, 0, "今日到期", "2026-11-18"),
        ("2026-11-13T12:00", "2026-11-19T00:00", 3, -1, "超期 1 个工作日", "2026-11-18"),
        # Due on a Friday: on Saturday it is not over, but no longer today's.
        ("2026-11-13T12:00", "2026-11-21T12:00", 5, 0, "已到期", "2026-11-20"),
        ("2026-11-13T12:00", "2026-11-23T00:00", 5, -1, "超期 1 个工作日", "2026-11-20"),
        # Over National Day: eight days off count nothing.
        ("2025-09-30T16:00", "2025-10-08T16:00", 2, 2, "剩 2 个工作日", "2025-10-10"),
        ("2025-09-30T16:00", "2025-10-13T09:00", 2, -2, "超期 2 个工作日", "2025-10-10"),
        # Came in on a Sunday at work, and on an idle Saturday.
        ("2025-09-28T09:00", "2025-09-29T09:00", 1, 0, "今日到期", "2025-09-29"),
        ("2026-11-21T09:00", "2026-11-21T10:00", 1, 1, "剩 1 个工作日", "2026-11-23"),
    ],
)
def test_words_and_due_day(
    cast: Cast, since: str, now: str, limit: int, left: int, words: str, due_on: str
) -> None:
    found = clock(since, now, limit, load_calendar())
    assert (found.left, found.in_words, str(found.due_on)) == (left, words, due_on)
    assert found.overdue == (left < 0)


def test_without_a_limit_nothing_is_due() -> None:
    found = clock("2025-01-01T00:00", "2026-11-18T00:00", None, Calendar())
    assert (found.left, found.due_on, found.overdue, found.in_words) == (
        None,
        None,
        False,
        "无时限",
    )
    assert found.days == 686


def test_it_stands_for_natural_days(cast: Cast) -> None:
    found = clock("2025-09-30T16:00", "2025-10-09T15:00", 5, load_calendar())
    assert (found.days, found.left) == (8, 4)


def is_late_in_sql(subject: Subject, since: dt.datetime, due: Deadlines) -> bool:
    rows = type(subject)._default_manager.filter(pk=subject.pk)
    with lives.unruled():
        rows.update(status_since=since)
    row: Any = rows.annotate(is_late=is_late(workflow_of(subject), due)).get()
    assert due.clock(row).overdue == row.is_late, (subject.status, since, due.now)
    return bool(row.is_late)


@pytest.mark.parametrize("life", sorted(WORKFLOWS))
def test_sql_and_python_agree_at_every_limit(
    cast: Cast, life: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Around the last day that is not late yet, found by walking back day by day."""
    subject = lives.SUBJECTS[life](cast)
    known = {status: limit for (name, status), limit in limits().items() if name == life}
    calendar = load_calendar()
    for status, limit in known.items():
        lives.place(subject, status, cast)
        for local in NOWS:
            now = pin(monkeypatch, local)
            day, worked = timezone.localdate(), 0
            while worked <= limit:
                worked += calendar.is_working(day)
                day -= dt.timedelta(days=1)
            midnight = timezone.make_aware(dt.datetime.combine(day, dt.time.min))
            due = Deadlines(known_by_life(life, known), calendar, now)
            for hours in (-60, 0, 23, 24, 25, 70):
                since = midnight + dt.timedelta(hours=hours)
                assert is_late_in_sql(subject, since, due) == (hours < 24), (status, since)
            monkeypatch.undo()


def known_by_life(life: str, known: dict[str, int]) -> dict[tuple[str, str], int]:
    return {(life, status): limit for status, limit in known.items()}


@pytest.mark.parametrize("local", NOWS)
def test_sql_and_python_agree_on_every_day_of_two_months(
    cast: Cast, local: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make.draft_project(cast)
    lives.place(project, "township_review", cast)
    now = pin(monkeypatch, local)
    answers = [
        is_late_in_sql(project, now - dt.timedelta(days=days), deadlines()) for days in range(60)
    ]
    assert answers == sorted(answers) and set(answers) == {False, True}


def test_the_deadlines_are_read_once_for_a_list(cast: Cast) -> None:
    subjects = [make.draft_project(cast, f"项目{number}") for number in range(3)]
    counts = []
    for some in (subjects[:1], subjects):
        with CaptureQueriesContext(connection) as captured:
            found = queries.items(some)
            assert [item.clock.in_words for item in found] == ["剩 15 个工作日"] * len(some)
        counts.append(len(captured))
    # posts, deputies, seats, hand-overs, urgings and their units; limits, calendar
    assert counts[0] == counts[1] <= 9, counts


def test_the_limits_are_named_in_working_days(cast: Cast) -> None:
    names = Parameter.objects.filter(key__startswith="limit.").values_list("name", flat=True)
    assert names and all("（工作日）" in name for name in names)
