"""Log-in, log-out and one's own password and posts."""

from __future__ import annotations

import time

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login as start_session
from django.contrib.auth import logout as end_session
from django.contrib.auth import password_validation, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from organizations import services
from organizations.delegations import lent_by, lent_to, refuse_lending
from organizations.forms import EmailForm, LoginForm, NewPasswordForm
from organizations.middleware import BEGAN, SEEN
from organizations.models import User
from organizations.policies import Refused
from organizations.queries import posts_of, posts_to_accept
from organizations.requests import OfficeRequest

WHY_ENDED = {
    "idle": "您已较长时间没有操作，为保护数据已自动退出，请重新登录。登录后回到原来的页面。",
    "limit": "本次登录已满 8 小时，请重新登录。登录后回到原来的页面。",
}


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    onward = safe_address(request, request.POST.get("next") or request.GET.get("next", ""))
    if request.method == "GET" and request.user.is_authenticated:
        return redirect(onward)
    form = LoginForm(request, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        enter(request, form.get_user())
        return redirect(onward)
    return render(
        request,
        "login.html",
        {"form": form, "next": onward, "ended": WHY_ENDED.get(request.GET.get("ended", ""))},
        status=200 if request.method == "GET" else 422,
    )


def enter(request: HttpRequest, user: User) -> None:
    """Begin a session under a new key, and remember when the person came before."""
    before = user.last_login
    user.skip_history_when_saving = True  # type: ignore[attr-defined]
    start_session(request, user, backend="django.contrib.auth.backends.ModelBackend")
    user.last_seen_login = before
    user.save(update_fields=["last_seen_login"])
    request.session[BEGAN] = request.session[SEEN] = time.time()
    if before is None:
        messages.info(request, "这是该账号第一次登录。")


def safe_address(request: HttpRequest, address: str) -> str:
    """An address within this site, or the home page."""
    hosts = {request.get_host()}
    if url_has_allowed_host_and_scheme(address, hosts, require_https=request.is_secure()):
        return address
    return "/"


@login_not_required
@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    end_session(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def password_change(request: OfficeRequest) -> HttpResponse:
    form = NewPasswordForm(request.user, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.change_password(user=request.user, password=form.cleaned_data["new_password1"])
        update_session_auth_hash(request, request.user)
        messages.success(request, "密码已修改，其他地方的登录已全部退出。")
        return redirect("home")
    rules = password_validation.password_validators_help_texts()
    return render(
        request,
        "organizations/password_change.html",
        {"form": form, "rules": rules},
        status=422 if form.is_bound else 200,
    )


@require_http_methods(["GET", "POST"])
def email_change(request: OfficeRequest) -> HttpResponse:
    form = EmailForm(request.POST or None, initial={"email": request.user.email})
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        services.change_email(user=request.user, email=email)
        messages.success(request, f"提醒将发往 {email}" if email else "不再发送提醒邮件")
        return redirect("my_posts")
    context = {"form": form, "is_sending": bool(settings.EMAIL_HOST)}
    status = 422 if form.is_bound else 200
    return render(request, "organizations/email_change.html", context, status=status)


def my_posts(request: OfficeRequest) -> HttpResponse:
    posts = list(posts_of(request.user))
    context = {
        "posts": posts,
        "waiting": {post.pk for post in posts_to_accept(request.user)},
        "lendable": {post.pk for post in posts if refuse_lending(post, request.user) is None},
        "lent": lent_by(request.user),
        "borrowed": lent_to(request.user),
    }
    return render(request, "organizations/my_posts.html", context)


@require_POST
def post_accept(request: OfficeRequest, pk: int) -> HttpResponse:
    """One's own posts only: somebody else's do not exist here."""
    post = get_object_or_404(posts_of(request.user), pk=pk)
    try:
        services.accept_post(post=post, by=request.user)
    except Refused as refused:
        messages.error(request, refused.refusal.reason)
    else:
        messages.success(request, f"已确认接任：{post.organization} {post.get_role_display()}。")
    return redirect("my_posts")
