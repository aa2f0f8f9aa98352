"""Working days: what they are, how they are counted, and who may change which of them."""

from __future__ import annotations

import datetime as dt
import html
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from organizations.calendar import (
    Calendar,
    is_working,
    load_calendar,
    working_days_after,
    working_days_between,
)
from organizations.models import CalendarDay, Organization, Role, User
from organizations.models.divisions import Level
from organizations.policies import Refused, WrongRole
from organizations.reference_data import load_workdays
from organizations.services import cancel_calendar_day, enter_calendar_days
from tests.cast import Cast, make_organization, make_person
from tests.pages import logged_in

D = dt.date
ONE_DAY = dt.timedelta(days=1)
YEAR = timezone.localdate().year + 2  # nobody has entered it
NEW = f"/calendar/?year={YEAR}"

days = st.dates(D(2019, 1, 1), D(2021, 12, 31))
exceptions = st.sets(days, max_size=60).map(lambda some: [(d, d.weekday() >= 5) for d in some])
numbers = st.integers(0, 200)


# --- counting --------------------------------------------------------------------------------


def naive(known: dict[D, bool], day: D) -> bool:
    return known.get(day, day.weekday() < 5)


@given(exceptions, days)
def test_a_day_is_what_the_calendar_says_and_else_its_weekday(
    found: list[tuple[D, bool]], day: D
) -> None:
    assert Calendar.of(found).is_working(day) == naive(dict(found), day)


@given(exceptions, days, st.integers(-20, 400))
def test_between_counts_as_a_loop_does(found: list[tuple[D, bool]], start: D, length: int) -> None:
    known, end = dict(found), start + dt.timedelta(days=length)
    counted = sum(naive(known, start + dt.timedelta(days=n)) for n in range(1, length + 1))
    assert Calendar.of(found).working_days_between(start, end) == counted


@given(exceptions, days, numbers)
def test_after_counts_as_a_loop_does(found: list[tuple[D, bool]], start: D, n: int) -> None:
    known, day, left = dict(found), start, n
    while left:
        day += ONE_DAY
        left -= naive(known, day)
    assert Calendar.of(found).working_days_after(start, n) == day


@given(exceptions, days, numbers)
def test_before_is_the_latest_day_so_many_working_days_ago(
    found: list[tuple[D, bool]], end: D, n: int
) -> None:
    known, day, left = dict(found), end, n
    while left:
        left -= naive(known, day)
        day -= ONE_DAY
    calendar = Calendar.of(found)
    assert calendar.working_days_before(end, n) == day
    assert calendar.working_days_between(day, end) == n


@pytest.mark.parametrize(
    ("start", "n", "expected"),
    [
        (D(2025, 9, 30), 1, D(2025, 10, 9)),  # eight days off for 国庆 and 中秋
        (D(2025, 9, 27), 1, D(2025, 9, 28)),  # a Sunday at work
        (D(2025, 10, 10), 1, D(2025, 10, 11)),  # a Saturday at work
        (D(2026, 2, 13), 2, D(2026, 2, 24)),  # 春节, from a Friday over a Saturday at work
        (D(2026, 11, 20), 3, D(2026, 11, 25)),
        (D(2026, 11, 21), 0, D(2026, 11, 21)),
    ],
)
def test_the_calendar_that_is_loaded(cast: Cast, start: D, n: int, expected: D) -> None:
    assert working_days_after(start, n) == expected
    assert working_days_between(start, expected) == n
    assert load_calendar().working_days_after(start, n) == expected


@pytest.mark.parametrize("length", [1, 700])
def test_one_query_whatever_the_span(
    cast: Cast, length: int, django_assert_num_queries: Any
) -> None:
    start = D(2024, 1, 1)
    with django_assert_num_queries(3):
        assert not is_working(start)
        working_days_after(start, length)
        working_days_between(start, start + dt.timedelta(days=length))


# --- what is loaded --------------------------------------------------------------------------


def test_every_year_has_its_festivals_and_about_250_working_days(cast: Cast) -> None:
    known = load_calendar()
    for year in range(2018, 2027):
        rows = CalendarDay.objects.filter(day__year=year)
        off = set(rows.filter(is_working=False).values_list("name", flat=True))
        missing = {"元旦", "春节", "清明节", "劳动节", "端午节", "国庆节"} - off
        assert not missing, year
        assert all("号" in row.document_number and "〔" in row.document_number for row in rows)
        worked = known.working_days_between(D(year - 1, 12, 31), D(year, 12, 31))
        assert 247 <= worked <= 252, (year, worked)
    assert known.working_days_between(D(2024, 12, 31), D(2025, 12, 31)) == 248
    assert not is_working(D(2020, 1, 31))  # 春节 of 2020 was made longer


