from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from organizations.models import Role, User
from organizations.policies import Refused, demand
from projects.models import Project

from .models import Notice
from .workflow import CLAUSE

S = Project.Status
ROUND_AT = {S.VILLAGE_NOTICE: Notice.Round.PROPOSAL, S.REVISION_NOTICE: Notice.Round.REVISION}
POSTERS = (Role.VILLAGE_CADRE, Role.WORK_TEAM, Role.TOWNSHIP_CLERK)


@transaction.atomic
def post_notice(
    *, project: Project, posted_on: dt.date, place: str, posted_by_unit: str, hotline: str, by: User
) -> Notice:
    """Record that a notice hangs. Raises Refused when the project does not stand at a notice."""
    demand(by, POSTERS, project.division)
    project = Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    round_ = ROUND_AT.get(S(project.status))
    if round_ is None:
        raise Refused(f"项目现为“{project.get_status_display()}”，此时不登记公示", clause=CLAUSE)
    standing = project.notices.filter(
        round=round_, taken_down_on__isnull=True, recorded_at__gte=project.status_since
    )
    if standing.exists():
        raise Refused("本次公示已登记，请在期满后办结", clause=CLAUSE)
    return Notice.objects.create(
        project=project,
        round=round_,
        posted_on=posted_on,
        place=place,
        posted_by_unit=posted_by_unit,
        hotline=hotline,
        recorded_by=by,
    )


@transaction.atomic
def end_notice(
    *, notice: Notice, taken_down_on: dt.date, objections: int, outcome: str, by: User
) -> Notice:
    """Record the end of a notice. Raises Refused before its days have run."""
    demand(by, POSTERS, notice.project.division)
    notice = Notice.objects.select_for_update(of=("self",)).get(pk=notice.pk)
    if notice.taken_down_on is not None:
        raise Refused("本公示已办结")
    if taken_down_on > timezone.localdate():
        raise Refused(f"撤下日期 {taken_down_on} 在今天之后")
    if taken_down_on < notice.may_end_on:
        raise Refused(
            f"公示未满期：{notice.posted_on} 张贴（当日不计），最早 {notice.may_end_on} 撤下",
            clause="国开办发〔2018〕11号：原则上不少于10天",
            who_can_clear="期满后办理",
        )
    if objections and not outcome.strip():
        raise Refused("收到异议须写明处理情况", clause=CLAUSE)
    notice.taken_down_on = taken_down_on
    notice.objections = objections
    notice.outcome = outcome.strip()
    notice.ended_by = by
    notice.save(update_fields=["taken_down_on", "objections", "outcome", "ended_by"])
    return notice
