from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from .models import Organization, Post, User
from .models.dated import covering, not_over


def people_visible_to(user: User) -> QuerySet[User]:
    """Everybody who holds or held a post in this person's territory."""
    posts = Post.objects.visible_to(user).filter(user=OuterRef("pk"))
    return User.objects.filter(Exists(posts))


def posts_on(user: User, day: dt.date, words: str = "", role: str = "") -> QuerySet[Post]:
    """倒查: who held which post of my territory on that day, by name, unit or title."""
    posts = (
        Post.objects.visible_to(user)
        .filter(covering(day))
        .select_related("user", "organization__division")
        .order_by("organization__division__code", "organization__name", "role", "id")
    )
    if words:
        posts = posts.filter(
            Q(user__real_name__icontains=words)
            | Q(organization__name__icontains=words)
            | Q(organization__pinyin__icontains=words.lower())
            | Q(title__icontains=words)
        )
    return posts.filter(role=role) if role else posts


def posts_of(person: User) -> QuerySet[Post]:
    return Post.objects.filter(user=person).select_related(
        "user", "organization__division", "predecessor__user"
    )


def organizations_listed(user: User, words: str = "") -> QuerySet[Organization]:
    organizations = Organization.objects.visible_to(user).select_related("division")
    if words:
        organizations = organizations.filter(
            Q(name__icontains=words)
            | Q(pinyin__icontains=words.lower())
            | Q(credit_code__istartswith=words)
        )
    return organizations


@dataclass(frozen=True)
class AccountTasks:
    """What a system administrator has to look after."""

    unaccepted: list[Post]
    ending: list[Post]
    unchanged_passwords: list[User]


def account_tasks(user: User, within_days: int = 30, most: int = 20) -> AccountTasks:
    today = timezone.localdate()
    posts = Post.objects.visible_to(user).select_related("user", "organization__division")
    return AccountTasks(
        unaccepted=list(
            posts.filter(not_over(today), accepted_at__isnull=True, user__is_active=True).order_by(
                "valid_from"
            )[:most]
        ),
        ending=list(
            posts.filter(
                valid_until__range=(today, today + dt.timedelta(days=within_days))
            ).order_by("valid_until")[:most]
        ),
        unchanged_passwords=list(
            people_visible_to(user)
            .filter(must_change_password=True, is_active=True)
            .order_by("date_joined")[:most]
        ),
    )


def posts_to_accept(user: User) -> list[Post]:
    """What this person has been appointed to and not yet taken over."""
    return list(posts_of(user).filter(not_over(), accepted_at__isnull=True))
