from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from organizations.requests import OfficeRequest
from projects.procedure import certificate_of

from .projects import visible_project


def procedure_certificate(request: OfficeRequest, pk: int) -> HttpResponse:
    """程序合规证明, one page to print."""
    project = visible_project(request, pk)
    certificate = certificate_of(project, timezone.localtime())
    context = {"project": project, "certificate": certificate}
    return render(request, "projects/procedure_certificate.html", context)
