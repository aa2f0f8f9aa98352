"""The targets on a project's page: projects stand below performance and cannot ask for them."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context

from approvals.models import Evidence
from performance.models import Declaration, Monitoring, PaymentHold, Target
from performance.monitoring import rows_of
from performance.policies import refuse_monitoring
from performance.scoring import percent, share
from performance.targets import as_tree, lines_of
from projects.models import Project

register = template.Library()


@register.inclusion_tag("performance/_panel.html", takes_context=True)
def target_panel(context: Context, project: Project, *, is_paper: bool = False) -> dict[str, Any]:
    """On paper, without the links to where targets are set."""
    user = context["request"].user
    return {
        "project": project,
        "tree": as_tree(Target.objects.filter(project=project)),
        "latest": Declaration.objects.latest_of(project),
        "monitorings": Monitoring.objects.filter(project=project).order_by("as_of"),
        "holds": PaymentHold.objects.filter(project=project).order_by("pk"),
        "may_monitor": not is_paper and refuse_monitoring(project, user) is None,
        "is_paper": is_paper,
    }


@register.inclusion_tag("performance/_targets.html")
def declared_lines(declaration: Declaration) -> dict[str, Any]:
    return {"tree": as_tree(lines_of(declaration))}


@register.inclusion_tag("performance/_monitored_lines.html")
def monitored_lines(monitoring: Monitoring, *, is_paper: bool = False) -> dict[str, Any]:
    rows = rows_of(monitoring)
    digests = {digest for row in rows if row.actual for digest in row.actual.papers}
    papers = {paper.sha256: paper for paper in Evidence.objects.filter(sha256__in=digests)}
    shown = [
        (row, [papers[d] for d in (row.actual.papers if row.actual else ()) if d in papers])
        for row in rows
    ]
    return {"rows": shown, "is_paper": is_paper}


@register.simple_tag
def spent_rate(monitoring: Monitoring) -> str:
    return str(percent(share(monitoring.spent, monitoring.budget)))


@register.simple_tag
def causes_of(monitoring: Monitoring) -> str:
    labels = dict(Monitoring.Cause.choices)
    found = "、".join(str(labels[code]) for code in monitoring.causes)
    return f"{found}。" if found else ""


@register.simple_tag
def target_count(project: Project) -> int:
    return Target.objects.filter(project=project).count()
