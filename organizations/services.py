from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from .models import Organization, Post, Role, User
from .policies import Refused, demand


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
        _end(predecessor, valid_from - dt.timedelta(days=1), "移交继任")
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


@transaction.atomic
def accept_post(*, post: Post, by: User) -> Post:
    """接任确认: the successor takes over what the predecessor held."""
    post = Post.objects.select_for_update(of=("self",)).get(pk=post.pk)
    if post.user_id != by.pk:
        raise Refused("接任须由本人确认", who_can_clear=str(post.user))
    if post.accepted_at is not None:
        raise Refused("此岗位已确认接任")
    post.accepted_at = timezone.now()
    post.save(update_fields=["accepted_at"])
    return post


@transaction.atomic
def end_post(*, post: Post, last_day: dt.date, reason: str, by: User) -> Post:
    demand(by, (Role.SYSTEM_ADMIN,), post.division)
    if not reason.strip():
        raise Refused("卸任须写明原因")
    return _end(post, last_day, reason)


def _end(post: Post, last_day: dt.date, reason: str) -> Post:
    post = Post.objects.select_for_update(of=("self",)).get(pk=post.pk)
    if post.valid_until is not None:
        raise Refused(f"此岗位已于 {post.valid_until} 卸任")
    post.valid_until, post.end_reason = max(last_day, post.valid_from), reason
    post.save(update_fields=["valid_until", "end_reason"])
    return post


@transaction.atomic
def disable_user(*, user: User, by: User, reason: str) -> User:
    """A person who acted is disabled, never deleted; the next request already finds nobody."""
    posts = list(Post.objects.filter(user=user).select_related("organization__division"))
    if not posts:
        raise Refused("该用户没有任何岗位，无法判定管辖")
    for post in posts:
        demand(by, (Role.SYSTEM_ADMIN,), post.division)
    user.is_active = False
    user._change_reason = reason[:100]  # type: ignore[attr-defined]
    user.save(update_fields=["is_active"])
    return user
