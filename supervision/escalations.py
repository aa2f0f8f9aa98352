"""督办: the clock brings what is overdue before the head of the unit, then the leading group."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from approvals.models import Decision
from organizations.models import Parameter, Role, User
from organizations.models.divisions import under
from organizations.policies import Refusal, role_names
from projects.policies import raise_if

from .models import Escalation, Finding
from .models.findings import OVER
from .policies import CLAUSE, HEADS, LEADERS

AFTER = {
    Escalation.Level.UNIT: "finding.escalate_days.unit",
    Escalation.Level.GROUP: "finding.escalate_days.group",
}


@transaction.atomic
def escalate_overdue(today: dt.date | None = None) -> int:
    """How many were brought up. Safe to run again: each level is reached once."""
    on = today or timezone.localdate()
    rows: list[Escalation] = []
    for level, key in AFTER.items():
        since = on - dt.timedelta(days=Parameter.objects.number(key, on))
        there = Exists(Escalation.objects.filter(finding=OuterRef("pk"), level=level))
        late = Finding.objects.overdue(since).exclude(there)
        rows += [
            Escalation(finding_id=pk, level=level, days_late=(on - due_on).days)
            for pk, due_on in late.values_list("pk", "due_on")
            if due_on
        ]
    return len(Escalation.objects.bulk_create(rows, ignore_conflicts=True))


def awaiting(user: User) -> QuerySet[Escalation]:
    """Those that this person, as the head of the unit or a member of the group, has to see."""
    own = own_steps(user).filter(subject_id=OuterRef("finding_id"))
    return before(user).exclude(Exists(own))


def own_steps(user: User) -> QuerySet[Decision]:
    """By which this person, or whom he acted for, put problems right."""
    steps = Decision.objects.filter(subject_type=Finding.life(), action__in=("plan", "apply"))
    return steps.filter(Q(by=user) | Q(post__user=user))


def before(user: User) -> QuerySet[Escalation]:
    """A township's head answers for its villages too; any other head for the own unit alone."""
    mine = Q(pk__in=[])
    for post in user.posts_today:
        if post.role in LEADERS:
            over = under("finding__county__path", [post.division.path])
            mine |= Q(over, level=Escalation.Level.GROUP)
        kinds = [kind for kind, role in HEADS.items() if role == post.role]
        if kinds:
            over = under("finding__responsible_unit__division__path", [post.division.path])
            if post.role != Role.TOWNSHIP_REVIEWER:
                over = Q(finding__responsible_unit=post.organization_id)
            mine |= Q(over, level=Escalation.Level.UNIT, finding__responsible_unit__kind__in=kinds)
    rows = Escalation.objects.filter(mine, seen_at__isnull=True)
    return rows.exclude(finding__status__in=OVER)


def sees(user: User) -> bool:
    """Whether anything could wait for this person at all, without a query."""
    return bool(user.roles().intersection({*LEADERS, *HEADS.values()}))


@transaction.atomic
def see_escalation(*, escalation: Escalation, by: User) -> Escalation:
    """阅示: once, by somebody whom it was brought before. Raises Refused, WrongRole."""
    row = Escalation.objects.select_for_update().get(pk=escalation.pk)
    if row.seen_at is not None:
        raise_if(
            Refusal(f"{row.seen_by}已于 {row.seen_at:%Y-%m-%d} 阅示", CLAUSE, "本人（无须再办）")
        )
    if not before(by).filter(pk=row.pk).exists():
        roles = LEADERS if row.level == Escalation.Level.GROUP else tuple(HEADS.values())
        who = role_names(dict.fromkeys(roles))
        raise_if(None, wrong_role=Refusal(f"本项督办由{who}阅示", CLAUSE, who))
    if own_steps(by).filter(subject_id=row.finding_id).exists():
        own = Refusal("本人办理了本问题的整改，不能自己阅示", CLAUSE, "同岗的其他人员、领导小组")
        raise_if(None, wrong_role=own)
    row.seen_by, row.seen_at = by, timezone.now()
    row.save(update_fields=["seen_by", "seen_at"])
    return row
