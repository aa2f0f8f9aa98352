"""What every request must satisfy before its page is asked: a fresh session, a password of one's
own, and nothing left behind in a shared computer's cache."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.cache import patch_cache_control

Answer = Callable[[HttpRequest], HttpResponse]

BEGAN, SEEN = "began_at", "seen_at"  # seconds since the epoch, in the session
# The time of the last request is written down no more often than this.
SEEN_PRECISION_SECONDS = 60


def keep_out_of_caches(get_response: Answer) -> Answer:
    """The next person at the same computer must not page back into these figures."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_store=True)
        return response

    return middleware


def end_idle_sessions(get_response: Answer) -> Answer:
    """Ends a session after SESSION_IDLE_SECONDS without a request, and after
    SESSION_COOKIE_AGE whatever happens."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            ended = why_ended(request, time.time())
            if ended:
                logout(request)
                return send_to_login(request, ended)
        return get_response(request)

    return middleware


def why_ended(request: HttpRequest, now: float) -> str:
    """`idle`, `limit`, or nothing when the session goes on; then it is marked as seen."""
    session = request.session
    began = session.setdefault(BEGAN, now)
    seen = session.setdefault(SEEN, now)
    if now - began > settings.SESSION_COOKIE_AGE:
        return "limit"
    if now - seen > settings.SESSION_IDLE_SECONDS:
        return "idle"
    if now - seen > min(SEEN_PRECISION_SECONDS, settings.SESSION_IDLE_SECONDS / 10):
        session[SEEN] = now
    return ""


def send_to_login(request: HttpRequest, ended: str) -> HttpResponse:
    if is_api(request):
        return refuse_machine("登录已超时，请重新登录")
    query = urlencode({"next": request.get_full_path(), "ended": ended})
    return send_to(request, f"{reverse(settings.LOGIN_URL)}?{query}")


def demand_new_password(get_response: Answer) -> Answer:
    """Whoever was given a password by somebody else sets one of their own before anything else."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if not owes_new_password(request):
            return get_response(request)
        if is_api(request):
            return refuse_machine("初始密码须先在网页上修改", who_can_clear="本人")
        return send_to(request, reverse("password_change"))

    return middleware


def owes_new_password(request: HttpRequest) -> bool:
    if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
        return False
    allowed = {reverse("password_change"), reverse("logout"), reverse("healthz")}
    return request.user.must_change_password and request.path not in allowed


def refuse_machine(reason: str, who_can_clear: str = "") -> JsonResponse:
    """In the shape of every refusal of the API."""
    body = {"reason": reason, "clause": "", "who_can_clear": who_can_clear, "fields": {}}
    return JsonResponse(body, status=403)


def is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def send_to(request: HttpRequest, address: str) -> HttpResponse:
    """A redirect of the whole page, also when htmx asked for a part of it."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)
