"""Units whose people work in another deployment. What they do with a return is recorded here in
the name of an account that nobody can log in to, and rests on their signed mark."""

from __future__ import annotations

from django.utils import timezone

from organizations.models import Division, Organization, Post, Role, User
from organizations.models.divisions import Level
from organizations.models.people import PEER

KINDS = {
    Level.PREFECTURE: (Organization.Kind.PREFECTURE, Role.PREFECTURE_CLERK),
    Level.REGION: (Organization.Kind.REGION, Role.REGION_CLERK),
}
TITLE = "对方系统"


def account_of(unit: Division) -> User:
    """Made when it is first needed."""
    kind, role = KINDS[Level(unit.level)]
    user, _ = User.objects.get_or_create(
        username=f"{PEER}{unit.code}",
        defaults={"real_name": f"{unit.name}{TITLE}"[:40], "password": "!"},
    )
    office, _ = Organization.objects.get_or_create(
        division=unit, name=f"{unit.name}（{TITLE}）", defaults={"kind": kind}
    )
    if not Post.objects.in_force().filter(user=user, role=role, organization=office).exists():
        Post.objects.create(
            user=user,
            role=role,
            organization=office,
            title=TITLE,
            valid_from=timezone.localdate(),
            accepted_at=timezone.now(),
        )
    return user


def region_above(unit: Division) -> Division:
    while unit.level != Level.REGION and unit.reports_to:
        unit = unit.reports_to
    return unit


def is_peer(user: User) -> bool:
    return user.username.startswith(PEER)
