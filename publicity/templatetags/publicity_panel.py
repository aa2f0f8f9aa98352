"""What lower apps' pages show of notices: they stand below publicity and cannot ask for it."""

from __future__ import annotations

from typing import Any

from django import template

from approvals.models import Subject
from projects.models import PaymentRequest
from publicity.addresses import address
from publicity.policies import warnings_of
from publicity.queries import notices_of

register = template.Library()


@register.inclusion_tag("publicity/_panel.html")
def notice_panel(subject: Subject, *, is_paper: bool = False) -> dict[str, Any]:
    """On paper, without the link to where notices are made."""
    url = "" if is_paper else address(subject, "notice_list")
    return {"url": url, "notices": notices_of(subject)}


@register.inclusion_tag("publicity/_warnings.html")
def notice_warnings(payment: PaymentRequest) -> dict[str, Any]:
    return {"warnings": warnings_of(payment)}


@register.filter
def notice_numbers(subject: Subject) -> list[str]:
    """Of what was published about it, each number once."""
    return list(dict.fromkeys(notice.number for notice in notices_of(subject)))
