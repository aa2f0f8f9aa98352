"""What the page of anything with a life shows, and how a page answers a refusal."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.forms import BaseForm
from django.http import HttpRequest

from approvals.actions import Action, buttons
from approvals.history import changes_of
from approvals.models import Subject
from approvals.trail import decisions_of, steps
from funds.policies import FUND_READERS
from organizations.models import User
from organizations.policies import Refusal, Refused

PAGE_SIZE = 50


def life_of(subject: Subject, user: User) -> dict[str, Any]:
    return {
        "steps": steps(subject),
        "actions": buttons(subject, user),
        "decisions": decisions_of(subject, user),
        "changes": changes_of(subject),
        "reads_funds": reads_funds(user),
    }


def reads_funds(user: User) -> bool:
    """Whether links to allotments and vouchers lead anywhere for this person."""
    return bool(user.roles().intersection(FUND_READERS))


def button(label: str, url: str, refusal: Refusal | None, *, style: str = "secondary") -> Action:
    """A link to a form, or why it is not open to this person now."""
    return Action(
        action=label,
        label=label,
        allowed=refusal is None,
        style=style,
        reason=refusal.reason if refusal else "",
        clause=refusal.clause if refusal else "",
        who_can_clear=refusal.who_can_clear if refusal else "",
        url=url,
    )


def page_of(queryset: QuerySet[Any], request: HttpRequest, count: int | None = None) -> Page[Any]:
    """`count` where the totals have it already."""
    paginator = Paginator(queryset, PAGE_SIZE)
    if count is not None:
        paginator.count = count
    return paginator.get_page(request.GET.get("page"))


def add_refusal(form: BaseForm, error: Refused | ValidationError) -> int:
    """Put it on the form, the typed values stay; answers the status of the page."""
    if isinstance(error, Refused):
        form.add_error(None, in_words(error.refusal))
        return error.status_code
    for name, messages in by_field(error).items():
        form.add_error(name if name in form.fields else None, messages)
    return 200


def by_field(error: ValidationError) -> dict[str, list[str]]:
    if hasattr(error, "error_dict"):
        return error.message_dict
    return {"__all__": error.messages}


def in_words(refusal: Refusal) -> str:
    text = f"{refusal.reason}。"
    if refusal.clause:
        text += f"依据：{refusal.clause}。"
    if refusal.who_can_clear:
        text += f"可由 {refusal.who_can_clear} 办理或解除。"
    return text
