from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from organizations.models import User
from organizations.policies import Refused, demand
from projects.models import Project
from projects.policies import raise_if

from .models import Notice
from .policies import DAYS_CLAUSE, POSTERS, ROUND_AT, S, not_awaited
from .workflow import CLAUSE


@transaction.atomic
def post_notice(
    *, project: Project, posted_on: dt.date, place: str, posted_by_unit: str, hotline: str, by: User
) -> Notice:
    """Record that a notice hangs. Raises Refused when the project does not stand at a notice."""
    demand(by, POSTERS, project.division)
    project = Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    raise_if(not_awaited(project))
    return Notice.objects.create(
        project=project,
        round=ROUND_AT[S(project.status)],
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
            clause=DAYS_CLAUSE,
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
