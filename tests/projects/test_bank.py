"""银行核对: a sheet comes in whole or not at all; what fits is paid, what does not stays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test import Client
from pytest_django import Settings

from approvals import tasks
from approvals.jobs import confirm_job
from approvals.models import Decision, Job, RefusedAttempt
from organizations.policies import Refused
from projects.bank import confirm_line, find_requests, record_lines
from projects.bank_sheets import BANK
from projects.models import BankLine, BankMatch, Project
from tests import factories as make
from tests.cast import Cast
from tests.funds.workbook_files import workbook
from tests.pages import queries_of
from tests.projects.pages import enter, read, send

HEADER = "付款日期,收款户名,收款账号,金额（元）,银行流水号,申请编号"
PAYEE, ACCOUNT = "焉耆兴农建设有限公司", "3000000001"


@pytest.fixture(autouse=True)
def home(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.HOME = tmp_path
    monkeypatch.setattr(tasks.run_job, "apply_async", lambda *_, **__: None)


def line(cast: Cast, reference: str = "L1", **changes: Any) -> BankLine:
    facts = {
        "paid_on": make.today(), "payee": PAYEE, "account": ACCOUNT, "amount": make.yuan(100_000),
        "reference": reference, "request_number": "", **changes,
    }  # fmt: skip
    return record_lines(county=cast.county, by=cast["treasury_clerk"], rows=[facts])[0]


def result(bank_line: BankLine) -> tuple[str, str]:
    found = find_requests([bank_line])[0]
    return found.result, found.words


def csv(rows: Sequence[str], encoding: str = "utf-8") -> SimpleUploadedFile:
    return SimpleUploadedFile("明细.csv", "\r\n".join([HEADER, *rows]).encode(encoding))


def upload(client: Client, file: SimpleUploadedFile) -> Job:
    county = client.get("/bank/import/").context["counties"][0]
    response = client.post("/bank/import/", {"county": county.code, "file": file})
    assert response.status_code == 302, response.content.decode()
    job = Job.objects.latest("pk")
    tasks.run_job(job.pk)
    job.refresh_from_db()
    return job


def test_every_wrong_cell_is_named_and_nothing_is_written(client: Client, cast: Cast) -> None:
    line(cast, "OLD")
    enter(client, cast, "treasury_clerk")
    tomorrow = make.today() + dt.timedelta(days=1)
    rows = [
        f"{tomorrow},{PAYEE},{ACCOUNT},100,A1,",
        f"{make.today()},{PAYEE},6222021234567890123,100,A2,",
        f"昨天,,{ACCOUNT},-5,A3,",
        f"{make.today()},{PAYEE},{ACCOUNT},100,OLD,",
        f"{make.today()},{PAYEE},{ACCOUNT},100,A4,",
        f"{make.today()},{PAYEE},{ACCOUNT},100,A4,",
    ]
    job = upload(client, csv(rows))
    assert job.status == Job.Status.FAILED
    said = {error["where"]: error["reason"] for error in job.result["errors"]}
    assert "个人银行卡号" in said["第 3 行 C 列"] and "看不懂这个日期" in said["第 4 行 A 列"]
    assert said["第 4 行 B 列"] == "必填" and "第 4 行 D 列" in said
    assert BankLine.objects.count() == 1
    rows = [f"{tomorrow},{PAYEE},{ACCOUNT},100,A1,", *rows[3:]]
    said = {e["where"]: e["reason"] for e in upload(client, csv(rows)).result["errors"]}
    assert "之后" in said["第 2 行 A 列"] and said["第 3 行 E 列"] == "这一流水号已导入过"
    assert said["第 5 行 E 列"] == "与第 4 行重复"
    broken = SimpleUploadedFile("x.csv", b"\x00\x01\xff")
    answer = client.post("/bank/import/", {"county": cast.county.code, "file": broken})
    assert "不是文本文件" in answer.content.decode()


@pytest.mark.parametrize("kind", ["utf-8-sig", "gb18030", "xlsx"])
def test_a_sheet_is_checked_shown_and_written(client: Client, cast: Cast, kind: str) -> None:
    enter(client, cast, "treasury_clerk")
    if kind == "xlsx":
        row = [None, make.today(), PAYEE, ACCOUNT, 100_000.5, "A1", ""]
        file = SimpleUploadedFile("x.xlsx", workbook([row], BANK))
    else:
        file = csv([f'{make.today()},{PAYEE},{ACCOUNT},"100,000.50",A1,'], kind)
    job = upload(client, file)
    assert (job.status, BankLine.objects.count()) == (Job.Status.READY, 0)
    confirm_job(job, by=cast["treasury_clerk"])
    tasks.run_job(job.pk)
    found = BankLine.objects.get()
    assert (found.payee, found.amount, found.county) == (PAYEE, make.yuan("100000.50"), cast.county)


def test_what_fits_what_differs_and_what_is_unknown(cast: Cast) -> None:
    request = make.payment_at(cast, "payment")
    yesterday = make.today() - dt.timedelta(days=1)
    assert result(line(cast)) == ("相符", "")
    for number, changes, words in (
        (1, {"amount": make.yuan(99_999)}, "差 -1.00 元"),
        (2, {"request_number": request.number, "account": "77777"}, "账号：银行 77777"),
        (3, {"request_number": request.number, "payee": "别人"}, "户名：银行“别人”"),
        (4, {"paid_on": yesterday}, "早于核拨日"),
    ):
        found, said = result(line(cast, f"D{number}", **changes))
        assert found == "不符" and words in said
    for number, changes in ((1, {"account": "88888"}), (2, {"request_number": "没有"})):
        assert result(line(cast, f"U{number}", **changes))[0] == "未找到"
    second = make.draft_payment(cast, Project.objects.get(pk=request.project_id))
    for action, who in make.PAYMENT_STEPS[:-1]:
        make.do(second, action, cast, who)
    found, said = result(BankLine.objects.get(reference="L1"))
    assert found == "未找到" and request.number in said and second.number in said
    assert result(line(cast, "N", request_number=second.number)) == ("相符", "")


def test_confirming_pays_what_waits_and_marks_what_is_paid(client: Client, cast: Cast) -> None:
    request = make.payment_at(cast, "payment")
    first, wrong = line(cast, "L1"), line(cast, "L2", account="88888")
    page = read(enter(client, cast, "finance_head"), "/bank/")
    assert "确认后办理支付" in page and "确认所选" not in page
    send(client, "/bank/confirm/", {"line": first.pk}, 403)
    send(enter(client, cast, "treasury_clerk"), "/bank/confirm/", {"line": [first.pk, wrong.pk]})
    page = read(client, "/bank/")
    assert "已核对相符 1 笔" in page and "没有向这一账号支付这一金额的申请" in page
    request.refresh_from_db()
    assert request.status == "paid" and request.pay_voucher
    assert request.pay_voucher.occurred_on == first.paid_on
    decision = Decision.objects.about(request.life(), request.pk).get(action="pay")
    assert "L1" in decision.comment and BankMatch.objects.get().decision == decision
    assert request.number in read(client, "/bank/?matched=1")
    with pytest.raises(Refused, match="不能确认"):
        confirm_line(line=first, by=cast["treasury_clerk"])
    assert result(line(cast, "L3"))[0] == "未找到"
    # Paid by hand: the line is matched without a second payment.
    make.do(request, "reverse_payment", cast, "finance_reviewer")
    make.do(request, "pay", cast, "treasury_clerk")
    again = BankLine.objects.get(reference="L3")
    confirm_line(line=again, by=cast["treasury_clerk"])
    assert BankMatch.objects.count() == 2


def test_a_payment_that_is_refused_is_kept_and_holds_up_no_other(cast: Cast) -> None:
    """Who released does not pay, by whatever door."""
    request = make.payment_at(cast, "payment")
    found = line(cast)
    released = Decision.objects.about(request.life(), request.pk).get(action="release")
    treasury = cast.post("treasury_clerk")
    treasury.pk, treasury.user = None, cast["finance_head"]
    treasury.save(force_insert=True)
    with pytest.raises(Refused, match="不相容职责"):
        confirm_line(line=found, by=cast["finance_head"])
    kept = RefusedAttempt.objects.get()
    assert (kept.action, kept.by_id) == ("pay", released.by_id)
    assert not BankMatch.objects.exists()


def test_lines_and_matches_stand(cast: Cast) -> None:
    request, other = make.payment_at(cast, "payment"), line(cast, "L2", amount=make.yuan(1))
    confirm_line(line=line(cast), by=cast["treasury_clerk"])
    request.refresh_from_db()
    decision = BankMatch.objects.get().decision
    for statement in (
        "UPDATE projects_bankline SET amount = 1",
        "DELETE FROM projects_bankmatch",
        "TRUNCATE projects_bankline CASCADE",
        "INSERT INTO projects_bankmatch (line_id, request_id, decision_id, by_id, at)"
        f" VALUES ({other.pk}, {request.pk}, {decision.pk + 0}, {decision.by_id}, now())",
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            connection.cursor().execute(statement)


def test_the_list_takes_the_same_queries_for_one_and_many(client: Client, cast: Cast) -> None:
    make.payment_at(cast, "payment")
    enter(client, cast, "auditor")
    counts = []
    for wanted in (1, 12):
        for number in range(BankLine.objects.count(), wanted):
            line(cast, f"Q{number}")
        counts.append(len(queries_of(client, "/bank/")))
    assert counts[0] == counts[1]
