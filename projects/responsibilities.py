"""Naming who answers for a project, handing the duty over, accepting it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from organizations.models import Parameter, Post, Role, User
from organizations.models.dated import not_over
from organizations.policies import Refusal, Refused, WrongRole, demand, holds, role_names

from .models import Project, Responsibility
from .policies import raise_if
from .responsible import CLAUSE

D = Responsibility.Duty
LATE_DAYS = "responsibility.late_days"
DAY = dt.timedelta(days=1)
# The township names for towns, villages and keepers, the county's department for all others;
# the database holds the same (projects_responsibility_named_by).
LOCAL = (D.TOWN_OWNER, D.VILLAGE_OWNER, D.ASSET_KEEPER)
NAMERS: dict[str, Role] = {
    duty: Role.TOWNSHIP_CLERK if duty in LOCAL else Role.PROJECT_CLERK for duty in D
}


@dataclass(frozen=True)
class Holder:
    """A person of the system with the post that he holds, or an official by what is typed."""

    name: str
    unit: str
    title: str
    office_phone: str = ""
    person: User | None = None


def holder_of(post: Post) -> Holder:
    user = post.user
    return Holder(user.real_name, post.organization.name, post.title, user.office_phone, user)


def duties_named_by(user: User, project: Project) -> list[Responsibility.Duty]:
    """The duties for which this person may name somebody."""
    return [duty for duty in D if holds(user, (NAMERS[duty],), project.division)]


def refuse_naming(project: Project, user: User) -> Refusal | None:
    """Why this person can not name anybody; the first line is about the person."""
    if not duties_named_by(user, project):
        roles = role_names(dict.fromkeys(NAMERS.values()))
        return Refusal(f"责任人由{roles}登记，您没有这一岗位", who_can_clear=roles)
    return refuse_unapproved(project)


def refuse_unapproved(project: Project) -> Refusal | None:
    if project.meeting_id:
        return None
    return Refusal(
        f"项目现为“{project.get_status_display()}”，审定后才登记责任人；"
        "审定前以申报时填写的责任领导、责任人为准",
        who_can_clear="领导小组（审定）",
    )


def refuse_day(day: dt.date, former: Responsibility | None = None) -> Refusal | None:
    """The database holds the same."""
    today, late = timezone.localdate(), Parameter.objects.number(LATE_DAYS)
    if former and day <= former.valid_from:
        return Refusal(
            f"{former.name}自 {former.valid_from} 起承担，接任日最早为次日",
            who_can_clear="登记人（改正接任日）",
        )
    last = max(today, former.valid_from if former else today) + DAY
    if today - late * DAY <= day <= last:
        return None
    return Refusal(
        f"{day} 超出可以登记的日期：最多补登 {late} 天，最迟 {last}",
        who_can_clear="登记人（改正日期）",
    )


def refuse_second(project: Project, duty: str, holder: Holder, day: dt.date) -> Refusal | None:
    """Who holds it already, in this unit or at all; the database holds the same."""
    rows = project.responsibilities.filter(duty=duty)
    if duty not in (D.LEAD_CHIEF, D.PROJ_LEADER, D.FIN_REVIEWER):
        rows = rows.filter(unit=holder.unit)
    other = rows.filter(not_over(day)).first()
    if other is None:
        return None
    return Refusal(
        f"{other.unit}{other.name}自 {other.valid_from} 起承担“{other.get_duty_display()}”，"
        "同一时间只能有一人",
        CLAUSE,
        "登记人（在该行办理“交接”）",
    )


@transaction.atomic
def name_responsible(
    *, project: Project, duty: str, holder: Holder, valid_from: dt.date, reason: str, by: User
) -> Responsibility:
    """A duty that nobody holds yet, or one more unit of several."""
    post = demand(by, (NAMERS[duty],), project.division)
    project = Project.objects.select_for_update(of=("self",), no_key=True).get(pk=project.pk)
    raise_if(refuse_unapproved(project))
    raise_if(refuse_day(valid_from) or refuse_second(project, duty, holder, valid_from))
    return write(project, duty, holder, valid_from, reason, by, post)


@transaction.atomic
def hand_over(
    *, former: Responsibility, holder: Holder, valid_from: dt.date, reason: str, by: User
) -> Responsibility:
    """The former one ends on the eve of `valid_from`; a successor with an account accepts."""
    post = demand(by, (NAMERS[former.duty],), former.project.division)
    project = Project.objects.select_for_update(of=("self",), no_key=True).get(pk=former.project_id)
    former = Responsibility.objects.get(pk=former.pk)
    raise_if(already_handed_over(former) or refuse_day(valid_from, former))
    former.valid_until = valid_from - DAY
    former.save(update_fields=["valid_until"])
    raise_if(refuse_second(project, former.duty, holder, valid_from))
    return write(project, former.duty, holder, valid_from, reason, by, post, former)


def already_handed_over(former: Responsibility) -> Refusal | None:
    if former.valid_until is None:
        return None
    return Refusal(
        f"{former.name}的责任已于 {former.valid_until} 交接，没有重复办理",
        who_can_clear="登记人（在现任一行办理交接）",
    )


def write(
    project: Project,
    duty: str,
    holder: Holder,
    valid_from: dt.date,
    reason: str,
    by: User,
    post: Post,
    former: Responsibility | None = None,
) -> Responsibility:
    row = Responsibility(
        project=project,
        duty=duty,
        person=holder.person,
        name=holder.name,
        unit=holder.unit,
        title=holder.title,
        office_phone=holder.office_phone,
        valid_from=valid_from,
        reason=reason,
        predecessor=former,
        recorded_by=by,
        recorded_as=post,
    )
    row.clean_fields()
    row.save()
    return row


@transaction.atomic
def accept_responsibility(*, responsibility: Responsibility, by: User) -> Responsibility:
    """By the named person alone; from now on his predecessor answers for nothing new."""
    row = Responsibility.objects.select_for_update(of=("self",)).get(pk=responsibility.pk)
    if row.person_id != by.pk:
        raise WrongRole(f"交接由{row.name}本人接受", who_can_clear=row.name)
    if row.accepted_at or row.valid_until:
        raise Refused("这项责任已接受或已交接他人，没有重复办理", who_can_clear="本人（无须再办）")
    row.accepted_at = timezone.now()
    row.save(update_fields=["accepted_at"])
    return row
