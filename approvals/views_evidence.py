from __future__ import annotations

import logging
from typing import Any

from django import forms
from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_safe

from organizations.models import Division
from organizations.policies import Refused
from organizations.requests import OfficeRequest, get_visible

from .evidence import KINDS, SIZE_MAX, store_evidence
from .models import Evidence

logger = logging.getLogger(__name__)
SHOWN = 30
SANDBOX = "default-src 'none'; sandbox"


class EvidenceForm(forms.Form):
    file = forms.FileField(
        label="文件",
        help_text=f"{KINDS}，不超过 {SIZE_MAX // 1024 // 1024} MB；照片请勿拍到人脸、证件和银行卡",
        widget=forms.FileInput(attrs={"accept": ".pdf,.jpg,.jpeg,.png,.xlsx,.docx"}),
    )


@require_http_methods(["GET", "POST"])
def evidence_upload(request: OfficeRequest) -> HttpResponse:
    """A paper of a division that the person's posts cover. `?next=` is where to go back to."""
    division = chosen_division(request)
    form = EvidenceForm(request.POST or None, request.FILES or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            paper = store_evidence(form.cleaned_data["file"], division=division, by=request.user)
        except Refused as refused:
            form.add_error("file", refused.refusal.reason)
            status = refused.status_code
        else:
            messages.success(request, f"已存入：{paper.name}，校验码 {paper.sha256[:12]}。")
            return redirect(after_upload(request) or request.get_full_path())
    papers = Evidence.objects.visible_to(request.user).filter(division=division).order_by("-id")
    context: dict[str, Any] = {
        "form": form,
        "division": division,
        "papers": papers.select_related("uploaded_by")[:SHOWN],
        "cancel_url": after_upload(request),
    }
    return render(request, "approvals/evidence_upload.html", context, status=status)


def chosen_division(request: OfficeRequest) -> Division:
    """By code from the address, else the division of the person's first post."""
    visible = Division.objects.visible_to(request.user)
    if code := request.GET.get("division"):
        return get_object_or_404(visible, code=code)
    if not request.user.posts_today:
        raise Http404("没有在任岗位")
    return request.user.posts_today[0].division


def after_upload(request: OfficeRequest) -> str:
    address = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return address if is_ours else ""


@require_safe
def evidence_download(request: OfficeRequest, pk: int) -> FileResponse:
    paper = get_visible(Evidence.objects.visible_to(request.user), pk)
    try:
        content = paper.path.open("rb")
    except FileNotFoundError:
        logger.error("evidence %s is missing on the disk", paper.sha256)
        raise Http404("文件不在存储中，请联系系统管理员") from None
    response = FileResponse(
        content, as_attachment=True, filename=paper.name, content_type=paper.content_type
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = SANDBOX
    return response
