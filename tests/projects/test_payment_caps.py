"""How much is paid on a contract, and of management fees, at most."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from funds.models import FundLevel
from organizations.policies import Refused
from projects.models import PaymentRequest, Project
from projects.payment_caps import money_of, months_after, refuse_caps, warnings_of
from projects.progress import record_rectification
from projects.workflow import PAYMENT
from tests import factories as make
from tests.cast import Cast
from tests.lives import place, unruled
from tests.plain_sql import commit_rules
from tests.projects.contracting import K, accept, ask, contracted, settle
from tests.projects.pages import enter, payment_input, read, send

LONG_AGO = dt.date(2024, 1, 31)


def reason(request: PaymentRequest) -> str:
    refusal = refuse_caps(PaymentRequest.objects.get(pk=request.pk))
    return refusal.reason if refusal else ""


def submit(cast: Cast, request: PaymentRequest) -> None:
    make.do(request, "submit", cast, "township_clerk")
    commit_rules()


def submit_unasked(cast: Cast, request: PaymentRequest) -> None:
    """With none of the program's conditions."""
    kept = PAYMENT.conditions.pop("submit")
    try:
        submit(cast, request)
    finally:
        PAYMENT.conditions["submit"] = kept


def test_before_acceptance_the_retention_money_stays(cast: Cast) -> None:
    contract = contracted(cast)
    project = contract.project
    too_much = ask(cast, project, K.PROGRESS, "485000.01")
    with pytest.raises(Refused, match=r"须留质保金 15,000\.00 元（3%），其余可申请 485,000\.00 元"):
        submit(cast, too_much)
    submit(cast, ask(cast, project, K.PROGRESS, 485_000))
    assert "其余可申请 0.00 元" in reason(ask(cast, project, K.FINAL, 1))
    assert "尚未验收" in reason(ask(cast, project, K.RETENTION, 15_000))
    # A step that skipped all of this is refused by the database.
    place(too_much, "compliance", cast)
    assert "超过" in reason(too_much)


def test_advances_have_a_ceiling_and_a_floor(cast: Cast) -> None:
    project = contracted(cast, signed_on=dt.date(2025, 4, 1)).project
    assert "超过合同价 500,000.00 元的 30%" in reason(ask(cast, project, K.ADVANCE, "150000.01"))
    low = ask(cast, project, K.ADVANCE, 40_000)
    assert warnings_of(low) == ["预付款合计 40,000.00 元，低于合同价的 10%"]
    submit(cast, low)
    assert "超过合同价" in reason(ask(cast, project, K.ADVANCE, "110000.01"))
    fits = ask(cast, project, K.ADVANCE, 110_000)
    assert not reason(fits) and not warnings_of(fits)
    # Of 200,000 done 80% are 160,000.
    progress = ask(cast, project, K.PROGRESS, 119_000)
    progress.work_done = make.yuan(200_000)
    assert "低于已完工程价款 200,000.00 元的 80%" in warnings_of(progress)[0]
    assert "开工" in warnings_of(progress)[1]


def test_retention_money_is_paid_once_when_it_is_due(cast: Cast, client: Client) -> None:
    contract = contracted(cast)
    project = contract.project
    request = ask(cast, project, K.RETENTION, 15_000)
    accept(cast, project, make.today())
    assert f"{months_after(make.today(), 12)} 起可以申请" in reason(request)
    accept(cast, project, LONG_AGO)
    assert "尚余 15,000.00 元" in reason(ask(cast, project, K.RETENTION, "15000.01"))
    check = make.quality_problem(cast, project)
    assert "墙体局部开裂" in reason(request)
    record_rectification(
        check=check, by=cast["township_clerk"], rectified_on=make.today(), rectification="已修补"
    )
    # The papers were dated before anybody accepted anything.
    words = f"日期 {make.today()} 与县级验收登记的日期 {LONG_AGO} 不符"
    with pytest.raises(Refused, match=words):
        make.do(request, "submit", cast, "township_clerk")
    enter(client, cast, "township_clerk")
    typed = {"rule": request.papers.get(rule__code="acceptance").rule_id, "dated_on": make.today()}
    assert words in send(client, f"/payments/{request.pk}/papers/", typed, 422)
    with pytest.raises(DatabaseError, match="与登记的验收日期"), transaction.atomic():
        submit_unasked(cast, request)
    with unruled():
        request.papers.filter(rule__code__in=("contract", "acceptance")).update(dated_on=LONG_AGO)
    # Everything else is over; this is still asked for, and paid.
    place(project, "closed", cast)
    enter(client, cast, "township_clerk")
    page = read(client, f"/projects/{project.pk}/payments/new/")
    assert contract.number in page
    submitted = PaymentRequest.objects.get(pk=request.pk)
    for action, who in make.PAYMENT_STEPS:
        make.do(submitted, action, cast, who)
    commit_rules()
    assert money_of(contract).retention_left == 0
    assert "超过" in reason(ask(cast, project, K.RETENTION, 1)) or "尚余 0.00" in reason(
        PaymentRequest.objects.latest("pk")
    )
    url = f"/projects/{project.pk}/payments/new/"
    assert "已办结，不能申请拨付" in send(client, url, payment_input(), 409)


