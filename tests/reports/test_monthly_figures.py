"""The figures of a monthly return: against a case counted by hand, against direct sums of the
vouchers, and the same for ever once they were taken."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import pytest
from django.db.models import Sum
from django.test import Client

from funds.models import Entry
from projects.models import Project
from reports.figures import canonical, county_figures, digest_of
from reports.fund_figures import Target
from reports.periods import as_known_now, due_on, last_day_of
from reports.services import made_again, start_return
from reports.tasks import start_returns
from tests import factories as make
from tests import finishing, lives
from tests.cast import Cast
from tests.reports import reporting
from tests.reports.test_trace import paid

Y = Decimal


def figures_of(cast: Cast) -> dict:  # type: ignore[type-arg]
    return county_figures(as_known_now(cast.county, reporting.this_month()))


def test_a_case_counted_by_hand(cast: Cast) -> None:
    """A million received, half of it allocated; 300,000 released, 200,000 of it paid; the work
    done and accepted, audited at 400,000; 100,000 went back to the pool."""
    project = make.approved_project(cast)
    paid(cast, project, "200000")
    waiting = make.draft_payment(cast, project, "100000.00")
    for action, who in make.PAYMENT_STEPS[:-1]:
        make.do(waiting, action, cast, who)
    make.progress_report(cast, project, percent=80, invested=350_000)
    before = figures_of(cast)
    assert before["total"]["acceptance_rate"] is None, "nothing is completed"
    finishing.accept(cast, Project.objects.get(pk=project.pk))
    figures = figures_of(cast)
    (fund,) = figures["funds"]
    assert {name: fund[name] for name in ("received", "allocated", "released", "paid")} == {
        "received": Y(1_000_000), "allocated": Y(500_000), "released": Y(300_000),
        "paid": Y(200_000),
    }  # fmt: skip
    assert (fund["allocated_rate"], fund["released_rate"], fund["paid_rate"]) == (
        Y("50.00"), Y("30.00"), Y("20.00"),
    )  # fmt: skip
    assert (fund["paid_month"], fund["parked"], fund["carried"]) == (
        Y(200_000), Y(100_000), Y(800_000),
    )  # fmt: skip
    (row,) = figures["projects"]
    assert (row["percent"], row["invested"], row["allocated"], row["paid_rate"]) == (
        80, Y(350_000), Y(500_000), Y("40.00"),
    )  # fmt: skip
    assert row["completed_on"] == row["accepted_on"] == make.today()
    total = figures["total"]
    assert [total[n] for n in ("projects", "started", "completed", "accepted")] == [1, 1, 1, 1]
    assert (total["acceptance_rate"], total["invested_rate"]) == (Y("100.00"), Y("70.00"))
    assert total["received"] == Y(1_000_000) and total["paid_rate"] == Y("20.00")
    assert [group["name"] for group in figures["townships"]] == ["永宁镇"]


def test_retention_money_is_unspent_and_known_by_its_allotment(cast: Cast) -> None:
    project = make.planned_project(cast)
    make.do(project, "announce_result", cast, "project_reviewer")
    make.contract(cast, project, retention_percent=Decimal(3))
    paid(cast, project, "300000")
    figures = figures_of(cast)
    assert figures["projects"][0]["retention"] == figures["funds"][0]["retention"] == Y("15000.00")
    assert figures["total"]["retention"] == Y("15000.00")


def test_the_totals_are_the_direct_sums_of_the_vouchers(cast: Cast) -> None:
    project = make.approved_project(cast)
    paid(cast, project, "123456.78")
    other = make.funded_allotment(cast, "98765.43")
    entries = Entry.objects.filter(voucher__county=cast.county)

    def summed(kind: str, **of: object) -> Decimal:
        found: Decimal | None = entries.filter(voucher__kind=kind, **of).aggregate(s=Sum("amount"))[
            "s"
        ]
        return found or Y(0)

    figures = figures_of(cast)
    for name, kind in (("received", "receive"), ("allocated", "allocate"), ("paid", "pay")):
        assert figures["total"][name] == summed(kind)
        assert sum(row[name] for row in figures["funds"]) == summed(kind)
        assert sum(row[name] for row in figures["fund_groups"]) == summed(kind)
        (mine,) = (row for row in figures["funds"] if row["id"] == other.pk)
        assert mine[name] == summed(kind, source__allotment=other)
    assert sum(row["paid"] for row in figures["projects"]) == figures["total"]["paid"]


def test_made_again_byte_for_byte_whatever_was_written_since(cast: Cast) -> None:
    """Money, progress, a change of the text, an acceptance: all of this month, all known later."""
    project = make.approved_project(cast)
    paid(cast, project, "100000")
    make.progress_report(cast, project, percent=30, invested=100_000)
    monthly, made = start_return(county=cast.county, first_day=reporting.this_month())
    version = monthly.versions.get()
    assert made and digest_of(version.content) == version.sha256
    content = json.loads(version.content)
    assert content["ledger"]["sequence"] == version.ledger_sequence > 0

    paid(cast, project, "50000")
    make.funded_allotment(cast, 777)
    make.progress_report(cast, project, percent=90, invested=400_000)
    finishing.accept(cast, Project.objects.get(pk=project.pk))
    project.refresh_from_db()
    project.name, project.people = "改名以后的项目", 999
    with lives.unruled():
        project.save()
    assert made_again(version) == version.content
    now = canonical(figures_of(cast))
    assert now != version.content and "改名以后的项目" in now


def test_the_calendar_makes_one_return_however_often_it_comes(cast: Cast) -> None:
    make.funded_allotment(cast)
    assert (start_returns(), start_returns()) == (1, 0)
    monthly = reporting.draft_return(cast)
    assert monthly.versions.count() == 1
    assert monthly.due_on == due_on(cast.county, monthly.first_day)


@pytest.mark.parametrize(
    ("month", "due"),
    [
        (dt.date(2025, 9, 1), dt.date(2025, 10, 9)),  # the holidays of the first of October
        (dt.date(2025, 6, 1), dt.date(2025, 7, 7)),  # a Saturday
        (dt.date(2025, 7, 1), dt.date(2025, 8, 5)),
    ],
)
def test_due_on_the_fifth_or_the_next_working_day(cast: Cast, month: dt.date, due: dt.date) -> None:
    assert due_on(cast.county, month) == due


def test_the_time_target_between_its_milestones() -> None:
    target = Target.of("3:30 6:50 9:75 11:90 12:92")
    found = [target.at(last_day_of(dt.date(2025, month, 1))) for month in (1, 3, 7, 11, 12)]
    assert found == [Y("10.00"), Y("30.00"), Y("58.33"), Y("90.00"), Y("92.00")]


def test_no_figures_are_in_the_page_that_are_not_in_the_return(cast: Cast, client: Client) -> None:
    project = make.approved_project(cast)
    paid(cast, project, "123456.78")
    monthly = start_return(county=cast.county, first_day=reporting.this_month())[0]
    client.force_login(cast["auditor"], backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(f"/monthly/{monthly.pk}/").content.decode()
    assert page.count("123,456.78") >= 6
    assert "figure=paid&amp;month=" in page and "/trace/allotment/" in page
