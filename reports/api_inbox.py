"""收报箱: where other deployments deliver. There is no session; the signature says who it is."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from organizations.policies import Refused

from .delivery import BODY_MAX
from .delivery_checks import TooLarge
from .delivery_marks import take_question
from .delivery_receiving import answer_of, receive
from .delivery_sending import JSON, KEY_HEADER, SIGNATURE_HEADER
from .models import ReceivedDelivery


@csrf_exempt
@login_not_required
@require_POST
def receive_delivery(request: HttpRequest) -> JsonResponse:
    """200 with the signed receipt, new or not; else the reason, and nothing is stored."""
    return answered(request, lambda **signed: receive(**signed)[0])


@csrf_exempt
@login_not_required
@require_POST
def answer_question(request: HttpRequest) -> JsonResponse:
    """What was done with an envelope, told to its sender."""
    return answered(request, take_question)


def answered(request: HttpRequest, taken_in: Callable[..., ReceivedDelivery]) -> JsonResponse:
    try:
        received = taken_in(
            body=read_body(request),
            key_id=request.headers.get(KEY_HEADER, ""),
            signature=request.headers.get(SIGNATURE_HEADER, ""),
        )
        return JsonResponse(answer_of(received))
    except Refused as error:
        refusal = error.refusal
        body = {
            "reason": refusal.reason,
            "clause": refusal.clause,
            "who_can_clear": refusal.who_can_clear,
            "fields": {},
        }
        return JsonResponse(body, status=error.status_code)


def read_body(request: HttpRequest) -> bytes:
    """No more of it than may be."""
    if request.content_type != JSON:
        raise Refused(
            "请求内容须为 JSON（Content-Type: application/json）", who_can_clear="报送单位"
        )
    if int(request.META.get("CONTENT_LENGTH") or 0) > BODY_MAX:
        raise TooLarge(f"报文超过 {BODY_MAX // 1024 // 1024} MB", who_can_clear="报送单位")
    body: bytes = request.read(BODY_MAX + 1)
    return body
