"""领导小组一页通: every figure is the ledger's own."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.utils import timezone

from approvals.standing import standing_in
from reports.overview import overview_of
from tests import factories as make
from tests import lives
from tests.cast import Cast
from tests.pages import logged_in, queries_of
from tests.reports import reporting
from tests.reports.test_trace import paid

PAGE = "/overview/"


def test_the_sheet_says_what_the_ledger_says(cast: Cast) -> None:
    project = make.approved_project(cast)
    paid(cast, project, "12345.67")
    page = overview_of(cast.county)
    assert len(page.months) == 12 and page.months[-1].first_day == reporting.this_month()
    for name in ("received", "allocated", "released", "paid"):
        total = sum((month.sums[name] for month in page.months), Decimal(0))
        assert total == getattr(page.figures, name), name
    for rows in ("townships", "types", "fund_groups"):
        assert sum(row["paid"] for row in page.by[rows]) == Decimal("12345.67")
    shown = logged_in(cast["group_member"]).get(PAGE).content.decode()
    assert "12,345.67" in shown and str(cast.county) in shown


def test_what_waits_and_what_is_late(cast: Cast) -> None:
    long_ago = timezone.now() - dt.timedelta(days=120)
    late = make.draft_project(cast)
    lives.place(late, "township_review", cast, since=long_ago)
    lives.place(make.draft_project(cast), "township_review", cast)
    row = next(row for row in standing_in(cast.county) if row.status == late.get_status_display())
    assert (row.count, row.overdue, row.oldest) == (2, 1, long_ago)
    assert standing_in(cast.other_county) == []
    monthly = reporting.draft_return(cast)
    reds = [red.what for red in overview_of(cast.county).reds]
    assert (str(monthly) in reds) == (monthly.due_on < timezone.localdate())


def test_the_page_asks_the_same_whatever_there_is(cast: Cast) -> None:
    client = logged_in(cast["group_secretary"])
    make.approved_project(cast)
    few = len(queries_of(client, PAGE))
    make.draft_project(cast)
    reporting.draft_return(cast)
    assert len(queries_of(client, PAGE)) == few
    assert client.get(f"{PAGE}?county=999999999999").status_code == 404
