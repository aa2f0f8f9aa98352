"""What everybody may read, without logging in and without a cookie: the published notices."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from organizations.policies import Refused
from projects.views.life import add_refusal
from publicity.forms import PublicObjectionForm
from publicity.models import Notice, Objection
from publicity.queries import counties_with_notices, on_the_board, with_standing
from publicity.services import receive_public_objection
from publicity.turns import take_turn

PAGE_SIZE = 30


@login_not_required
@csrf_exempt  # nobody is logged in here, so there is nobody to forge; and no cookie is set
@require_http_methods(["GET", "HEAD", "POST"])
def public_notice(request: HttpRequest, check_code: str) -> HttpResponse:
    """One version, as it was published, and a short form to object to it."""
    notice = get_object_or_404(
        with_standing(Notice.objects.select_related("county")), check_code=check_code
    )
    form = PublicObjectionForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                take_turn(request, notice)
                objection = receive_public_objection(
                    notice=notice, summary=form.cleaned_data["summary"]
                )
                return redirect(f"{reverse('public_objection')}?receipt={objection.receipt}")
            except Refused as refused:
                status = add_refusal(form, refused)
    context = {"notice": notice, "form": form, "address": public_address(request, notice)}
    return render(request, "publicity/public_notice.html", context, status=status)


def public_address(request: HttpRequest, notice: Notice) -> str:
    return request.build_absolute_uri(reverse("public_notice", args=(notice.check_code,)))


@login_not_required
@require_safe
def public_objection(request: HttpRequest) -> HttpResponse:
    """How an objection stands, for whoever has its receipt."""
    receipt = request.GET.get("receipt", "").strip().upper()[:12].replace("\0", "")
    rows = Objection.objects.select_related("notice__type", "voids")
    objection = rows.filter(receipt=receipt).first() if receipt else None
    context = {"receipt": receipt, "objection": objection}
    status = 404 if receipt and objection is None else 200
    return render(request, "publicity/public_objection.html", context, status=status)


@login_not_required
@require_safe
def public_notice_list(request: HttpRequest) -> HttpResponse:
    """What hangs in the villages, by county, the newest first."""
    county = request.GET.get("county", "").replace("\0", "")[:12]
    rows = on_the_board(county)
    context = {
        "counties": counties_with_notices(),
        "county": county,
        "page": Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page")),
    }
    return render(request, "publicity/public_notice_list.html", context)
