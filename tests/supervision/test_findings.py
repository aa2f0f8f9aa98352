"""问题整改: registered with three levels of responsibility, put right by the unit, looked at by
another, closed; what is overdue goes up; nothing of it goes away."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from approvals.errands import errand_count
from approvals.workflow import ConditionUnmet
from funds.services import reverse_voucher
from organizations.models import Organization
from organizations.policies import Refused, WrongRole
from supervision.escalations import escalate_overdue, see_escalation
from supervision.forms.steps import AssignForm
from supervision.models import Accountability, Escalation, Finding, Recovery, Transfer
from supervision.policies import report_due
from supervision.rectifying import (
    note_progress,
    record_accountability,
    record_recovery,
    record_transfer,
    strike_recovery,
)
from supervision.services import register_finding
from tests import factories as make
from tests import lives
from tests.cast import Cast
from tests.pages import queries_of
from tests.plain_sql import commit_rules
from tests.projects.pages import enter, read, send
from tests.supervision import registering as reg


def under_way(cast: Cast, to_recover: int = 0, **changes: Any) -> Finding:
    return reg.planned(cast, reg.assign(cast, reg.finding(cast, **changes), to_recover))


def recover(cast: Cast, row: Finding, voucher: Any, amount: int) -> Recovery:
    return record_recovery(
        finding=row, voucher=voucher, amount=make.yuan(amount), channel="上缴国库",
        by=cast["township_clerk"],
    )  # fmt: skip


def test_a_problem_is_put_right_returned_once_and_closed(cast: Cast) -> None:
    row = under_way(cast, to_recover=30_000)
    assert row.number == f"652826-{make.today().year}-WT-0001"
    assert (row.division, row.rectifier, row.reviewer) == (
        cast.township, "township_clerk", "auditor",
    )  # fmt: skip
    note_progress(finding=row, text="已通知承包单位退款", papers=[], by=cast["township_clerk"])
    with pytest.raises(ConditionUnmet, match="应追回 30,000.00 元，凭证追回 0.00 元"):
        reg.applied(cast, row)
    recover(cast, row, reg.money_back(cast, 30_000), 30_000)
    row = reg.applied(cast, row)
    with pytest.raises(ConditionUnmet, match="由审计复核"):
        make.do(row, "close", cast, "group_secretary")
    make.do(row, "return", cast, "auditor", comment="佐证不全，补附退款回单。")
    row = reg.applied(cast, row)
    make.do(row, "close", cast, "auditor")
    row.refresh_from_db()
    commit_rules()
    assert (row.status, row.is_over, row.days_late) == ("closed", True, 0)


def test_only_the_unit_puts_it_right_and_nobody_reviews_himself(cast: Cast) -> None:
    row = reg.assign(cast, reg.finding(cast))
    given = {"measures": "整改"}
    with pytest.raises(ConditionUnmet, match="由责任部门永宁镇人民政府的乡镇经办办理"):
        make.do(row, "plan", cast, "project_clerk", given)
    with pytest.raises(WrongRole):
        make.do(row, "plan", cast, "auditor", given)
    with pytest.raises(WrongRole):
        note_progress(finding=row, text="x", papers=[], by=cast["project_reviewer"])
    with pytest.raises(Refused, match="整改中才登记进展"):
        note_progress(finding=row, text="x", papers=[], by=cast["township_clerk"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"leader_name": ""}, "leader_name"),
        ({"owner_title": ""}, "owner_title"),
        ({"clause": ""}, "clause"),
        ({"description": "收款人电话13800138000"}, "手机号"),
        ({"found_on": dt.date(2099, 1, 1)}, "在今天之后"),
    ],
)
def test_three_levels_and_a_clause_are_compulsory(
    cast: Cast, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises((ValidationError, Refused), match=message):
        reg.finding(cast, **changes)
    with pytest.raises(WrongRole):
        reg.finding(cast, by="township_reviewer")


def test_money_back_is_never_more_than_the_vouchers_or_the_problem_holds(cast: Cast) -> None:
    row, other = under_way(cast, 30_000), under_way(cast, 50_000)
    tag = make.funded_allotment(cast)
    voucher = reg.money_back(cast, 40_000, tag)
    with pytest.raises(Refused, match="本次最多 30,000.00 元"):
        recover(cast, row, voucher, 30_001)
    with pytest.raises(Refused, match="不是本县的退回、收回结余或上缴凭证"):
        recover(cast, row, make.receipt(cast, make.allotment(cast, 5, "巴财农〔2025〕8号"), 5), 5)
    wrong = recover(cast, row, voucher, 25_000)
    with pytest.raises(Refused, match="本次最多 15,000.00 元"):
        recover(cast, other, voucher, 15_001)
    plain = {
        "finding": row, "voucher": reg.money_back(cast, 9_000, tag), "channel": "x",
        "recorded_by": cast["township_clerk"],
    }  # fmt: skip
    with pytest.raises(DatabaseError, match="超过应追回金额"), transaction.atomic():
        Recovery.objects.create(amount=5_001, **plain)
    with pytest.raises(DatabaseError, match="超过凭证金额"), transaction.atomic():
        Recovery.objects.create(amount=15_001, **{**plain, "finding": other, "voucher": voucher})
    strike_recovery(recovery=wrong, reason="登错凭证", by=cast["township_clerk"])
    with pytest.raises(DatabaseError), transaction.atomic():
        Recovery.objects.filter(pk=wrong.pk).update(struck_at=None)
    again = recover(cast, other, voucher, 40_000)
    reverse_voucher(
        voucher=voucher, occurred_on=make.today(), memo="冲销", key=make.key(),
        by=cast["finance_reviewer"],
    )  # fmt: skip
    assert again not in Recovery.objects.standing()


def test_what_is_overdue_goes_to_the_head_then_to_the_group(client: Client, cast: Cast) -> None:
    row = under_way(cast)
    with lives.unruled():
        Finding.objects.filter(pk=row.pk).update(due_on=make.today() - dt.timedelta(days=1))
    assert (escalate_overdue(), escalate_overdue()) == (1, 0)
    assert [errand_count(cast[who]) for who in ("township_reviewer", "group_member")] == [1, 0]
    assert escalate_overdue(make.today() + dt.timedelta(days=5)) == 1
    raised = list(Escalation.objects.values_list("level", "days_late"))
    assert raised == [(1, 1), (2, 6)]
    assert errand_count(cast["group_member"]) == 1
    assert errand_count(cast["other_group_member"]) == 0
    first = Escalation.objects.earliest("pk")
    enter(client, cast, "township_clerk")
    send(client, f"/escalations/{first.pk}/see/", {}, 403)
    enter(client, cast, "township_reviewer")
    assert "阅示督办" in read(client, "/inbox/")
    send(client, f"/escalations/{first.pk}/see/", {})
    assert errand_count(cast["township_reviewer"]) == 0
    page = read(client, row.get_absolute_url())
    assert "升级至领导小组" in page and "逾期 1 天" in page
    assert row.number in read(client, "/findings/?neglect=late")
    with pytest.raises(DatabaseError), transaction.atomic():
        Escalation.objects.update(seen_at=None, seen_by=None)


def of_the_bureau(cast: Cast) -> Escalation:
    """An overdue problem of 焉耆县水利局, brought before its head."""
    bureau = Organization.objects.get(name="焉耆县水利局")
    row = register_finding(county=cast.county, by=cast["auditor"], unit=bureau, facts=reg.facts())
    reg.assign(cast, row)
    with lives.unruled():
        Finding.objects.filter(pk=row.pk).update(due_on=make.today() - dt.timedelta(days=1))
    assert escalate_overdue() == 1
    return row.escalations.get()


def test_the_head_of_another_bureau_sees_nothing_of_it(cast: Cast) -> None:
    raised = of_the_bureau(cast)
    assert [errand_count(cast[who]) for who in ("industry_reviewer", "farming_reviewer")] == [1, 0]
    with pytest.raises(WrongRole, match="本项督办由"):
        see_escalation(escalation=raised, by=cast["farming_reviewer"])
    assert see_escalation(escalation=raised, by=cast["industry_reviewer"]).seen_at


def test_nobody_sees_the_delay_of_what_he_puts_right_himself(cast: Cast) -> None:
    raised = of_the_bureau(cast)
    make.do(raised.finding, "plan", cast, "industry_reviewer", {"measures": "补办手续"})
    with pytest.raises(WrongRole, match="本人办理了本问题的整改"):
        see_escalation(escalation=raised, by=cast["industry_reviewer"])
    raised.refresh_from_db()
    assert raised.seen_at is None
    colleague = cast.post("industry_reviewer")
    colleague.pk, colleague.user = None, cast["nobody"]
    colleague.save(force_insert=True)
    assert see_escalation(escalation=raised, by=cast["nobody"]).seen_at


def test_an_escalation_begins_unseen(cast: Cast) -> None:
    row = under_way(cast)
    with pytest.raises(DatabaseError, match="新的督办尚未阅示"), transaction.atomic():
        Escalation.objects.create(
            finding=row, level=1, days_late=1, seen_by=cast["auditor"], seen_at=timezone.now()
        )


def assign_and_commit(cast: Cast, row: Finding, to_recover: int) -> None:
    reg.assign(cast, row, to_recover)
    commit_rules()


def test_a_wrong_sum_is_mended_by_taking_the_problem_back(cast: Cast) -> None:
    row = under_way(cast, to_recover=30_000)
    recover(cast, row, reg.money_back(cast, 10_000), 10_000)
    with pytest.raises(WrongRole):
        make.do(row, "recall", cast, "auditor")
    make.do(row, "recall", cast, "group_secretary", comment="应追回金额有误。")
    with lives.unruled():
        Finding.objects.filter(pk=row.pk).update(due_on=make.today() - dt.timedelta(days=1))
    row.refresh_from_db()
    # No clock runs against the unit as long as it has nothing to put right.
    assert (row.status, row.days_late, escalate_overdue()) == ("registered", 0, 0)
    with pytest.raises(ConditionUnmet, match="已登记追回资金 10,000.00 元，不能撤销"):
        make.do(row, "cancel", cast, "auditor")
    typed = {"term": "by_date", "due_on": make.today(), "to_recover": "9999.99"}
    form = AssignForm(typed, subject=row)
    assert form.errors == {"to_recover": ["应追回金额不能少于已追回的 10,000.00 元"]}
    with pytest.raises(DatabaseError, match="应追回金额少于已追回的金额"), transaction.atomic():
        assign_and_commit(cast, row, 9_999)
    row.refresh_from_db()
    row = reg.applied(cast, reg.planned(cast, reg.assign(cast, row, 10_000)))
    make.do(row, "close", cast, "auditor")
    commit_rules()
    row.refresh_from_db()
    assert row.status == "closed"


def test_nothing_is_written_down_of_what_was_cancelled(cast: Cast) -> None:
    row = reg.finding(cast)
    make.do(row, "cancel", cast, "auditor")
    auditor, today = cast["auditor"], make.today()
    held: dict[str, Any] = {
        "name": "王秋", "unit": "永宁镇人民政府", "title": "扶贫专干", "way": "talk",
        "document": "焉纪〔2026〕1号", "decided_on": today,
    }  # fmt: skip
    # The row in hand still says that it stands.
    row.status = "registered"
    with pytest.raises(Refused, match="问题已撤销"):
        record_accountability(finding=row, by=auditor, **held)
    with pytest.raises(Refused, match="问题已撤销"):
        record_transfer(finding=row, organ="x", document="x", transferred_on=today, by=auditor)
    sent = {"organ": "x", "document": "x", "transferred_on": today}
    plain: list[tuple[Any, dict[str, Any]]] = [
        (row.accountabilities, held), (row.transfers, sent), (row.progress, {"text": "x"}),
    ]  # fmt: skip
    for things, facts in plain:
        with pytest.raises(DatabaseError, match="问题已撤销，不能再登记"), transaction.atomic():
            things.create(recorded_by=auditor, **facts)


def test_what_is_written_down_bears_the_server_s_time_and_is_written_once(cast: Cast) -> None:
    row, auditor = under_way(cast), cast["auditor"]
    note = row.progress.create(
        text="进展", recorded_by=cast["township_clerk"],
        recorded_at=timezone.now() - dt.timedelta(days=9),
    )  # fmt: skip
    note.refresh_from_db()
    assert timezone.localdate(note.recorded_at) == make.today()

    def hold(way: str = "talk") -> Accountability:
        return record_accountability(
            finding=row, name="王秋", unit="永宁镇人民政府", title="扶贫专干", way=way,
            document="焉纪〔2026〕1号", decided_on=make.today(), by=auditor,
        )  # fmt: skip

    hold()
    with pytest.raises(ValidationError, match="这次追责已登记"):
        hold()
    assert hold("circular").pk


def test_what_was_found_long_ago_is_registered_by_today_s_days(cast: Cast) -> None:
    """Before the first day of any parameter."""
    long_ago = dt.date(2016, 5, 1)
    assert report_due(long_ago) == dt.date(2016, 5, 6)
    assert reg.finding(cast, found_on=long_ago).was_reported_late


def test_found_and_not_reported_is_told_by_the_clock(client: Client, cast: Cast) -> None:
    late = reg.finding(cast, found_on=make.today() - dt.timedelta(days=6))
    soon = reg.finding(cast, found_on=make.today() - dt.timedelta(days=5))
    assert (late.was_reported_late, soon.was_reported_late) == (True, False)
    enter(client, cast, "discipline_inspector")
    page = read(client, "/findings/?neglect=unreported")
    assert late.number in page and soon.number not in page


def test_nothing_of_it_ever_goes_away(cast: Cast) -> None:
    row = under_way(cast)
    note_progress(finding=row, text="进展", papers=[], by=cast["township_clerk"])
    inspector = cast["discipline_inspector"]
    record_accountability(
        finding=row, name="王秋", unit="永宁镇人民政府", title="扶贫专干", way="talk",
        document="焉纪〔2026〕1号", decided_on=make.today(), by=inspector,
    )  # fmt: skip
    record_transfer(
        finding=row, organ="焉耆县监察委员会", document="焉审移〔2026〕1号",
        transferred_on=make.today(), by=cast["auditor"],
    )  # fmt: skip
    for things in (Accountability.objects, Transfer.objects, row.progress, Finding.objects):
        with pytest.raises(DatabaseError), transaction.atomic():
            things.all().delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        Accountability.objects.update(name="别人")
    for changes in (
        {"owner_name": "别人"}, {"amount": 1}, {"due_on": dt.date(2099, 1, 1)},
        {"status": "closed"},
    ):  # fmt: skip
        with pytest.raises(DatabaseError), transaction.atomic():
            Finding.objects.update(**changes)
    with pytest.raises(WrongRole):
        record_transfer(
            finding=row, organ="x", document="x", transferred_on=make.today(),
            by=cast["group_secretary"],
        )  # fmt: skip


def test_it_is_registered_from_a_project_and_shown_there(client: Client, cast: Cast) -> None:
    project = make.approved_project(cast)
    enter(client, cast, "auditor")
    page = read(client, f"/findings/new/?type=projects.project&id={project.pk}")
    assert project.code in page and project.owner_name in page
    typed = {
        **reg.facts(), "county": cast.county.pk, "subject_type": "projects.project",
        "subject_number": "没有的编号", "responsible_unit": reg.township_unit().pk,
    }  # fmt: skip
    assert "没有编号为“没有的编号”的项目" in send(client, "/findings/new/", typed, 200)
    send(client, "/findings/new/", {**typed, "subject_number": project.code})
    row = Finding.objects.get()
    assert (row.subject_type, row.subject_id) == ("projects.project", project.pk)
    assert row.division == project.division
    page = read(client, row.get_absolute_url())
    assert "倒查" in page and project.leader_name in page
    assert row.number in read(client, project.get_absolute_url())
    assert row.number in read(client, "/responsibilities/person/?name=冯冬&unit=永宁镇人民政府")
    assert "整改通知书" in read(client, f"/findings/{row.pk}/print/")


def test_the_three_lists_are_numbered_alike(client: Client, cast: Cast) -> None:
    rows = [reg.finding(cast) for _ in range(3)]
    enter(client, cast, "group_secretary")
    page = read(client, "/findings/lists/")
    assert [page.count(f">{row.number}<") for row in rows] == [3, 3, 3]
    before = len(queries_of(client, "/findings/lists/", "/findings/"))
    reg.finding(cast)
    assert len(queries_of(client, "/findings/lists/", "/findings/")) == before
    for name in ("problems", "responsibilities", "tasks"):
        assert client.get(f"/findings/lists/{name}/").status_code == 200
