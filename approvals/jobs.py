"""Long work that a person starts: the row is written, then a worker is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from organizations.models import User
from organizations.policies import Refused

from . import job_files
from .job_runs import JobError, Outcome, Progress, job_kind
from .models import Job
from .tasks import enqueue_on_commit

__all__ = ["JobError", "Outcome", "Progress", "confirm_job", "job_kind", "start_job"]


@transaction.atomic
def start_job(
    *,
    kind: str,
    title: str,
    owner: User,
    arguments: Mapping[str, Any],
    input_file: tuple[str, Iterable[bytes]] | None = None,
) -> Job:
    """`input_file` is a name of our own choosing and the content in chunks."""
    job = Job.objects.create(
        kind=kind,
        title=title,
        owner=owner,
        arguments=dict(arguments),
        input_path=job_files.store(*input_file) if input_file else "",
    )
    enqueue_on_commit(job.pk)
    return job


@transaction.atomic
def confirm_job(job: Job, *, by: User) -> Job:
    """Let a checked job do what its preview showed. A second confirmation changes nothing."""
    locked = Job.objects.select_for_update().get(pk=job.pk, owner=by)
    if locked.arguments.get("confirmed_at"):
        return locked
    if locked.status != Job.Status.READY:
        raise Refused(
            f"任务“{locked}”现在是“{locked.get_status_display()}”，不能确认",
            who_can_clear="发起人（重新发起任务）",
        )
    locked.arguments = {**locked.arguments, "confirmed_at": timezone.now().isoformat()}
    locked.status, locked.done = Job.Status.QUEUED, 0
    locked.result = {}
    locked.save(update_fields=["arguments", "status", "done", "result"])
    enqueue_on_commit(locked.pk)
    return locked
