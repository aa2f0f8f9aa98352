"""What the unit writes down while it puts a problem right, and what came of it for people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from approvals.papers import store_uploads
from organizations.policies import Refused, refuse_without
from organizations.requests import OfficeRequest, get_visible
from projects.policies import demand_project_reader, raise_if
from projects.views.life import add_refusal
from supervision.escalations import see_escalation
from supervision.forms.findings import (
    AccountabilityForm,
    ProgressForm,
    RecoveryForm,
    StrikeForm,
    TransferForm,
)
from supervision.models import Escalation, Finding, Recovery
from supervision.policies import (
    INQUISITORS,
    UNIT_ROLES,
    not_of_the_unit,
    refuse_inquiring,
    refuse_rectifying,
    refuse_striking,
)
from supervision.rectifying import (
    note_progress,
    record_accountability,
    record_recovery,
    record_transfer,
    strike_recovery,
)

from .findings import visible_finding


@require_http_methods(["GET", "POST"])
def progress_new(request: OfficeRequest, pk: int) -> HttpResponse:
    finding = rectified_by(request, pk)
    data: QueryDict | None = None
    refused: dict[str, str] = {}
    if request.method == "POST":
        data, refused = store_uploads(
            request.POST, request.FILES, ProgressForm.base_fields,
            division=finding.division, by=request.user,
        )  # fmt: skip
    form = ProgressForm(data)
    for name, reason in refused.items():
        form.add_error(name, reason)

    def write() -> Any:
        return note_progress(finding=finding, by=request.user, **form.cleaned_data)

    return answer(request, finding, form, write, "登记进展")


@require_http_methods(["GET", "POST"])
def recovery_new(request: OfficeRequest, pk: int) -> HttpResponse:
    finding = rectified_by(request, pk)
    form = RecoveryForm(request.POST or None, finding=finding)

    def write() -> Any:
        assert form.voucher
        return record_recovery(
            finding=finding, voucher=form.voucher, amount=form.cleaned_data["amount"],
            channel=form.cleaned_data["channel"], by=request.user,
        )  # fmt: skip

    return answer(request, finding, form, write, "登记追回资金")


@require_http_methods(["GET", "POST"])
def recovery_strike(request: OfficeRequest, pk: int) -> HttpResponse:
    """`pk` is the recovery's."""
    demand_project_reader(request.user)
    visible = Finding.objects.visible_to(request.user)
    rows = Recovery.objects.select_related(
        "finding__division", "finding__responsible_unit", "voucher"
    )
    recovery = get_visible(rows.filter(finding__in=visible), pk)
    finding = recovery.finding
    wrong_role = refuse_without(request.user, UNIT_ROLES, finding.division) or not_of_the_unit(
        finding, request.user
    )
    raise_if(refuse_striking(recovery, request.user), wrong_role=wrong_role)
    form = StrikeForm(request.POST or None)

    def write() -> Any:
        reason = form.cleaned_data["reason"]
        return strike_recovery(recovery=recovery, reason=reason, by=request.user)

    deed = f"划销追回凭证 {recovery.voucher}（{recovery.amount:,.2f} 元）"
    return answer(request, finding, form, write, deed)


@require_http_methods(["GET", "POST"])
def accountability_new(request: OfficeRequest, pk: int) -> HttpResponse:
    finding = looked_into_by(request, pk)
    form = AccountabilityForm(request.POST or None, finding=finding)

    def write() -> Any:
        return record_accountability(finding=finding, by=request.user, **form.cleaned_data)

    return answer(request, finding, form, write, "登记追责")


@require_http_methods(["GET", "POST"])
def transfer_new(request: OfficeRequest, pk: int) -> HttpResponse:
    finding = looked_into_by(request, pk)
    form = TransferForm(request.POST or None)

    def write() -> Any:
        return record_transfer(finding=finding, by=request.user, **form.cleaned_data)

    return answer(request, finding, form, write, "登记移送")


@require_POST
def escalation_see(request: OfficeRequest, pk: int) -> HttpResponse:
    demand_project_reader(request.user)
    visible = Finding.objects.visible_to(request.user)
    row = get_visible(Escalation.objects.filter(finding__in=visible), pk)
    see_escalation(escalation=row, by=request.user)
    messages.success(request, "已阅示督办")
    return redirect(row.finding)


def rectified_by(request: OfficeRequest, pk: int) -> Finding:
    """A problem that this person's unit puts right."""
    finding = visible_finding(request, pk)
    wrong_role = refuse_without(request.user, UNIT_ROLES, finding.division) or not_of_the_unit(
        finding, request.user
    )
    raise_if(refuse_rectifying(finding, request.user), wrong_role=wrong_role)
    return finding


def looked_into_by(request: OfficeRequest, pk: int) -> Finding:
    finding = visible_finding(request, pk)
    wrong_role = refuse_without(request.user, INQUISITORS, finding.division)
    raise_if(refuse_inquiring(finding, request.user), wrong_role=wrong_role)
    return finding


def answer(
    request: OfficeRequest, finding: Finding, form: Form, write: Callable[[], Any], deed: str
) -> HttpResponse:
    """The form with what is wrong, or the problem with what was written down."""
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            write()
            messages.success(request, f"已{deed}")
            return redirect(finding)
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
    context = {"form": form, "finding": finding, "deed": deed}
    return render(request, "supervision/deed_form.html", context, status=status)
