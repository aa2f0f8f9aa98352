from __future__ import annotations

import datetime as dt

import pytest

from publicity.composers import COMPOSERS
from publicity.models import NoticeType
from publicity.period import last_day, opens_on
from publicity.queries import type_in_force
from publicity.reference_data import load_notice_types
from tests.cast import Cast


def rule(code: str = "N01", **changes: object) -> NoticeType:
    found = type_in_force(code)
    for name, value in changes.items():
        setattr(found, name, value)
    return found


def test_the_types_are_loaded_once(cast: Cast) -> None:
    codes = NoticeType.objects.order_by("code").values_list("code", flat=True)
    assert list(codes) == [f"N{number:02d}" for number in range(1, 15)]
    assert load_notice_types() == 0
    assert all(type_in_force(code).publishers for code in codes)
    assert set(COMPOSERS) <= set(codes)


@pytest.mark.parametrize("source", ["F", "V"])
def test_a_clause_of_a_rule_is_shown(cast: Cast, source: str) -> None:
    found = rule(source=source, days_source=source)
    assert found.basis == found.clause != ""
    assert found.days_basis == found.days_clause != ""


@pytest.mark.parametrize("source", ["L", "K", "D"])
def test_a_default_is_never_shown_as_a_clause(cast: Cast, source: str) -> None:
    found = rule(source=source, days_source=source)
    assert (found.basis, found.days_basis) == ("", "")


def test_the_rule_of_the_day_counts(cast: Cast) -> None:
    today = dt.date(2030, 1, 1)
    old = rule()
    old.valid_until = dt.date(2029, 12, 31)
    old.save()
    NoticeType.objects.create(
        code="N01", name="新规", publishers=old.publishers, min_days=15, source="D",
        days_source="D", valid_from=today,
    )  # fmt: skip
    assert NoticeType.objects.in_force(today).get(code="N01").min_days == 15
    assert NoticeType.objects.in_force(dt.date(2029, 12, 31)).get(code="N01").min_days == 10


def test_the_day_of_posting_does_not_count(cast: Cast) -> None:
    last = last_day(rule(), dt.date(2025, 7, 1))
    assert last == dt.date(2025, 7, 11)
    assert opens_on(last) == dt.date(2025, 7, 12)


def test_working_days_leave_the_weekends_out(cast: Cast) -> None:
    by_working_days = rule(count_mode="working")
    assert last_day(by_working_days, dt.date(2025, 7, 4)) == dt.date(2025, 7, 18)
    assert last_day(by_working_days, dt.date(2025, 7, 6)) == dt.date(2025, 7, 18)


@pytest.mark.parametrize("code", ["N05", "N07", "N09", "N12"])
def test_some_have_no_last_day(cast: Cast, code: str) -> None:
    assert last_day(rule(code), dt.date(2025, 7, 1)) is None
