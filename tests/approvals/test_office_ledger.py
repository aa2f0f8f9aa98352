"""What posts to the ledger is done by the holder of the post himself, whoever acts for him."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from approvals.actions import available
from approvals.models import Decision, Subject
from approvals.queries import pending
from approvals.workflow import IncompatibleDuty, workflow_of
from funds import ledger
from funds.models import Voucher
from funds.services import record_receipt, return_to_upper_level, reverse_voucher
from organizations.models import Role, User
from organizations.policies import WrongRole
from projects.models import PaymentRequest, Project
from tests import factories as make
from tests import lives
from tests.api.conftest import caller
from tests.approvals.deputies import colleague, deputy_of, lend
from tests.cast import Cast

BACKEND = "django.contrib.auth.backends.ModelBackend"

ACTS: dict[str, tuple[str, Callable[[Cast, User, Any], Any]]] = {
    "receive": (
        "finance_clerk",
        lambda cast, by, tag: record_receipt(
            allotment=tag, amount=make.yuan(1), occurred_on=make.today(), memo="到账",
            key=make.key(), by=by,
        ),
    ),
    "return": (
        "finance_head",
        lambda cast, by, tag: return_to_upper_level(
            allotment=tag, amount=make.yuan(1), occurred_on=make.today(), memo="上缴",
            document="巴财农〔2025〕99号", key=make.key(), by=by,
        ),
    ),
    "reverse": (
        "finance_reviewer",
        lambda cast, by, tag: reverse_voucher(
            voucher=Voucher.objects.filter(kind="receive")[0], occurred_on=make.today(),
            memo="记错", key=make.key(), by=by,
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(ACTS))
def test_nobody_keeps_the_book_for_another(cast: Cast, kind: str) -> None:
    """Not by the service, and not by the ledger's own function either."""
    tag = make.funded_allotment(cast)
    holder, act = ACTS[kind]
    deputy = deputy_of(cast.post(holder))
    before = Voucher.objects.count()
    with pytest.raises(WrongRole, match="须由岗位本人办理，不能代办") as caught:
        act(cast, deputy, tag)
    assert str(cast.users[holder]) in caught.value.refusal.who_can_clear
    with pytest.raises(ledger.LedgerRefused) as refused, transaction.atomic():
        ledger.post(
            Voucher.Kind(kind), [ledger.Line(tag.pk, make.yuan(1))], county=cast.county,
            key=make.key(), occurred_on=make.today(), memo="代记", by=deputy,
            held=cast.post(holder), document="巴财农〔2025〕99号",
            reverses=Voucher.objects.all()[0] if kind == "reverse" else None,
        )  # fmt: skip
    assert refused.value.code == "YC002"
    assert Voucher.objects.count() == before


def test_nor_a_sheet_of_receipts(cast: Cast, client: Client) -> None:
    tag = make.allotment(cast)
    deputy = deputy_of(cast.post("finance_clerk"))
    arrival = ledger.Arrival(tag.pk, make.yuan(1), make.today(), "到账", make.key())
    with pytest.raises(ledger.LedgerRefused) as refused, transaction.atomic():
        ledger.receive_many(
            [arrival], county=cast.county, by=deputy, held=cast.post("finance_clerk")
        )
    assert refused.value.code == "YC002"
    client.force_login(deputy, backend=BACKEND)
    for address in ("/receipts/new/", "/receipts/import/"):
        response = client.get(address)
        assert response.status_code == 403, address
        assert "须由岗位本人办理，不能代办" in response.content.decode()


# The steps that post, and where they are taken. A vote of the leading group is not lent at all.
MONEY_STEPS = (
    ("release", "release", "finance_head"),
    ("pay", "payment", "treasury_clerk"),
    ("refund", "paid", "treasury_clerk"),
    ("withdraw_release", "payment", "finance_head"),
    ("reverse_payment", "paid", "finance_reviewer"),
    ("reverse_payment", "paid", "finance_head"),
)


