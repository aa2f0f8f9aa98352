from __future__ import annotations

import logging

from celery import shared_task

from .verification import verify_all

logger = logging.getLogger(__name__)


@shared_task
def verify_every_ledger() -> None:
    """Nightly; what differs is logged as an error for each county."""
    for result in verify_all():
        for problem in result.problems:
            logger.error("ledger of %s differs: %s", result.county.code, problem)
