"""核对、放行、解锁 and the versions of a return."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from approvals.actions import buttons
from approvals.jobs import start_job
from approvals.trail import decisions_of
from funds.policies import demand_fund_reader
from organizations.policies import Refused, demand
from organizations.requests import OfficeRequest, get_visible
from projects.views.life import add_refusal
from reports.checking import (
    AGREERS,
    CHECKERS,
    agree_to_waive,
    ask_to_waive,
    open_version,
    run_checks,
)
from reports.checks import BY_CODE
from reports.differences import changes_between
from reports.forms import UnlockForm, WaiveForm
from reports.models import CheckWaiver, MonthlyReturn, ReturnUnlock, ReturnVersion
from reports.services import FILLERS, ask_to_unlock, made_again
from reports.tables import tables_of

from .returns import shown_checks, visible_return

SHOWN_CHANGES = 300
VOUCHERS_AT_ONCE = 5000  # about a second; more is a worker's


@require_POST
def monthly_check(request: OfficeRequest, pk: int) -> HttpResponse:
    demand_fund_reader(request.user)
    monthly = visible_return(request, pk)
    demand(request.user, CHECKERS, monthly.division)
    version = open_version(monthly)
    if version.ledger_sequence > VOUCHERS_AT_ONCE:
        job = start_job(
            kind="reports.run_checks",
            title=f"核对{monthly}",
            owner=request.user,
            arguments={"monthly": monthly.pk},
        )
        return redirect("job_detail", job.pk)
    run_checks(monthly=monthly, by=request.user)
    return redirect(f"{monthly.get_absolute_url()}#checks")


@require_http_methods(["GET", "POST"])
def check_waive(request: OfficeRequest, pk: int, code: str) -> HttpResponse:
    demand_fund_reader(request.user)
    monthly = visible_return(request, pk)
    demand(request.user, FILLERS, monthly.division)
    if code not in BY_CODE:
        raise Http404
    form = WaiveForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            reason = form.cleaned_data["reason"]
            ask_to_waive(monthly=monthly, code=code, reason=reason, by=request.user)
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
        else:
            return redirect(f"{monthly.get_absolute_url()}#checks")
    context = {"monthly": monthly, "check": BY_CODE[code], "form": form}
    return render(request, "reports/check_waive.html", context, status=status)


@require_POST
def check_agree(request: OfficeRequest, pk: int) -> HttpResponse:
    demand_fund_reader(request.user)
    waivers = CheckWaiver.objects.filter(
        version__monthly__in=visible_returns(request)
    ).select_related("version__monthly__division")
    waiver = get_visible(waivers, pk)
    monthly = waiver.version.monthly
    assert monthly
    demand(request.user, AGREERS, monthly.division)
    agree_to_waive(waiver=waiver, by=request.user)
    return redirect(f"{monthly.get_absolute_url()}#checks")


def visible_returns(request: OfficeRequest) -> Any:
    return MonthlyReturn.objects.visible_to(request.user)


@require_http_methods(["GET", "POST"])
def unlock_new(request: OfficeRequest, pk: int) -> HttpResponse:
    demand_fund_reader(request.user)
    monthly = visible_return(request, pk)
    demand(request.user, FILLERS, monthly.division)
    form = UnlockForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            unlock = ask_to_unlock(monthly=monthly, by=request.user, **form.cleaned_data)
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
        else:
            return redirect("unlock_detail", unlock.pk)
    context = {"monthly": monthly, "form": form}
    return render(request, "reports/unlock_new.html", context, status=status)


@require_safe
def unlock_detail(request: OfficeRequest, pk: int) -> HttpResponse:
    demand_fund_reader(request.user)
    rows = ReturnUnlock.objects.visible_to(request.user)
    unlock = get_visible(rows.select_related("monthly__division", "division", "asked_by"), pk)
    context = {
        "unlock": unlock,
        "reported": unlock.monthly,
        "actions": buttons(unlock, request.user),
        "decisions": decisions_of(unlock),
    }
    return render(request, "reports/unlock_detail.html", context)


@require_safe
def version_detail(request: OfficeRequest, pk: int) -> HttpResponse:
    """A version of a return, what it changed of the one before, and whether it still comes out
    the same."""
    demand_fund_reader(request.user)
    rows = ReturnVersion.objects.filter(monthly__in=visible_returns(request))
    version = get_visible(
        rows.select_related("monthly__division", "decision", "computed_by", "unlock"), pk
    )
    monthly, figures = version.monthly, version.figures
    assert monthly
    before = monthly.versions.filter(number=version.number - 1).first()
    changes = list(changes_between(before.figures, figures)) if before else []
    context = {
        "monthly": monthly,
        "version": version,
        "before": before,
        "changes": changes[:SHOWN_CHANGES],
        "more": max(len(changes) - SHOWN_CHANGES, 0),
        "tables": tables_of(figures),
        "figures": figures,
        "is_same": made_again(version) == version.content,
        **shown_checks(version, request.user),
    }
    return render(request, "reports/version_detail.html", context)
