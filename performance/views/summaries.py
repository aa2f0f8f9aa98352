from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from organizations.requests import OfficeRequest
from performance.models import Grade
from performance.summaries import BY, asked, summary
from projects.policies import demand_project_reader


@require_safe
def performance_summary(request: OfficeRequest) -> HttpResponse:
    """绩效汇总表, by what the person chose."""
    demand_project_reader(request.user)
    by, year = asked(request.GET)
    context = {
        "groups": summary(request.user, by, year),
        "by": by,
        "year": year,
        "ways": [(key, label) for key, (label, _) in BY.items()],
        "label": BY[by][0],
        "grades": Grade.labels,
    }
    return render(request, "performance/summary.html", context)
