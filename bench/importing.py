"""20,000 receipts from a workbook: read, checked, previewed and posted; how much memory it took.

The import runs in a process of its own (`python -m bench.importing`), so that its high-water
mark is its own.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from pathlib import Path

import django

ROWS, LIMIT_MB = 20_000, 400


def import_receipts() -> bool:
    """Runs the import; whether it ended well and stayed below the limit."""
    from bench.volume import find_ground  # noqa: PLC0415 - needs django.setup()
    from funds.models import Allotment  # noqa: PLC0415

    allotment = Allotment.objects.get(pk=find_ground().allotments[0])
    workbook = make_workbook(allotment.document_number)
    command = [sys.executable, "-m", "bench.importing", str(allotment.pk), workbook]
    return subprocess.run(command, check=False).returncode == 0


def main(allotment_id: int, workbook: str) -> int:
    django.setup()
    from approvals import job_runs  # noqa: PLC0415
    from approvals.models import Job  # noqa: PLC0415
    from funds.models import Allotment  # noqa: PLC0415
    from organizations.models import User  # noqa: PLC0415

    allotment = Allotment.objects.select_related("county").get(pk=allotment_id)
    job = Job.objects.create(
        kind="funds.import_receipts",
        title="测量导入",
        owner=User.objects.get(real_name="朱砚清"),
        arguments={"county": allotment.county.code},
        input_path=workbook,
    )
    start = time.monotonic()
    job_runs.run(job.pk)
    job.refresh_from_db()
    checked = time.monotonic() - start
    if job.status == Job.Status.READY:
        job.arguments = {**job.arguments, "confirmed_at": "bench"}
        job.status = Job.Status.QUEUED
        job.save(update_fields=["arguments", "status"])
        job_runs.run(job.pk)
        job.refresh_from_db()
    posted = time.monotonic() - start - checked
    own, reader = (peak(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    fine = job.status == Job.Status.DONE and own + reader < LIMIT_MB
    print(
        f"导入：{ROWS:,} 笔到账，{job.get_status_display()}；"
        f"检查 {checked:.0f} 秒，入账 {posted:.0f} 秒；"
        f"内存峰值 {own:.0f} MB，读表子进程 {reader:.0f} MB {'✓' if fine else '✗'}"
    )
    if job.status != Job.Status.DONE:
        print(f"  {job.result}"[:600])
    return 0 if fine else 1


def make_workbook(document_number: str) -> str:
    """Made in another process, whose memory is not the import's."""
    from approvals import job_files  # noqa: PLC0415

    stored = job_files.new_path("receipts.xlsx")
    code = "import sys; from bench.importing import write_workbook; write_workbook(*sys.argv[1:])"
    path = str(job_files.path_of(stored))
    subprocess.run([sys.executable, "-c", code, path, document_number], check=True)
    return stored


def write_workbook(path: str, document_number: str) -> None:
    django.setup()
    from django.utils import timezone  # noqa: PLC0415
    from openpyxl import Workbook  # noqa: PLC0415

    from funds.spreadsheets import RECEIPTS  # noqa: PLC0415

    book = Workbook(write_only=True)
    page = book.create_sheet(RECEIPTS.title)
    page.append([column.header for column in RECEIPTS.columns])
    for number in range(ROWS):
        values = {
            "document_number": document_number,
            "occurred_on": timezone.localdate(),
            "amount": 1 + number % 100 / 100,
            "payer": "巴州财政局",
            "document": f"HD{number:06d}",
            "memo": f"第{number}笔",
        }
        page.append([values.get(column.field) for column in RECEIPTS.columns])
    book.save(Path(path))


def peak(who: int) -> float:
    """MB, the high-water mark."""
    return resource.getrusage(who).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2]))
