"""Contracts: recorded on their project, found again in a list of the county."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Sum
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from approvals.actions import Action
from approvals.history import changes_of
from approvals.papers import store_uploads
from organizations.models import User
from organizations.policies import Refused, refuse_without
from organizations.requests import OfficeRequest, get_visible
from projects.contracts import (
    RECORDERS,
    amend_contract,
    cancel_contract,
    record_contract,
    refuse_amending,
    refuse_cancelling,
    refuse_contract,
    tender_avoided,
)
from projects.filters import ContractFilter
from projects.forms.contract import CancelForm, ContractForm
from projects.models import Contract, Project
from projects.payment_caps import contract_rows, money_of
from projects.policies import demand_project_reader, raise_if
from projects.records import papers_by_digest

from .life import add_refusal, button, page_of, reads_funds
from .projects import visible_project


def contract_list(request: OfficeRequest) -> HttpResponse:
    demand_project_reader(request.user)
    visible = Contract.objects.visible_to(request.user)
    filters = ContractFilter(request.GET, visible, user=request.user)
    page = page_of(filters.qs.select_related("division__parent", "project", "way"), request)
    context = {
        "filters": filters,
        "page": page,
        "rows": contract_rows(list(page.object_list)),
        "total": filters.qs.order_by().aggregate(total=Sum("price"))["total"],
    }
    return render(request, "projects/contract_list.html", context)


def contract_new(request: OfficeRequest, pk: int) -> HttpResponse:
    """`pk` is the project's."""
    project = visible_project(request, pk)
    wrong_role = refuse_without(request.user, RECORDERS, project.division)
    raise_if(refuse_contract(project, request.user), wrong_role=wrong_role)
    return write(request, project, None)


def contract_edit(request: OfficeRequest, pk: int) -> HttpResponse:
    contract = visible_contract(request, pk)
    wrong_role = refuse_without(request.user, RECORDERS, contract.division)
    raise_if(refuse_amending(contract, request.user), wrong_role=wrong_role)
    return write(request, contract.project, contract)


def write(request: OfficeRequest, project: Project, contract: Contract | None) -> HttpResponse:
    if request.method != "POST":
        return show(request, ContractForm(project=project, instance=contract), contract)
    data, refused = store_uploads(
        request.POST,
        request.FILES,
        ContractForm.base_fields,
        division=project.division,
        by=request.user,
    )
    form, status = ContractForm(data, project=project, instance=contract), 200
    for name, reason in refused.items():
        form.add_error(name, reason)
    if form.is_valid():
        try:
            kept = keep(request.user, project, contract, form)
            messages.success(request, f"已登记合同 {kept.number}")
            return redirect(kept)
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
    return show(request, form, contract, status)


def keep(by: User, project: Project, contract: Contract | None, form: ContractForm) -> Contract:
    if contract is None:
        return record_contract(project=project, by=by, facts=form.facts())
    reason = form.cleaned_data["reason"]
    return amend_contract(contract=contract, by=by, facts=form.facts(), reason=reason)


def show(
    request: OfficeRequest, form: ContractForm, contract: Contract | None, status: int = 200
) -> HttpResponse:
    context = {"form": form, "project": form.project, "contract": contract}
    return render(request, "projects/contract_form.html", context, status=status)


def contract_detail(request: OfficeRequest, pk: int) -> HttpResponse:
    contract = visible_contract(request, pk)
    papers = papers_by_digest(contract.papers, contract.division)
    context = {
        "contract": contract,
        "project": contract.project,
        "money": money_of(contract),
        "avoided": tender_avoided(contract),
        "papers": [papers[digest] for digest in contract.papers if digest in papers],
        "payments": contract.payments.select_related("release_voucher", "pay_voucher"),
        "reads_funds": reads_funds(request.user),
        "tools": tools_of(contract, request.user),
        "changes": changes_of(contract),
    }
    return render(request, "projects/contract_detail.html", context)


def tools_of(contract: Contract, user: User) -> list[Action]:
    if refuse_without(user, RECORDERS, contract.division):
        return []
    edit, cancel = (reverse(f"contract_{deed}", args=(contract.pk,)) for deed in ("edit", "cancel"))
    return [
        button("更正或登记补充协议", edit, refuse_amending(contract, user)),
        button("作废", cancel, refuse_cancelling(contract, user)),
    ]


def contract_cancel(request: OfficeRequest, pk: int) -> HttpResponse:
    contract = visible_contract(request, pk)
    wrong_role = refuse_without(request.user, RECORDERS, contract.division)
    raise_if(refuse_cancelling(contract, request.user), wrong_role=wrong_role)
    form, status = CancelForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        try:
            cancel_contract(contract=contract, by=request.user, reason=form.cleaned_data["reason"])
            messages.success(request, f"合同 {contract.number} 已作废")
            return redirect(contract)
        except Refused as error:
            status = add_refusal(form, error)
    context: dict[str, Any] = {
        "form": form,
        "title": f"作废合同 {contract.number}",
        "thing": contract,
        "cancel_url": contract.get_absolute_url(),
        "submit_label": "作废",
    }
    return render(request, "projects/progress_form.html", context, status=status)


def visible_contract(request: OfficeRequest, pk: int) -> Contract:
    demand_project_reader(request.user)
    rows = Contract.objects.visible_to(request.user).select_related(
        "division__parent", "project__division__parent", "project__county", "way", "recorded_by",
        "cancelled_by",
    )  # fmt: skip
    return get_visible(rows, pk)
