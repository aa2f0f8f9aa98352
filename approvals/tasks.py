from __future__ import annotations

import logging
from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from organizations.calendar import is_working

from . import digests, job_runs
from .job_files import delete_old_folders
from .models import Digest, Job

logger = logging.getLogger(__name__)

# A queued job that nobody took for so long was forgotten by the broker, or waits in line:
# a second message does no harm.
FORGOTTEN_AFTER = timedelta(seconds=15)


@shared_task
def run_job(job_id: int) -> None:
    job_runs.run(job_id)


@shared_task
def sweep_jobs() -> None:
    """Every job that waits, or has lost its worker, gets a worker; old files go."""
    long_ago = timezone.now() - FORGOTTEN_AFTER
    waiting = Job.objects.filter(status=Job.Status.QUEUED, created_at__lt=long_ago)
    running = Job.objects.filter(status=Job.Status.RUNNING, started_at__lt=long_ago)
    for job_id in waiting.values_list("pk", flat=True):
        enqueue(job_id)
    for job_id in running.values_list("pk", flat=True):
        if not job_runs.is_at_work(job_id):
            enqueue(job_id)
    delete_old_folders()


@shared_task
def send_digests() -> None:
    """On a working day: the digests are written once, and each is tried until it is sent."""
    today = timezone.localdate()
    if not settings.EMAIL_HOST or not is_working(today):
        return
    if not Digest.objects.filter(day=today).exists():
        digests.write_digests(today)
    for digest_id in digests.unsent(today):
        digests.send_digest(digest_id)


def enqueue_on_commit(job_id: int) -> None:
    transaction.on_commit(lambda: enqueue(job_id))


def enqueue(job_id: int) -> None:
    """Hurry a job. The row is the duty: without a broker the sweep will find it."""
    try:
        run_job.apply_async((job_id,), retry=False)
    except (OperationalError, OSError):
        logger.warning("no broker; job %s waits for the sweep", job_id)
