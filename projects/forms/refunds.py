from __future__ import annotations

from decimal import Decimal
from typing import Any

from approvals.forms import StepForm
from funds.fields import AmountField
from projects.models import PaymentRequest
from projects.queries import refundable


class RefundForm(StepForm):
    """How much of a payment came back, by source."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        request = self.subject
        assert isinstance(request, PaymentRequest)
        self.left = refundable(request)
        for allotment, left in self.left.items():
            self.fields[f"source_{allotment.pk}"] = AmountField(
                label=f"{allotment}（元）", required=False, help_text=f"可退 {left:,.2f} 元"
            )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        sources = []
        for allotment, left in self.left.items():
            amount: Decimal | None = data.get(f"source_{allotment.pk}")
            if amount and amount > left:
                self.add_error(f"source_{allotment.pk}", f"最多可退 {left:,.2f} 元")
            elif amount:
                sources.append((allotment, amount))
        if not sources and not self.errors:
            self.add_error(None, "请填写退回金额")
        data["sources"] = sources
        return data
