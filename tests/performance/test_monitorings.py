"""双监控: what lags behind the time gone by is said so, and stops payment until it is lifted."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from psycopg import errors

from approvals.workflow import ConditionUnmet
from organizations.models import Parameter
from organizations.policies import Refused, WrongRole
from performance.models import Actual, Level, Monitoring, PaymentHold
from performance.monitoring import rows_of, start_hold, write_monitoring
from projects.models import PaymentRequest, Project
from tests import factories as make
from tests.cast import Cast
from tests.databases import app_connection
from tests.lives import undone, unruled
from tests.performance import performing
from tests.plain_sql import commit_rules, take_step
from tests.projects.pages import enter, read, send


def typed(cast: Cast, project: Any, **changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "as_of": "2025-08-01", "expected_spending": "50万", "likelihood": "certain",
    }  # fmt: skip
    sheet = performing.paper(cast)
    for line in performing.approved(project).lines.all():
        found |= {f"actual_{line.pk}": line.value, f"papers_{line.pk}": sheet}
    return {**found, **changes}


def test_a_period_is_reported_on_the_page(client: Client, cast: Cast) -> None:
    project = make.approved_project(cast)
    url = f"/projects/{project.pk}/monitorings/new/"
    late = performing.approved(project).lines.get(aspect="QTY")
    enter(client, cast, "township_clerk")
    read(client, url)
    page = send(client, url, typed(cast, project, as_of="2025-01-01"), 200)
    assert "早于计划开工日 2025-04-01" in page
    with undone():
        with unruled():
            Parameter.objects.filter(key="perf.deviation.warn").update(valid_from="2026-01-01")
        page = send(client, url, typed(cast, project), 200)
        assert "2025 年没有评价规则" in page
    with undone():
        with unruled():
            Project.objects.filter(pk=project.pk).update(year=2026)
        assert "早于项目年度 2026" in send(client, url, typed(cast, project), 200)
    page = send(client, url, typed(cast, project, **{f"papers_{late.pk}": ""}), 200)
    assert "请上传佐证材料" in page
    page = send(client, url, typed(cast, project, **{f"actual_{late.pk}": ""}), 200)
    assert "尚未到考核时点" in page
    page = send(client, url, typed(cast, project), 200)  # nothing paid while half the time is over
    assert page.count("严重偏离的必填") == 4
    corrected = {**performing.CORRECTED, "causes": ["staff"]}
    send(client, url, typed(cast, project, **corrected))
    sheet = Monitoring.objects.get()
    assert (sheet.elapsed, sheet.spent) == (make.yuan("50.41"), make.yuan(0))
    assert sheet.level == Level.RED
    send(client, f"/monitorings/{sheet.pk}/edit/", typed(cast, project, **corrected))
    assert Monitoring.objects.get().actuals.count() == 6
    before = Monitoring.objects.get()
    make.do(sheet, "submit", cast, "township_clerk")
    with pytest.raises(Refused, match="监控表已送审，不能改动"):  # read before it was sent in
        write_monitoring(
            project=project, by=cast["township_clerk"], facts={}, actuals=[], monitoring=before
        )
    send(client, f"/monitorings/{sheet.pk}/edit/", typed(cast, project, **corrected), 409)
    commit_rules()
    page = read(client, f"/monitorings/{sheet.pk}/print/")
    assert "人员保障。施工单位停工" in page and "50.41%" in page
    with pytest.raises(DatabaseError), transaction.atomic():
        Actual.objects.all().delete()
    with pytest.raises(Refused, match="尚未审核通过"):
        performing.monitoring(cast, project, as_of=dt.date(2025, 9, 1))
    make.do(sheet, "return", cast, "project_reviewer")
    assert sheet.status == "draft"
    send(enter(client, cast, "finance_clerk"), url, {}, 403)
    send(enter(client, cast, "other_township_clerk"), url, {}, 404)


def test_each_indicator_is_set_against_the_time_gone_by(cast: Cast) -> None:
    sheet = performing.monitoring(cast, share="0.2", as_of=dt.date(2025, 8, 1))
    rows = {row.line.aspect: row for row in rows_of(sheet)}
    quantity, cost = rows["QTY"], rows["CST"]
    assert (quantity.reached, quantity.behind) == (make.yuan(20), make.yuan("30.41"))
    assert (quantity.level, quantity.forecast) == (Level.YELLOW, make.yuan("39.67"))
    assert cost.level == Level.NONE  # below what it may cost


def test_the_money_is_the_ledgers(cast: Cast) -> None:
    payment = make.payment_at(cast, "paid")
    sheet = performing.monitoring(cast, payment.project)
    assert (sheet.budget, sheet.spent) == (make.yuan(500_000), make.yuan(100_000))
    again = make.draft_payment(cast, payment.project, 1000)
    for action, who in make.PAYMENT_STEPS:
        make.do(again, action, cast, who)
    with pytest.raises(ConditionUnmet, match="总台账现为支付 101,000.00 元"):
        make.do(sheet, "submit", cast, "township_clerk")


def test_a_serious_deviation_holds_payment_until_it_is_lifted(client: Client, cast: Cast) -> None:
    payment = make.payment_at(cast, "release")
    project = payment.project
    waiting = make.draft_payment(cast, project, 1000)
    found = performing.decided_hold(cast, project)
    with pytest.raises(ConditionUnmet, match="暂缓拨款.*停工三个月") as unmet:
        make.do(payment, "release", cast, "finance_head")
    assert unmet.value.refusal.who_can_clear == "财政局负责人（整改后解除）"
    make.do(waiting, "submit", cast, "township_clerk")  # papers go on, money does not
    with pytest.raises(Refused, match="执行中"):
        performing_again(cast, found)
    enter(client, cast, "finance_head")
    assert found.number in read(client, payment.get_absolute_url())
    enter(client, cast, "township_clerk")
    act = f"/act/performance.paymenthold/{found.pk}/report/"
    step = {"seen_status": "held", "mended": "已复工"}
    assert "1 处需要更正" in send(client, act, step, 422)
    send(client, act, {**step, "papers": performing.paper(cast)})
    with pytest.raises(ConditionUnmet):
        make.do(payment, "release", cast, "finance_head")
    found.refresh_from_db()
    make.do(found, "return", cast, "finance_head")
    again = performing.paper(cast)
    send(client, act, {**step, "mended": "监理到岗", "papers": again})
    first = found.papers
    found = PaymentHold.objects.get(pk=found.pk)
    assert (found.mended, found.papers) == ("已复工\n监理到岗", [*first, again])
    make.do(found, "lift", cast, "finance_head")
    make.do(payment, "release", cast, "finance_head")
    commit_rules()


def performing_again(cast: Cast, hold: PaymentHold) -> None:
    facts = {"kind": "stop", "reason": "再停", "demand": "复工"}
    start_hold(monitoring=hold.monitoring, by=cast["project_clerk"], facts=facts)


def test_only_a_confirmed_serious_deviation_begins_one(cast: Cast) -> None:
    sheet = performing.monitoring(cast)
    facts = {"kind": "stop", "reason": "停工", "demand": "复工"}
    with pytest.raises(Refused, match="审核通过的严重偏离"):
        start_hold(monitoring=sheet, by=cast["project_clerk"], facts=facts)
    with pytest.raises(WrongRole):
        start_hold(monitoring=sheet, by=cast["township_clerk"], facts=facts)


def test_plain_sql_does_not_pay_past_it(committed_cast: Cast) -> None:
    cast = committed_cast
    payment = make.payment_at(cast, "township_review")
    performing.decided_hold(cast, payment.project, "stop")
    with pytest.raises(ConditionUnmet, match="停止拨款"):
        make.do(payment, "endorse", cast, "township_reviewer")
    with app_connection(connection.settings_dict["NAME"]) as app:
        with pytest.raises(errors.DatabaseError, match="决定停止拨款"):
            take_step(
                app, payment, "endorse", duty="township_review", to="department_review",
                post=cast.post("township_reviewer"),
            )  # fmt: skip
        for statement in (
            "UPDATE performance_paymenthold SET status = 'closed'",
            "UPDATE performance_paymenthold SET kind = 'slow'",
            "DELETE FROM performance_paymenthold",
            "UPDATE performance_monitoring SET level = 'none'",
            "UPDATE performance_targetline SET value = 1",
            "UPDATE performance_target SET value = 1",
            "DELETE FROM performance_declaration",
            "UPDATE performance_indicator SET is_core = false",
        ):
            with pytest.raises(errors.DatabaseError):
                app.execute(statement.encode())
    assert PaymentRequest.objects.get(pk=payment.pk).status == "township_review"
