"""The targets on a project's page: projects stand below performance and cannot ask for them."""

from __future__ import annotations

from typing import Any

from django import template

from performance.models import Declaration, Target
from performance.targets import as_tree, lines_of
from projects.models import Project

register = template.Library()


@register.inclusion_tag("performance/_panel.html")
def target_panel(project: Project, *, is_paper: bool = False) -> dict[str, Any]:
    """On paper, without the link to where targets are set."""
    return {
        "project": project,
        "tree": as_tree(Target.objects.filter(project=project)),
        "latest": Declaration.objects.latest_of(project),
        "is_paper": is_paper,
    }


@register.inclusion_tag("performance/_targets.html")
def declared_lines(declaration: Declaration) -> dict[str, Any]:
    return {"tree": as_tree(lines_of(declaration))}


@register.simple_tag
def target_count(project: Project) -> int:
    return Target.objects.filter(project=project).count()