def test_these_are_all_the_steps_that_post(cast: Cast) -> None:
    named = {action for action, _, _ in MONEY_STEPS} | {"settle", "determine"}
    lent = {
        step.action
        for life in (Project, PaymentRequest)
        for step in workflow_of(life()).transitions
        if step.in_person
    }
    assert lent == named


@pytest.mark.parametrize(("action", "status", "holder"), MONEY_STEPS)
def test_no_money_moves_by_a_lent_post(
    cast: Cast, client: Client, action: str, status: str, holder: str
) -> None:
    payment = make.payment_at(cast, status)
    refused_everywhere(payment, action, deputy_of(cast.post(holder)), client)


def test_nor_is_a_surplus_taken_back(cast: Cast, client: Client) -> None:
    project = make.approved_project(cast)
    lives.place(project, "settlement_review", cast)
    refused_everywhere(project, "settle", deputy_of(cast.post("finance_reviewer")), client)


def refused_everywhere(subject: Subject, action: str, deputy: User, client: Client) -> None:
    """By the step, on the button with its reason, on its page; and it is not in his inbox."""
    vouchers = Voucher.objects.count()
    with pytest.raises(WrongRole, match="须由岗位本人办理，不能代办") as caught:
        workflow_of(subject).perform(subject, action, by=deputy, comment="代办", data={})
    assert caught.value.refusal.who_can_clear
    button = next(a for a in available(subject, deputy) if a.action == action)
    assert not button.allowed and "不能代办" in button.reason and button.who_can_clear
    client.force_login(deputy, backend=BACKEND)
    response = client.get(f"/act/{subject.life()}/{subject.pk}/{action}/")
    assert response.status_code == 403 and "不能代办" in response.content.decode()
    assert subject not in [item.subject for item in pending(deputy)]
    assert Voucher.objects.count() == vouchers


def test_who_has_such_a_post_himself_uses_his_own(cast: Cast) -> None:
    """A lent post beside it takes nothing away."""
    unit = cast.post("finance_clerk").organization
    second = colleague("second", "另一会计", unit, Role.FINANCE_CLERK)
    lend(cast.post("finance_clerk"), second)
    voucher = record_receipt(
        allotment=make.allotment(cast), amount=make.yuan(5), occurred_on=make.today(),
        memo="到账", key=make.key(), by=User.objects.get(pk=second.pk),
    )  # fmt: skip
    assert (voucher.by_name, voucher.post.user) == ("另一会计", second)


def test_by_the_api_it_is_refused_in_the_same_words(cast: Cast) -> None:
    payment = make.payment_at(cast, "release")
    deputy = deputy_of(cast.post("finance_head"))
    path = f"payments/{payment.pk}/actions/"
    answer = caller(deputy).post(f"{path}release/", {"comment": "代办"})
    assert answer.status_code == 403
    assert "须由岗位本人办理，不能代办" in answer.json()["reason"]
    assert "尤晴" in answer.json()["who_can_clear"]
    (button,) = [a for a in caller(deputy).get(path).json() if a["action"] == "release"]
    assert (button["allowed"], button["who_can_clear"]) == (False, answer.json()["who_can_clear"])


def test_a_month_may_be_closed_for_another_but_not_asked_for_and_reopened(cast: Cast) -> None:
    """Closing posts nothing; who asked for the reopening, for whomever, does not agree to it."""
    month = lives.SUBJECTS["funds.month"](cast)
    workflow = workflow_of(month)
    deputy = deputy_of(cast.post("finance_reviewer"))
    workflow.perform(month, "close", by=deputy)
    assert Decision.objects.get(action="close").signed_by == "甘田代秦朗"
    workflow.perform(month, "request_reopening", by=deputy, comment="补记")
    lend(cast.post("finance_head"), cast["finance_reviewer"])
    with pytest.raises(IncompatibleDuty):
        workflow.perform(month, "reopen", by=cast["finance_reviewer"], comment="同意")
    workflow.perform(month, "reopen", by=cast["finance_head"], comment="同意")
