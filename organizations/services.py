from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.authtoken.models import Token

from .models import CalendarDay, Organization, Post, Role, User
from .passwords import make_one_time_password
from .policies import Refused, demand, demand_calendar_keeper, refuse_past_day
from .rules import naming_the_trigger

FRIDAY = 5
POST_RULES = {
    "post_held_once_at_a_time": "该人员在此期间已在本单位任这一岗位",
    "administrator_holds_no_other_post": "不相容岗位：系统管理不得与其他岗位由同一人同时担任",
    "post_ends_after_it_begins": "卸任日期早于任职日期",
}


@transaction.atomic
def create_user(
    *,
    username: str,
    real_name: str,
    password: str,
    office_phone: str = "",
    must_change: bool = True,
) -> User:
    return User.objects.create_user(
        username=username,
        password=password,
        real_name=real_name,
        office_phone=office_phone,
        must_change_password=must_change,
    )


@transaction.atomic
def open_account(
    *,
    username: str,
    real_name: str,
    office_phone: str,
    role: str,
    organization: Organization,
    title: str,
    valid_from: dt.date,
    appointment_document: str = "",
    predecessor: Post | None = None,
    by: User,
) -> tuple[User, str]:
    """A person with a first post, and the one-time password to hand over; it is kept nowhere."""
    password = make_one_time_password()
    user = create_user(
        username=username, real_name=real_name, password=password, office_phone=office_phone
    )
    appoint(
        user=user,
        role=role,
        organization=organization,
        title=title,
        valid_from=valid_from,
        appointment_document=appointment_document,
        predecessor=predecessor,
        by=by,
    )
    return user, password


@transaction.atomic
def appoint(
    *,
    user: User,
    role: str,
    organization: Organization,
    title: str,
    valid_from: dt.date,
    by: User | None,
    appointment_document: str = "",
    predecessor: Post | None = None,
) -> Post:
    """Give a user a post. With a predecessor the post gives rights only once it is accepted.

    `by` is the system administrator of the territory; None only for the first one, made by
    a command on the server.
    """
    if by is not None:
        demand(by, (Role.SYSTEM_ADMIN,), organization.division)
        if by == user:
            raise Refused("不能为自己任命岗位", who_can_clear="其他系统管理员")
    if predecessor is not None:
        _demand_same_office(predecessor, role, organization)
        if predecessor.valid_until is None:
            _end(predecessor, valid_from - dt.timedelta(days=1), "移交继任")
    with naming_the_rule(), naming_the_trigger("代办人（先交回所代办的岗位）"):
        return Post.objects.create(
            user=user,
            role=role,
            organization=organization,
            title=title,
            valid_from=valid_from,
            appointment_document=appointment_document,
            predecessor=predecessor,
            accepted_at=None if predecessor else timezone.now(),
        )


def _demand_same_office(predecessor: Post, role: str, organization: Organization) -> None:
    if predecessor.role != role or predecessor.organization_id != organization.pk:
        raise Refused(
            f"接替的须是同一单位的同一岗位，所选的是“{predecessor.organization} "
            f"{predecessor.get_role_display()}”",
            who_can_clear="系统管理员（另选前任）",
        )


