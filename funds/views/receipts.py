from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from funds.forms import ReceiptForm, add_refusal
from funds.models import Allotment, Voucher
from funds.policies import counties_kept_by
from funds.queries import Figures, figures_by_allotment, recent_receipts, search_allotments
from funds.services import record_receipt
from organizations.models import Division, Role
from organizations.policies import Refused
from organizations.requests import OfficeRequest

CLERKS = (Role.FINANCE_CLERK,)
OFFERED = 50  # allotments in the list at once; the rest are found by typing


@require_http_methods(["GET", "POST"])
def receipt_new(request: OfficeRequest) -> HttpResponse:
    counties = counties_kept_by(request.user, CLERKS, in_person=True)
    allotments = kept_allotments(counties)
    form = receipt_form(request, allotments)
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        was_posted = Voucher.objects.filter(key=form.cleaned_data["key"]).exists()
        try:
            voucher = record_receipt(by=request.user, **form.cleaned_data)
        except Refused as refused:
            add_refusal(form, refused)
            status = refused.status_code
        else:
            tell_recorded(request, voucher, was_posted=was_posted)
            if "save_and_new" not in request.POST:
                return redirect(voucher)
            kept = urlencode({"allotment": form.cleaned_data["allotment"].pk})
            return redirect(f"{reverse('receipt_new')}?{kept}")
    context = {
        "form": form,
        "recent": recent_receipts(allotments, timezone.localdate()),
        **choice(
            allotments, request.POST.get("words", "")[:60], str(form["allotment"].value() or "")
        ),
    }
    return render(request, "funds/receipt_form.html", context, status=status)


def receipt_form(request: OfficeRequest, allotments: QuerySet[Allotment]) -> ReceiptForm:
    mine = Voucher.objects.filter(by=request.user, kind=Voucher.Kind.RECEIVE)
    last = mine.order_by("-id").values_list("memo", flat=True).first()
    return ReceiptForm(
        request.POST or None,
        allotments=allotments,
        last_memo=last or "",
        initial={"allotment": request.GET.get("allotment")},
    )


def tell_recorded(request: OfficeRequest, voucher: Voucher, *, was_posted: bool) -> None:
    if was_posted:
        messages.warning(
            request, f"这一笔已登记过：凭证 {voucher}，{voucher.total:,} 元，没有重复入账。"
        )
        return
    messages.success(
        request,
        f"已登记到账 {voucher.total:,} 元，凭证 {voucher}，业务日期 {voucher.occurred_on}。",
    )


def kept_allotments(counties: list[Division]) -> QuerySet[Allotment]:
    return Allotment.objects.filter(county__in=counties).select_related("category", "county")


@require_safe
def receipt_choose(request: OfficeRequest) -> HttpResponse:
    """The list of allotments for what was typed, and what of the chosen one is still to come."""
    allotments = kept_allotments(counties_kept_by(request.user, CLERKS, in_person=True))
    words = request.GET.get("words", "")[:60]
    form = ReceiptForm(initial={"amount": request.GET.get("amount", "")}, allotments=allotments)
    by_words = "words" in request.headers.get("HX-Trigger-Name", "")
    chosen = "" if by_words else request.GET.get("allotment", "")
    context = {"form": form, "fragment": True, **choice(allotments, words, chosen)}
    return render(request, "funds/_choose_allotment.html", context)


def choice(allotments: QuerySet[Allotment], words: str, chosen: str) -> dict[str, Any]:
    """The offered list, open allotments first, with the chosen one always in it."""
    offered = list(search_allotments(allotments, words)[:OFFERED])
    pk = int(chosen) if chosen.isdecimal() and len(chosen) < 19 else 0
    missing = pk and pk not in [a.pk for a in offered]
    if missing:
        offered = [*allotments.filter(pk=pk), *offered]
    figures = figures_by_allotment(offered)
    if not pk and words.strip() and offered:
        pk = offered[0].pk
    return {
        "offered": [(a, figures[a.pk].not_received) for a in offered],
        "chosen": pk if pk in figures else 0,
        "remaining": figures.get(pk, Figures()).not_received,
        "words": words,
    }
