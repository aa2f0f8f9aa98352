"""The ledger against a model in a few lines of Python: whatever people do in whatever order,
both agree on what is accepted and on every balance, to the fen."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from approvals.models import Decision
from funds import ledger
from funds.ledger import LedgerRefused, Line
from funds.models import Account, Book, Earmark, Voucher
from funds.verification import verify_county
from tests import factories as make
from tests import lives
from tests.cast import Cast

K = Voucher.Kind
# kind: from, to, duty, who, what it does to the dedicated account
KINDS: dict[str, tuple[str, str, str, str, int]] = {
    K.RECEIVE: ("outside", "pool", "", "finance_clerk", 1),
    K.ALLOCATE: ("pool", "allocated", "determine", "group_member", 0),
    K.RELEASE: ("allocated", "released", "release", "finance_head", 0),
    K.PAY: ("released", "paid", "pay", "treasury_clerk", -1),
    K.REFUND: ("paid", "released", "refund", "treasury_clerk", 1),
    K.WITHDRAW: ("released", "allocated", "withdraw_release", "finance_head", 0),
    K.RECOVER: ("allocated", "pool", "settle", "finance_reviewer", 0),
    K.RETURN: ("pool", "returned", "", "finance_head", -1),
}
REFERS = {K.REFUND: K.PAY, K.WITHDRAW: K.RELEASE}
BARE = {"outside", "pool", "returned"}
AMOUNTS = st.decimals(min_value="0.01", max_value="700", places=2)
TWO = st.integers(0, 1)


@dataclass
class Posted:
    voucher: Voucher
    moves: dict[tuple[str, int, int | None], Decimal]
    into: int
    left: Decimal
    place: tuple[int, int | None]
    refers_to: Posted | None = None
    is_reversed: bool = False
    followers: list[Posted] = field(default_factory=list)


class LedgerModel(RuleBasedStateMachine):
    cast: Cast

    def __init__(self) -> None:
        super().__init__()
        self.sandbox = transaction.atomic()
        self.sandbox.__enter__()
        county = self.cast.county
        self.tags = [make.allotment(self.cast, 1000, f"巴财农〔2025〕{n}号") for n in (1, 2)]
        self.marks = [
            Earmark.objects.create(county=county, code=f"P{n}", title="项目") for n in (1, 2)
        ]
        self.balances: dict[tuple[str, int, int | None], Decimal] = defaultdict(Decimal)
        self.posted: list[Posted] = []
        self.book = Decimal(0)
        self.decided = 0

    def teardown(self) -> None:
        try:
            assert not verify_county(self.cast.county).problems
        finally:
            transaction.set_rollback(True)
            self.sandbox.__exit__(None, None, None)

    def decide(
        self, duty: str, who: str, amount: Decimal, mark: Earmark | None, of: Voucher | None = None
    ) -> Decision | None:
        """Each about a request of its own; a reversal in the cases of what it reverses."""
        if not duty or mark is None:
            return None
        post = self.cast.post(who)
        self.decided += 1
        cases = [f"payment:{self.decided}", f"project:{mark.pk}"]
        if of and of.decision:
            cases = of.decision.cases
        with lives.unruled(), connection.cursor() as cursor:  # it belongs to no life
            cursor.execute("SELECT pg_current_xact_id()::text::bigint")
            ((now,),) = cursor.fetchall()
            return Decision.objects.create(
                subject_type="test", subject_id=self.decided, subject_title="模型",
                division=self.cast.county, cases=cases, action=duty, action_label=duty, duty=duty,
                from_status="a", to_status="b", by=post.user, by_name="甲", by_unit="乙",
                by_title="丙", post=post, amount=amount, transaction_id=now,
            )  # fmt: skip

    def attempt(self, **kwargs: Any) -> Voucher | None:
        try:
            with transaction.atomic():
                return ledger.post(
                    county=self.cast.county, key=make.key(), occurred_on=make.today(),
                    memo="模型", document="依据", **kwargs,
                )  # fmt: skip
        except LedgerRefused:
            return None

    @rule(
        kind=st.sampled_from([k for k in KINDS if k not in REFERS]),
        tag=TWO,
        mark=TWO,
        amount=AMOUNTS,
    )
    def move(self, kind: str, tag: int, mark: int, amount: Decimal) -> None:
        source, destination, duty, who, into = KINDS[kind]
        earmark = self.marks[mark] if duty else None
        place = (self.tags[tag].pk, earmark.pk if earmark else None)
        voucher = self.attempt(
            kind=K(kind), lines=[Line(place[0], amount, place[1])], by=self.cast[who],
            held=self.cast.post(who), decision=self.decide(duty, who, amount, earmark),
        )  # fmt: skip
        moves = self.moves(source, destination, place, amount)
        assert (voucher is not None) == self.allowed(moves)
        self.record(voucher, moves, into, amount, place)

    @rule(data=st.data(), amount=AMOUNTS)
    def give_back(self, data: st.DataObject, amount: Decimal) -> None:
        originals = [p for p in self.posted if p.voucher.kind in REFERS.values()]
        if not originals:
            return
        original = data.draw(st.sampled_from(originals))
        kind = next(k for k, of in REFERS.items() if of == original.voucher.kind)
        source, destination, duty, who, into = KINDS[kind]
        tag, mark = original.place
        voucher = self.attempt(
            kind=K(kind), lines=[Line(tag, amount, mark)], by=self.cast[who],
            held=self.cast.post(who), refers_to=original.voucher,
            decision=self.decide(duty, who, amount, Earmark.objects.filter(pk=mark or 0).first()),
        )  # fmt: skip
        moves = self.moves(source, destination, original.place, amount)
        right = not original.is_reversed and amount <= original.left and self.allowed(moves)
        assert (voucher is not None) == right
        taken = self.record(voucher, moves, into, amount, original.place)
        if taken:
            taken.refers_to = original
            original.followers.append(taken)
            original.left -= amount

    @rule(data=st.data())
    def reverse(self, data: st.DataObject) -> None:
        if not self.posted:
            return
        original = data.draw(st.sampled_from(self.posted))
        mark = original.place[1]
        reviewed = original.voucher.kind == K.RECOVER
        who = "finance_head" if reviewed else "finance_reviewer"
        earmark = Earmark.objects.get(pk=mark) if mark else None
        voucher = self.attempt(
            kind=K.REVERSE, lines=[], by=self.cast[who], held=self.cast.post(who),
            decision=self.decide("reverse", who, original.voucher.total, earmark, original.voucher),
            reverses=original.voucher,
        )  # fmt: skip
        moves = {account: -amount for account, amount in original.moves.items()}
        standing = [f for f in original.followers if not f.is_reversed]
        is_red = original.voucher.kind == K.REVERSE
        right = not (is_red or original.is_reversed or standing) and self.allowed(moves)
        assert (voucher is not None) == right
        taken = self.record(voucher, moves, -original.into, Decimal(0), original.place)
        if taken:
            original.is_reversed = True
            if original.refers_to:
                original.refers_to.left += original.voucher.total

    def moves(
        self, source: str, destination: str, place: tuple[int, int | None], amount: Decimal
    ) -> dict[tuple[str, int, int | None], Decimal]:
        tag, mark = place
        return {
            (source, tag, None if source in BARE else mark): -amount,
            (destination, tag, None if destination in BARE else mark): amount,
        }

    def allowed(self, moves: dict[tuple[str, int, int | None], Decimal]) -> bool:
        return all(
            self.balances[account] + amount >= (-1000 if account[0] == "outside" else 0)
            for account, amount in moves.items()
        )

    def record(
        self,
        voucher: Voucher | None,
        moves: dict[tuple[str, int, int | None], Decimal],
        into: int,
        left: Decimal,
        place: tuple[int, int | None],
    ) -> Posted | None:
        if voucher is None:
            return None
        for account, amount in moves.items():
            self.balances[account] += amount
        self.book += into * voucher.total
        self.posted.append(Posted(voucher, moves, into, left, place))
        return self.posted[-1]

    @invariant()
    def every_balance_agrees(self) -> None:
        there = {
            (a.kind, a.allotment_id, a.earmark_id): a.balance
            for a in Account.objects.filter(county=self.cast.county)
        }
        assert {k: v for k, v in there.items() if v} == {
            k: v for k, v in self.balances.items() if v
        }

    @invariant()
    def each_tag_keeps_its_identity(self) -> None:
        for tag in self.tags:
            total = sum((b for (_, t, _), b in self.balances.items() if t == tag.pk), Decimal(0))
            assert total == 0

    @invariant()
    def numbers_have_no_gap(self) -> None:
        numbers = list(Voucher.objects.order_by("sequence").values_list("number", flat=True))
        assert numbers == list(range(1, len(self.posted) + 1))
        book = Book.objects.filter(county=self.cast.county).first()
        assert (book.balance if book else Decimal(0)) == self.book


def test_the_ledger_agrees_with_the_model(cast: Cast) -> None:
    LedgerModel.cast = cast
    run_state_machine_as_test(
        LedgerModel,
        settings=settings(
            max_examples=40,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
