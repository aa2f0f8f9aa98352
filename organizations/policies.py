"""Who may: the one primitive that every other policy is made of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.utils import timezone

from .models import Division, Post, Role, User
from .models.divisions import Level


@dataclass(frozen=True)
class Refusal:
    """Why an act is not possible, for the person who wanted it."""

    reason: str  # the rule and the value
    clause: str = ""  # where the rule comes from, empty for a configurable default
    who_can_clear: str = ""
    url: str = ""  # where it is cleared, when there is a page for that

    def resting_on(self, clause: str) -> Refusal:
        """With this clause where it has none of its own."""
        return self if self.clause else replace(self, clause=clause)


class Refused(Exception):
    """An act that the rules do not allow; nothing has been written."""

    status_code = 409
    code = ""  # the SQLSTATE, where the database refused it
    is_kept = False  # as a refused attempt

    def __init__(
        self, reason: str, *, clause: str = "", who_can_clear: str = "", url: str = ""
    ) -> None:
        self.refusal = Refusal(reason, clause, who_can_clear, url)
        super().__init__(reason)


class WrongRole(Refused):
    """The person may see the thing but does not hold the post that the act takes."""

    status_code = 403


def holds(
    user: User, roles: Iterable[str], division: Division, *, in_person: bool = False
) -> Post | None:
    """The post of today by which this user has one of the roles over the division; `in_person`
    passes over the posts that were lent to him."""
    wanted = set(roles)
    for post in user.posts_today:
        if in_person and post.user_id != user.pk:
            continue
        if post.role in wanted and post.division.contains(division):
            return post
    return None


def role_names(roles: Iterable[str]) -> str:
    return "、".join(str(Role(role).label) for role in roles)


def refuse_without(
    user: User, roles: Iterable[str], division: Division, *, in_person: bool = False
) -> Refusal | None:
    """None when the user holds one of the roles over the division, else the reason."""
    wanted = list(roles)
    if holds(user, wanted, division, in_person=in_person):
        return None
    lent = holds(user, wanted, division)
    if lent:
        return refuse_acting_for(lent)
    return Refusal(
        reason=f"此项由{role_names(wanted)}办理，您在{division.name}没有这一岗位",
        who_can_clear=role_names(wanted),
    )


def refuse_acting_for(lent: Post) -> Refusal:
    """What posts to the ledger rests on the post of the person himself."""
    return Refusal(
        f"记账、拨款须由岗位本人办理，不能代办：您是代{lent.user}办理“{lent.get_role_display()}”",
        who_can_clear=f"{lent.user}，或另行任命的{lent.get_role_display()}",
    )


def demand(
    user: User, roles: Iterable[str], division: Division, *, in_person: bool = False
) -> Post:
    """The post that allows the act. Raises WrongRole."""
    wanted = list(roles)
    post = holds(user, wanted, division, in_person=in_person)
    if post is None:
        refusal = refuse_without(user, wanted, division, in_person=in_person)
        assert refusal
        raise WrongRole(refusal.reason, who_can_clear=refusal.who_can_clear)
    return post


def demand_role(user: User, roles: Iterable[str]) -> None:
    """The person holds one of the roles somewhere. Raises WrongRole."""
    wanted = list(roles)
    if not user.roles().intersection(wanted):
        raise WrongRole(
            f"此项由{role_names(wanted)}办理，您没有这一岗位", who_can_clear=role_names(wanted)
        )


def keeps_calendar(user: User) -> bool:
    """One calendar for the whole region, kept by the region's system administrators."""
    return any(
        post.role == Role.SYSTEM_ADMIN and post.division.level == Level.REGION
        for post in user.posts_today
    )


def demand_calendar_keeper(user: User) -> None:
    if not keeps_calendar(user):
        raise WrongRole(
            "工作日历全区统一，由自治区级系统管理员登记，您没有这一岗位",
            who_can_clear="自治区级系统管理员",
        )


def refuse_past_day(day: dt.date) -> Refusal | None:
    """What was due on a day that has passed was due on it."""
    if day > timezone.localdate():
        return None
    return Refusal(
        f"{day} 已到或已过，工作日历只能更改今天以后的日子",
        who_can_clear="系统管理员（改登今天以后的日子）",
    )
