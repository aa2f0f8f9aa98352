"""A return by hand: a worker takes the figures, whoever asked for them sees how far it is."""

from __future__ import annotations

import datetime as dt

from approvals.digests import tell_with
from approvals.job_runs import Outcome, Progress, job_kind
from approvals.models import Job
from organizations.models import Division

from .checking import reds, run_checks
from .models import MonthlyReturn
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


@job_kind("reports.run_checks")
def check(job: Job, progress: Progress) -> Outcome:
    """Of a county whose chain is too long to be walked while a page waits."""
    monthly = MonthlyReturn.objects.get(pk=job.arguments["monthly"])
    version = run_checks(monthly=monthly, by=job.owner, progress=progress)
    summary = [["不符", f"{len(reds(version))} 项"]]
    link = ["查看核对结果", f"{monthly.get_absolute_url()}#checks"]
    return Outcome(Job.Status.DONE, {"summary": summary, "link": link})