def test_loading_again_changes_nothing(cast: Cast) -> None:
    before = CalendarDay.objects.count()
    assert load_workdays() == 0
    assert CalendarDay.objects.count() == before == CalendarDay.history.count()


def test_loading_leaves_past_days_of_an_entered_year_alone(cast: Cast, tmp_path: Path) -> None:
    later = D(YEAR, 10, 1)
    later += ONE_DAY * (7 - later.weekday()) * (later.weekday() > 4)
    path = tmp_path / "workdays.csv"
    lines = ["day,is_working,name,document_number,source", "2025-11-03,False,临时,,V"]
    lines += [f"{later},False,国庆节,,V", "2017-10-02,False,国庆节,,V"]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert load_workdays(path) == 2
    assert not is_working(later) and not is_working(D(2017, 10, 2))
    assert is_working(D(2025, 11, 3))


# --- what the database refuses ---------------------------------------------------------------


@pytest.mark.parametrize(("day", "working"), [(D(2031, 10, 1), True), (D(2031, 10, 4), False)])
def test_an_ordinary_day_is_no_row(cast: Cast, day: D, working: bool) -> None:
    with pytest.raises(IntegrityError, match="calendar_day_is_an_exception"):
        CalendarDay.objects.create(day=day, is_working=working, name="多余")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE organizations_calendarday SET name = 'x' WHERE day = '2025-10-01'",
        "DELETE FROM organizations_calendarday WHERE day = '2025-10-01'",
        "INSERT INTO organizations_calendarday (day, is_working, name, document_number, source)"
        " VALUES ('2025-11-03', false, 'x', '', 'V')",
        "UPDATE organizations_historicalcalendarday SET name = 'x'",
        "DELETE FROM organizations_historicalcalendarday",
        "TRUNCATE organizations_calendarday",
    ],
)
def test_what_has_passed_stands(cast: Cast, statement: str) -> None:
    before = list(CalendarDay.objects.values_list("day", "name"))
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert list(CalendarDay.objects.values_list("day", "name")) == before


def test_a_day_to_come_does_not_move_into_the_past(cast: Cast) -> None:
    day = CalendarDay.objects.create(day=D(2031, 10, 1), is_working=False, name="国庆节")
    with pytest.raises(DatabaseError, match="今天以后"), transaction.atomic():
        CalendarDay.objects.filter(pk=day.pk).update(day=D(2025, 11, 3))


# --- who enters what -------------------------------------------------------------------------


@pytest.fixture
def keeper(cast: Cast) -> User:
    region = cast.post("region_clerk").organization.division
    assert region.level == Level.REGION
    unit = make_organization("自治区信息中心", Organization.Kind.ADMINISTRATION, region)
    return make_person("region_admin", "苏宁", Role.SYSTEM_ADMIN, unit, "管理员")


def typed(**changes: str) -> dict[str, str]:
    return {
        "is_working": "off",
        "first": f"{YEAR}-10-01",
        "last": f"{YEAR}-10-07",
        "name": "国庆节",
        "document_number": "国办发明电〔2027〕1号",
        "reason": "按通知录入",
    } | changes


def span(**changes: Any) -> dict[str, Any]:
    return {
        "first": D(YEAR, 10, 1),
        "last": D(YEAR, 10, 7),
        "is_working": False,
        "name": "国庆节",
        "document_number": "",
        "reason": "按通知录入",
    } | changes


def test_a_festival_is_entered_changed_and_cancelled(keeper: User) -> None:
    client = logged_in(keeper)
    assert "登记放假或调休" in client.get("/calendar/").content.decode()
    answer = client.post("/calendar/new/", typed())
    assert answer.status_code == 302 and answer["Location"] == NEW
    rows = list(CalendarDay.objects.filter(day__year=YEAR))
    assert 4 <= len(rows) <= 6  # the weekend inside was off anyway
    assert {row.day.weekday() < 5 for row in rows} == {True}
    assert not is_working(rows[0].day)

    client.post("/calendar/new/", typed(name="国庆节、中秋节", reason="名称更正"))
    assert CalendarDay.objects.filter(day__year=YEAR, name="国庆节、中秋节").count() == len(rows)
    answer = client.post(f"/calendar/{rows[0].pk}/cancel/", {"reason": "录入有误"})
    assert answer.status_code == 302
    assert is_working(rows[0].day)

    text = html.unescape(client.get(NEW).content.decode())
    assert "按通知录入" in text and "名称更正" in text and "录入有误" in text and "苏宁" in text
    record = CalendarDay.history.filter(day=rows[0].day).latest()
    assert (record.history_type, record.history_user) == ("-", keeper)