def test_after_settlement_the_audited_amount_counts(cast: Cast) -> None:
    contract = contracted(cast)
    accept(cast, contract.project, LONG_AGO)
    settle(cast, contract.project, 400_000)
    project = Project.objects.get(pk=contract.project_id)
    money = money_of(contract)
    assert (money.room, money.held) == (make.yuan(400_000), make.yuan(12_000))
    assert money.basis == "决算审定额"
    over = ask(cast, project, K.FINAL, "388000.01")
    assert "须留质保金 12,000.00" in reason(over)
    assert "按决算审定额可支付 400,000.00" in reason(ask(cast, project, K.FINAL, "400000.01"))
    submit(cast, ask(cast, project, K.FINAL, 388_000))
    submit(cast, ask(cast, project, K.RETENTION, 12_000))


def test_what_was_paid_back_may_be_asked_for_again(cast: Cast) -> None:
    project = contracted(cast).project
    request = ask(cast, project, K.PROGRESS, 485_000)
    for action, who in make.PAYMENT_STEPS:
        make.do(request, action, cast, who)
    tag = request.sources.get().allotment
    make.do(request, "refund", cast, "treasury_clerk", {"sources": [(tag, make.yuan(85_000))]})
    make.do(request, "withdraw_release", cast, "finance_head")
    contract = project.contracts.get()
    assert money_of(contract).asked[K.PROGRESS] == 400_000
    submit(cast, ask(cast, project, K.FINAL, 85_000))


def test_the_party_is_looked_at_again(cast: Cast) -> None:
    contract = contracted(cast)
    request = ask(cast, contract.project, K.PROGRESS, 1000)
    with unruled():
        contract.account = "3000000009"
        contract.save()
    assert "与合同 HT-2025-01 不一致" in reason(request)
    with pytest.raises(Refused, match="不一致"):
        submit(cast, request)


def test_management_fees_have_a_share_of_what_came_in(cast: Cast) -> None:
    project = make.approved_project(cast)
    submit(cast, ask(cast, project, K.MANAGEMENT, 6_000))
    over = ask(cast, project, K.MANAGEMENT, "4000.01")
    refusal = refuse_caps(over)
    assert refusal and refusal.clause == "财农〔2017〕8号"
    assert "上限 1% 即 10,000.00 元，已申请 6,000.00 元" in refusal.reason
    submit(cast, ask(cast, project, K.MANAGEMENT, 4_000))
    tag = over.sources.get().allotment
    with unruled():
        tag.level = FundLevel.COUNTY
        tag.save()
    assert refuse_caps(over) is None


@pytest.mark.parametrize(
    ("day", "months", "last"),
    [
        (dt.date(2024, 1, 31), 1, dt.date(2024, 2, 29)),
        (dt.date(2024, 12, 1), 12, dt.date(2025, 12, 1)),
        (dt.date(2024, 8, 31), 18, dt.date(2026, 2, 28)),
        (dt.date(2024, 5, 5), 0, dt.date(2024, 5, 5)),
    ],
)
def test_months_after(day: dt.date, months: int, last: dt.date) -> None:
    assert months_after(day, months) == last


def test_kinds_without_a_contract(cast: Cast) -> None:
    """Subsidies of interest go to whoever is named, after the meeting gave the money."""
    project = make.planned_project(cast)
    with pytest.raises(Refused, match="没有合同"):
        ask(cast, project, K.PROGRESS, 1000)
    request = ask(cast, project, K.INTEREST, 1000)
    assert request.contract is None and not reason(request)
