"""备案: made with the approval, due by its day, sent, sent back, corrected and received; it holds
up nothing, and who was late stays late."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from approvals.models import Decision, StepProof
from approvals.queries import pending
from approvals.workflow import IncompatibleDuty, WrongState
from organizations.calendar import load_calendar
from organizations.models import Parameter
from organizations.policies import Refused, WrongRole
from projects import filings
from projects.filings import county_rows, describe, open_filing, punctuality, sealed
from projects.models import AnnualPlan, Filing, FilingReceipt, FilingVersion, Project
from tests import factories as make
from tests import lives
from tests.cast import Cast
from tests.databases import app_connection
from tests.plain_sql import commit_rules, take_step

S = Filing.Status


def read(filing: Filing) -> Filing:
    return Filing.objects.with_first_sent().get(pk=filing.pk)


def due_before(filing: Filing, days: int) -> Filing:
    """As if it had been approved long ago."""
    with lives.unruled():
        day = make.today() - dt.timedelta(days=days)
        Filing.objects.filter(pk=filing.pk).update(
            approved_on=day - dt.timedelta(days=14), due_on=day,
            status_since=filing.status_since - dt.timedelta(days=days + 14),
        )  # fmt: skip
    return read(filing)


def test_it_is_made_with_the_approval_and_holds_up_nothing(cast: Cast) -> None:
    project = make.approved_project(cast)
    commit_rules()
    filing, plan = Filing.objects.get(), project.plan_item.plan
    assert (filing.status, filing.division, filing.year) == (S.DUE, cast.county, 2025)
    assert (filing.subject_type, filing.subject_id) == (plan.life(), plan.pk)
    assert filing.decision == Decision.objects.get(subject_type=plan.life(), action="determine")
    assert project.status == Project.Status.IMPLEMENTATION


def test_due_in_working_days(cast: Cast) -> None:
    filing = make.due_filing(cast)
    days = Parameter.objects.number("filing.due_workdays")
    assert days == 10
    calendar = load_calendar()
    assert calendar.working_days_between(filing.approved_on, filing.due_on) == days
    assert calendar.is_working(filing.due_on)


def test_a_plan_that_is_not_agreed_owes_nothing(cast: Cast) -> None:
    make.plan_with(cast, make.determined_project(cast))
    assert not Filing.objects.exists()


def test_sent_and_received(cast: Cast) -> None:
    filing = make.received_filing(cast)
    version = filing.versions.get()
    assert filing.status == S.RECEIVED
    assert (version.version, version.projects, version.amount) == (1, 1, make.yuan(500_000))
    assert version.sent_on == make.today()
    assert hashlib.sha256(version.content.encode()).hexdigest() == version.sha256
    assert version.receipt.receipt_number == "巴扶备〔2025〕1号"
    commit_rules()


def test_returned_and_corrected_keeps_both_versions(cast: Cast) -> None:
    filing = make.sent_filing(cast)
    make.do(filing, "return", cast, "prefecture_clerk", comment="缺实施方案盖章件")
    assert filing.status == S.RETURNED
    make.send_filing(cast, filing, number="焉扶领办〔2025〕9号", note="已补实施方案盖章件")
    make.receive_filing(cast, filing)
    first, second = filing.versions.all()
    assert (first.letter_number, second.letter_number) == (
        "焉扶领办〔2025〕8号",
        "焉扶领办〔2025〕9号",
    )
    assert first.sha256 != second.sha256 and first.papers != second.papers
    assert (first.receipt.is_received, second.receipt.is_received) == (False, True)
    assert first.receipt.opinion == "缺实施方案盖章件"
    commit_rules()


def test_a_return_says_why(cast: Cast) -> None:
    with pytest.raises(Refused, match="须写明意见"):
        make.do(make.sent_filing(cast), "return", cast, "prefecture_clerk", comment=" ")


def test_only_the_other_side_receives(cast: Cast) -> None:
    filing = make.sent_filing(cast)
    for who in ("group_secretary", "project_reviewer", "region_clerk", "group_member"):
        with pytest.raises(WrongRole):
            make.receive_filing(cast, filing, who=who)


def test_one_person_on_both_sides_may_not_either(cast: Cast) -> None:
    filing, post = make.sent_filing(cast), cast.post("prefecture_clerk")
    post.pk, post.user = None, cast["group_secretary"]
    post.save(force_insert=True)
    with pytest.raises(IncompatibleDuty):
        make.receive_filing(cast, filing, who="group_secretary")


def test_nothing_is_received_before_it_is_sent(cast: Cast) -> None:
    with pytest.raises(WrongState):
        make.receive_filing(cast, make.due_filing(cast))


def test_late_stays_late(cast: Cast) -> None:
    filing = due_before(make.due_filing(cast), 5)
    assert list(Filing.objects.overdue()) == list(Filing.objects.ever_late()) == [filing]
    assert punctuality(filing, load_calendar()).in_words.startswith("逾期未报")
    make.send_filing(cast, filing)
    make.receive_filing(cast, filing)
    filing = read(filing)
    assert not Filing.objects.overdue().exists()
    assert list(Filing.objects.ever_late()) == [filing]
    words = punctuality(filing, load_calendar()).in_words
    late = load_calendar().working_days_between(filing.due_on, make.today())
    assert words == f"逾期报送 {late} 个工作日"


def test_a_letter_dated_back_is_late_all_the_same(cast: Cast) -> None:
    filing = due_before(make.due_filing(cast), 5)
    make.send_filing(cast, filing, dated_on=filing.approved_on)
    assert Filing.objects.ever_late().exists()


def test_in_time_is_in_time(cast: Cast) -> None:
    filing = read(make.sent_filing(cast))
    assert not Filing.objects.ever_late().exists()
    assert punctuality(filing, load_calendar()).in_words == "按期报送"


def test_overdue_in_the_inbox_by_its_own_parameter(cast: Cast) -> None:
    filing = make.due_filing(cast)
    (item,) = [i for i in pending(cast["group_secretary"]) if i.subject == filing]
    assert (item.limit_days, item.due_on, item.overdue) == (10, filing.due_on, False)
    due_before(filing, 5)
    (item,) = [i for i in pending(cast["group_secretary"]) if i.subject == filing]
    assert item.overdue
    make.send_filing(cast, filing)
    assert [i.subject for i in pending(cast["prefecture_clerk"])] == [filing]


def test_the_digest_changes_with_a_figure(cast: Cast) -> None:
    filing = make.due_filing(cast)
    described = describe(filing)
    before = sealed(filing, described, [])[1]
    plan = AnnualPlan.objects.get()
    for name, value in (("funding", "另行安排"), ("title", "另一个计划")):
        setattr(plan, name, value)
        assert sealed(filing, filings.DESCRIPTIONS[plan.life()](plan), [])[1] != before
    content: Any = json.loads(json.dumps(described.content, default=str))
    assert content["projects"][0][2][0][2] == "500000.00"
    content["projects"][0][2][0][2] = "500000.01"
    assert sealed(filing, filings.Described(content), [])[1] != before
    assert sealed(filing, described, ["a" * 64])[1] != before


def test_any_approved_thing_can_be_reported(cast: Cast) -> None:
    """What has no description of its own is reported by its title and its approval."""
    tag = make.funded_allotment(cast)
    project = make.determined_project(cast, tag=tag)  # in this transaction, as a filing must be
    decision = Decision.objects.get(subject_type=project.life(), action="determine")
    filing = open_filing(project, Filing.Kind.ADJUSTMENT, cast.county, decision.by, decision)
    assert filing.title == f"项目调整：{project}"
    make.send_filing(cast, filing)
    version = filing.versions.get()
    assert version.amount == make.yuan(500_000) and project.name in version.content


def test_how_the_counties_stand(cast: Cast) -> None:
    due_before(make.due_filing(cast), 5)
    rows = {row.county: row for row in county_rows(cast["prefecture_clerk"], 2025)}
    ours, others = rows[cast.county], rows[cast.other_county]
    assert (ours.total, ours.due, ours.overdue, ours.late) == (1, 1, 1, 1)
    assert ours.in_words == "逾期未报 1 件"
    assert others.in_words == "没有经批准须备案的计划"
    make.send_filing(cast, Filing.objects.get())
    make.receive_filing(cast, Filing.objects.get())
    ours = county_rows(cast["prefecture_clerk"], 2025)[0]
    assert (ours.received, ours.overdue, ours.late) == (1, 0, 1)
    assert [row.total for row in county_rows(cast["prefecture_clerk"], 2024)] == [0, 0]


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE projects_filing SET due_on = due_on + 30",
        "UPDATE projects_filing SET status = 'due'",
        "UPDATE projects_filing SET title = '改'",
        "DELETE FROM projects_filing",
        "UPDATE projects_filingversion SET sent_on = sent_on - 30",
        "UPDATE projects_filingversion SET content = '改'",
        "DELETE FROM projects_filingversion",
        "UPDATE projects_filingreceipt SET opinion = '改'",
        "DELETE FROM projects_filingreceipt",
    ],
)
def test_it_stands(cast: Cast, attack: str) -> None:
    make.received_filing(cast)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(attack)


def test_plain_sql_neither_receives_nor_opens(committed_cast: Cast) -> None:
    cast = committed_cast
    filing = make.sent_filing(cast)
    version = FilingVersion.objects.get()
    receive = (
        "INSERT INTO projects_filingreceipt (version_id, decision_id, is_received,"
        f" receipt_number, received_on, opinion) VALUES ({version.pk}, %(decision)s, true, '1',"
        " now(), '')"
    )
    with app_connection() as plain:
        with pytest.raises(psycopg.Error, match="没有由该岗位办理"):
            take_step(plain, filing, "receive", duty="receive", to="received",
                      post=cast.post("group_secretary"), also=[receive])  # fmt: skip
        with pytest.raises(psycopg.Error, match="缺备案回执"):
            take_step(plain, filing, "receive", duty="receive", to="received",
                      post=cast.post("prefecture_clerk"))  # fmt: skip
        with pytest.raises(psycopg.Error, match="由地（州）级受理登记"):
            plain.execute(receive, {"decision": version.decision_id})
        with pytest.raises(psycopg.Error, match="随批准一并建立"):
            plain.execute(
                "INSERT INTO projects_filing (status, status_since, kind, year, title,"
                " subject_type, subject_id, approved_on, due_on, decision_id, division_id,"
                " opened_by_id) SELECT 'due', now(), kind, year, title, subject_type, subject_id,"
                " approved_on, due_on, decision_id - 1, division_id, opened_by_id"
                " FROM projects_filing"
            )
    assert not FilingReceipt.objects.exists()


def test_the_digest_is_of_the_words_beside_it(committed_cast: Cast) -> None:
    cast = committed_cast
    filing = make.due_filing(cast)
    version = (
        "INSERT INTO projects_filingversion (version, letter_number, dated_on, sent_on, projects,"
        " amount, papers, note, content, sha256, decision_id, filing_id) VALUES (1, 'x', now(),"
        " now(), 1, 1, '{x}', '', '内容', repeat('0', 64), %(decision)s, %(pk)s)"
    )
    with app_connection() as plain, pytest.raises(psycopg.Error, match="sha256_of_content"):
        take_step(plain, filing, "send", duty="file", to="sent",
                  post=cast.post("group_secretary"), also=[version])  # fmt: skip


def test_every_approval_of_a_plan_is_reported(db: None) -> None:
    proofs = StepProof.objects.filter(life=AnnualPlan.life(), action="determine")
    assert "projects_plan_filed" in proofs.values_list("function", flat=True)
