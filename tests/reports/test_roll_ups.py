"""汇总: from received, sealed county returns alone; who has not reported is named and counts for
nothing, not for nought; and who reported when is seen on one page."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal

import openpyxl
import pytest

from approvals.waiting import waiting
from approvals.workflow import ConditionUnmet, IncompatibleDuty, workflow_of
from organizations.models import Division, Organization, User
from organizations.policies import Refused, WrongRole
from reports.matrix import bulletin, last_months, matrix
from reports.models import LedgerDifference, MonthlyReturn, ReturnDispatch, RollUp
from reports.reconciliation import differences
from reports.reminders import returns_to_tell
from reports.rollups import compile_roll_up
from reports.services import start_return
from reports.tasks import reconcile_ledgers
from tests import cast as people
from tests import factories as make
from tests import lives
from tests.cast import Cast
from tests.pages import logged_in
from tests.projects.pages import read
from tests.reports import reporting
from tests.reports.test_return_checks import download
from tests.reports.test_trace import paid

R = MonthlyReturn.Status


def second_clerk() -> User:
    unit = Organization.objects.get(name="巴州扶贫开发办公室")
    return people.make_person("second_clerk", "童雪", "prefecture_clerk", unit, "副科长")


def received(cast: Cast, month: dt.date | None = None) -> MonthlyReturn:
    return reporting.return_at(cast, R.RECEIVED, month)


def sealed(cast: Cast, chief: User) -> RollUp:
    rollup = reporting.draft_roll_up(cast)
    make.do(rollup, "submit", cast, "prefecture_clerk")
    cast.users["second_clerk"] = chief
    make.do(rollup, "seal", cast, "second_clerk")
    return rollup


def test_only_what_was_received_and_nobody_counts_as_nought(cast: Cast) -> None:
    make.funded_allotment(cast, "123456.78")
    sent = reporting.return_at(cast, R.SENT)
    figures = reporting.draft_roll_up(cast).versions.get().figures
    assert [unit["reported"] for unit in figures["units"]] == [False, False]
    assert figures["missing"] == ["焉耆回族自治县", "和静县"]
    make.do(sent, "receive", cast, "prefecture_clerk")
    rollup = reporting.draft_roll_up(cast)
    figures = rollup.versions.get().figures
    ours = figures["units"][0]
    assert ours["reported"] and ours["sha256"] == sent.versions.get().sha256
    county = sent.versions.get().figures["total"]
    for name in ("issued", "received", "paid", "projects", "received_rate"):
        assert figures["total"].get(name) == county.get(name), name
    clerk = logged_in(cast["prefecture_clerk"])
    page = read(clerk, f"/roll-ups/{rollup.pk}/")
    assert "和静县（未报）" in page and "已报 1 个，未报 1 个" in page
    assert f'href="/monthly/{sent.pk}/"' in page
    book = openpyxl.load_workbook(io.BytesIO(download(clerk, f"/roll-ups/{rollup.pk}/export/")))
    missing = next(
        row for row in book.worksheets[0].iter_rows(values_only=True) if row[1] == "和静县（未报）"
    )
    assert set(missing[2:]) == {None}


def test_the_returns_go_on_with_the_sealed_sum(cast: Cast) -> None:
    monthly = received(cast)
    chief = second_clerk()
    rollup = reporting.draft_roll_up(cast)
    with pytest.raises(WrongRole):
        compile_roll_up(unit=cast.county, first_day=rollup.first_day, by=cast["prefecture_clerk"])
    make.do(rollup, "submit", cast, "prefecture_clerk")
    assert not waiting(workflow_of(rollup), cast["region_clerk"]), "it is the prefecture's own"
    with pytest.raises(IncompatibleDuty):
        make.do(rollup, "seal", cast, "prefecture_clerk")
    with pytest.raises(ConditionUnmet, match="由巴音郭楞蒙古自治州办理"):
        make.do(rollup, "seal", cast, "region_clerk")
    cast.users["second_clerk"] = chief
    for action, who, status in (
        ("seal", "second_clerk", R.ROLLED_UP),
        ("send", "second_clerk", R.REPORTED),
        ("receive", "region_clerk", R.CLOSED),
    ):
        assert (rollup in waiting(workflow_of(rollup), cast["region_clerk"])) == (
            action == "receive"
        )
        make.do(rollup, action, cast, who)
        monthly.refresh_from_db()
        assert monthly.status == status
    region = Division.objects.get(code="650000000000")
    month = monthly.first_day
    whole = compile_roll_up(unit=region, first_day=month, by=cast["region_clerk"])
    units = whole.versions.get().figures["units"]
    assert [(u["name"], u["reported"]) for u in units] == [
        ("焉耆回族自治县", True), ("和静县", False),
    ]  # fmt: skip


def test_what_came_in_since_is_added_up_before_it_is_sealed(cast: Cast) -> None:
    rollup = reporting.draft_roll_up(cast)
    make.do(rollup, "submit", cast, "prefecture_clerk")
    received(cast)
    cast.users["second_clerk"] = second_clerk()
    with pytest.raises(ConditionUnmet, match="须重新汇总"):
        make.do(rollup, "seal", cast, "second_clerk")
    with pytest.raises(Refused, match="不能重新汇总"):
        reporting.draft_roll_up(cast)
    make.do(rollup, "return", cast, "second_clerk", comment="有新报的县")
    assert len(reporting.draft_roll_up(cast).versions.get().figures["missing"]) == 1


def test_a_correction_after_the_sum_is_named_and_lets_it_be_corrected(cast: Cast) -> None:
    monthly = received(cast)
    rollup = sealed(cast, second_clerk())
    with pytest.raises(ConditionUnmet, match="下级没有在汇总以后更正"):
        make.do(rollup, "correct", cast, "prefecture_clerk")
    monthly.refresh_from_db()
    unlock = reporting.asked_unlock(cast, monthly)
    make.do(unlock, "approve", cast, "prefecture_clerk")
    make.funded_allotment(cast, "4321.00")
    make.do(monthly, "correct_unlocked", cast, "finance_clerk", comment="补一笔到账")
    for action, who in reporting.STEPS:
        if action == "seal":
            reporting.clear(cast, monthly)
        make.do(monthly, action, cast, who)
    client = logged_in(cast["prefecture_clerk"])
    assert "又报来更正或补报" in read(client, rollup.get_absolute_url())
    make.do(rollup, "correct", cast, "prefecture_clerk", comment="焉耆更正")
    version = rollup.versions.latest("number")
    assert (version.number, version.figures["units"][0]["number"]) == (1, 1)
    assert rollup.versions.get(number=0).figures["units"][0]["number"] == 0
    assert "又报来更正" not in read(client, rollup.get_absolute_url())


def test_the_matrix_and_the_mornings_line(cast: Cast) -> None:
    month = reporting.last_month()
    monthly = received(cast)
    row, other = matrix(cast["prefecture_clerk"], last_months())
    was_late = ReturnDispatch.objects.get().is_late
    assert (row.cells[-1].label, row.cells[-1].was_late) == ("接收", was_late)
    assert (other.cells[-1].label, other.cells[-2].is_overdue) == ("未报", True)
    assert row.cells[0].label == "未报" and row.reported == 1
    after, before = monthly.due_on + dt.timedelta(days=1), monthly.due_on
    assert returns_to_tell(cast["prefecture_clerk"], after) == [
        f"{month:%Y年%m月}月报逾期未报 1 个：和静县"
    ]
    assert "即将到期 1 个" in returns_to_tell(cast["prefecture_clerk"], before)[0]
    assert returns_to_tell(cast["auditor"], after) == []
    assert returns_to_tell(cast["group_secretary"], after) == []
    (own,) = matrix(cast["group_secretary"], [month])
    assert own.unit == cast.county


def test_late_stays_late_whatever_comes_after(cast: Cast) -> None:
    monthly = reporting.return_at(cast, R.SEALED)
    with lives.unruled():
        MonthlyReturn.objects.update(due_on=make.today() - dt.timedelta(days=1))
    monthly.refresh_from_db()
    make.do(monthly, "send", cast, "group_secretary")
    make.do(monthly, "receive", cast, "prefecture_clerk")
    assert ReturnDispatch.objects.get().is_late
    cell = matrix(cast["auditor"], [monthly.first_day])[0].cells[0]
    assert cell.label == "接收" and cell.was_late
    assert "迟报" in read(logged_in(cast["auditor"]), "/monthly/matrix/")


def test_a_month_stands_beside_the_one_before(cast: Cast) -> None:
    reporting.return_at(cast, R.SEALED)
    make.funded_allotment(cast, "1234.56")
    monthly = start_return(county=cast.county, first_day=reporting.this_month())[0]
    page = read(logged_in(cast["auditor"]), f"/monthly/{monthly.pk}/")
    row = page[page.index("与上月比：资金") :]
    cells = row[row.index("到位资金</th>") : row.index("已分配到项目</th>")]
    assert cells.count("0.00</span>") == 1 and cells.count("1,234.56</span>") == 2


def test_the_bulletin_is_of_received_returns_by_source(cast: Cast) -> None:
    make.funded_allotment(cast, "1000.00")
    monthly = received(cast)
    rows = bulletin(cast["region_clerk"], monthly.first_day)
    assert [(row.unit.name, row.total is None) for row in rows] == [
        ("焉耆回族自治县", False), ("和静县", True),
    ]  # fmt: skip
    page = read(logged_in(cast["region_clerk"]), "/monthly/bulletin/")
    assert "和静县（未报）" in page and "已接收 1 个，未报 1 个" in page


def test_the_two_ledgers_side_by_side(cast: Cast) -> None:
    project = make.approved_project(cast)
    request = paid(cast, project, "100000")
    back = {"sources": [(project.sources.get().allotment, Decimal(100))]}
    make.do(request, "refund", cast, "treasury_clerk", back)
    assert differences(cast.county) == []
    assert "✓ 相符" in read(logged_in(cast["auditor"]), "/reconciliation/")
    late = make.funded_allotment(cast, 5)
    with lives.unruled():
        project.sources.create(allotment=late, amount=Decimal(5))
    (found,) = differences(cast.county)
    assert (found.kind.code, found.amount, found.code) == ("allocated", Decimal(-5), project.code)
    assert "分配不符" in read(logged_in(cast["auditor"]), "/reconciliation/")
    earmark, code = project.earmark, project.code
    with lives.unruled():
        earmark.code = "另编"
        earmark.save()
    assert (reconcile_ledgers(), reconcile_ledgers()) == (2, 2)
    LedgerDifference.objects.update(found_on=make.today() - dt.timedelta(days=4))
    assert '<td class="number">4</td>' in read(logged_in(cast["auditor"]), "/reconciliation/")
    with lives.unruled():
        earmark.code = code
        earmark.save()
    assert reconcile_ledgers() == 1
    assert LedgerDifference.objects.get(kind="named").cleared_on == make.today()
