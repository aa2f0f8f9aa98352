"""签发前核对: each check finds its own break and nothing else; red stops the seal, or is let pass
by a second person, in writing."""

from __future__ import annotations

import copy
import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.db import DatabaseError
from django.test import Client

from approvals.job_runs import KINDS
from approvals.jobs import start_job
from approvals.models import Job
from approvals.workflow import ConditionUnmet
from funds.verification import Result
from organizations.models import Role
from organizations.policies import Refused, WrongRole
from reports import checking
from reports.checking import agree_to_waive, ask_to_waive, look_at, reds, run_checks
from reports.checks import BY_CODE, CHECKS
from reports.findings import Look
from reports.models import CheckRule, MonthlyReturn
from reports.services import retake_figures, start_return
from tests import factories as make
from tests import lives
from tests.cast import Cast
from tests.pages import logged_in
from tests.plain_sql import commit_rules
from tests.projects.pages import read
from tests.reports import reporting
from tests.reports.test_trace import paid

Mutate = Callable[[dict[str, Any]], Any]
BREAKS: dict[str, Mutate] = {
    "issued_received": lambda f: f["funds"][0].update(issued="1.00"),
    "received_allocated": lambda f: f["funds"][0].update(allocated="99999999.00"),
    "allocated_released": lambda f: f["funds"][0].update(released="600000.00"),
    "released_paid": lambda f: f["funds"][0].update(paid="500000.00"),
    "projects_released": lambda f: f["projects"][0].update(released="900000.00"),
    "retention": lambda f: f["projects"][0].update(retention="900000.00"),
    "unspent": lambda f: f["funds"][0].update(carried="-0.01"),
    "counts": lambda f: f["total"].update(completed=9),
    "accepted": lambda f: f["projects"][0].update(accepted_on="2025-05-01"),
    "dates": lambda f: f["projects"][0].update(started_on="2025-05-02", completed_on="2025-05-01"),
    "people": lambda f: f["projects"][0].update(poor_people=9999),
    "sum_funds": lambda f: f["total"].update(paid="0.01"),
    "sum_paid": lambda f: f["projects"][0].update(paid="0.01"),
    "sum_released": lambda f: f["projects"][0].update(released="0.01"),
    "sum_allocated": lambda f: f["projects"][0].update(allocated="0.01"),
    "sum_types": lambda f: f["types"][0].update(projects=2),
    "sum_townships": lambda f: f["townships"][0].update(invested="0.01"),
    "overrun": lambda f: f["projects"][0].update(invested="999999.00"),
    "overdue": lambda f: f["projects"][0].update(planned_end="2024-01-01"),
    "prepaid": lambda f: f["projects"][0].update(started_on=None),
}


def test_every_check_says_who_owns_it_and_shows_no_default_as_a_rule() -> None:
    assert len(CHECKS) >= 30 and len(BY_CODE) == len(CHECKS)
    for check in CHECKS:
        assert check.owners and all(isinstance(role, Role) for role in check.owners)
        assert not check.clause or "〔" in check.clause or "通报" in check.clause


def test_the_database_knows_the_same_checks(db: None) -> None:
    rows = CheckRule.objects.values_list("code", "is_hint", "is_waivable")
    assert list(rows) == [(check.code, check.is_hint, check.is_waivable) for check in CHECKS]


@pytest.mark.parametrize(
    ("name", "blind"), [("reds", lambda version: []), ("look_at", lambda version: [])]
)
def test_the_database_counts_the_reds_itself(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, name: str, blind: Callable[[Any], Any]
) -> None:
    make.funded_allotment(cast)
    monthly = reporting.return_at(cast, MonthlyReturn.Status.SIGNING)
    assert reds(run_checks(monthly=monthly, by=cast["finance_clerk"]))
    commit_rules()
    monkeypatch.setattr(checking, "reds", lambda version: [])
    monkeypatch.setattr(checking, name, blind)
    make.do(monthly, "seal", cast, "finance_head")
    with pytest.raises(DatabaseError, match="没有放行"):
        commit_rules()


def test_each_break_is_found_by_its_check(cast: Cast) -> None:
    project = make.approved_project(cast)
    make.progress_report(cast, project)
    paid(cast, project, "100000")
    version = start_return(county=cast.county, first_day=reporting.this_month())[0].versions.get()
    clean = {row["code"]: row["count"] for row in look_at(version)}
    assert {code for code, count in clean.items() if count} - {"overdue"} == {"closed"}
    for code, mutate in BREAKS.items():
        look = Look(version)
        broken = copy.deepcopy(look.figures)
        mutate(broken)
        look.figures = broken
        assert list(BY_CODE[code].find(look)), code


def test_what_the_county_left_undone_is_found(cast: Cast) -> None:
    project = make.approved_project(cast)
    version = start_return(county=cast.county, first_day=reporting.this_month())[0].versions.get()
    make.draft_payment(cast, project, 1000)
    late = make.funded_allotment(cast, 5)
    with lives.unruled():
        project.targets.all().delete()
    found = {row["code"] for row in look_at(version) if row["count"]}
    assert {"closed", "drafts", "late", "targets"} <= found
    assert "chain" not in found and "same" not in found and "ledgers" not in found
    with lives.unruled():
        project.sources.create(allotment=late, amount=Decimal(5))
    assert "ledgers" in {row["code"] for row in look_at(version) if row["count"]}


