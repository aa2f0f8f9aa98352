"""The whole life of money in any order: received, allocated, contracted for, paid in every kind,
refunded, accepted, settled, recovered, given again, come back from an asset that was disposed of.
After every act each fen is somewhere, and 分配 ≥ 核拨 ≥ 支付 of every project and source."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import Decimal
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from funds.models import Account, Allotment, Voucher
from funds.services import return_to_upper_level
from funds.verification import verify_county
from organizations.policies import Refused
from projects.contracts import amend_contract
from projects.models import Contract, PaymentRequest, Project
from projects.queries import refundable
from tests import adjusting, finishing, lives
from tests import factories as make
from tests.assets import registering as reg
from tests.assets import using
from tests.cast import Cast
from tests.projects.contracting import accept
from tests.walked import walked

S, K, P = Project.Status, PaymentRequest.Kind, PaymentRequest.Status
FENS = st.integers(min_value=1, max_value=20_000_000).map(lambda fen: Decimal(fen) / 100)
WAITS = {
    P.COMPLIANCE: ("pass_compliance", "finance_reviewer"),
    P.RELEASE: ("release", "finance_head"),
    P.PAYMENT: ("pay", "treasury_clerk"),
}
WHICH = st.integers(min_value=0, max_value=9)

# An account is what went in less what went out; and 到位, by the entries alone, is what the five
# places of a tag hold.
MISSING = """
SELECT a.id, a.balance, m.moved FROM funds_account a LEFT JOIN LATERAL (
    SELECT coalesce(sum(CASE WHEN e.destination_id = a.id THEN e.amount ELSE -e.amount END), 0)
        AS moved FROM funds_entry e WHERE a.id IN (e.destination_id, e.source_id)) m ON true
 WHERE a.balance <> m.moved
"""
NOT_KEPT = """
WITH came AS (
    SELECT o.allotment_id, sum(CASE WHEN e.source_id = o.id THEN e.amount ELSE -e.amount END) AS sum
      FROM funds_account o JOIN funds_entry e ON o.id IN (e.source_id, e.destination_id)
     WHERE o.kind = 'outside' GROUP BY 1
), held AS (
    SELECT allotment_id, sum(balance) AS sum FROM funds_account
     WHERE kind IN ('pool', 'allocated', 'released', 'paid', 'returned') GROUP BY 1
)
SELECT * FROM came FULL JOIN held USING (allotment_id)
 WHERE coalesce(came.sum, 0) <> coalesce(held.sum, 0)
"""
OUT_OF_ORDER = """
SELECT * FROM (
    SELECT coalesce(d.earmark_id, s.earmark_id) AS mark, s.allotment_id AS tag,
           sum(CASE WHEN s.kind = 'pool' THEN e.amount WHEN d.kind = 'pool' THEN -e.amount
                    ELSE 0 END) AS allocated,
           sum(CASE WHEN d.kind = 'released' AND s.kind = 'allocated' THEN e.amount
                    WHEN s.kind = 'released' AND d.kind = 'allocated' THEN -e.amount
                    ELSE 0 END) AS released,
           sum(CASE WHEN d.kind = 'paid' THEN e.amount WHEN s.kind = 'paid' THEN -e.amount
                    ELSE 0 END) AS paid
      FROM funds_entry e JOIN funds_account s ON s.id = e.source_id
      JOIN funds_account d ON d.id = e.destination_id
     WHERE coalesce(d.earmark_id, s.earmark_id) IS NOT NULL GROUP BY 1, 2) AS figures
 WHERE NOT (allocated >= released AND released >= paid AND paid >= 0)
"""
ABOVE_APPROVED = """
SELECT p.id, t.tag, t.allocated FROM projects_project p JOIN (
    SELECT earmark_id, allotment_id AS tag, sum(balance) AS allocated FROM funds_account
     WHERE earmark_id IS NOT NULL GROUP BY 1, 2) t ON t.earmark_id = p.earmark_id
 WHERE t.allocated > (SELECT coalesce(sum(s.amount), 0) FROM projects_projectsource s
                       WHERE s.project_id = p.id AND s.allotment_id = t.tag)
