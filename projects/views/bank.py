"""银行核对: the bank's sheet comes in, its lines are matched and confirmed."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from approvals.jobs import start_job
from approvals.office_files import UnsafeFileError
from funds.policies import counties_kept_by, demand_fund_reader
from funds.views.sheets import ImportForm
from funds.workbooks import FILE_MAX, decode
from organizations.policies import Refused, demand_role
from organizations.requests import OfficeRequest
from projects.bank import MATCHERS, confirm_line, find_requests
from projects.bank_sheets import BANK
from projects.models import BankLine

from .life import in_words, page_of


class BankSheetForm(ImportForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].label = "银行已付款清单（.xlsx 或 .csv）"
        self.fields["file"].widget.attrs["accept"] = ".xlsx,.csv"

    def clean_file(self) -> UploadedFile[Any]:
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if not (file.name or "").lower().endswith(".csv"):
            return super().clean_file()
        if (file.size or 0) > FILE_MAX:
            raise ValidationError(f"文件超过 {FILE_MAX // 1024 // 1024} MB")
        try:
            decode(file.read())
        except UnsafeFileError as error:
            raise ValidationError(str(error)) from error
        file.seek(0)
        return file


@require_http_methods(["GET", "POST"])
def bank_import(request: OfficeRequest) -> HttpResponse:
    counties = counties_kept_by(request.user, MATCHERS)
    form = BankSheetForm(request.POST or None, request.FILES or None, counties=counties)
    if request.method == "POST" and form.is_valid():
        county, file = form.cleaned_data["county"], form.cleaned_data["file"]
        kind = "csv" if file.name.lower().endswith(".csv") else "xlsx"
        job = start_job(
            kind="projects.import_bank",
            title=f"导入{BANK.title}：{county.name}",
            owner=request.user,
            arguments={"county": county.code},
            input_file=(f"导入.{kind}", file.chunks()),
        )
        return redirect("job_detail", job.pk)
    context = {
        "form": form,
        "sheet": BANK,
        "counties": counties,
        "rows_max": settings.IMPORT_ROWS_MAX,
    }
    status = 200 if request.method == "GET" else 400
    return render(request, "projects/bank_import.html", context, status=status)


def bank_line_list(request: OfficeRequest) -> HttpResponse:
    """What waits to be matched; with `?matched=1` what was."""
    demand_fund_reader(request.user)
    lines = BankLine.objects.visible_to(request.user)
    if request.GET.get("matched"):
        done = lines.filter(match__isnull=False).select_related("match__request", "match__by")
        context = {"page": page_of(done, request), "matched": True}
    else:
        page = page_of(lines.filter(match__isnull=True), request)
        findings = find_requests(list(page.object_list))
        context = {"page": page, "findings": findings, "matched": False}
    may_match = bool(request.user.roles().intersection(MATCHERS))
    return render(request, "projects/bank_line_list.html", {**context, "may_match": may_match})


@require_POST
def bank_confirm(request: OfficeRequest) -> HttpResponse:
    """Each chosen line for itself: one that is refused holds up no other."""
    demand_role(request.user, MATCHERS)
    chosen = [pk for pk in request.POST.getlist("line") if pk.isdecimal() and len(pk) < 19]
    lines = BankLine.objects.visible_to(request.user).filter(pk__in=chosen).select_related("county")
    if not lines:
        messages.error(request, "没有选择要确认的付款")
    done = 0
    for line in lines.order_by("paid_on", "id"):
        try:
            confirm_line(line=line, by=request.user)
            done += 1
        except Refused as error:
            messages.error(request, f"银行流水 {line.reference}：{in_words(error.refusal)}")
    if done:
        messages.success(request, f"已核对相符 {done} 笔")
    return redirect("bank_line_list")
