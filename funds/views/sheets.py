"""Workbooks in and out. What takes longer than a page may is a job."""

from __future__ import annotations

import io
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from approvals.jobs import start_job
from approvals.models import Job
from approvals.office_files import UnsafeFileError, inspect
from funds.exports import Export, build_export
from funds.jobs import IMPORT_ROLES, IMPORTERS
from funds.policies import counties_kept_by
from funds.workbook_writer import csv_lines, write
from funds.workbooks import FILE_MAX
from organizations.models import Division
from organizations.policies import Refused
from organizations.requests import OfficeRequest

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROWS_AT_ONCE = 3000  # about a second; more is a worker's


class ImportForm(forms.Form):
    county = forms.ModelChoiceField(
        label="县（市）", queryset=Division.objects.none(), to_field_name="code", empty_label=None
    )
    file = forms.FileField(
        label="工作簿（.xlsx）",
        widget=forms.FileInput(attrs={"accept": ".xlsx"}),
        allow_empty_file=True,
    )

    def __init__(self, *args: object, counties: list[Division], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        county = self.fields["county"]
        assert isinstance(county, forms.ModelChoiceField)
        county.queryset = Division.objects.filter(pk__in=[c.pk for c in counties])
        county.initial = counties[0].code
        if len(counties) < 2:
            county.widget = forms.HiddenInput()
        self.fields[
            "file"
        ].help_text = f"不超过 {FILE_MAX // 1024 // 1024} MB、{settings.IMPORT_ROWS_MAX} 行"

    def clean_file(self) -> UploadedFile[Any]:
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > FILE_MAX:
            raise ValidationError(f"文件超过 {FILE_MAX // 1024 // 1024} MB")
        try:
            kind = inspect(file.file)  # type: ignore[arg-type]
        except UnsafeFileError as error:
            raise ValidationError(str(error)) from error
        if kind != "xlsx" or not (file.name or "").lower().endswith(".xlsx"):
            raise ValidationError("请上传 .xlsx 工作簿")
        return file


@require_http_methods(["GET", "POST"])
def sheet_import(request: OfficeRequest, name: str) -> HttpResponse:
    posts_to_ledger = name == "receipts"
    counties = counties_kept_by(request.user, IMPORT_ROLES, in_person=posts_to_ledger)
    sheet = IMPORTERS[name].sheet
    form = ImportForm(request.POST or None, request.FILES or None, counties=counties)
    if request.method == "POST" and form.is_valid():
        county, file = form.cleaned_data["county"], form.cleaned_data["file"]
        job = start_job(
            kind=f"funds.import_{name}",
            title=f"导入{sheet.title}：{county.name}",
            owner=request.user,
            arguments={"county": county.code},
            input_file=("导入.xlsx", file.chunks()),
        )
        return redirect("job_detail", job.pk)
    status = 200 if request.method == "GET" else 400
    context = {
        "form": form,
        "sheet": sheet,
        "name": name,
        "counties": counties,
        "rows_max": settings.IMPORT_ROWS_MAX,
    }
    return render(request, "funds/import.html", context, status=status)


@require_safe
def export(request: OfficeRequest, name: str) -> HttpResponseBase:
    try:
        found = build_export(name, request.GET, request.user)
    except ValidationError as error:
        raise Refused("；".join(error.messages), who_can_clear="导出人（改正查询条件）") from error
    if request.GET.get("format") == "csv":
        response: HttpResponseBase = StreamingHttpResponse(
            csv_lines(found.sheet, found.rows()), content_type="text/csv; charset=utf-8"
        )
        response["Content-Disposition"] = _attachment(found.file_name.replace(".xlsx", ".csv"))
        return response
    if found.count > ROWS_AT_ONCE:
        return redirect("job_detail", _export_job(request, name, found).pk)
    return _download(found)


def _export_job(request: OfficeRequest, name: str, found: Export) -> Job:
    """One job for the same question: reloading the page does not start another."""
    arguments = {"name": name, "query": request.GET.urlencode()}
    waiting = Job.objects.filter(
        owner=request.user,
        kind="funds.export",
        arguments=arguments,
        status__in=(Job.Status.QUEUED, Job.Status.RUNNING),
    ).first()
    return waiting or start_job(
        kind="funds.export",
        title=f"导出{found.heading}"[:120],
        owner=request.user,
        arguments=arguments,
    )


def _download(found: Export) -> FileResponse:
    file = io.BytesIO()
    write(
        file, found.sheet, found.rows(),
        heading=found.heading, lists=found.lists, is_form=found.is_form,
    )  # fmt: skip
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=found.file_name, content_type=XLSX)


def _attachment(name: str) -> str:
    return content_disposition_header(as_attachment=True, filename=name) or "attachment"
