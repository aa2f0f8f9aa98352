"""Who answers for what, read across projects: the list, one person for life, one day of one
project (倒查)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from approvals.models import Decision
from organizations.models import Post, User
from organizations.models.divisions import Level

from .models import Project, Responsibility
from .responsible import (
    ANSWERED_FOR,
    WITH_ASSETS,
    Named,
    answering,
    by_duty,
    expected,
    major_among,
    named,
)

D = Responsibility.Duty


@dataclass(frozen=True)
class Held:
    """A duty of a project with whoever holds it; `is_missing` where nobody does who should."""

    duty: Responsibility.Duty
    holders: Sequence[Named]
    is_missing: bool


@dataclass(frozen=True)
class Answered:
    """A line of the list."""

    project: Project
    is_major: bool
    duties: Sequence[Held]


@dataclass(frozen=True)
class Chain:
    """A duty of one project with everybody who ever held it, the latest first."""

    duty: Responsibility.Duty
    rows: Sequence[Named]
    is_missing: bool


def answered_rows(projects: Sequence[Project]) -> list[Answered]:
    """Two queries, however many projects."""
    major = major_among(project.pk for project in projects)
    rows = (
        Responsibility.objects.filter(project__in=projects)
        .answering()
        .select_related("person", "successor")
    )
    of_project: dict[int, list[Named]] = {}
    for one in named(rows, major):
        of_project.setdefault(one.row.project_id, []).append(one)
    return [
        Answered(
            project,
            project.pk in major,
            held_duties(project, of_project.get(project.pk, [])),
        )
        for project in projects
    ]


def held_duties(project: Project, found: Iterable[Named]) -> list[Held]:
    held, wanted = by_duty(found), expected(project)
    return [Held(duty, held.get(duty, []), duty in wanted and duty not in held) for duty in D]


def chains_of(project: Project) -> list[Chain]:
    """With history, for the project's page and its 责任书. Empty before the approval."""
    if project.meeting_id is None:
        return []
    rows = project.responsibilities.select_related(
        "person", "successor", "predecessor", "recorded_by", "decision"
    )
    every = by_duty(reversed(named(rows, major_among([project.pk]))))
    standing = by_duty(answering(project))
    wanted = expected(project)
    return [
        Chain(duty, every.get(duty, []), duty in wanted and duty not in standing)
        for duty in D
        if duty in wanted or duty in every
    ]


def lacking(projects: QuerySet[Project], duty: str = "") -> QuerySet[Project]:
    """Those in which nobody holds the duty, or any duty, that somebody should hold."""
    found = Q()
    for one in [D(duty)] if duty else D:
        nobody = ~Exists(Responsibility.objects.in_force().filter(project=OuterRef("pk"), duty=one))
        found |= Q(nobody) & should_hold(one)
    return projects.filter(found)


def should_hold(duty: Responsibility.Duty) -> Q:
    """As `expected` says of one project."""
    if duty == D.VILLAGE_OWNER:
        return Q(division__level=Level.VILLAGE)
    if duty == D.ASSET_KEEPER:
        return Q(status__in=WITH_ASSETS)
    return ANSWERED_FOR


def decisions_until(project: Project, day: dt.date) -> QuerySet[Decision]:
    """Everything decided about the project and its payments up to the end of the day."""
    return Decision.objects.filter(cases__overlap=project.case_keys(), at__date__lte=day).order_by(
        "id"
    )


@dataclass(frozen=True)
class PersonalRecord:
    """One person for life. Decisions and posts only of somebody with an account."""

    name: str
    unit: str
    rows: Sequence[Named]
    posts: Sequence[Post]
    decisions: QuerySet[Decision]
    person: User | None = None

    @property
    def is_known(self) -> bool:
        return bool(self.rows or self.posts)


def record_of_person(person: User, reader: User) -> PersonalRecord:
    """As far as the reader's territory goes; his own whole."""
    rows = Responsibility.objects.filter(person=person)
    posts = Post.objects.filter(user=person).select_related("organization", "user")
    decisions = Decision.objects.filter(by=person).order_by("-id")
    if reader.pk != person.pk:
        rows, posts = rows.visible_to(reader), posts.visible_to(reader)
        decisions = decisions.visible_to(reader)
    return PersonalRecord(person.real_name, "", for_life(rows), list(posts), decisions, person)


def record_by_name(name: str, unit: str, reader: User) -> PersonalRecord:
    rows = Responsibility.objects.visible_to(reader).filter(name=name, unit=unit, person=None)
    return PersonalRecord(name, unit, for_life(rows), [], Decision.objects.none())


def for_life(rows: QuerySet[Responsibility]) -> list[Named]:
    found = list(
        rows.select_related("project__division__parent", "successor", "predecessor", "person")
    )
    marked = named(found, major_among({row.project_id for row in found}))
    return sorted(marked, key=lambda one: (one.row.valid_from, one.row.pk), reverse=True)
