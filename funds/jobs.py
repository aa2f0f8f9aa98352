"""The ledger's long work: a sheet is read and checked, shown, and on confirmation posted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import QueryDict
from django.urls import reverse

from approvals import job_files
from approvals.job_runs import JobError, Outcome, Progress, job_kind
from approvals.models import Job
from approvals.office_files import UnsafeFileError
from organizations.models import Division, Role
from organizations.policies import Refused, demand

from . import ledger, spreadsheets
from .exports import build_export
from .imports import Checked, New, check_allotments, check_receipts
from .money import format_yuan
from .services import record_allotment
from .workbook_writer import write
from .workbooks import Column, Filled, Row, Sheet, read

SHOWN_ROWS, SHOWN_ERRORS = 50, 200
BATCH = 500  # rows posted in one call, and one step of the progress bar
IMPORT_ROLES = (Role.FINANCE_CLERK,)


@dataclass(frozen=True)
class Importer:
    sheet: Sheet
    check: Callable[[Filled, Division], Checked]
    link: tuple[str, str]  # its words, and the name of an address
    again: str  # where to upload it mended
    roles: tuple[Role, ...] = IMPORT_ROLES
    lists: Callable[[Division], dict[str, list[str]]] = spreadsheets.lists_of


IMPORTERS = {
    "receipts": Importer(
        spreadsheets.RECEIPTS, check_receipts, ("查看专账明细账", "journal"), "receipt_import"
    ),
    "allotments": Importer(
        spreadsheets.ALLOTMENTS,
        check_allotments,
        ("查看指标", "allotment_list"),
        "allotment_import",
    ),
}


@job_kind("funds.import_receipts")
def import_receipts(job: Job, progress: Progress) -> Outcome:
    return run_import(job, progress, IMPORTERS["receipts"], _post_receipts)


@job_kind("funds.import_allotments")
def import_allotments(job: Job, progress: Progress) -> Outcome:
    return run_import(job, progress, IMPORTERS["allotments"], _record_allotments)


Poster = Callable[[Job, Checked, Division, Progress], None]


def run_import(job: Job, progress: Progress, importer: Importer, post: Poster) -> Outcome:
    """Checked twice: before the preview, and again on what the ledger has become since."""
    county = Division.objects.get(code=job.arguments["county"])
    demand(job.owner, importer.roles, county)
    path = job_files.path_of(job.input_path)
    try:
        filled = read(path, importer.sheet, rows_max=settings.IMPORT_ROWS_MAX)
    except UnsafeFileError as error:
        again = ["改好后重新上传", reverse(importer.again)]
        raise JobError({"where": "", "reason": str(error)}, link=again) from error
    checked = importer.check(filled, county)
    if checked.problems:
        raise _failure(importer, checked, county)
    result = _result(importer.sheet, checked)
    if not checked.new:
        return Outcome(Job.Status.DONE, {**result, "note": "没有新的行，未写入任何内容。"})
    if not job.arguments.get("confirmed_at"):
        return Outcome(Job.Status.READY, result)
    return Outcome(
        Job.Status.DONE,
        {**result, "link": [importer.link[0], reverse(importer.link[1])]},
        write=lambda: post(job, checked, county, progress),
    )


def _post_receipts(job: Job, checked: Checked, county: Division, progress: Progress) -> None:
    """One voucher per row, all in the job's transaction; a row's key is the job's and its own."""
    held = demand(job.owner, IMPORT_ROLES, county, in_person=True)
    progress(0, len(checked.new))
    for first in range(0, len(checked.new), BATCH):
        batch = checked.new[first : first + BATCH]
        arrivals = [_arrival(facts, f"job:{job.pk}:{row.number}") for row, facts in batch]
        try:
            ledger.receive_many(arrivals, county=county, by=job.owner, held=held)
        except Refused as refused:
            where = f"第 {batch[0][0].number} 至 {batch[-1][0].number} 行"
            raise JobError({"where": where, "reason": refused.refusal.reason}) from refused
        progress(first + len(batch), len(checked.new))


def _arrival(facts: dict[str, Any], key: str) -> ledger.Arrival:
    return ledger.Arrival(
        allotment_id=facts["allotment"].pk,
        amount=facts["amount"],
        occurred_on=facts["occurred_on"],
        memo=facts["memo"] or "到账",
        key=key,
        document=facts["document"],
        payer=facts["payer"],
    )


def _record_allotments(job: Job, checked: Checked, county: Division, progress: Progress) -> None:
    for row, facts in counted(checked.new, progress):
        try:
            record_allotment(county=county, by=job.owner, facts=_allotment_facts(facts))
        except Refused as refused:
            raise JobError(at_row(row.number, refused)) from refused


