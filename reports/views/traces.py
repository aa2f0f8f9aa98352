from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from assets.models import Asset
from funds.models import Allotment, Voucher
from funds.policies import demand_fund_reader
from organizations.models import User
from organizations.requests import OfficeRequest, get_visible
from projects.models import PaymentRequest, Project
from reports.audit import AUDITORS
from reports.trace import trace

# What can be traced: its name in the address, its word, and the rows that a person may see.
TRACED: dict[str, tuple[str, Callable[[User], Any]]] = {
    "allotment": ("指标", lambda user: Allotment.objects.visible_to(user)),
    "receipt": (
        "到账凭证",
        lambda user: Voucher.objects.visible_to(user).filter(kind=Voucher.Kind.RECEIVE),
    ),
    "project": ("项目", lambda user: Project.objects.visible_to(user)),
    "payment": (
        "拨付申请",
        lambda user: PaymentRequest.objects.visible_to(user).select_related("project"),
    ),
    # One of earlier years has no payments here.
    "asset": (
        "资产",
        lambda user: (
            Asset.objects.visible_to(user)
            .filter(project__isnull=False)
            .with_value()
            .select_related("project")
        ),
    ),
}


@require_safe
def trace_page(request: OfficeRequest, kind: str, pk: int) -> HttpResponse:
    """穿透 from one thing to all that its money went through."""
    demand_fund_reader(request.user)
    if kind not in TRACED:
        raise Http404
    label, rows = TRACED[kind]
    thing = get_visible(rows(request.user), pk)
    context = {
        "thing": thing,
        "kind": kind,
        "kind_label": label,
        "stages": trace(thing),
        "here": (kind, thing.pk),
        "may_take_evidence": bool(request.user.roles().intersection(AUDITORS)),
    }
    return render(request, "reports/trace.html", context)
