"""审计工作台: what was known when, who changed what, what was taken away for what, and 取证单."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from typing import Any

import openpyxl
import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from funds.models import Voucher
from organizations.policies import WrongRole
from reports import edits
from reports.audit import draw_up_sheet
from reports.models import AuditSheet, ExportRecord
from reports.time_machine import as_of, changed_since, figures_at, posted_later, projects_of
from tests import factories as make
from tests import lives
from tests.cast import Cast
from tests.pages import logged_in, queries_of

AS_OF = "/audit/as-of/"


@pytest.fixture
def moment(cast: Cast) -> dt.datetime:
    """Between a receipt and a second one that is written down later for the same day."""
    make.funded_allotment(cast, 100_000)
    first = Voucher.objects.get()
    make.funded_allotment(cast, 23_456)
    return first.posted_at


def test_what_was_written_down_later_was_not_known(cast: Cast, moment: dt.datetime) -> None:
    today = timezone.localdate()
    then, now = as_of(cast.county, today, moment), as_of(cast.county, today, timezone.now())
    assert figures_at(then)["total"]["received"] == "100000.00"
    assert figures_at(now)["total"]["received"] == "123456.00"
    changes = {change.field: (change.before, change.after) for change in changed_since(then, now)}
    assert ("100000.00", "123456.00") in changes.values()
    assert [row["sequence"] for row in posted_later(then).rows] == [2]
    assert not posted_later(now).rows
    before = as_of(cast.county, today - dt.timedelta(days=400), timezone.now())
    assert figures_at(before)["total"]["received"] == "0.00"


def test_a_project_stood_where_its_steps_had_brought_it(cast: Cast) -> None:
    project = make.draft_project(cast)
    now = timezone.now()
    lives.decide(project, cast["township_clerk"], "propose", to="township_review")
    (then,) = projects_of(as_of(cast.county, now.date(), now), None)[0].rows
    (later,) = projects_of(as_of(cast.county, now.date(), timezone.now()), None)[0].rows
    assert then["status"] != later["status"] and later["by"] == cast["township_clerk"].real_name


def test_the_page_asks_little_and_says_what_is_wrong(cast: Cast, moment: dt.datetime) -> None:
    client = logged_in(cast["auditor"])
    page = client.get(AS_OF, {"known": f"{timezone.localtime(moment):%Y-%m-%dT%H:%M}"})
    assert page.status_code == 200 and "100,000.00" in page.content.decode()
    for listing in ("projects", "payments", "vouchers"):
        assert client.get(AS_OF, {"listing": listing}).status_code == 200
    for wrong, word in (
        ({"county": "652827000000"}, "选"),
        ({"on": "2999-01-01"}, "还没有到"),
        ({"known": "gestern"}, "有效"),
        ({"listing": "everything"}, "everything"),
    ):
        answer = client.get(AS_OF, wrong)
        assert answer.status_code == 400 and word in answer.content.decode()
    few = len(queries_of(client, f"{AS_OF}?listing=vouchers"))
    make.funded_allotment(cast, 1_000)
    assert len(queries_of(client, f"{AS_OF}?listing=vouchers")) == few


def test_an_export_says_what_for(cast: Cast, moment: dt.datetime) -> None:
    client, address = logged_in(cast["auditor"]), f"{AS_OF}export/?listing=vouchers"
    assert client.post(address, {"purpose": ""}).status_code == 400
    assert not ExportRecord.objects.exists()
    answer: Any = client.post(address, {"purpose": "2025年度专项资金审计"})
    content = b"".join(answer)
    record = ExportRecord.objects.get()
    assert record.sha256 == hashlib.sha256(content).hexdigest() and record.row_count == 2
    sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    assert 23456 in [cell.value for row in sheet.iter_rows() for cell in row]
    assert "2025年度专项资金审计" in client.get("/audit/exports/").content.decode()
    assert logged_in(cast["finance_clerk"]).post(address, {"purpose": "x"}).status_code == 403
    with pytest.raises(DatabaseError), transaction.atomic():
        ExportRecord.objects.update(purpose="另有用途")


def test_a_sheet_keeps_what_the_system_said(cast: Cast) -> None:
    project = make.approved_project(cast)
    client, address = logged_in(cast["auditor"]), f"/audit/sheets/new/project/{project.pk}/"
    facts = {"audited_unit": "永宁镇人民政府", "matter": "资金分配", "summary": "分配与纪要一致"}
    refused = client.post(address, {**facts, "summary": ""})
    assert refused.status_code == 400 and "永宁镇人民政府" in refused.content.decode()
    assert client.post(address, facts).status_code == client.post(address, facts).status_code == 302
    second, first = AuditSheet.objects.all()
    assert [first.number, second.number] == [1, 2]
    assert first.figures["decisions"] and first.figures["vouchers"][0]["digest"]
    shown = client.get(first.get_absolute_url()).content.decode()
    assert first.sha256 in shown and "证据提供单位意见" in shown
    with pytest.raises(WrongRole):
        draw_up_sheet(
            county=cast.county, kind="project", thing=project, by=cast["finance_clerk"], **facts
        )
    for forged in ({"by": cast["finance_clerk"], "number": 3}, {"number": 9}):
        row = AuditSheet.objects.get(pk=first.pk)
        row.pk = None
        for name, value in forged.items():
            setattr(row, name, value)
        with pytest.raises(DatabaseError), transaction.atomic():
            row.save(force_insert=True)
    with pytest.raises(DatabaseError), transaction.atomic():
        AuditSheet.objects.update(summary="改过")
    assert logged_in(cast["finance_clerk"]).get(address).status_code == 403


def test_who_changed_which_field_of_what(cast: Cast) -> None:
    one, other = make.draft_project(cast), make.draft_project(cast)
    before, one.name = one.name, "改过的名称"
    one.save(update_fields=["name"])
    asked = edits.Asked("projects.project")
    found = edits.edits_of(cast["auditor"], asked)
    assert ("项目名称", before, "改过的名称") in [f for e in found for f in e.change.fields]
    assert {edit.title for edit in found} >= {str(other)}
    assert not edits.edits_of(cast["other_finance_clerk"], asked)
    assert not edits.edits_of(cast["auditor"], edits.Asked("projects.project", person="无此人"))
    client = logged_in(cast["auditor"])
    assert "改过的名称" in client.get("/audit/edits/").content.decode()
    for kind in edits.tracked():
        assert client.get("/audit/edits/", {"kind": kind}).status_code == 200, kind
    assert client.get("/audit/edits/", {"kind": "organizations.nothing"}).status_code == 400
    few = len(queries_of(client, "/audit/edits/"))
    make.draft_project(cast)
    assert len(queries_of(client, "/audit/edits/")) == few
