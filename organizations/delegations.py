"""委派: lending a post to a colleague for some days, and taking it back."""

from __future__ import annotations

import datetime as dt

from django.db import IntegrityError, transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from .models import Delegation, Parameter, Post, Role, User
from .models.delegations import DelegationQuerySet
from .policies import Refusal, Refused, WrongRole
from .rules import naming_the_trigger

NEVER_LENT = (Role.GROUP_MEMBER, Role.SYSTEM_ADMIN)
HOLDER = "岗位本人"


def longest_days(on: dt.date | None = None) -> int:
    return Parameter.objects.number("delegation.max_days", on)


def refuse_lending(post: Post, user: User) -> Refusal | None:
    """Why this person can not lend this post at all, whomever to."""
    if post.user_id != user.pk:
        return Refusal("岗位只能由本人委派，代办的岗位不能再委派他人", who_can_clear=str(post.user))
    if post.role in NEVER_LENT:
        return Refusal(
            f"“{post.get_role_display()}”须本人履职，不能委派",
            who_can_clear="系统管理员（另行任命）",
        )
    today = timezone.localdate()
    if post.accepted_at is None or (post.valid_until and post.valid_until < today):
        return Refusal("岗位尚未确认接任或已卸任，不能委派", who_can_clear="系统管理员（岗位任职）")
    return None


def colleagues_of(post: Post, words: str = "") -> QuerySet[User]:
    """Whoever may act for the holder: in a post of the same unit or of the same division today,
    and no administrator. With `unit` and `title` of one such post."""
    here = Post.objects.in_force().filter(organization__division=post.organization.division_id)
    first = here.filter(user=OuterRef("pk")).order_by("id")
    found = User.objects.filter(pk__in=here.values("user"), is_active=True).annotate(
        unit=Subquery(first.values("organization__name")[:1]),
        title=Subquery(first.values("title")[:1]),
    )
    administrators = Post.objects.in_force().filter(role=Role.SYSTEM_ADMIN).values("user")
    found = found.exclude(pk=post.user_id).exclude(pk__in=administrators).order_by("real_name")
    if not words:
        return found
    named = here.filter(Q(organization__name__icontains=words) | Q(title__icontains=words))
    return found.filter(Q(real_name__icontains=words) | Q(pk__in=named.values("user")))


@transaction.atomic
def lend_post(
    *,
    post: Post,
    delegate: User,
    valid_from: dt.date,
    valid_until: dt.date,
    reason: str,
    by: User,
) -> Delegation:
    """Raises Refused: not the holder's to lend, for too long, to a stranger, twice at a time."""
    refusal = refuse_lending(post, by)
    if refusal:
        kind = WrongRole if post.user_id != by.pk else Refused
        raise kind(refusal.reason, who_can_clear=refusal.who_can_clear)
    made = Delegation(
        post=post,
        delegate=delegate,
        valid_from=valid_from,
        valid_until=valid_until,
        reason=reason.strip(),
        made_by=by,
    )
    made.full_clean(validate_constraints=False)
    try:
        with naming_the_trigger(HOLDER), transaction.atomic():
            made.save()
    except IntegrityError as error:
        raise _overlap(made, error) from error
    return made


def _overlap(made: Delegation, error: IntegrityError) -> Refused:
    diagnosis = getattr(error.__cause__, "diag", None)
    if getattr(diagnosis, "constraint_name", "") != "delegation_to_one_at_a_time":
        raise error
    other = made.post.delegations.filter(
        revoked_at__isnull=True, valid_from__lte=made.valid_until, valid_until__gte=made.valid_from
    ).select_related("delegate")[0]
    return Refused(
        f"此岗位 {other.valid_from} 至 {other.valid_until} 已委派给 {other.delegate}，"
        "同一时间只能委派一人",
        who_can_clear=f"{HOLDER}（先收回）",
    )


@transaction.atomic
def revoke_delegation(*, delegation: Delegation, by: User) -> Delegation:
    """收回 by the holder of the post, 交回 by who acts for him."""
    rows = Delegation.objects.select_related("post__user", "delegate")
    delegation = rows.select_for_update(of=("self",)).get(pk=delegation.pk)
    if by.pk not in (delegation.post.user_id, delegation.delegate_id):
        people = f"{delegation.post.user}、{delegation.delegate}"
        raise WrongRole("委派由岗位本人收回，或由代办人交回", who_can_clear=people)
    if not delegation.is_standing:
        raise Refused(f"此项委派{delegation.state}，不必再收回", who_can_clear="本人（无须再办）")
    delegation.revoked_at, delegation.revoked_by = timezone.now(), by
    with naming_the_trigger(HOLDER):
        delegation.save(update_fields=["revoked_at", "revoked_by"])
    delegation.refresh_from_db(fields=["revoked_at"])
    return delegation


def lent_by(user: User) -> DelegationQuerySet:
    return _shown(Delegation.objects.filter(post__user=user))


def lent_to(user: User) -> DelegationQuerySet:
    return _shown(Delegation.objects.filter(delegate=user))


def delegations_over(user: User) -> DelegationQuerySet:
    """Of every post of this person's territory, for administrators and supervisors."""
    return _shown(Delegation.objects.visible_to(user))


def _shown(rows: DelegationQuerySet) -> DelegationQuerySet:
    return rows.select_related(
        "post__user", "post__organization__division", "delegate", "revoked_by"
    )
