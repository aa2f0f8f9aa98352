from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from approvals.actions import Action
from approvals.models import Decision, Subject
from approvals.queries import subjects_of
from funds.forms import ReversalForm, add_refusal
from funds.models import Voucher
from funds.policies import REVERSERS, demand_fund_reader, refuse_reversal
from funds.services import reverse_voucher
from organizations.policies import Refusal, Refused, WrongRole, demand
from organizations.requests import OfficeRequest, get_visible

SHOWN_WITH = ("county", "decision", "reverses", "reversal", "refers_to")


@require_safe
def voucher_detail(request: OfficeRequest, pk: int) -> HttpResponse:
    demand_fund_reader(request.user)
    visible = Voucher.objects.visible_to(request.user).select_related(*SHOWN_WITH)
    voucher = get_visible(visible, pk)
    entries = voucher.entries.select_related(
        "source__allotment__category",
        "source__earmark",
        "destination__allotment",
        "destination__earmark",
    )
    return render(
        request,
        "funds/voucher_detail.html",
        {
            "voucher": voucher,
            "entries": entries,
            "is_red": voucher.kind == Voucher.Kind.REVERSE,
            "signed_total": -voucher.total
            if voucher.kind == Voucher.Kind.REVERSE
            else voucher.total,
            "followers": voucher.followers.all(),
            "subject": subject_of(voucher.decision),
            "actions": [reversal_action(voucher, refuse_reversal(voucher, request.user))],
        },
    )


def subject_of(decision: Decision | None) -> Subject | None:
    """What the decision was about, wherever in the house it lives."""
    return next(iter(subjects_of([decision]).values()), None) if decision else None


def reversal_action(voucher: Voucher, refusal: Refusal | None) -> Action:
    return Action(
        action="reverse",
        label="红字冲销",
        allowed=refusal is None,
        style="danger",
        reason=refusal.reason if refusal else "",
        clause=refusal.clause if refusal else "",
        who_can_clear=refusal.who_can_clear if refusal else "",
        url=reverse("voucher_reverse", args=[voucher.pk]),
    )


@require_http_methods(["GET", "POST"])
def voucher_reverse(request: OfficeRequest, pk: int) -> HttpResponse:
    demand_fund_reader(request.user)
    visible = Voucher.objects.visible_to(request.user).select_related("county")
    voucher = get_visible(visible, pk)
    demand(request.user, REVERSERS, voucher.county, in_person=True)
    form = ReversalForm(request.POST or None)
    status = 422 if request.method == "POST" else 200
    if request.method == "POST" and form.is_valid():
        try:
            red = reverse_voucher(voucher=voucher, by=request.user, **form.cleaned_data)
        except WrongRole:
            raise
        except Refused as refused:
            add_refusal(form, refused)
            status = refused.status_code
        else:
            messages.success(request, f"凭证 {voucher} 已由红字凭证 {red} 冲销。")
            return redirect(red)
    context = {"form": form, "voucher": voucher, "refusal": refuse_reversal(voucher, request.user)}
    return render(request, "funds/voucher_reverse.html", context, status=status)
