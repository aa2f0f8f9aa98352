"""The API's root: how a refusal is answered, and how long a page may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import ValidationError as ModelError
from django.db import DatabaseError
from rest_framework import exceptions
from rest_framework.pagination import PageNumberPagination
from rest_framework.response import Response
from rest_framework.views import exception_handler

from approvals.attempts import keep_uncommitted
from funds.ledger import LedgerRefused, refusals
from organizations.policies import Refused

KEY_REUSED = "YC013"
WORDS = {
    400: "请求内容有误，请按各字段的说明改正",
    401: "请先登录，或在请求头中带有效的令牌",
    403: "您没有办理这一事项的岗位",
    404: "没有找到，或不在您的管辖范围内",
    405: "此地址不接受这种请求方式",
    406: "只提供 JSON",
    415: "请求内容须为 JSON（Content-Type: application/json）",
}


class Pages(PageNumberPagination):
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200


def answer_refusal(error: Exception, context: dict[str, Any]) -> Response | None:
    """Everything that is refused has one shape; None leaves a fault to be a fault."""
    if isinstance(error, DatabaseError):
        error = as_refusal(error)
        if isinstance(error, Refused):
            keep_uncommitted(error)
    if isinstance(error, Refused):
        return refused(error)
    if isinstance(error, ModelError):
        error = exceptions.ValidationError(fields_of(error))
    response = exception_handler(error, context)
    if response is None:
        return None
    response.data = answer(response.status_code, said(error, response.status_code))
    if isinstance(error, exceptions.ValidationError):
        response.data["fields"] = dict(flat("", error.detail))
    return response


def as_refusal(error: DatabaseError) -> Exception:
    """What a trigger refused to the loser of a race is a refusal too; the rest stays a fault."""
    try:
        with refusals():
            raise error
    except (LedgerRefused, DatabaseError) as outcome:
        return outcome


def refused(error: Refused) -> Response:
    code, refusal = error.code, error.refusal
    status = 422 if code == KEY_REUSED else error.status_code
    body = answer(status, refusal.reason, refusal.clause, refusal.who_can_clear)
    return Response({**body, **({"code": code} if code else {})}, status=status)


def answer(
    status: int, reason: str = "", clause: str = "", who_can_clear: str = ""
) -> dict[str, Any]:
    return {
        "reason": reason or WORDS.get(status, "请求没有办理"),
        "clause": clause,
        "who_can_clear": who_can_clear,
        "fields": {},
    }


def said(error: Exception, status: int) -> str:
    """The house's own words where it gave some; the framework's are not for its readers."""
    detail = getattr(error, "detail", "")
    if isinstance(error, exceptions.ParseError):
        return "请求内容不是有效的 JSON"
    if isinstance(error, exceptions.ValidationError) or status in (404, 405, 406, 415):
        return WORDS.get(status, "")
    if isinstance(error, exceptions.NotAuthenticated):
        return WORDS[401]
    return str(detail)


def fields_of(error: ModelError) -> Any:
    return error.message_dict if hasattr(error, "error_dict") else error.messages


def flat(path: str, detail: Any) -> Iterator[tuple[str, list[str]]]:
    """Errors of nested bodies by dotted path; what concerns the whole is under `__all__`."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            name = "__all__" if name == "non_field_errors" else str(name)
            yield from flat(f"{path}.{name}" if path else name, inner)
    elif isinstance(detail, list) and any(isinstance(d, (Mapping, list)) for d in detail):
        for number, inner in enumerate(detail):
            if inner:
                yield from flat(f"{path}.{number}", inner)
    else:
        words = detail if isinstance(detail, list) else [detail]
        yield path or "__all__", [str(word) for word in words]
