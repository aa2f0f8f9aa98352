"""The notices on a project's page: projects stand below publicity and cannot ask for them."""

from __future__ import annotations

from typing import Any

from django import template

from projects.models import Project
from publicity.queries import notices_of

register = template.Library()


@register.inclusion_tag("publicity/_panel.html")
def notice_panel(project: Project) -> dict[str, Any]:
    return {"project": project, "notices": notices_of(project)}