def test_red_stops_the_seal_until_a_second_person_lets_it_pass(cast: Cast) -> None:
    make.funded_allotment(cast)
    monthly = reporting.return_at(cast, "signing")
    with pytest.raises(ConditionUnmet, match="还没有运行核对"):
        make.do(monthly, "seal", cast, "finance_head")
    version = run_checks(monthly=monthly, by=cast["finance_clerk"])
    assert reds(version) == ["closed"]
    with pytest.raises(ConditionUnmet, match="所属月份已结账"):
        make.do(monthly, "seal", cast, "finance_head")
    ask = {"monthly": monthly, "reason": "库款对账单未到", "by": cast["finance_clerk"]}
    with pytest.raises(Refused, match="没有不符"):
        ask_to_waive(code="drafts", **ask)  # type: ignore[arg-type]
    waiver = ask_to_waive(code="closed", **ask)  # type: ignore[arg-type]
    with pytest.raises(ConditionUnmet):
        make.do(monthly, "seal", cast, "finance_head")
    with pytest.raises(WrongRole):
        agree_to_waive(waiver=waiver, by=cast["finance_clerk"])
    agree_to_waive(waiver=waiver, by=cast["project_reviewer"])
    make.do(monthly, "seal", cast, "finance_head")
    version.refresh_from_db()
    assert version.sealed_at and version.waivers.get().agreed_by == cast["project_reviewer"]
    with pytest.raises(Refused, match="没有未封存的版本"):
        run_checks(monthly=monthly, by=cast["finance_clerk"])


def test_the_seal_looks_again(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Green when it was checked, the chain broken before it is signed: nobody lets that pass."""
    make.funded_allotment(cast)
    monthly = reporting.return_at(cast, "signing")
    reporting.clear(cast, monthly)
    broken = Result(cast.county, 1, "", ["凭证 2026-0001：摘要值不符"])
    monkeypatch.setattr("reports.findings.verify_county", lambda county: broken)
    with pytest.raises(Refused, match="凭证链逐张核对"):
        make.do(monthly, "seal", cast, "finance_head")
    run_checks(monthly=monthly, by=cast["finance_clerk"])
    with pytest.raises(Refused, match="不能放行"):
        ask_to_waive(monthly=monthly, code="chain", reason="试试", by=cast["finance_clerk"])


def test_a_correction_stays_within_what_was_unlocked(cast: Cast) -> None:
    make.funded_allotment(cast)
    monthly = reporting.return_at(cast, "received")
    unlock = reporting.asked_unlock(cast, monthly)
    make.do(unlock, "approve", cast, "prefecture_clerk")
    make.do(monthly, "correct_unlocked", cast, "finance_clerk", comment="更正")
    version = monthly.versions.latest("number")
    before = monthly.versions.get(number=0)
    look = Look(version)
    assert not list(BY_CODE["scope"].find(look))
    look.figures = {**before.figures, "types": [{"code": "x", "name": "新增"}]}
    assert "表三" in "".join(BY_CODE["scope"].find(look))
    assert monthly.status == MonthlyReturn.Status.DRAFT


def download(clerk: Client, url: str) -> bytes:
    return b"".join(clerk.get(url).streaming_content)  # type: ignore[attr-defined]


def test_the_pages_and_the_workbook(cast: Cast) -> None:
    project = make.approved_project(cast)
    paid(cast, project, "123456.78")
    month = reporting.this_month()
    monthly = start_return(county=cast.county, first_day=month)[0]
    version, at = monthly.versions.get(), f"/monthly/{monthly.pk}/"
    clerk = logged_in(cast["finance_clerk"])
    assert clerk.post(f"{at}check/").status_code == 302
    assert "申请放行“所属月份已结账”" in read(clerk, at)
    clerk.post(f"{at}waive/closed/", {"reason": "对账单未到"})
    assert "待另一人同意" in read(clerk, at)
    assert "逐字节相同" in read(clerk, f"/monthly/versions/{version.pk}/")
    assert "草稿，未封存" in read(clerk, f"{at}print/")
    book = openpyxl.load_workbook(io.BytesIO(download(clerk, f"{at}export/?unit=yuan")))
    assert len(book.sheetnames) == 6
    page = book[book.sheetnames[2]]
    assert page.merged_cells.ranges and page.print_title_rows == "$1:$4"
    numbers = [cell.value for row in page.iter_rows() for cell in row]
    assert numbers.count(123456.78) >= 3
    csv = download(clerk, f"{at}export/?format=csv&table=funds")
    assert "123456.78" in csv.decode() and csv.startswith("\ufeff".encode())
    with lives.unruled():
        project.name = "=SUM(A1)"
        project.save()
    retake_figures(county=cast.county, first_day=month, by=cast["finance_clerk"])
    book = openpyxl.load_workbook(io.BytesIO(download(clerk, f"{at}export/")))
    page = book[book.sheetnames[2]]
    cells = [cell for row in page.iter_rows() for cell in row if cell.value == "=SUM(A1)"]
    assert cells and all(cell.data_type == "s" for cell in cells)
    assert "'=SUM(A1)" in download(clerk, f"{at}export/?format=csv&table=projects").decode()


def test_a_long_chain_is_walked_by_a_worker(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    make.funded_allotment(cast)
    monthly = reporting.draft_return(cast)
    monkeypatch.setattr("reports.views.checks.VOUCHERS_AT_ONCE", 0)
    clerk = logged_in(cast["finance_clerk"])
    answer = clerk.post(f"/monthly/{monthly.pk}/check/")
    job = Job.objects.get(kind="reports.run_checks")
    assert answer.headers["Location"] == f"/jobs/{job.pk}/"
    KINDS[job.kind](job, lambda done, total: None)
    assert monthly.versions.get().checked_at
    taken = start_job(
        kind="reports.take_figures", title="取数", owner=cast["finance_clerk"],
        arguments={"county": cast.county.code, "month": f"{monthly.first_day}"},
    )  # fmt: skip
    outcome = KINDS[taken.kind](taken, lambda done, total: None)
    assert outcome.result["link"][1] == monthly.get_absolute_url()
