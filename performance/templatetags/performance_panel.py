"""The targets on a project's page: projects stand below performance and cannot ask for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.template import Context

from approvals.models import Evidence
from performance.evaluating import refuse_evaluating, rules_of
from performance.models import Declaration, Evaluation, Monitoring, PaymentHold, Target
from performance.monitoring import rows_of
from performance.policies import refuse_monitoring
from performance.scoring import percent, share
from performance.summaries import PastResult, past_results
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
        "evaluations": Evaluation.objects.filter(project=project)
        .select_related("check_row")
        .order_by("year"),
        "may_evaluate": not is_paper and refuse_evaluating(project, user) is None,
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


@register.inclusion_tag("performance/_scored_lines.html")
def scored_lines(evaluation: Evaluation, *, is_paper: bool = False) -> dict[str, Any]:
    scores = list(evaluation.scores.select_related("line").order_by("line_id"))
    digests = {digest for score in scores for digest in score.papers}
    papers = {paper.sha256: paper for paper in Evidence.objects.filter(sha256__in=digests)}
    return {
        "evaluation": evaluation,
        "rows": [(score, [papers[d] for d in score.papers if d in papers]) for score in scores],
        "rate": spent_rate(evaluation),
        "execution_points": rules_of(evaluation.year).execution,
        "is_paper": is_paper,
    }


@register.simple_tag
def spent_rate(figures: Monitoring | Evaluation) -> str:
    return str(percent(share(figures.spent, figures.budget)))


@register.simple_tag
def past_results_of(rows: Iterable[Any]) -> dict[int, PastResult]:
    """Of the units that apply again, for a list of projects, or of rows that have one."""
    found = [project_in(row) for row in rows]
    return past_results([project for project in found if project])


def project_in(row: Any) -> Project | None:
    first = row[0] if isinstance(row, tuple) else row
    first = getattr(first, "project", None) or getattr(first, "subject", None) or first
    return first if isinstance(first, Project) else None


@register.inclusion_tag("performance/_past_result.html")
def past_result(results: Mapping[int, PastResult], project: Any) -> dict[str, Any]:
    is_project = isinstance(project, Project)
    return {"result": results.get(project.pk) if is_project else None}


@register.simple_tag
def causes_of(monitoring: Monitoring) -> str:
    labels = dict(Monitoring.Cause.choices)
    found = "、".join(str(labels[code]) for code in monitoring.causes)
    return f"{found}。" if found else ""


@register.simple_tag
def target_count(project: Project) -> int:
    return Target.objects.filter(project=project).count()
