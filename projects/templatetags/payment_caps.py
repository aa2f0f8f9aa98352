from __future__ import annotations

from django import template

from projects.models import PaymentRequest
from projects.payment_caps import warnings_of

register = template.Library()


S = PaymentRequest.Status
UNDECIDED = (S.DRAFT, S.TOWNSHIP_REVIEW, S.DEPARTMENT_REVIEW, S.COMPLIANCE, S.RELEASE)


@register.simple_tag
def cap_warnings(request: PaymentRequest) -> list[str]:
    """What should be looked at while the request is still to be decided on."""
    return warnings_of(request) if request.status in UNDECIDED else []
