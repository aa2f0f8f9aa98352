"""A project's indicators: what they must be, filling them in, and the version that stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from organizations.models import Parameter, User
from organizations.policies import Refusal, Refused, demand
from organizations.signature import sign
from projects.models import Project
from projects.policies import raise_if

from .models import (
    Aspect,
    AspectGroup,
    Declaration,
    Group,
    Indicator,
    Target,
    TargetPublication,
)
from .policies import (
    CLAUSE,
    PUBLISHERS,
    SETTERS,
    no_new_version,
    not_to_publish,
    targets_stand,
    url_of,
)

# What is counted, by the parameter that says how many there must be at least.
COUNTED: dict[str, tuple[str, tuple[Aspect, ...]]] = {
    **{
        f"perf.min.{aspect}": (str(aspect.label), (aspect,))
        for aspect in (Aspect.QUANTITY, Aspect.QUALITY, Aspect.TIMELINESS, Aspect.COST)
    },
    "perf.min.outcome": (
        "效益指标",
        (Aspect.ECONOMIC, Aspect.SOCIAL, Aspect.ECOLOGICAL, Aspect.SUSTAINED),
    ),
    "perf.min.SAT": ("满意度指标", (Aspect.SATISFACTION,)),
}


@dataclass(frozen=True)
class Wanted:
    """What a person chose of the library, with the value that the project shall reach."""

    indicator: Indicator
    value: Decimal
    wording: str


def library_of(project: Project) -> QuerySet[Indicator]:
    return Indicator.objects.in_force().of_type(project.type.code)


def gaps(project: Project) -> list[str]:
    """Which kinds of indicators there are too few of, and which core ones are missing."""
    targets = list(Target.objects.filter(project=project).values_list("aspect", "name"))
    counts = Counter(aspect for aspect, _ in targets)
    found = []
    for key, (label, aspects) in COUNTED.items():
        least, there = Parameter.objects.number(key), sum(counts[a] for a in aspects)
        if there < least:
            found.append(label if least == 1 else f"{label}（至少 {least} 项，现有 {there} 项）")
    core = library_of(project).filter(is_core=True).values_list("aspect", "name")
    return found + [f"核心指标“{name}”" for aspect, name in core if (aspect, name) not in targets]


def incomplete(declaration: Declaration) -> Refusal | None:
    """Why a declaration can not go to be reviewed."""
    missing = gaps(declaration.project)
    if not missing:
        return None
    return Refusal(
        f"绩效目标缺少{'、'.join(missing)}",
        CLAUSE,
        "填报人（补齐指标）",
        url_of(declaration.project),
    )


def unapproved(project: Project) -> Refusal | None:
    """No approved targets, no leading-group meeting."""
    latest = Declaration.objects.latest_of(project)
    if latest and latest.status == Declaration.Status.APPROVED:
        return None
    missing = gaps(project)
    if missing:
        reason = f"绩效目标缺少{'、'.join(missing)}，不能提交审定"
        return Refusal(reason, CLAUSE, "乡镇经办或项目主管部门经办", url_of(project))
    assert latest
    return Refusal(
        f"绩效目标申报表第{latest.number}版现为“{latest.get_status_display()}”，"
        "审核通过后才能提交审定",
        CLAUSE,
        "绩效目标的现办理人",
        latest.get_absolute_url(),
    )


@dataclass(frozen=True)
class Branch:
    """One first-level indicator with those below it."""

    label: str
    lines: Sequence[Any]


def as_tree(lines: Iterable[Any]) -> list[Branch]:
    """Targets or approved lines under the first level that theirs belongs to today."""
    tree = AspectGroup.objects.tree()
    order = {aspect: place for place, aspect in enumerate(Aspect.values)}
    rows = sorted(lines, key=lambda line: (order[line.aspect], line.pk))
    groups = {group: [r for r in rows if tree.get(r.aspect) == group] for group in Group.values}
    return [Branch(str(Group(g).label), found) for g, found in groups.items() if found]


def lines_of(declaration: Declaration) -> list[Any]:
    """As approved; before that as the project's indicators stand now."""
    if declaration.status == Declaration.Status.APPROVED:
        return list(declaration.lines.all())
    return list(Target.objects.filter(project_id=declaration.project_id))


