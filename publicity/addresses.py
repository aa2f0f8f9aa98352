"""Where the notices about a subject stand, by its life."""

from __future__ import annotations

from django.urls import reverse

from approvals.models import Meeting, Subject
from projects.models import Adjustment, AnnualPlan, Project

PREFIXES = {
    AnnualPlan.life(): "plan_",
    Adjustment.life(): "adjustment_",
    Meeting.life(): "meeting_",
    Project.life(): "",
}


def address(subject: Subject, page: str, *args: object) -> str:
    """Of `notice_list` or `notice_publish` about it."""
    return reverse(f"{PREFIXES[subject.life()]}{page}", args=(subject.pk, *args))
