"""What a worker does with a job: take it, do its work once, write down how it ended.

The work reads and thinks first, outside any transaction; what it writes and the job's last
state are one transaction, so a killed worker leaves nothing half done. Being at work is a
session lock of PostgreSQL on a second connection: it ends with the worker, however the worker
ends, and the same connection shows progress while the transaction is still open.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from organizations.policies import Refused

from .attempts import keep_uncommitted, keeping_attempts
from .decisions import refused_by_trigger
from .models import Job

logger = logging.getLogger(__name__)

ATTEMPTS_MAX = 3
SECONDS_BETWEEN_REPORTS = 0.3
Status = Job.Status
Progress = Callable[[int, int], None]  # done, total


@dataclass(frozen=True)
class Outcome:
    """How the work ended. `result` is shown on the job's page: `summary` [[label, value]],
    `columns` and `rows` of a preview, `errors` [{where, reason}], `link` [label, address].
    `write` is called in the transaction that ends the job."""

    status: Job.Status
    result: Mapping[str, Any] = field(default_factory=dict)
    output_path: str = ""
    write: Callable[[], None] | None = None


class JobError(Exception):
    """The work cannot be done; whatever it wrote is rolled back, the outcome is kept."""

    def __init__(self, *errors: Mapping[str, str], **result: Any) -> None:
        self.output_path: str = result.pop("output_path", "")
        self.result = {**result, "errors": list(errors)}
        super().__init__(errors[0]["reason"] if errors else "")


Work = Callable[[Job, Progress], Outcome]
KINDS: dict[str, Work] = {}


def job_kind(name: str) -> Callable[[Work], Work]:
    """Registers the function that does the work of jobs of this kind."""

    def register(work: Work) -> Work:
        KINDS[name] = work
        return work

    return register


def run(job_id: int) -> None:
    """Do the work of one job, unless somebody is at it or it is no longer waiting."""
    with at_work(job_id) as line:
        if line is None:
            return
        job = _claim(job_id)
        if job is not None:
            with keeping_attempts():
                _work(job, Reporter(line, job.pk))


def is_at_work(job_id: int) -> bool:
    with at_work(job_id) as line:
        return line is None


@contextmanager
def at_work(job_id: int) -> Iterator[BaseDatabaseWrapper | None]:
    """The worker's own line to the database, or None while another worker has the job."""
    line = connection.copy()
    try:
        with line.cursor() as cursor:
            cursor.execute(
                "SELECT pg_try_advisory_lock(hashtextextended('approvals.job:' || %s, 0))",
                [str(job_id)],
            )
            is_ours = cursor.fetchone()[0]
        yield line if is_ours else None
    finally:
        line.close()


def _claim(job_id: int) -> Job | None:
    """A running job whose lock was free has lost its worker: it is taken over."""
    with transaction.atomic():
        job = (
            Job.objects.select_for_update(skip_locked=True)
            .filter(pk=job_id, status__in=(Status.QUEUED, Status.RUNNING))
            .first()
        )
        if job is None:
            return None
        attempts = job.result.get("attempts", 0) + 1
        if attempts > ATTEMPTS_MAX:
            reason = f"处理中断 {ATTEMPTS_MAX} 次，没有写入任何内容，请联系系统管理员"
            _end(job, Status.FAILED, {"errors": [{"where": "", "reason": reason}]})
            return None
        job.status, job.result, job.done = Status.RUNNING, {"attempts": attempts}, 0
        job.started_at = timezone.now()
        job.save(update_fields=["status", "result", "done", "started_at"])
    return job


def _work(job: Job, report: Progress) -> None:
    try:
        outcome = KINDS[job.kind](job, report)
        with transaction.atomic():
            if outcome.write:
                outcome.write()
            _end(job, outcome.status, outcome.result, outcome.output_path)
    except JobError as failure:
        _end(job, Status.FAILED, failure.result, failure.output_path)
    except Refused as refused:
        _end(job, Status.FAILED, {"errors": [_as_error(refused)]})
    except (OperationalError, InterfaceError):
        raise  # the database went away; the sweep hands the job to another worker
    except Exception as error:
        refusal = refused_by_trigger(error) if isinstance(error, DatabaseError) else None
        if refusal:
            keep_uncommitted(refusal)
            return _end(job, Status.FAILED, {"errors": [_as_error(refusal)]})
        logger.exception("job %s (%s) failed", job.pk, job.kind)
        reason = "程序出错，没有写入任何内容；错误已记入日志，请联系系统管理员"
        _end(job, Status.FAILED, {"errors": [{"where": "", "reason": reason}]})


def _as_error(refused: Refused) -> dict[str, str]:
    refusal = refused.refusal
    parts = [refusal.reason]
    if refusal.clause:
        parts.append(f"依据：{refusal.clause}")
    if refusal.who_can_clear:
        parts.append(f"可由{refusal.who_can_clear}处理")
    return {"where": "", "reason": "。".join(parts)}


def _end(job: Job, status: Job.Status, result: Mapping[str, Any], output_path: str = "") -> None:
    job.status, job.result, job.output_path = status, dict(result), output_path
    job.finished_at = timezone.now()
    job.save(update_fields=["status", "result", "output_path", "finished_at"])


class Reporter:
    """Writes progress past the open transaction, a few times a second."""

    def __init__(self, line: BaseDatabaseWrapper, job_id: int) -> None:
        self.line, self.job_id, self.last = line, job_id, 0.0

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if done < total and now - self.last < SECONDS_BETWEEN_REPORTS:
            return
        self.last = now
        with self.line.cursor() as cursor:
            cursor.execute(
                "UPDATE approvals_job SET done = %s, total = %s WHERE id = %s AND status = %s",
                [min(done, total), total, self.job_id, Status.RUNNING],
            )
