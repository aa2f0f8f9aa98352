"""我的任务: long work with its progress, what was found, and the file it made."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from organizations.policies import Refused
from organizations.requests import OfficeRequest, get_visible

from . import job_files
from .jobs import confirm_job
from .models import Job

PAGE_SIZE = 30
STOP_POLLING = 286  # htmx swaps the answer in and asks no more
UNFINISHED = (Job.Status.QUEUED, Job.Status.RUNNING)


@require_safe
def job_list(request: OfficeRequest) -> HttpResponse:
    jobs = Paginator(Job.objects.visible_to(request.user), PAGE_SIZE)
    page = jobs.get_page(request.GET.get("page"))
    return render(request, "approvals/job_list.html", {"page": page})


@require_safe
def job_detail(request: OfficeRequest, pk: int) -> HttpResponse:
    job = get_visible(Job.objects.visible_to(request.user), pk)
    is_moving = job.status in UNFINISHED
    context = {"job": job, "is_moving": is_moving, "has_file": has_file(job)}
    if not request.htmx:
        return render(request, "approvals/job_detail.html", context)
    status = 200 if is_moving else STOP_POLLING
    return render(request, "approvals/job_state.html", context, status=status)


def has_file(job: Job) -> bool:
    return bool(job.output_path) and job_files.path_of(job.output_path).is_file()


@require_POST
def job_confirm(request: OfficeRequest, pk: int) -> HttpResponse:
    job = get_visible(Job.objects.visible_to(request.user), pk)
    try:
        confirm_job(job, by=request.user)
    except Refused as refused:
        messages.error(request, refused.refusal.reason)
    return redirect("job_detail", pk)


@require_safe
def job_result(request: OfficeRequest, pk: int) -> FileResponse:
    job = get_visible(Job.objects.visible_to(request.user), pk)
    if not has_file(job):
        raise Http404("结果文件只保留 7 天，或这一任务没有结果文件")
    path = job_files.path_of(job.output_path)
    return FileResponse(path.open("rb"), as_attachment=True, filename=path.name)
