"""A return by hand: a worker takes the figures, whoever asked for them sees how far it is."""

from __future__ import annotations

import datetime as dt

from approvals.digests import tell_with
from approvals.job_runs import Outcome, Progress, job_kind
from approvals.models import Job
from organizations.models import Division

from .reminders import returns_to_tell
from .services import retake_figures

tell_with(returns_to_tell)


@job_kind("reports.take_figures")
def take_figures(job: Job, progress: Progress) -> Outcome:
    county = Division.objects.get(code=job.arguments["county"])
    first_day = dt.date.fromisoformat(job.arguments["month"])
    progress(0, 1)
    version = retake_figures(county=county, first_day=first_day, by=job.owner)
    progress(1, 1)
    monthly = version.subject
    figures = version.figures
    summary = [
        ["资金", f"{len(figures['funds'])} 笔"],
        ["项目", f"{len(figures['projects'])} 个"],
        ["内容校验码", version.sha256],
    ]
    return Outcome(
        Job.Status.DONE, {"summary": summary, "link": ["查看月报", monthly.get_absolute_url()]}
    )
