"""Where a project is built and its bill of quantities, as rows of their own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from organizations.models import Division, User
from organizations.policies import Refused
from organizations.signature import sign

from .models import Project, ProjectPlace, WorkItem


def replace_places(
    project: Project, places: Iterable[Division], by: User, reason: str = ""
) -> None:
    """None at all means the division that answers for the project. Raises Refused."""
    wanted = list(places) or [project.division]
    for division in wanted:
        if division.code[:6] != project.county.code[:6]:
            raise Refused(
                f"实施地点{division.name}不在{project.county.name}",
                who_can_clear="申报人（改选实施地点）",
            )
    for place in project.places.exclude(division__in=wanted):
        sign(place, by, reason).delete()
    present = set(project.places.values_list("division_id", flat=True))
    for division in wanted:
        if division.pk not in present:
            sign(ProjectPlace(project=project, division=division), by, reason).save()


def replace_work_items(
    project: Project, items: Iterable[Mapping[str, Any]], by: User, reason: str = ""
) -> None:
    for item in project.work_items.all():
        sign(item, by, reason).delete()
    for facts in items:
        sign(WorkItem(project=project, **facts), by, reason).save()
