"""What lower apps' pages show of problems: they stand below supervision and cannot ask for it."""

from __future__ import annotations

from typing import Any

from django import template

from approvals.models import Subject
from organizations.models import User
from supervision.policies import REGISTRARS
from supervision.queries import findings_about, findings_naming

register = template.Library()


@register.inclusion_tag("supervision/_panel.html")
def finding_panel(subject: Subject, user: User) -> dict[str, Any]:
    return {
        "findings": findings_about(subject),
        "may_register": bool(user.roles().intersection(REGISTRARS)),
        "subject_type": subject.life(),
        "subject": subject,
    }


@register.inclusion_tag("supervision/_panel.html")
def person_findings(name: str, unit: str, user: User) -> dict[str, Any]:
    """For life, of what this reader may see."""
    return {"findings": findings_naming(name, unit).visible_to(user)}
