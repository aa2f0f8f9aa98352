"""报账材料 of a payment request: what is asked for, what is there, one more, one struck out."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from approvals.papers import store_uploads
from organizations.policies import Refused, refuse_without
from organizations.requests import OfficeRequest, get_visible
from projects.forms.payment_papers import PaymentPaperForm
from projects.models import PaymentPaper, PaymentRequest
from projects.payment_papers import checklist
from projects.policies import APPLICANTS, demand_project_reader, raise_if, refuse_amendment
from projects.services import attach_paper, strike_paper

from .life import add_refusal
from .payments import visible_payment


@require_http_methods(["GET", "POST"])
def payment_papers(request: OfficeRequest, pk: int) -> HttpResponse:
    """`?rule=` is the paper that the form begins with."""
    payment = visible_payment(request, pk)
    if request.method != "POST":
        form = PaymentPaperForm(request=payment, initial={"rule": request.GET.get("rule")})
        return show(request, payment, form)
    wrong_role = refuse_without(request.user, APPLICANTS, payment.division)
    raise_if(refuse_amendment(payment, request.user), wrong_role=wrong_role)
    form = bound_form(request, payment)
    status = 422
    if form.is_valid():
        try:
            paper = attach_paper(request=payment, by=request.user, facts=form.facts())
            messages.success(request, f"已登记{paper}")
            return redirect("payment_papers", pk)
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
    return show(request, payment, form, status)


def bound_form(request: OfficeRequest, payment: PaymentRequest) -> PaymentPaperForm:
    data, refused = store_uploads(
        request.POST,
        request.FILES,
        PaymentPaperForm.base_fields,
        division=payment.division,
        by=request.user,
    )
    form = PaymentPaperForm(data, request=payment)
    for name, reason in refused.items():
        form.add_error(name, reason)
    return form


def show(
    request: OfficeRequest, payment: PaymentRequest, form: PaymentPaperForm, status: int = 200
) -> HttpResponse:
    struck = payment.papers.filter(struck_at__isnull=False)
    context = {
        "payment": payment,
        "form": form,
        "checklist": checklist(payment),
        "struck": struck.select_related("rule", "struck_by"),
        "refusal": refuse_amendment(payment, request.user),
    }
    return render(request, "projects/payment_papers.html", context, status=status)


@require_POST
def payment_paper_strike(request: OfficeRequest, pk: int) -> HttpResponse:
    demand_project_reader(request.user)
    visible = PaymentRequest.objects.visible_to(request.user)
    papers = PaymentPaper.objects.filter(request__in=visible)
    paper = get_visible(papers.select_related("request__division", "rule"), pk)
    strike_paper(paper=paper, by=request.user)
    messages.success(request, f"已划去{paper}")
    return redirect("payment_papers", paper.request_id)
