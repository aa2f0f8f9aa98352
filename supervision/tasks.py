from __future__ import annotations

from celery import shared_task

from .escalations import escalate_overdue


@shared_task
def bring_up_overdue() -> int:
    return escalate_overdue()