def test_a_weekend_at_work_is_entered(keeper: User) -> None:
    on = span(is_working=True, last=D(YEAR, 10, 9), name="国庆节调休上班")
    rows = enter_calendar_days(**on, by=keeper)
    assert rows and all(row.day.weekday() >= 5 and is_working(row.day) for row in rows)


@pytest.mark.parametrize("name", ["system_admin", "region_clerk", "finance_head"])
def test_nobody_else_enters_or_cancels(cast: Cast, name: str) -> None:
    with pytest.raises(WrongRole):
        enter_calendar_days(**span(), by=cast[name])
    row = CalendarDay.objects.create(day=D(2031, 10, 1), is_working=False, name="国庆节")
    with pytest.raises(WrongRole):
        cancel_calendar_day(day=row, reason="x", by=cast[name])
    assert "登记放假或调休" not in logged_in(cast[name]).get("/calendar/").content.decode()


def test_past_days_are_refused_at_their_field_and_by_the_service(keeper: User) -> None:
    today = timezone.localdate()
    answer = logged_in(keeper).post("/calendar/new/", typed(first=str(today)))
    assert answer.status_code == 422
    assert "只能更改今天以后的日子" in answer.context["form"].errors["first"][0]
    assert 'value="国庆节"' in answer.content.decode()
    with pytest.raises(Refused, match="今天以后"):
        enter_calendar_days(**span(first=today), by=keeper)
    past = CalendarDay.objects.get(day=D(2025, 10, 1))
    answer = logged_in(keeper).post(f"/calendar/{past.pk}/cancel/", {"reason": "x"})
    assert answer.status_code == 409 and "只能更改今天以后的日子" in answer.content.decode()
    with pytest.raises(Refused, match="今天以后"):
        cancel_calendar_day(day=past, reason="x", by=keeper)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"last": f"{YEAR}-09-30"}, "last"),
        ({"last": f"{YEAR}-11-30"}, "last"),
        ({"first": "国庆"}, "first"),
        ({"is_working": ""}, "is_working"),
        ({"name": ""}, "name"),
        ({"reason": " "}, "reason"),
        ({"reason": "电话 13912345678"}, "reason"),
    ],
)
def test_what_is_typed_wrong_comes_back_at_its_field(
    keeper: User, changes: dict[str, str], field: str
) -> None:
    answer = logged_in(keeper).post("/calendar/new/", typed(**changes))
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not CalendarDay.objects.filter(day__year=YEAR).exists()


def test_days_that_are_ordinary_anyway_are_refused(keeper: User) -> None:
    saturday = D(YEAR, 10, 1) + ONE_DAY * (5 - D(YEAR, 10, 1).weekday() % 7)
    weekend = typed(first=str(saturday), last=str(saturday))
    answer = logged_in(keeper).post("/calendar/new/", weekend)
    assert answer.status_code == 409
    assert "本来就不上班，不用登记" in answer.content.decode()


# --- the page --------------------------------------------------------------------------------


def test_the_page_lists_a_year_by_month(cast: Cast) -> None:
    text = html.unescape(
        logged_in(cast["village_cadre"]).get("/calendar/?year=2025").content.decode()
    )
    for words in (
        "2025 年放假与调休",
        "2025-10-01",
        "国庆节调休上班",
        "国办发明电〔2024〕12号",
        "10 月，工作日 18 天",
        "年之后的放假安排尚未录入，按周末推算",
    ):
        assert words in text
    assert "2024-10-01" not in text
    nonsense = logged_in(cast["village_cadre"]).get("/calendar/?year=x")
    assert nonsense.context["year"] == timezone.localdate().year


def test_the_page_says_from_when_on_it_only_guesses(cast: Cast, keeper: User) -> None:
    client = logged_in(cast["auditor"])
    last = CalendarDay.objects.latest("day").day.year
    assert f"{last} 年之后的放假安排尚未录入" in client.get("/calendar/").content.decode()
    enter_calendar_days(**span(), by=keeper)
    assert f"{YEAR} 年之后的放假安排尚未录入" in client.get("/calendar/").content.decode()
