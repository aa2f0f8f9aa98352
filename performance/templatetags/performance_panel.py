"""The targets on a project's page: projects stand below performance and cannot ask for them."""

from __future__ import annotations

from typing import Any

from django import template

from performance.models import Target
from projects.models import Project

register = template.Library()


@register.inclusion_tag("performance/_panel.html")
def target_panel(project: Project, *, is_paper: bool = False) -> dict[str, Any]:
    """On paper, without the link to where targets are set."""
    targets = Target.objects.filter(project=project)
    return {"project": project, "targets": targets, "is_paper": is_paper}


@register.simple_tag
def target_count(project: Project) -> int:
    return Target.objects.filter(project=project).count()
