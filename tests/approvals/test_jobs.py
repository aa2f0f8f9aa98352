"""Long work: done once, however many workers, brokers and kills there are."""

from __future__ import annotations

import multiprocessing
import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone
from kombu.exceptions import OperationalError
from pytest_django import Settings

from approvals import job_files, job_runs, tasks
from approvals.job_runs import JobError, Outcome, Progress
from approvals.jobs import confirm_job, start_job
from approvals.models import Job
from organizations.models import Organization
from organizations.policies import Refused
from tests.cast import Cast
from tests.databases import at_once

BACKEND = "django.contrib.auth.backends.ModelBackend"
S = Job.Status


@pytest.fixture(autouse=True)
def home(settings: Settings, tmp_path: Path) -> None:
    settings.HOME = tmp_path


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Messages to the broker, which the tests do without."""
    messages: list[int] = []
    monkeypatch.setattr(tasks.run_job, "apply_async", lambda args, **_: messages.append(args[0]))
    return messages


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A kind of job whose work is whatever the test puts under "work"."""
    slot: dict[str, Any] = {}
    monkeypatch.setitem(job_runs.KINDS, "test", lambda job, progress: slot["work"](job, progress))
    return slot


def a_job(cast: Cast, who: str = "finance_clerk") -> Job:
    return start_job(kind="test", title="测试任务", owner=cast[who], arguments={})


def log_in(client: Client, cast: Cast, who: str) -> None:
    client.force_login(cast[who], backend=BACKEND)


