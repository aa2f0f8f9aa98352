from __future__ import annotations

from decimal import Decimal

from django.db import transaction

from organizations.models import User
from organizations.policies import demand
from organizations.signature import sign
from projects.models import Project
from projects.policies import raise_if

from .models import Target
from .policies import SETTERS, targets_stand


@transaction.atomic
def set_target(
    *, project: Project, aspect: str, name: str, operator: str, value: Decimal, unit: str, by: User
) -> Target:
    """Add a target, or change the one of the same aspect and name."""
    demand(by, SETTERS, project.division)
    project = Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    raise_if(targets_stand(project))
    target = Target.objects.filter(project=project, aspect=aspect, name=name).first() or Target(
        project=project, aspect=aspect, name=name
    )
    target.operator, target.value, target.unit, target.set_by = operator, value, unit, by
    sign(target, by).save()
    return target
