from __future__ import annotations

from celery import shared_task

from .escalations import escalate_overdue
from .evaluating import evaluate_all


@shared_task
def bring_up_overdue() -> int:
    return escalate_overdue()


@shared_task
def evaluate_alerts() -> int:
    """How many new alerts there are; every county, each in its own transaction."""
    return evaluate_all().new
