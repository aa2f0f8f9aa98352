"""资产 of earlier years come in as a workbook."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from approvals.jobs import start_job
from assets.imports import SHEET
from assets.policies import IMPORTERS
from funds.policies import counties_kept_by
from funds.views.sheets import ImportForm
from organizations.requests import OfficeRequest


@require_http_methods(["GET", "POST"])
def asset_import(request: OfficeRequest) -> HttpResponse:
    counties = counties_kept_by(request.user, IMPORTERS)
    form = ImportForm(request.POST or None, request.FILES or None, counties=counties)
    if request.method == "POST" and form.is_valid():
        county, file = form.cleaned_data["county"], form.cleaned_data["file"]
        job = start_job(
            kind="assets.import_earlier",
            title=f"导入{SHEET.title}：{county.name}",
            owner=request.user,
            arguments={"county": county.code},
            input_file=("导入.xlsx", file.chunks()),
        )
        return redirect("job_detail", job.pk)
    status = 200 if request.method == "GET" else 400
    context = {
        "form": form, "sheet": SHEET, "counties": counties, "rows_max": settings.IMPORT_ROWS_MAX,
    }  # fmt: skip
    return render(request, "assets/asset_import.html", context, status=status)