def open_declaration(project: Project, by: User) -> Declaration:
    """The draft that the project's indicators belong to; the first one begins by itself."""
    latest = Declaration.objects.latest_of(project)
    if latest:
        return latest
    return start(project, by, goal=project.content, reason="", number=1)


def start(project: Project, by: User, *, goal: str, reason: str, number: int) -> Declaration:
    declaration = Declaration(
        project=project, division=project.division, number=number, goal=goal, reason=reason,
        started_by=by,
    )  # fmt: skip
    declaration.full_clean()
    declaration.save(force_insert=True)
    return declaration


def locked(project: Project) -> Project:
    rows = Project.objects.select_related("division", "type")
    return rows.select_for_update(of=("self",)).get(pk=project.pk)


@transaction.atomic
def set_target(
    *, project: Project, aspect: str, name: str, operator: str, by: User,
    value: Decimal = Decimal(0), unit: str = "", **more: Any,
) -> Target:  # fmt: skip
    """Add a target, or change the one of the same aspect and name. `more` are the fields that
    may be left empty."""
    demand(by, SETTERS, project.division)
    project = locked(project)
    raise_if(targets_stand(project))
    open_declaration(project, by)
    target = Target.objects.filter(project=project, aspect=aspect, name=name).first() or Target(
        project=project, aspect=aspect, name=name
    )
    if target.indicator_id is None:
        target.indicator = library_of(project).filter(aspect=aspect, name=name).first()
    for field, given in {**more, "operator": operator, "value": value, "unit": unit}.items():
        setattr(target, field, given)
    target.set_by = by
    target.full_clean()
    sign(target, by).save()
    return target


@transaction.atomic
def drop_target(*, target: Target, by: User) -> None:
    demand(by, SETTERS, target.project.division)
    raise_if(targets_stand(locked(target.project)))
    sign(target, by, "删除指标").delete()


@transaction.atomic
def fill_from_library(*, project: Project, wanted: Sequence[Wanted], by: User) -> int:
    """A target for each; what is there already gets the new value. How many there were."""
    for chosen in wanted:
        model = chosen.indicator
        set_target(
            project=project, aspect=model.aspect, name=model.name, operator=model.operator,
            value=chosen.value, wording=chosen.wording, unit=model.unit, weight=model.weight,
            explanation=model.explanation, data_source=model.data_source, evidence=model.evidence,
            by=by,
        )  # fmt: skip
    return len(wanted)


@transaction.atomic
def start_version(*, project: Project, reason: str, by: User) -> Declaration:
    """确需调整的: the next version, which says why."""
    demand(by, SETTERS, project.division)
    project = locked(project)
    raise_if(no_new_version(project))
    latest = Declaration.objects.latest_of(project)
    goal, number = (latest.goal, latest.number + 1) if latest else (project.content, 1)
    return start(project, by, goal=goal, reason=reason, number=number)


@transaction.atomic
def declare_goal(*, declaration: Declaration, goal: str, by: User) -> Declaration:
    demand(by, SETTERS, declaration.division)
    declaration = Declaration.objects.select_for_update(of=("self",)).get(pk=declaration.pk)
    if declaration.status != Declaration.Status.DRAFT:
        raise Refused("绩效目标已送审，不能改动", who_can_clear="现办理人（退回）")
    declaration.goal = goal
    declaration.full_clean()
    declaration.save(update_fields=["goal"])
    return declaration


@transaction.atomic
def publish_targets(
    *, declaration: Declaration, by: User, facts: Mapping[str, Any]
) -> TargetPublication:
    demand(by, PUBLISHERS, declaration.division)
    raise_if(not_to_publish(declaration))
    publication = TargetPublication(declaration=declaration, recorded_by=by, **facts)
    publication.full_clean()
    publication.save(force_insert=True)
    return publication
