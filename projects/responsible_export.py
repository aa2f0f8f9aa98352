"""责任实名台账: a row for each time that somebody held a duty, history included."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

from django.http import QueryDict
from django.utils import timezone

from funds.exports import BATCH, Export, batches
from funds.spreadsheets import as_rows
from funds.workbooks import DATE, WHOLE, Column, Sheet
from organizations.models import User

from .filters import ResponsibilityFilter
from .models import Project, Responsibility
from .responsible import ANSWERED_FOR, Named, major_among, named

RESPONSIBILITIES = Sheet(
    "责任实名台账",
    (
        Column("序号", "number", format=WHOLE, width=6),
        Column("县（市）", "county", width=16),
        Column("项目编号", "code", width=18),
        Column("项目名称", "project", width=32),
        Column("责任", "duty", width=18),
        Column("终身责任", "lifelong", width=9),
        Column("姓名", "name", width=10),
        Column("单位", "unit", width=24),
        Column("职务", "title", width=16),
        Column("办公电话", "office_phone", width=16),
        Column("自", "valid_from", format=DATE, width=12),
        Column("至", "valid_until", format=DATE, width=12),
        Column("确定（变更）原因", "reason", width=28),
        Column("前任", "predecessor", width=10),
        Column("接任人", "successor", width=10),
        Column("接受交接", "accepted", width=12),
    ),
)


def responsibility_export(params: QueryDict, user: User) -> Export:
    visible = Project.objects.visible_to(user).filter(ANSWERED_FOR)
    projects = ResponsibilityFilter(params, visible, user=user).qs
    found = (
        Responsibility.objects.filter(project__in=projects.order_by().values("pk"))
        .select_related("project__county", "predecessor", "successor")
        .order_by("project__code", "pk")
    )

    def rows() -> Iterator[list[Any]]:
        number = count(1)
        for batch in batches(found.iterator(BATCH)):
            major = major_among({row.project_id for row in batch})
            order = {row.pk: place for place, row in enumerate(batch)}
            marked = sorted(named(batch, major), key=lambda one: order[one.row.pk])
            values = ({**values_of(one), "number": next(number)} for one in marked)
            yield from as_rows(RESPONSIBILITIES, values)

    heading = f"责任实名台账 {timezone.localdate()}"
    return Export(RESPONSIBILITIES, heading, found.count(), rows)


def values_of(one: Named) -> dict[str, Any]:
    row = one.row
    accepted = timezone.localtime(row.accepted_at).date() if row.accepted_at else None
    successor = getattr(row, "successor", None)
    return {
        "county": row.project.county.name,
        "code": row.project.code,
        "project": row.project.name,
        "duty": row.get_duty_display(),
        "lifelong": "终身责任" if one.is_lifelong else "",
        "name": row.name,
        "unit": row.unit,
        "title": row.title,
        "office_phone": row.office_phone,
        "valid_from": row.valid_from,
        "valid_until": row.valid_until,
        "reason": row.reason,
        "predecessor": row.predecessor.name if row.predecessor else "",
        "successor": successor.name if successor else "",
        "accepted": "待接受" if row.awaits_acceptance else f"{accepted or ''}",
    }
