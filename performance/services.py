from __future__ import annotations

from decimal import Decimal

from django.db import transaction

from organizations.models import Role, User
from organizations.policies import Refused, demand
from projects.models import Project

from .models import Target
from .workflow import CLAUSE

S = Project.Status
SETTERS = (Role.VILLAGE_CADRE, Role.WORK_TEAM, Role.TOWNSHIP_CLERK, Role.PROJECT_CLERK)
# Once the meeting has decided, targets change only by adjustment of the project.
OPEN = (
    S.DRAFT, S.VILLAGE_NOTICE, S.TOWNSHIP_REVIEW, S.COUNTY_APPRAISAL, S.FEEDBACK, S.REVISION,
    S.REVISION_NOTICE, S.SECOND_APPRAISAL, S.JOINT_REVIEW,
)  # fmt: skip


@transaction.atomic
def set_target(
    *, project: Project, aspect: str, name: str, operator: str, value: Decimal, unit: str, by: User
) -> Target:
    """Add a target, or change the one of the same aspect and name."""
    demand(by, SETTERS, project.division)
    project = Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    if project.status not in OPEN:
        raise Refused(
            f"项目现为“{project.get_status_display()}”，绩效目标批复后原则上不得调整", clause=CLAUSE
        )
    target = Target.objects.filter(project=project, aspect=aspect, name=name).first() or Target(
        project=project, aspect=aspect, name=name
    )
    target.operator, target.value, target.unit, target.set_by = operator, value, unit, by
    target.save()
    return target