@contextmanager
def naming_the_rule() -> Iterator[None]:
    """Turns a post that the database refuses into the rule's own words."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        rule = POST_RULES.get(getattr(diagnosis, "constraint_name", None) or "")
        if rule is None:
            raise
        raise Refused(rule, who_can_clear="系统管理员（改正后再任命）") from error


@transaction.atomic
def accept_post(*, post: Post, by: User) -> Post:
    """接任确认: the successor takes over what the predecessor held."""
    post = Post.objects.select_for_update(of=("self",)).get(pk=post.pk)
    if post.user_id != by.pk:
        raise Refused("接任须由本人确认", who_can_clear=str(post.user))
    if post.accepted_at is not None:
        raise Refused("此岗位已确认接任", who_can_clear="本人（无须再办）")
    if post.valid_until is not None and post.valid_until < timezone.localdate():
        raise Refused(
            f"此岗位已于 {post.valid_until} 卸任，不能再确认接任",
            who_can_clear="系统管理员（重新任命）",
        )
    post.accepted_at = timezone.now()
    post.save(update_fields=["accepted_at"])
    return post


@transaction.atomic
def end_post(*, post: Post, last_day: dt.date, reason: str, by: User) -> Post:
    demand(by, (Role.SYSTEM_ADMIN,), post.division)
    if not reason.strip():
        raise Refused("卸任须写明原因", who_can_clear="系统管理员（写明原因）")
    return _end(post, last_day, reason.strip())


def _end(post: Post, last_day: dt.date, reason: str) -> Post:
    """Yesterday is the earliest: what was signed since then was signed in this post."""
    post = Post.objects.select_for_update(of=("self",)).get(pk=post.pk)
    if post.valid_until is not None:
        raise Refused(f"此岗位已于 {post.valid_until} 卸任", who_can_clear="本人（无须再办）")
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    if last_day < yesterday:
        raise Refused(
            f"卸任日期不能倒填：{last_day} 早于昨天 {yesterday}",
            who_can_clear="系统管理员（改正日期）",
        )
    post.valid_until, post.end_reason = max(last_day, post.valid_from), reason
    post.save(update_fields=["valid_until", "end_reason"])
    return post


@transaction.atomic
def disable_user(*, user: User, by: User, reason: str) -> User:
    """A person who acted is disabled, never deleted; the next request already finds nobody."""
    demand_administrator_of(user, by)
    if not reason.strip():
        raise Refused("停用须写明原因", who_can_clear="系统管理员（写明原因）")
    if not user.is_active:
        raise Refused("该账号已停用", who_can_clear="本人（无须再办）")
    user.is_active = False
    end_tokens(user)
    return _save_with_reason(user, ("is_active",), f"停用：{reason.strip()}")


@transaction.atomic
def enable_user(*, user: User, by: User, reason: str) -> tuple[User, str]:
    """Back in use, with a new one-time password: nobody knows where the old one went."""
    demand_administrator_of(user, by)
    if not reason.strip():
        raise Refused("恢复须写明原因", who_can_clear="系统管理员（写明原因）")
    if user.is_active:
        raise Refused("该账号正在使用", who_can_clear="本人（无须再办）")
    user.is_active = True
    _save_with_reason(user, ("is_active",), f"恢复：{reason.strip()}")
    return user, reset_password(user=user, by=by)


@transaction.atomic
def reset_password(*, user: User, by: User) -> str:
    """The one-time password, shown once and kept nowhere. Ends every session of the person."""
    demand_administrator_of(user, by)
    password = make_one_time_password()
    user.set_password(password)
    user.must_change_password = True
    end_tokens(user)
    _save_with_reason(user, ("password", "must_change_password"), "系统管理员重置密码")
    return password


@transaction.atomic
def change_password(*, user: User, password: str) -> None:
    user.set_password(password)
    user.must_change_password = False
    end_tokens(user)
    _save_with_reason(user, ("password", "must_change_password"), "本人修改密码")


@transaction.atomic
def change_email(*, user: User, email: str) -> None:
    """Where the morning's digest goes; empty for nowhere."""
    user.email = email
    _save_with_reason(user, ("email",), "本人修改提醒邮箱")


def end_tokens(user: User) -> None:
    """A key to the API lives no longer than the password that it was got with."""
    Token.objects.filter(user=user).delete()


def demand_administrator_of(user: User, by: User) -> None:
    """The administrator must cover every unit where the person holds a post, and is another."""
    if by == user:
        raise Refused("不能办理自己的账号", who_can_clear="其他系统管理员")
    posts = list(Post.objects.filter(user=user).select_related("organization__division"))
    if not posts:
        raise Refused("该用户没有任何岗位，无法判定管辖", who_can_clear="系统管理员（先任命岗位）")
    for post in posts:
        demand(by, (Role.SYSTEM_ADMIN,), post.division)


def _save_with_reason(user: User, fields: Iterable[str], reason: str) -> User:
    user._change_reason = reason[:100]  # type: ignore[attr-defined]
    user.save(update_fields=list(fields))
    return user


@transaction.atomic
def enter_calendar_days(
    *,
    first: dt.date,
    last: dt.date,
    is_working: bool,
    name: str,
    document_number: str,
    reason: str,
    by: User,
) -> list[CalendarDay]:
    """The weekdays of the span off, or its weekend days at work; days entered before are changed.

    Returns the days that were written. The others of the span are what their weekday says.
    """
    demand_calendar_keeper(by)
    demand_future(first)
    span = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
    days = [day for day in span if (day.isoweekday() > FRIDAY) == is_working]
    if not days:
        usual = "工作日，本来就上班" if is_working else "周末，本来就不上班"
        raise Refused(f"{first} 至 {last} 都是{usual}，不用登记", who_can_clear="本人（无须再办）")
    known = CalendarDay.objects.select_for_update().in_bulk(days, field_name="day")
    written = []
    for day in days:
        row = known.get(day) or CalendarDay(day=day)
        row.is_working, row.name, row.document_number = is_working, name, document_number
        row.source = CalendarDay.Source.ENTERED
        row._change_reason = reason[:100]  # type: ignore[attr-defined]
        row.save()
        written.append(row)
    return written


@transaction.atomic
def cancel_calendar_day(*, day: CalendarDay, reason: str, by: User) -> None:
    """From then on the day is what its weekday says."""
    demand_calendar_keeper(by)
    demand_future(day.day)
    day._change_reason = reason[:100]  # type: ignore[attr-defined]
    day.delete()


def demand_future(day: dt.date) -> None:
    refusal = refuse_past_day(day)
    if refusal:
        raise Refused(refusal.reason, who_can_clear=refusal.who_can_clear)
