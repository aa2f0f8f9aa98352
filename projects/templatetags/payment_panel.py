"""What the page of a step shows of the payment request that it is about."""

from __future__ import annotations

from typing import Any

from django import template

from projects.models import PaymentRequest
from projects.payment_flags import flags_of
from projects.payment_papers import checklist

register = template.Library()


@register.inclusion_tag("projects/_payment_flags.html")
def payment_flags(payment: PaymentRequest) -> dict[str, Any]:
    return {"flags": flags_of(payment)}


@register.inclusion_tag("projects/_payment_checklist.html")
def payment_checklist(payment: PaymentRequest) -> dict[str, Any]:
    return {"checklist": checklist(payment)}
