"""A return on paper, as a workbook and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from approvals.models import Decision, Subject
from funds.policies import demand_fund_reader
from funds.views.sheets import XLSX
from funds.workbook_writer import FORMULA_START
from organizations.requests import OfficeRequest
from reports.models import ReturnVersion
from reports.return_workbook import Paper, csv_heads, write_tables
from reports.tables import Table, tables_of

from .returns import latest_version, shown_checks, shown_figures, visible_return

SIGNERS = (("财政部门负责人", "seal"), ("审核人", "approve"), ("填报人", "submit"))


def signatures_of(subject: Subject) -> list[str]:
    """Who signed, as far as somebody has; the rest is left to be signed."""
    rows = Decision.objects.about(subject.life(), subject.pk).order_by("pk")
    by = {decision.action: decision for decision in rows}
    lines = [
        f"{label}：{by[action].signed_by if action in by else '　　　　'}"
        for label, action in SIGNERS
    ]
    sealed = by.get("seal")
    day = f"{sealed.at:%Y年%m月%d日}" if sealed else "　　年　月　日"
    return [
        "单位负责人（签章）：　　　　",
        *lines,
        "联系电话（办公）：　　　　",
        f"填报日期：{day}",
    ]


@require_safe
def monthly_print(request: OfficeRequest, pk: int) -> HttpResponse:
    demand_fund_reader(request.user)
    monthly = visible_return(request, pk)
    version = latest_version(monthly)
    context = {
        "monthly": monthly,
        "version": version,
        "signatories": signatures_of(monthly),
        **(shown_figures(version) | shown_checks(version, request.user) if version else {}),
    }
    return render(request, "reports/monthly_print.html", context)


@require_safe
def monthly_export(request: OfficeRequest, pk: int) -> HttpResponseBase:
    """All tables in one workbook, in 万元 unless ?unit=yuan; ?format=csv&table=… one as CSV."""
    demand_fund_reader(request.user)
    monthly = visible_return(request, pk)
    version = latest_version(monthly)
    if version is None:
        raise Http404("还没有取数")
    return sheets_of(request, version, tables_of(version.figures), monthly)


def sheets_of(
    request: OfficeRequest, version: ReturnVersion, tables: list[Table], subject: Any
) -> HttpResponseBase:
    if request.GET.get("format") == "csv":
        key = request.GET.get("table", tables[0].key)
        table = next((table for table in tables if table.key == key), None)
        if table is None:
            raise Http404("没有这张表")
        return as_csv(table, f"{subject} {table.title}.csv")
    paper = Paper(
        unit=str(subject.division),
        period=f"{subject.first_day:%Y年%m月}",
        signatures=signatures_of(subject),
        in_wan=request.GET.get("unit") != "yuan",
        note="" if version.sealed_at else "    草稿，未封存",
    )
    file = io.BytesIO()
    write_tables(file, tables, paper)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{subject}.xlsx", content_type=XLSX)


def as_csv(table: Table, name: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(csv_lines(table), content_type="text/csv; charset=utf-8")
    disposition = content_disposition_header(as_attachment=True, filename=name)
    response["Content-Disposition"] = disposition or "attachment"
    return response


def csv_lines(table: Table) -> Iterator[str]:
    """In 元, with the mark that Excel needs, and no cell that it would calculate."""
    rows: list[list[Any]] = [csv_heads(table.columns)]
    rows += table.values()
    if table.total is not None:
        rows.append([cell.value for cell in table.last()])
    yield "\ufeff"
    for row in rows:
        line = io.StringIO()
        csv.writer(line).writerow([in_csv(value) for value in row])
        yield line.getvalue()


def in_csv(value: Any) -> Any:
    if isinstance(value, str):
        text = value.replace("\0", "")
        return f"'{text}" if FORMULA_START.match(text) else text
    return "" if value is None else value
