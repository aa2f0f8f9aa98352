"""Whatever order adjustments, payments and refunds come in: what stands approved is what is
allocated, source by source, and 分配 ≥ 核拨 ≥ 支付."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from organizations.policies import Refused
from projects.models import Adjustment, PaymentRequest, Project
from projects.queries import refundable
from tests import adjusting
from tests import factories as make
from tests.adjusting import prove
from tests.cast import Cast
from tests.projects.test_adjustment_money import demand_sums

S = Adjustment.Status
TENS = st.integers(min_value=1, max_value=60).map(lambda n: n * 10_000)
STEPS = st.lists(
    st.tuples(st.sampled_from(["up", "down", "ask", "pay", "refund", "withdraw"]), TENS),
    min_size=2,
    max_size=7,
)


class Story:
    """One project with two allotments to draw on."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast
        self.project = make.approved_project(cast, 300_000)
        first = self.project.sources.get().allotment
        second = make.funded_allotment(cast, 200_000, number="巴财农〔2025〕12号")
        self.tags = (first, second)

    def up(self, amount: int) -> None:
        half = make.yuan(amount) / 2
        adjusting.approve(
            self.cast,
            adjusting.draft_of_money(self.cast, self.project, amount),
            [(tag, half) for tag in self.tags],
        )

    def down(self, amount: int) -> None:
        adjustment = adjusting.draft_of_money(self.cast, self.project, -amount)
        adjusting.approve(self.cast, adjustment)
        prove()
        demand_sums(self.project, awaited=amount)
        adjusting.recover(self.cast, adjustment)

    def ask(self, amount: int) -> None:
        request = make.draft_payment(self.cast, self.project, amount)
        make.do(request, "submit", self.cast, "township_clerk")

    def pay(self, amount: int) -> None:
        request = make.draft_payment(self.cast, self.project, amount)
        for action, who in make.PAYMENT_STEPS:
            make.do(request, action, self.cast, who)

    def refund(self, amount: int) -> None:
        request = self.latest(PaymentRequest.Status.PAID)
        back = {tag: min(there, Decimal(amount)) for tag, there in refundable(request).items()}
        facts = {"sources": list(back.items())}
        make.do(request, "refund", self.cast, "treasury_clerk", facts)

    def withdraw(self, amount: int) -> None:
        request = self.latest(PaymentRequest.Status.REFUNDED)
        make.do(request, "withdraw_release", self.cast, "finance_head")

    def latest(self, status: str) -> PaymentRequest:
        request = self.project.payments.filter(status=status).first()
        if request is None:
            raise Refused("没有")
        return request


@pytest.mark.slow
@given(steps=STEPS)
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_approved_is_allocated_whatever_happens(cast: Cast, steps: list[tuple[str, int]]) -> None:
    with transaction.atomic():
        story = Story(cast)
        prove()
        for name, amount in steps:
            act: Any = getattr(story, name)
            try:
                with transaction.atomic():
                    act(amount)
                    prove()
            except (Refused, ValidationError):
                pass
            story.project = Project.objects.get(pk=story.project.pk)
            demand_sums(story.project)
        transaction.set_rollback(True)