"""


@walked
def two_projects(cast: Cast) -> Project:
    """One paid out of two allotments, and one out of the second; both under contract. Of a third
    allotment nothing was received."""
    first = make.approved_project(cast, 300_000)
    tag = make.funded_allotment(cast, 400_000)
    adjusting.approve(
        cast, adjusting.draft_of_money(cast, first, 100_000), [(tag, make.yuan(100_000))]
    )
    other = make.project_before_meeting(cast)
    other = make.determine(cast, other, [(tag, make.yuan(150_000))], make.plan_with(cast, other))
    make.do(other, "announce_result", cast, "project_reviewer")
    make.contract(cast, other)
    for contract in Contract.objects.all():
        facts = {"retention_percent": Decimal(3)}
        amend_contract(contract=contract, by=cast["project_clerk"], facts=facts, reason="更正")
    make.allotment(cast, 500_000, "巴财农〔2025〕88号")
    return other


class Money(RuleBasedStateMachine):
    cast: Cast
    done: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.sandbox = transaction.atomic()
        self.sandbox.__enter__()

    @initialize()
    def begin(self) -> None:
        two_projects(self.cast)
        self.projects = list(Project.objects.order_by("pk"))
        self.tags = list(Allotment.objects.order_by("pk"))

    def teardown(self) -> None:
        try:
            assert not verify_county(self.cast.county).problems
        finally:
            transaction.set_rollback(True)
            self.sandbox.__exit__(None, None, None)

    def attempt(self, name: str, act: Any) -> None:
        """All or nothing, proved as if it were committed; what may not be is refused."""
        before = Voucher.objects.count()
        try:
            with transaction.atomic():
                act()
                adjusting.prove()
        except (Refused, ValidationError, DatabaseError):
            assert Voucher.objects.count() == before
        else:
            self.done[name] += 1

    def step(self, subject: Any, action: str, who: str, facts: Any = None) -> None:
        self.attempt(action, lambda: make.do(subject, action, self.cast, who, facts))

    def project(self, number: int) -> Project:
        return Project.objects.get(pk=self.projects[number % len(self.projects)].pk)

    def paid(self, project: Project) -> Decimal:
        rows = Account.objects.filter(earmark=project.earmark_id, kind="paid")
        return sum((account.balance for account in rows), Decimal(0))

    def request(self, number: int, *statuses: str) -> PaymentRequest | None:
        rows = list(PaymentRequest.objects.filter(status__in=statuses).order_by("pk"))
        return rows[number % len(rows)] if rows else None

    @rule(number=WHICH, amount=FENS)
    def receive(self, number: int, amount: Decimal) -> None:
        tag = self.tags[number % len(self.tags)]
        self.attempt("receive", lambda: make.receipt(self.cast, tag, str(amount)))

    @rule(number=WHICH, amount=FENS)
    def give_back(self, number: int, amount: Decimal) -> None:
        tag = self.tags[number % len(self.tags)]
        facts = {"memo": "收回存量", "document": "巴财农〔2025〕99号", "key": make.key()}
        self.attempt("return", lambda: return_to_upper_level(
            allotment=tag, amount=amount, occurred_on=make.today(), by=self.cast["finance_head"],
            **facts,
        ))  # fmt: skip

    @rule(
        number=WHICH,
        kind=st.sampled_from(list(K)),
        amount=FENS,
        steps=st.sampled_from([0, 2, 3, 3, 3]),
    )
    def ask(self, number: int, kind: str, amount: Decimal, steps: int) -> None:
        """Placed before finance, which looks at the money again."""
        facts = {"kind": kind, "households": 12 if kind == K.HOUSEHOLD else 0}

        def act() -> None:
            request = make.bare_payment(self.cast, self.project(number), str(amount), **facts)
            lives.place(make.with_papers(self.cast, request), P.COMPLIANCE, self.cast)

        self.attempt(f"ask {kind}", act)
        for _ in range(steps):
            self.go_on(-1)

    @rule(number=WHICH)
    def go_on(self, number: int) -> None:
        request = self.request(number, *WAITS)
        if request:
            self.step(request, *WAITS[P(request.status)])

    @rule(number=WHICH, amount=FENS, is_red=st.sampled_from([False, False, True]))
    def undo(self, number: int, amount: Decimal, is_red: bool) -> None:
        request = self.request(number, P.PAYMENT, P.PAID, P.REFUNDED)
        if request and request.status != P.PAID:
            self.step(request, "withdraw_release", "finance_head")
        elif request and is_red:
            self.step(request, "reverse_payment", "finance_reviewer")
        elif request:
            back = [(tag, min(there, amount)) for tag, there in refundable(request).items()]
            self.step(request, "refund", "treasury_clerk", {"sources": back})

    @rule(number=WHICH, amount=FENS)
    def give_again(self, number: int, amount: Decimal) -> None:
        """What is in the pool, by a resolution of another meeting."""
        tag, yuan = self.tags[number % len(self.tags)], int(amount) // 10 + 1
        self.attempt("give again", lambda: adjusting.approve(
            self.cast, adjusting.draft_of_money(self.cast, self.project(number), yuan),
            [(tag, make.yuan(yuan))],
        ))  # fmt: skip

    @rule(number=WHICH, amount=FENS)
    def accept_and_settle(self, number: int, amount: Decimal) -> None:
        project = self.project(number)
        if project.status != S.IMPLEMENTATION:
            return
        held = Account.objects.filter(earmark=project.earmark_id)
        allocated = sum((account.balance for account in held), Decimal(0))
        paid = self.paid(project)

        def act() -> None:
            accept(self.cast, project, dt.date(2024, 1, 31))
            finishing.settle(self.cast, project, str(min(allocated, paid + amount)))

        self.attempt("settle", act)

    @rule(number=WHICH)
    def dispose(self, number: int) -> None:
        """What an asset brought is money of the county again."""
        project = self.project(number)
        if not self.paid(project) or project.assets.exists():
            return

        def act() -> None:
            lives.place(project, S.ASSET_REGISTRATION, self.cast)
            asset = reg.registered(self.cast, project, "0.01")
            sale = using.disposal(self.cast, asset, **using.SALE)
            lives.place(sale, "execution", self.cast)
            sold = using.SCRAPPED | {"sold_price": make.yuan("333.33"), "buyer": "某公司"}
            make.do(sale, "execute", self.cast, "township_clerk", sold)
            tag = make.allotment(self.cast, 1000, "焉财农〔2026〕5号", code="QT-CZ")
            facts = {"allotment": tag, "occurred_on": make.today(), "document": "国库回单9号"}
            make.do(sale, "book", self.cast, "finance_clerk", facts)

        self.attempt("dispose", act)

    @invariant()
    def every_fen_is_somewhere(self) -> None:
        with connection.cursor() as cursor:
            for wrong in (MISSING, NOT_KEPT, OUT_OF_ORDER, ABOVE_APPROVED):
                cursor.execute(wrong)
                assert cursor.fetchall() == [], wrong
        low = Account.objects.exclude(kind="outside").filter(balance__lt=0)
        assert not low.exists()


def one_of_each(money: Money) -> None:
    """Each kind of act once, where nothing stands in its way."""
    some = Decimal("1000.01")
    money.begin()
    acts = [
        partial(money.receive, 2, some),
        partial(money.give_back, 0, some),
        *(partial(money.ask, 0, kind, some, 3) for kind in K if kind != K.RETENTION),
        partial(money.undo, 0, some, False),
        partial(money.undo, 0, some, False),
        partial(money.undo, 1, some, True),
        partial(money.go_on, 0),
        partial(money.give_again, 1, some),
        partial(money.accept_and_settle, 0, some),
        partial(money.ask, 0, K.RETENTION, Decimal("10.01"), 3),
        partial(money.dispose, 1),
        partial(money.dispose, 0),
    ]
    for act in acts:
        act()
        money.every_fen_is_somewhere()
    paid = {request.kind for request in PaymentRequest.objects.filter(pay_voucher__isnull=False)}
    assert paid == set(K)
    assert set(money.done) >= {
        "receive", "return", "release", "pay", "refund", "withdraw_release", "reverse_payment",
        "give again", "settle", "dispose",
    }  # fmt: skip
    assert set(Voucher.objects.values_list("kind", flat=True)) == set(Voucher.Kind)


def test_whatever_happens_every_fen_is_somewhere(cast: Cast) -> None:
    Money.cast, Money.done = cast, Counter()
    money = Money()
    try:
        one_of_each(money)
    finally:
        money.teardown()
    run_state_machine_as_test(
        Money,
        settings=settings(
            max_examples=5,
            stateful_step_count=20,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
