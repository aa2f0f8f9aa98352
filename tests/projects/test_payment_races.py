"""The same money at the same moment, and a machine that dies in the middle of a step."""

from __future__ import annotations

import datetime as dt
from typing import Any

from approvals.models import Decision
from approvals.transitions import WrongState
from funds.models import Account, Voucher
from funds.verification import verify_county
from organizations.models import User
from organizations.policies import Refused
from projects.models import PaymentRequest, Project
from projects.workflow import PAYMENT
from tests import factories as make
from tests import finishing
from tests.cast import Cast, make_person
from tests.databases import at_once
from tests.dying import killed_at_every_statement
from tests.projects.contracting import K, accept, ask, contracted

LONG_AGO = dt.date(2024, 1, 31)


def paid_out() -> Any:
    return Account.objects.filter(kind="paid").values_list("balance", flat=True)


def test_the_last_retention_is_paid_once(committed_cast: Cast) -> None:
    """Asked for twice at once, one request is sent in; and of two clerks at once, one pays it."""
    cast = committed_cast
    project = contracted(cast).project
    accept(cast, project, LONG_AGO)
    requests = [ask(cast, project, K.RETENTION, amount) for amount in (15_000, "14999.99")]
    clerk = cast["township_clerk"]

    def submit(number: int) -> Decision:
        request = PaymentRequest.objects.get(pk=requests[number].pk)
        by = User.objects.get(pk=clerk.pk)
        return PAYMENT.perform(request, "submit", by=by, comment="质保期已满")

    outcomes = at_once(2, submit)
    (won,) = [n for n, outcome in enumerate(outcomes) if isinstance(outcome, Decision)]
    lost = outcomes[1 - won]
    assert isinstance(lost, Refused), lost
    request = PaymentRequest.objects.get(pk=requests[won].pk)
    for action, who in make.PAYMENT_STEPS[1:-1]:
        make.do(request, action, cast, who)
    first = cast["treasury_clerk"]
    unit = cast.post("treasury_clerk").organization
    second = make_person("second_treasurer", "钱乙", "treasury_clerk", unit, "出纳")
    clerks = [first.pk, second.pk]

    def pay(number: int) -> Decision:
        same = PaymentRequest.objects.get(pk=request.pk)
        return PAYMENT.perform(same, "pay", by=User.objects.get(pk=clerks[number]), comment="支付")

    outcomes = at_once(2, pay)
    assert sum(isinstance(o, Decision) for o in outcomes) == 1, outcomes
    assert sum(isinstance(o, WrongState) for o in outcomes) == 1, outcomes
    assert Voucher.objects.filter(kind="pay").count() == 1
    assert list(paid_out()) == [request.amount]
    assert not verify_county(cast.county).problems


STEP = """
from approvals.models import Decision
from approvals.workflow import WORKFLOWS
from funds.models import Account, Entry, Voucher
from organizations.models import User

life, pk, action, who = sys.argv[1:]
workflow = WORKFLOWS[life]

def act():
    subject = workflow.model.objects.get(pk=pk)
    workflow.perform(subject, action, by=User.objects.get(username=who), comment="同意")

def held():
    accounts = Account.objects.order_by("pk").values_list("kind", "balance")
    return {
        "status": workflow.model.objects.get(pk=pk).status,
        "decisions": Decision.objects.count(),
        "vouchers": Voucher.objects.count(),
        "entries": Entry.objects.count(),
        "balances": {kind: str(balance) for kind, balance in accounts},
    }
"""


def demand_all_or_nothing(
    found: list[dict[str, Any]], before: str, after: str, **moved: str
) -> None:
    first, last = found[0], found[-1]
    assert all(one == first for one in found[:-1])
    assert (first["died"], first["status"]) == (True, before)
    assert (last["died"], last["status"]) == (False, after)
    assert last["decisions"] == first["decisions"] + 1
    assert last["vouchers"] == first["vouchers"] + 1
    assert last["entries"] > first["entries"]
    assert last["balances"] == first["balances"] | moved


def test_killed_between_any_two_statements_all_or_nothing(committed_cast: Cast) -> None:
    """Paying, and settling with the surplus back to the pool."""
    cast = committed_cast
    request = make.payment_at(cast, "payment", "100000.01")
    found = killed_at_every_statement(STEP, request.life(), request.pk, "pay", "treasury_clerk")
    demand_all_or_nothing(found, "payment", "paid", paid="100000.01", released="0.00")
    project = Project.objects.get(pk=request.project_id)
    accept(cast, project, LONG_AGO)
    finishing.verify(cast, project, "300000.07")
    found = killed_at_every_statement(
        STEP, project.life(), project.pk, "settle", "finance_reviewer"
    )
    balances = {"pool": "699999.93", "allocated": "200000.06"}
    demand_all_or_nothing(found, "settlement_review", "asset_registration", **balances)
    assert not verify_county(cast.county).problems
