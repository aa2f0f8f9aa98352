"""Which bureaux join the review of a project, by its type."""

from __future__ import annotations

from django.db.models import Q
from django.utils import timezone

from organizations.models import Organization
from organizations.policies import Refusal, Refused

from .criteria import DOCUMENT
from .models import Project, TypeBureau

CLAUSE = f"{DOCUMENT} 二(三)“二下”：会同相关行业部门审核确定"


def industries_for(project: Project) -> list[str]:
    """Of the type itself, else of the type above it."""
    today = timezone.localdate()
    in_force = TypeBureau.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gte=today), valid_from__lte=today
    )
    codes = [project.type.code, project.type.parent.code if project.type.parent else ""]
    for code in codes:
        found = list(in_force.filter(type_code=code).values_list("industry", flat=True))
        if found:
            return sorted(found)
    return []


def bureaux_for(project: Project) -> list[Organization]:
    """Raises Refused where the county lacks a bureau that must sign."""
    refusal = refuse_bureaux(project)
    if refusal:
        raise Refused(refusal.reason, clause=refusal.clause, who_can_clear=refusal.who_can_clear)
    return list(_bureaux(project))


def refuse_bureaux(project: Project) -> Refusal | None:
    industries = industries_for(project)
    if not industries:
        return Refusal(
            f"项目类型“{project.type}”没有设定会审行业", CLAUSE, "系统管理（装载参考数据）"
        )
    present = {unit.industry for unit in _bureaux(project)}
    missing = [str(Organization.Industry(i).label) for i in industries if i not in present]
    if not missing:
        return None
    return Refusal(
        f"{project.county.name}没有登记{'、'.join(missing)}主管单位，无法会审",
        CLAUSE,
        "系统管理（登记单位和行业）",
    )


def _bureaux(project: Project) -> list[Organization]:
    units = Organization.objects.filter(
        division=project.county,
        kind=Organization.Kind.INDUSTRY,
        industry__in=industries_for(project),
        is_active=True,
    )
    return list(units.order_by("name"))