def _allotment_facts(facts: dict[str, Any]) -> dict[str, Any]:
    """`record_allotment` normalises the number itself and keeps the text as it was typed."""
    kept = {name: value for name, value in facts.items() if name != "document_text"}
    return {**kept, "document_number": facts["document_text"]}


def counted(new: Sequence[New], progress: Progress) -> Iterator[New]:
    progress(0, len(new))
    for done, item in enumerate(new, start=1):
        yield item
        progress(done, len(new))


def at_row(number: int, refused: Refused) -> dict[str, str]:
    return {"where": f"第 {number} 行", "reason": refused.refusal.reason}


def _result(sheet: Sheet, checked: Checked) -> dict[str, Any]:
    visible = [column for column in sheet.columns if not column.is_hidden]
    return {
        "summary": [
            ["新增", f"{len(checked.new)} 行"],
            ["已登记，跳过", f"{checked.known} 行"],
            ["新增合计", f"{format_yuan(checked.total)} 元"],
        ],
        "columns": [{"header": "行", "is_amount": False}]
        + [{"header": c.header, "is_amount": c.is_amount} for c in visible],
        "rows": [_preview(row, facts, visible) for row, facts in checked.new[:SHOWN_ROWS]],
        "more_rows": max(0, len(checked.new) - SHOWN_ROWS),
    }


def _preview(row: Row, facts: dict[str, Any], columns: list[Column]) -> list[dict[str, Any]]:
    cells: list[dict[str, Any]] = [{"text": str(row.number)}]
    for column in columns:
        typed, value = row.cell(column.field).text, facts.get(column.field)
        if isinstance(value, Decimal | dt.date):
            typed = format_yuan(value) if isinstance(value, Decimal) else value.isoformat()
        cells.append({"text": typed, "is_amount": column.is_amount})
    return cells


def _failure(importer: Importer, checked: Checked, county: Division) -> JobError:
    sheet = importer.sheet
    problems = sorted(checked.problems, key=lambda p: (p.row, p.letter))
    stored = job_files.new_path("标出错误.xlsx")
    write(
        job_files.path_of(stored),
        sheet,
        _as_it_came(sheet, checked.filled),
        heading=f"{county.name} {sheet.title}（错误已标出）",
        lists=importer.lists(county),
        marks=_placed(sheet, checked),
    )
    return JobError(
        *({"where": p.where, "reason": p.reason} for p in problems[:SHOWN_ERRORS]),
        summary=[["错误", f"{len(problems)} 处"], ["写入", "0 行（有一处错误即全部不写入）"]],
        more_errors=max(0, len(problems) - SHOWN_ERRORS),
        output_path=stored,
        link=["改好后重新上传", reverse(importer.again)],
    )


def _placed(sheet: Sheet, checked: Checked) -> dict[tuple[int, str], str]:
    """What concerns no column of the sheet is marked at its first visible one."""
    first = next(column.field for column in sheet.columns if not column.is_hidden)
    marks: dict[tuple[int, str], str] = {}
    for (number, name), reason in checked.marks.items():
        place = (number, first if name in ("", "id") else name)
        marks[place] = f"{marks[place]}\n{reason}" if place in marks else reason
    return marks


def _as_it_came(sheet: Sheet, filled: Filled) -> Iterator[list[Any]]:
    """Row for row, blank rows too, so that the numbers of the rows stay true."""
    number = 2
    for row in filled.rows:
        while number < row.number:
            yield [None] * len(sheet.columns)
            number += 1
        yield [_came_back(column.is_amount, row.cell(column.field)) for column in sheet.columns]
        number += 1


def _came_back(is_amount: bool, cell: Any) -> Any:
    return spreadsheets.number_or_text(cell) if is_amount else cell.text.removesuffix("T00:00:00")


@job_kind("funds.export")
def export(job: Job, progress: Progress) -> Outcome:
    query = QueryDict(job.arguments["query"])
    found = build_export(job.arguments["name"], query, job.owner)
    stored = job_files.new_path(found.file_name)

    def numbered() -> Iterator[list[Any]]:
        for done, row in enumerate(found.rows(), start=1):
            progress(min(done, found.count), found.count)
            yield row

    write(
        job_files.path_of(stored), found.sheet, numbered(),
        heading=found.heading, lists=found.lists, is_form=found.is_form,
    )  # fmt: skip
    return Outcome(Job.Status.DONE, {"summary": [["行数", f"{found.count} 行"]]}, stored)