def test_a_job_is_announced_when_its_row_is_committed(
    cast: Cast, sent: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        job = a_job(cast)
        assert sent == []
    assert sent == [job.pk]


def test_the_work_is_done_and_shown(cast: Cast, kind: dict[str, Any]) -> None:
    job = a_job(cast)
    kind["work"] = lambda job, progress: Outcome(S.DONE, {"summary": [["行数", "3 行"]]})
    tasks.run_job(job.pk)
    job.refresh_from_db()
    assert (job.status, job.result["summary"]) == (S.DONE, [["行数", "3 行"]])
    assert job.started_at and job.finished_at


def test_a_second_message_does_nothing(cast: Cast, kind: dict[str, Any]) -> None:
    calls: list[int] = []
    kind["work"] = lambda job, progress: Outcome(S.DONE, write=lambda: calls.append(1))
    job = a_job(cast)
    tasks.run_job(job.pk)
    tasks.run_job(job.pk)
    assert calls == [1]


def test_two_workers_race_and_one_works(committed_cast: Cast, kind: dict[str, Any]) -> None:
    calls: list[int] = []

    def work(job: Job, progress: Progress) -> Outcome:
        calls.append(job.pk)
        time.sleep(0.3)
        return Outcome(S.DONE)

    kind["work"] = work
    job = a_job(committed_cast)
    assert at_once(6, lambda _: tasks.run_job(job.pk)) == [None] * 6
    assert calls == [job.pk]


def test_progress_is_seen_while_the_work_is_open(
    committed_cast: Cast, kind: dict[str, Any]
) -> None:
    seen: list[tuple[int, int, str]] = []

    def look(job: Job, progress: Progress) -> None:
        Organization.objects.filter(kind="finance").update(office_phone="0996-1")
        progress(7, 20)
        other = connections["default"].copy()
        with other.cursor() as cursor:
            cursor.execute("SELECT done, total, status FROM approvals_job WHERE id = %s", [job.pk])
            seen.append(cursor.fetchone())
        other.close()

    kind["work"] = lambda job, progress: Outcome(S.DONE, write=lambda: look(job, progress))
    tasks.run_job(a_job(committed_cast).pk)
    assert seen == [(7, 20, "running")]


def test_what_failed_work_wrote_is_gone(cast: Cast, kind: dict[str, Any]) -> None:
    def write() -> None:
        Organization.objects.filter(pk=unit.pk).update(office_phone="0996-1")
        raise JobError({"where": "第 7 行", "reason": "金额不对"})

    job, unit = a_job(cast), cast.post("finance_clerk").organization
    kind["work"] = lambda job, progress: Outcome(S.DONE, write=write)
    tasks.run_job(job.pk)
    job.refresh_from_db()
    unit.refresh_from_db()
    assert job.status == S.FAILED
    assert job.result["errors"] == [{"where": "第 7 行", "reason": "金额不对"}]
    assert unit.office_phone == "0996-0000000"


def test_a_mistake_in_the_program_is_said_without_its_entrails(
    cast: Cast, kind: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    job = a_job(cast)
    kind["work"] = lambda job, progress: 1 / 0
    tasks.run_job(job.pk)
    job.refresh_from_db()
    assert "程序出错" in job.result["errors"][0]["reason"]
    assert "ZeroDivisionError" in caplog.text


def _work_and_die(job_id: int, started: Any) -> None:
    """A worker that is killed in the middle: it has written, and not committed."""
    connections.close_all()

    def write() -> None:
        Organization.objects.filter(kind="finance").update(office_phone="0996-1")
        started.set()
        time.sleep(60)

    job_runs.KINDS["test"] = lambda job, progress: Outcome(S.DONE, write=write)
    job_runs.run(job_id)


def test_a_killed_worker_leaves_nothing_half_done_and_the_sweep_finds_the_job(
    committed_cast: Cast, kind: dict[str, Any], sent: list[int]
) -> None:
    job = a_job(committed_cast)
    fork = multiprocessing.get_context("fork")
    started = fork.Event()
    connections.close_all()
    worker = fork.Process(target=_work_and_die, args=(job.pk, started))
    worker.start()
    assert started.wait(20)
    assert job_runs.is_at_work(job.pk)
    worker.kill()
    worker.join()
    worker.close()
    wait_until_free(job.pk)
    Job.objects.filter(pk=job.pk).update(started_at=timezone.now() - timedelta(minutes=1))
    sent.clear()
    tasks.sweep_jobs()
    assert sent == [job.pk]
    assert not Organization.objects.filter(office_phone="0996-1").exists()
    kind["work"] = lambda job, progress: Outcome(S.DONE)
    tasks.run_job(job.pk)
    job.refresh_from_db()
    assert job.status == S.DONE


def wait_until_free(job_id: int) -> None:
    """The server notices a dead client within moments."""
    deadline = time.monotonic() + 10
    while job_runs.is_at_work(job_id) and time.monotonic() < deadline:
        time.sleep(0.05)


def test_a_job_that_always_kills_its_worker_is_given_up(cast: Cast, kind: dict[str, Any]) -> None:
    job = a_job(cast)
    Job.objects.filter(pk=job.pk).update(status=S.RUNNING, result={"attempts": 3})
    tasks.run_job(job.pk)
    job.refresh_from_db()
    assert job.status == S.FAILED
    assert "中断" in job.result["errors"][0]["reason"]


def test_without_a_broker_the_page_answers_and_the_sweep_delivers(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def no_broker(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("connection refused")

    with monkeypatch.context() as patch:
        patch.setattr(tasks.run_job, "apply_async", no_broker)
        with django_capture_on_commit_callbacks(execute=True):
            job = a_job(cast)
    Job.objects.filter(pk=job.pk).update(created_at=timezone.now() - timedelta(minutes=1))
    found: list[int] = []
    monkeypatch.setattr(tasks.run_job, "apply_async", lambda args, **_: found.append(args[0]))
    tasks.sweep_jobs()
    assert found == [job.pk]


def test_old_files_are_swept(cast: Cast) -> None:
    old, new = job_files.store("旧.xlsx", [b"a"]), job_files.store("新.xlsx", [b"b"])
    long_ago = time.time() - (job_files.KEPT_DAYS + 1) * 24 * 3600
    os.utime(job_files.path_of(old).parent, (long_ago, long_ago))
    tasks.sweep_jobs()
    assert not job_files.path_of(old).exists()
    assert job_files.path_of(new).read_bytes() == b"b"


def test_only_a_checked_job_is_confirmed_and_only_once(cast: Cast, kind: dict[str, Any]) -> None:
    job = a_job(cast)
    with pytest.raises(Refused, match="排队"):
        confirm_job(job, by=cast["finance_clerk"])
    kind["work"] = lambda job, progress: Outcome(S.READY)
    tasks.run_job(job.pk)
    first = confirm_job(job, by=cast["finance_clerk"]).arguments
    assert confirm_job(job, by=cast["finance_clerk"]).arguments == first


def test_the_pages(cast: Cast, kind: dict[str, Any], client: Client) -> None:
    job = a_job(cast)
    log_in(client, cast, "finance_clerk")
    page = client.get(f"/jobs/{job.pk}/")
    assert "hx-trigger" in page.text and 'http-equiv="refresh"' in page.text
    assert client.get(f"/jobs/{job.pk}/", headers={"HX-Request": "true"}).status_code == 200

    def work(job: Job, progress: Progress) -> Outcome:
        return Outcome(S.DONE, {}, job_files.store("结果.xlsx", [b"content"]))

    kind["work"] = work
    tasks.run_job(job.pk)
    assert client.get(f"/jobs/{job.pk}/", headers={"HX-Request": "true"}).status_code == 286
    assert "测试任务" in client.get("/jobs/").text
    answer = client.get(f"/jobs/{job.pk}/result/")
    assert answer["Content-Disposition"].startswith("attachment")
    assert b"".join(answer.streaming_content) == b"content"  # type: ignore[attr-defined]


@pytest.mark.parametrize("who", ["finance_reviewer", "other_finance_clerk", "system_admin"])
def test_a_job_is_its_owners_alone(
    cast: Cast, kind: dict[str, Any], client: Client, who: str
) -> None:
    job = a_job(cast)
    log_in(client, cast, who)
    assert client.get(f"/jobs/{job.pk}/").status_code == 404
    assert client.post(f"/jobs/{job.pk}/confirm/").status_code == 404
    assert client.get(f"/jobs/{job.pk}/result/").status_code == 404
