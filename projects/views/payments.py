from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Sum
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from approvals.actions import Action
from approvals.queries import items
from funds.models import Allotment
from funds.money import AmountError, parse_amount
from organizations.models import User
from organizations.policies import Refused, refuse_without
from organizations.requests import OfficeRequest, get_visible
from projects.charging import charge, rule_of
from projects.filters import PaymentFilter
from projects.forms.payment import PaymentForm
from projects.models import PaymentRequest, Project
from projects.negative import rules_in_force
from projects.payment_papers import asked_on, standing_papers
from projects.policies import (
    APPLICANTS,
    demand_project_reader,
    raise_if,
    refuse_amendment,
    refuse_application,
)
from projects.queries import (
    released_before,
    signatures,
    unreleased_by_allotment,
    vouchers_about,
)
from projects.second_look import rows_about
from projects.services import amend_payment, apply_for_payment

from .life import add_refusal, button, in_words, life_of, page_of
from .projects import visible_project


def payment_list(request: OfficeRequest) -> HttpResponse:
    demand_project_reader(request.user)
    visible = PaymentRequest.objects.visible_to(request.user)
    filters = PaymentFilter(request.GET, visible, user=request.user)
    page = page_of(filters.qs.select_related("division__parent", "project"), request)
    context = {
        "filters": filters,
        "page": page,
        "rows": items(list(page.object_list)),
        "total": filters.qs.order_by().aggregate(total=Sum("amount"))["total"],
    }
    return render(request, "projects/payment_list.html", context)


def payment_new(request: OfficeRequest, pk: int) -> HttpResponse:
    """`pk` is the project's."""
    project = visible_project(request, pk)
    wrong_role = refuse_without(request.user, APPLICANTS, project.division)
    raise_if(refuse_application(project, request.user), wrong_role=wrong_role)
    form = PaymentForm(request.POST or None, project=project)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            payment = apply_for_payment(project=project, by=request.user, facts=form.facts())
            messages.success(request, f"已登记拨付申请 {payment.number}，核对后送审")
            return redirect(payment)
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
    return show_form(request, form, status)


def payment_edit(request: OfficeRequest, pk: int) -> HttpResponse:
    payment = visible_payment(request, pk)
    wrong_role = refuse_without(request.user, APPLICANTS, payment.division)
    raise_if(refuse_amendment(payment, request.user), wrong_role=wrong_role)
    form = PaymentForm(request.POST or None, project=payment.project, instance=payment)
    status = 200
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            amend_payment(request=payment, by=request.user, facts=form.facts(), reason=reason)
            messages.success(request, f"已保存拨付申请 {payment.number}")
            return redirect(payment)
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
    return show_form(request, form, status)


def show_form(request: OfficeRequest, form: PaymentForm, status: int) -> HttpResponse:
    context = {
        "form": form,
        "project": form.project,
        "payment": form.instance if form.instance.pk else None,
        **preview_of(form.project, form["amount"].value()),
    }
    return render(request, "projects/payment_form.html", context, status=status)


def payment_preview(request: OfficeRequest, pk: int) -> HttpResponse:
    """大写 and the sources that a typed amount would be charged to. `pk` is the project's."""
    project = visible_project(request, pk)
    context = preview_of(project, request.GET.get("amount", ""))
    return render(request, "projects/_payment_preview.html", {"project": project, **context})


def preview_of(project: Project, typed: Any) -> dict[str, Any]:
    available = unreleased_by_allotment(project)
    context: dict[str, Any] = {"available": sum(available.values(), Decimal(0))}
    context["charge"] = rule_of(project)
    if typed in (None, ""):
        return context
    try:
        amount = parse_amount(str(typed))
    except AmountError as error:
        return {**context, "problem": str(error)}
    context["amount"] = amount
    try:
        shares = charge(project, amount)
    except Refused as error:
        return {**context, "problem": in_words(error.refusal)}
    allotments = Allotment.objects.select_related("category").in_bulk(list(shares))
    context["shares"] = [(allotments[pk], share) for pk, share in shares.items()]
    return context


def payment_detail(request: OfficeRequest, pk: int) -> HttpResponse:
    payment = visible_payment(request, pk)
    context = {
        **life_of(payment, request.user),
        "payment": payment,
        "project": payment.project,
        "sources": payment.sources.select_related("allotment__category"),
        "charge": rule_of(payment.project),
        "vouchers": vouchers_about(payment),
        "tools": tools_of(payment, request.user),
        "hits": rows_about(payment),
    }
    return render(request, "projects/payment_detail.html", context)


def tools_of(payment: PaymentRequest, user: User) -> list[Action]:
    if refuse_without(user, APPLICANTS, payment.division):
        return []
    url = reverse("payment_edit", args=(payment.pk,))
    return [button("修改申请", url, refuse_amendment(payment, user))]


def payment_print(request: OfficeRequest, pk: int) -> HttpResponse:
    """扶贫资金拨付申请表, on A4, with who signed it and the nine checks."""
    payment = visible_payment(request, pk)
    signed = signatures(payment)
    compliance = next(s.decision for s in signed if s.title == "财政合规审查")
    day = timezone.localdate(compliance.at) if compliance else None
    answers = {o["code"]: o for o in compliance.opinions} if compliance else {}
    project = payment.project
    context = {
        "payment": payment,
        "project": project,
        "sources": payment.sources.select_related("allotment__category"),
        "approved": project.sources.aggregate(total=Sum("amount"))["total"],
        "asked_on": asked_on(payment),
        "released": released_before(payment),
        "signatures": signed,
        "checks": [(rule, answers.get(rule.code)) for rule in rules_in_force(day)],
        "papers": standing_papers(payment),
    }
    return render(request, "projects/payment_print.html", context)


def visible_payment(request: OfficeRequest, pk: int) -> PaymentRequest:
    demand_project_reader(request.user)
    payments = PaymentRequest.objects.visible_to(request.user).select_related(
        "division__parent", "project__meeting", "project__county", "project__department",
        "requested_by", "release_voucher", "pay_voucher", "contract",
    )  # fmt: skip
    return get_visible(payments, pk)
