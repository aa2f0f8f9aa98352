"""动态监控: each rule fires on its planted case and not on the near miss; a fact is told once; a
false alarm takes two persons."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from approvals.models import Decision
from approvals.watching import WATCHES, Fired, Look
from approvals.workflow import ConditionUnmet, IncompatibleDuty
from assets.models import Asset
from funds.models import Allotment
from organizations.policies import WrongRole
from projects.models import Filing, PaymentRequest, Project, Responsibility
from reports.models import MonthlyReturn
from supervision.evaluating import evaluate_all, evaluate_county, settings_of
from supervision.models import Alert, AlertRule, Finding
from tests import factories as make
from tests import lives
from tests.assets import registering
from tests.cast import Cast
from tests.pages import queries_of
from tests.plain_sql import commit_rules
from tests.projects.pages import enter, read, send
from tests.supervision import registering as reg

DAY = dt.timedelta(days=1)


def found(cast: Cast, code: str, on: dt.date) -> list[str]:
    """The levels of what the rule finds on a day."""
    look = Look(cast.county, on, settings_of(make.today()))
    return [fired.level for fired in WATCHES[code](look)]


def explained(cast: Cast, code: str, on: dt.date) -> list[str]:
    look = Look(cast.county, on, settings_of(make.today()))
    return [fired.explanation for fired in WATCHES[code](look)]


def pair(request: PaymentRequest, days: int = 0, **changes: object) -> PaymentRequest:
    """The same request once more, as if it had been sent in so many days later."""
    twin = PaymentRequest.objects.get(pk=request.pk)
    twin.pk, twin.number = None, f"{request.number}-{PaymentRequest.objects.count()}"
    twin.release_voucher = twin.pay_voucher = None
    twin.requested_at = request.requested_at + dt.timedelta(days=days)
    for name, value in {"invoice_number": "", **changes}.items():
        setattr(twin, name, value)
    with lives.unruled():
        twin.save(force_insert=True)
    return twin


def test_each_rule_fires_on_its_case_and_not_on_the_near_miss(cast: Cast) -> None:
    payment = make.payment_at(cast, "payment")
    project = Project.objects.get(pk=payment.project_id)
    today, tag = make.today(), Allotment.objects.get()

    def by_the_clock(code: str, due: dt.date, level: str = "yellow") -> None:
        """Nothing on the last day that is allowed, one on the next."""
        assert (found(cast, code, due), found(cast, code, due + DAY)) == ([], [level]), code

    for code, days in (("A01", 30), ("A02", 90), ("A03", 30)):
        by_the_clock(code, today + dt.timedelta(days=days))
    assert found(cast, "A23", dt.date(tag.fund_year + 1, 12, 31)) == []
    assert set(found(cast, "A23", dt.date(tag.fund_year + 2, 1, 1))) == {"yellow"}
    by_the_clock("A21", dt.date(tag.fund_year, 3, 31), "red")
    # The mark of December is looked at until the next year's first one has passed.
    december = dt.date(tag.fund_year, 12, 31)
    assert "11 月末时序目标 90" in explained(cast, "A21", december)[0]
    for day in (december + DAY, dt.date(tag.fund_year + 1, 3, 31)):
        assert "12 月末时序目标 92" in explained(cast, "A21", day)[0]
    assert found(cast, "A21", dt.date(tag.fund_year + 1, 4, 1)) == []
    filing = Filing.objects.get(status="due")
    by_the_clock("A26", filing.due_on)
    due = today + DAY
    MonthlyReturn.objects.create(
        division=cast.county, first_day=dt.date(today.year, 1, 1), due_on=due
    )
    by_the_clock("A27", due)
    check = make.quality_problem(cast, project)
    assert check.rectify_by
    by_the_clock("S01", check.rectify_by + 5 * DAY, "red")
    # A problem about it silences the rule, unless it was cancelled.
    due, told = check.rectify_by + 6 * DAY, reg.finding(cast, project)
    assert found(cast, "S01", due) == []
    make.do(told, "cancel", cast, "auditor")
    assert found(cast, "S01", due) == ["red"]
    problem = reg.assign(cast, reg.finding(cast), days=3)
    assert problem.due_on
    by_the_clock("S02", problem.due_on, "red")

    idle = registering.earlier(cast)
    assert found(cast, "A25", today + 365 * DAY) == []
    with lives.unruled():
        Asset.objects.filter(pk=idle.pk).update(
            condition="idle", condition_since=today, asset_class="JY"
        )
    by_the_clock("A25", today + 90 * DAY)

    payments(cast, payment)
    project_rules(cast, project, by_the_clock)


def payments(cast: Cast, payment: PaymentRequest) -> None:
    today = make.today()

    def now(code: str) -> int:
        return len(found(cast, code, today))

    for code in ("A10", "A12", "A13", "A14", "A15"):
        assert now(code) == 0, code
    person = pair(payment, payee_name="王小明", amount=1)
    assert now("A10") == 1
    pair(payment, payee_name="王小明", amount=2, kind="50", households=1)
    pair(payment, payee_name="焉耆兴农公司", amount=3)
    assert now("A10") == 1
    pair(payment, payee_name="阿卜杜热合曼·买买提", amount=7)
    assert now("A10") == 2
    pair(payment, payee_name="·焉耆兴农公司", amount=8)
    assert now("A10") == 2
    pair(payment, payee_name="某公司甲", amount=999_999)
    assert now("A12") == 0
    pair(payment, payee_name="某公司乙", amount=1_000_000)
    assert now("A12") == 1
    pair(payment, days=31)
    pair(person, days=31)
    assert now("A13") == 0
    pair(payment, days=30)
    assert now("A13") >= 1
    assert now("A14") == 0
    for days, expected in ((100, 0), (103, 0), (107, 0), (108, 1)):
        pair(payment, days=days, payee_name="常来公司", amount=days)
        assert now("A14") == expected, days
    pair(payment, payee_name="下岔河村村民委员会", amount=4)
    pair(payment, payee_name="焉耆县财政局", amount=5, kind="60")
    assert now("A15") == 0
    pair(payment, payee_name="焉耆县财政局", amount=6)
    assert now("A15") == 1


def project_rules(cast: Cast, project: Project, by_the_clock: Callable[..., None]) -> None:
    today = make.today()
    # Paid: nothing yet. Then 100,000 of 500,000 with 9 and with 10 percent done.
    assert found(cast, "A06", today) == []
    pay = PaymentRequest.objects.get(
        project=project, status="payment", release_voucher__isnull=False
    )
    make.do(pay, "pay", cast, "treasury_clerk")
    report = make.progress_report(cast, project)
    for percent, expected in ((10, []), (9, ["red"])):
        with lives.unruled():
            type(report).objects.filter(project=project).update(percent=percent)
            PaymentRequest.objects.filter(pk=pay.pk).update(kind="30")
        assert found(cast, "A06", today) == expected
    held = Responsibility.objects.filter(project=project, duty="PROJ_OWNER")
    with lives.unruled():
        held.update(valid_until=today)
    by_the_clock("A30", today)
    project.refresh_from_db()
    late = max(project.planned_start, project.planned_end) + 15 * DAY
    begun = hasattr(project, "commencement")
    assert len(found(cast, "A20", project.planned_end + 15 * DAY)) == (0 if begun else 1)
    assert len(found(cast, "A20", late + DAY)) == (1 if begun else 2)
    lives.place(project, "settlement", cast)
    by_the_clock("A22", today + 30 * DAY)
    lives.place(project, "asset_registration", cast)
    by_the_clock("A24", today + 30 * DAY)


def fire(cast: Cast, days: int = 31) -> Alert:
    """Money lies in the pool for so many days."""
    make.funded_allotment(cast)
    evaluate_county(cast.county, make.today() + dt.timedelta(days=days))
    return Alert.objects.get(code="A01")


def test_a_fact_is_told_once_rises_and_is_marked_as_gone(client: Client, cast: Cast) -> None:
    alert = fire(cast)
    assert (alert.level, alert.owner, alert.status) == ("yellow", "finance_reviewer", "open")
    assert [
        "金额（元）",
        "1,000,000.00",
    ] in alert.figures and "到账未分配到项目的预警天数=30" in alert.thresholds
    on = make.today()
    assert evaluate_county(cast.county, on + 31 * DAY).new == 0
    assert evaluate_county(cast.county, on + 61 * DAY).raised == 1
    assert evaluate_county(cast.county, on).cleared == Alert.objects.count() >= 1
    alert.refresh_from_db()
    assert (alert.level, alert.cleared_on) == ("red", on)
    with pytest.raises(DatabaseError, match="不能由红降为黄"), transaction.atomic():
        Alert.objects.filter(pk=alert.pk).update(level="yellow")
    with pytest.raises(DatabaseError), transaction.atomic():
        alert.delete()
    enter(client, cast, "finance_clerk")
    pages = ("/alerts/", "/alerts/rules/", alert.rule.get_absolute_url(), alert.get_absolute_url())
    before = len(queries_of(client, *pages))
    for page in pages:
        assert "A01" in read(client, page)
    rows = AlertRule.objects.filter(source__in=("K", "D", "L"))
    assert not rows.exclude(clause="").exists()
    make.funded_allotment(cast, number="巴财农〔2025〕44号")
    evaluate_county(cast.county, on + 31 * DAY)
    assert len(queries_of(client, *pages)) == before


def test_a_false_alarm_takes_a_second_person(cast: Cast) -> None:
    alert = fire(cast)
    with pytest.raises(ConditionUnmet, match="本条预警由财政合规审查处置"):
        make.do(alert, "claim", cast, "group_secretary")
    with pytest.raises(WrongRole):
        make.do(alert, "claim", cast, "auditor")
    make.do(alert, "claim", cast, "finance_reviewer")
    make.do(alert, "dispute", cast, "finance_reviewer", comment="文件要求分期安排。")
    # The same person with the other post too.
    second = cast.post("auditor")
    second.pk, second.user = None, cast["finance_reviewer"]
    second.save(force_insert=True)
    with pytest.raises(IncompatibleDuty):
        make.do(alert, "agree", cast, "finance_reviewer")
    with pytest.raises(DatabaseError), transaction.atomic():
        Decision.objects.create(
            subject_type=alert.life(), subject_id=alert.pk, subject_title="x",
            division=alert.division, cases=alert.case_keys(), action="agree", action_label="x",
            duty="examine", from_status="disputed", to_status="dismissed",
            by=cast["finance_reviewer"], post=second,
        )  # fmt: skip
    make.do(alert, "return", cast, "auditor")
    make.do(alert, "dispute", cast, "finance_reviewer")
    make.do(alert, "agree", cast, "auditor")
    commit_rules()
    assert evaluate_county(cast.county, make.today() + 31 * DAY).new == 0
    alert.refresh_from_db()
    assert alert.status == "dismissed"


def test_what_still_fires_is_not_settled(monkeypatch: pytest.MonkeyPatch, cast: Cast) -> None:
    alert = fire(cast)
    make.do(alert, "claim", cast, "finance_reviewer")
    keep = settings_of(make.today())
    changed = {**keep, "quota.allocate_days.warn": "-1", "quota.allocate_days.alarm": "60"}
    with monkeypatch.context() as patch:
        patch.setattr("supervision.evaluating.settings_of", lambda on: changed)
        with pytest.raises(ConditionUnmet, match="规则 A01 今天仍触发"):
            make.do(alert, "settle", cast, "finance_reviewer")
    make.do(alert, "settle", cast, "finance_reviewer")
    alert.refresh_from_db()
    assert alert.status == "settled"
    commit_rules()
    # Firing anew it is told anew, once, with the days of a new one.
    on = make.today() + 40 * DAY
    assert [tell_again(cast, day) for day in (on, on + DAY)] == [1, 0]
    again = Alert.objects.filter(code="A01").latest("pk")
    assert (again.fact, again.status) == (f"{alert.fact}@{on}", "open")
    make.do(again, "claim", cast, "finance_reviewer")
    with monkeypatch.context() as patch:
        patch.setattr("supervision.evaluating.settings_of", lambda on: changed)
        with pytest.raises(ConditionUnmet, match="规则 A01 今天仍触发"):
            make.do(again, "settle", cast, "finance_reviewer")
    assert evaluate_county(cast.county, on + 21 * DAY).raised == 1
    again.refresh_from_db()
    assert (again.level, again.cleared_on) == ("red", None)


def tell_again(cast: Cast, on: dt.date) -> int:
    evaluate_county(cast.county, on)
    return Alert.objects.filter(code="A01", fact__endswith=f"@{on}").count()


def test_only_the_post_of_the_rule_ends_it_by_sql_too(cast: Cast) -> None:
    alert = fire(cast)
    with pytest.raises(DatabaseError, match="须由规则规定的岗位处置"), transaction.atomic():
        step(cast, alert, "claim", "receive", "checking", "group_secretary")


def step(cast: Cast, row: Alert | Finding, action: str, duty: str, to: str, who: str) -> None:
    """Past the program."""
    Decision.objects.create(
        subject_type=row.life(), subject_id=row.pk, subject_title="x", division=row.division,
        cases=row.case_keys(), action=action, action_label="x", duty=duty,
        from_status=row.status, to_status=to, by=cast[who], post=cast.post(who),
    )  # fmt: skip
    type(row)._default_manager.filter(pk=row.pk).update(status=to)
    commit_rules()


def test_what_is_settled_meanwhile_does_not_end_the_night(
    monkeypatch: pytest.MonkeyPatch, cast: Cast
) -> None:
    alert = fire(cast)

    def settled_meanwhile(look: Look) -> Iterator[Fired]:
        with lives.unruled():
            Alert.objects.filter(pk=alert.pk).update(status="settled")
        return iter(())

    monkeypatch.setitem(WATCHES, "A01", settled_meanwhile)
    evaluate_county(cast.county, make.today() + 32 * DAY)
    alert.refresh_from_db()
    assert (alert.status, alert.cleared_on) == ("settled", None)


def test_one_county_s_failure_keeps_no_other_from_its_evaluation(
    monkeypatch: pytest.MonkeyPatch, cast: Cast
) -> None:
    seen: list[str] = []

    def broken_in_one(look: Look) -> Iterator[Fired]:
        seen.append(look.county.code)
        if look.county == cast.county:
            raise ArithmeticError("broken")
        return iter(())

    monkeypatch.setitem(WATCHES, "A01", broken_in_one)
    with pytest.raises(ExceptionGroup, match="1 counties") as failed:
        evaluate_all()
    assert [type(error) for error in failed.value.exceptions] == [ArithmeticError]
    assert seen == [cast.county.code, cast.other_county.code]


def test_an_alert_becomes_a_finding(client: Client, cast: Cast) -> None:
    alert = fire(cast)
    enter(client, cast, "auditor")
    assert alert.explanation in read(client, f"/findings/new/?alert={alert.pk}")
    typed = {**reg.facts(), "county": cast.county.pk, "responsible_unit": reg.township_unit().pk}
    send(client, f"/findings/new/?alert={alert.pk}", typed)
    row = Finding.objects.get()
    alert.refresh_from_db()
    assert (alert.status, alert.finding) == ("finding", row)
    assert row.number in read(client, alert.get_absolute_url())
    send(client, f"/findings/new/?alert={alert.pk}", typed, 409)
    with pytest.raises(ConditionUnmet, match="由预警转入的问题不能撤销"):
        make.do(row, "cancel", cast, "auditor")
    with pytest.raises(DatabaseError, match="由预警转入的问题不能撤销"), transaction.atomic():
        step(cast, row, "cancel", "investigate", "cancelled", "auditor")


def test_refusals_are_counted_with_their_rule(client: Client, cast: Cast) -> None:
    project = make.draft_project(cast)
    lives.place(project, "village_notice", cast)
    with pytest.raises(ConditionUnmet, match="公示"):
        make.do(project, "submit", cast, "village_cadre")
    enter(client, cast, "auditor")
    assert "被拒次数" in read(client, "/alerts/rules/")
    assert project.name in read(client, "/alerts/rules/A19/")
    assert project.name not in read(client, "/alerts/rules/A16/")
    read(client, "/alerts/rules/A11/")
    read(client, "/alerts/rules/Z99/", 404)
