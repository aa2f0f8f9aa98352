"""People and posts: read by everyone over their territory, changed by the system administrator."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from organizations import services
from organizations.delegations import delegations_over
from organizations.forms import (
    AccountForm,
    AppointmentForm,
    ConfirmForm,
    EndPostForm,
    PeopleFilter,
    ReasonForm,
    explain,
)
from organizations.models import Post, Role, User
from organizations.policies import Refused, demand_role, holds
from organizations.queries import people_visible_to, posts_of, posts_on
from organizations.requests import OfficeRequest, get_visible

PAGE_SIZE = 50
ADMINISTRATION = (Role.SYSTEM_ADMIN,)


def people_list(request: OfficeRequest) -> HttpResponse:
    filters = PeopleFilter(request.GET)
    found: QuerySet[Post] = Post.objects.none()
    if filters.is_valid():
        given = filters.cleaned_data
        found = posts_on(request.user, filters.day, given["q"].strip(), given["role"])
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "organizations/people_list.html",
        {
            "filters": filters,
            "page": page,
            "day": filters.day if filters.is_valid() else None,
            "is_administrator": Role.SYSTEM_ADMIN in request.user.roles(),
        },
    )


def person_detail(request: OfficeRequest, pk: int) -> HttpResponse:
    person = get_visible(people_visible_to(request.user), pk)
    # Posts held elsewhere are the other territory's business.
    posts = list(posts_of(person).filter(pk__in=Post.objects.visible_to(request.user)))
    administers = person != request.user and any(
        holds(request.user, ADMINISTRATION, post.division) for post in posts
    )
    return render(
        request,
        "organizations/person_detail.html",
        {
            "person": person,
            "posts": posts,
            "administers": administers,
            "delegations": delegations_over(request.user).filter(
                Q(post__user=person) | Q(delegate=person)
            ),
        },
    )


@sensitive_variables("password")
@require_http_methods(["GET", "POST"])
def person_new(request: OfficeRequest) -> HttpResponse:
    demand_role(request.user, ADMINISTRATION)
    form = AccountForm(request.POST or None, by=request.user)
    if form.is_valid():
        try:
            person, password = services.open_account(**form.cleaned_data, by=request.user)
        except Refused as refused:
            return refuse(request, form, refused, title="新增人员")
        return show_password(request, person, password)
    return show_form(request, form, title="新增人员", cancel_url=reverse("people_list"))


@require_http_methods(["GET", "POST"])
def post_new(request: OfficeRequest, pk: int) -> HttpResponse:
    demand_role(request.user, ADMINISTRATION)
    person = get_visible(people_visible_to(request.user), pk)

    def act(data: dict[str, Any]) -> HttpResponse:
        post = services.appoint(user=person, **data, by=request.user)
        messages.success(request, f"已任命：{post.organization} {post.get_role_display()}。")
        return redirect("person_detail", pk=person.pk)

    form = AppointmentForm(request.POST or None, by=request.user)
    return answer(request, form, act, title=f"任命 {person}", person=person)


@require_http_methods(["GET", "POST"])
def post_end(request: OfficeRequest, pk: int) -> HttpResponse:
    demand_role(request.user, ADMINISTRATION)
    post = get_visible(Post.objects.visible_to(request.user).select_related("user"), pk)

    def act(data: dict[str, Any]) -> HttpResponse:
        ended = services.end_post(post=post, **data, by=request.user)
        messages.success(request, f"{post} 的任职至 {ended.valid_until} 为止。")
        return redirect("person_detail", pk=post.user_id)

    form = EndPostForm(request.POST or None)
    return answer(request, form, act, title=f"卸任：{post}", person=post.user)


@require_http_methods(["GET", "POST"])
def person_disable(request: OfficeRequest, pk: int) -> HttpResponse:
    demand_role(request.user, ADMINISTRATION)
    person = get_visible(people_visible_to(request.user), pk)

    def act(data: dict[str, Any]) -> HttpResponse:
        services.disable_user(user=person, by=request.user, reason=data["reason"])
        messages.success(request, f"{person} 的账号已停用，其登录立即失效；已办事项不受影响。")
        return redirect("person_detail", pk=person.pk)

    return answer(
        request,
        ReasonForm(request.POST or None),
        act,
        title=f"停用 {person} 的账号",
        note="账号停用后不能登录，本人办过的事项照旧可查。岗位任职不因停用而终止，需另行办理卸任。",
        person=person,
    )


@require_http_methods(["GET", "POST"])
def person_enable(request: OfficeRequest, pk: int) -> HttpResponse:
    demand_role(request.user, ADMINISTRATION)
    person = get_visible(people_visible_to(request.user), pk)

    def act(data: dict[str, Any]) -> HttpResponse:
        user, password = services.enable_user(user=person, by=request.user, reason=data["reason"])
        return show_password(request, user, password)

    form = ReasonForm(request.POST or None)
    return answer(request, form, act, title=f"恢复 {person} 的账号", person=person)


@require_http_methods(["GET", "POST"])
def person_password(request: OfficeRequest, pk: int) -> HttpResponse:
    demand_role(request.user, ADMINISTRATION)
    person = get_visible(people_visible_to(request.user), pk)

    def act(_data: dict[str, Any]) -> HttpResponse:
        password = services.reset_password(user=person, by=request.user)
        return show_password(request, person, password)

    return answer(
        request,
        ConfirmForm(request.POST if request.method == "POST" else None),
        act,
        title=f"重置 {person} 的密码",
        note="重置后原密码立即失效，各处登录全部退出。一次性密码只显示一次，请当面交给本人。",
        person=person,
    )


def answer(
    request: OfficeRequest,
    form: forms.Form,
    act: Callable[[dict[str, Any]], HttpResponse],
    *,
    title: str,
    person: User,
    note: str = "",
) -> HttpResponse:
    """Show the form, or do what it says; a refusal comes back on top of what was typed."""
    cancel_url = reverse("person_detail", args=[person.pk])
    if form.is_valid():
        try:
            return act(form.cleaned_data)
        except Refused as refused:
            return refuse(request, form, refused, title=title, note=note, cancel_url=cancel_url)
    return show_form(request, form, title=title, note=note, cancel_url=cancel_url)


def refuse(
    request: OfficeRequest, form: forms.Form, refused: Refused, **context: str
) -> HttpResponse:
    explain(form, refused.refusal)
    return show_form(request, form, status=refused.status_code, **context)


def show_form(
    request: OfficeRequest, form: forms.Form, *, status: int | None = None, **context: str
) -> HttpResponse:
    return render(
        request,
        "organizations/account_form.html",
        {"form": form, **context},
        status=status or (422 if form.errors else 200),
    )


@sensitive_variables("password")
def show_password(request: OfficeRequest, person: User, password: str) -> HttpResponse:
    """In the answer itself: it is neither stored nor to be had again by going back."""
    return render(
        request,
        "organizations/one_time_password.html",
        {"person": person, "password": password},
    )
