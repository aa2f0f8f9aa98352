"""Targets on their way, what came of them, and what they stop."""

from __future__ import annotations

from performance.models import Declaration
from projects.models import Project
from tests import factories as make
from tests.cast import Cast


def declaration(cast: Cast, project: Project | None = None) -> Declaration:
    """Being filled in, with every indicator that it needs."""
    project = make.with_targets(cast, project or make.draft_project(cast))
    return Declaration.objects.get(project=project)


def approved(project: Project) -> Declaration:
    found = Declaration.objects.approved_of(project)
    assert found
    return found


def world(cast: Cast, project: Project) -> dict[str, int]:
    """Of each kind one, for the matrix of who may open what. `project` is under way."""
    return {
        "declared": approved(project).pk,
        "declaring": Declaration.objects.filter(status="draft").earliest("pk").pk,
    }
