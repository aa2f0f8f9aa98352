"""People of these tests who act for others."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from organizations.models import Delegation, Organization, Post, Role, User
from tests import factories as make


def colleague(
    username: str, name: str, organization: Organization, role: str = Role.GROUP_MEMBER
) -> User:
    """Somebody new in a unit; unless said otherwise in a post that has no step in any life."""
    person, _ = User.objects.get_or_create(username=username, defaults={"real_name": name})
    Post.objects.create(
        user=person,
        role=role,
        organization=organization,
        title="干事",
        valid_from=dt.date(2020, 1, 1),
        accepted_at=timezone.now(),
    )
    return User.objects.get(pk=person.pk)


def lend(post: Post, delegate: User) -> Delegation:
    """For today."""
    return Delegation.objects.create(
        post=post,
        delegate=delegate,
        made_by=post.user,
        reason="外出培训",
        valid_from=make.today(),
        valid_until=make.today(),
    )


def deputy_of(post: Post, username: str = "deputy", name: str = "甘田") -> User:
    """A colleague of the holder's unit who acts for him today."""
    person = User.objects.filter(username=username).first()
    if person is None:
        person = colleague(username, name, post.organization)
    lend(post, person)
    return User.objects.get(pk=person.pk)
