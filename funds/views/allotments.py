from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from approvals.history import changes_of
from funds.document_numbers import is_regular
from funds.filters import AllotmentFilter
from funds.forms import AllotmentCorrectionForm, AllotmentForm, ReturnForm, add_refusal
from funds.models import Allotment, Entry, Voucher
from funds.policies import counties_kept_by, counties_of, demand_fund_reader
from funds.queries import (
    Figures,
    figures_by_allotment,
    figures_by_county_of,
    uses_of,
)
from funds.services import correct_allotment, record_allotment, return_to_upper_level
from organizations.models import Division, Role
from organizations.policies import Refused, WrongRole, demand, refuse_without
from organizations.requests import OfficeRequest, get_visible

PAGE_SIZE = 50
CLERKS = (Role.FINANCE_CLERK,)
HEADS = (Role.FINANCE_HEAD,)
SHOWN_WITH = ("county", "category", "integrating_department", "recorded_by")


@require_safe
def allotment_list(request: OfficeRequest) -> HttpResponse:
    demand_fund_reader(request.user)
    counties = counties_of(request.user)
    visible = Allotment.objects.visible_to(request.user).select_related(*SHOWN_WITH)
    chosen = AllotmentFilter(request.GET, queryset=visible, counties=counties)
    page = Paginator(chosen.found, PAGE_SIZE).get_page(request.GET.get("page"))
    figures = figures_by_allotment(page.object_list)
    return render(
        request,
        "funds/allotment_list.html",
        {
            "filter": chosen,
            "page": page,
            "rows": [(allotment, figures[allotment.pk]) for allotment in page],
            "total": sum(figures_by_county_of(chosen.found).values(), Figures()),
            "several_counties": len(counties) > 1,
            "may_record": bool(request.user.roles() & set(CLERKS)),
        },
    )


@require_safe
def allotment_detail(request: OfficeRequest, pk: int) -> HttpResponse:
    demand_fund_reader(request.user)
    visible = Allotment.objects.visible_to(request.user).select_related(*SHOWN_WITH)
    allotment = get_visible(visible, pk)
    entries = Entry.objects.filter(source__allotment=allotment).select_related(
        "voucher", "source", "destination", "source__earmark", "destination__earmark"
    )
    return render(
        request,
        "funds/allotment_detail.html",
        {
            "allotment": allotment,
            "figures": figures_by_allotment([allotment])[pk],
            "query": urlencode({"county": allotment.county.code, "allotment": pk}),
            "receipts": list(entries.filter(source__kind="outside").order_by("-id")[:200]),
            "latest": entries.exclude(voucher__kind=Voucher.Kind.RECEIVE).order_by("-id")[:20],
            "uses": uses_of(allotment),
            "changes": changes_of(allotment),
            "number_is_regular": is_regular(allotment.document_number),
            "clerk_refusal": refuse_without(request.user, CLERKS, allotment.county),
            "head_refusal": refuse_without(request.user, HEADS, allotment.county, in_person=True),
        },
    )


@require_http_methods(["GET", "POST"])
def allotment_new(request: OfficeRequest) -> HttpResponse:
    counties = counties_kept_by(request.user, CLERKS)
    county = chosen_county(request, counties)
    form = AllotmentForm(request.POST or None, county=county)
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        try:
            allotment = record_allotment(county=county, by=request.user, facts=form.cleaned_data)
        except Refused as refused:
            add_refusal(form, refused)
            status = refused.status_code
        else:
            tell_saved(request, allotment, "已登记")
            return redirect("allotment_new" if "save_and_new" in request.POST else allotment)
    context = {"form": form, "county": county, "counties": counties}
    return render(request, "funds/allotment_form.html", context, status=status)


@require_http_methods(["GET", "POST"])
def allotment_edit(request: OfficeRequest, pk: int) -> HttpResponse:
    demand_fund_reader(request.user)
    allotment = get_visible(Allotment.objects.visible_to(request.user), pk)
    demand(request.user, CLERKS, allotment.county)
    form = AllotmentCorrectionForm(
        request.POST or None, instance=allotment, county=allotment.county
    )
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        facts = dict(form.cleaned_data)
        reason = facts.pop("reason")
        kept = Allotment.objects.select_related("county").get(pk=pk)  # the form wrote on the other
        try:
            kept = correct_allotment(allotment=kept, by=request.user, facts=facts, reason=reason)
        except WrongRole:
            raise
        except Refused as refused:
            add_refusal(form, refused)
            status = refused.status_code
        else:
            tell_saved(request, kept, "已更正")
            return redirect(kept)
    context = {"form": form, "allotment": allotment, "county": allotment.county}
    return render(request, "funds/allotment_form.html", context, status=status)


def tell_saved(request: OfficeRequest, allotment: Allotment, done: str) -> None:
    messages.success(request, f"{done}：{allotment.document_number}，{allotment.amount:,} 元。")
    if not is_regular(allotment.document_number):
        messages.warning(
            request,
            f"文号“{allotment.document_number}”不像规范的文号（机关代字〔年份〕顺序号号），请核对原件。",
        )


@require_http_methods(["GET", "POST"])
def allotment_return(request: OfficeRequest, pk: int) -> HttpResponse:
    """上缴: money of this allotment goes back to the upper level."""
    demand_fund_reader(request.user)
    allotment = get_visible(Allotment.objects.visible_to(request.user).select_related("county"), pk)
    demand(request.user, HEADS, allotment.county, in_person=True)
    figures = figures_by_allotment([allotment])[pk]
    form = ReturnForm(request.POST or None)
    form.fields["amount"].widget.attrs["data-remaining"] = str(figures.pool)
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        try:
            voucher = return_to_upper_level(
                allotment=allotment, by=request.user, **form.cleaned_data
            )
        except Refused as refused:
            add_refusal(form, refused)
            status = refused.status_code
        else:
            messages.success(request, f"已上缴 {voucher.total:,} 元，凭证 {voucher}。")
            return redirect(voucher)
    context = {"form": form, "allotment": allotment, "figures": figures}
    return render(request, "funds/allotment_return.html", context, status=status)


def chosen_county(request: OfficeRequest, counties: list[Division]) -> Division:
    """The county named in the address, or the first one."""
    code = request.GET.get("county")
    return next((county for county in counties if county.code == code), counties[0])
