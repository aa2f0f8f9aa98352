from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from approvals.actions import buttons
from approvals.trail import decisions_of, steps
from organizations.policies import Refused
from organizations.requests import OfficeRequest, get_visible
from projects.policies import demand_project_reader, raise_if
from projects.views.life import add_refusal
from publicity.forms import ObjectionForm
from publicity.models import Objection
from publicity.policies import refuse_registering
from publicity.services import register_objection

from .notices import visible_notice


@require_http_methods(["GET", "POST"])
def objection_new(request: OfficeRequest, pk: int) -> HttpResponse:
    """`pk` is the notice's."""
    notice = visible_notice(request, pk)
    raise_if(None, wrong_role=refuse_registering(notice, request.user))
    initial = {"received_on": timezone.localdate()}
    form = ObjectionForm(request.POST or None, notice=notice, initial=initial)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            objection = register_objection(notice=notice, by=request.user, **form.cleaned_data)
            messages.success(request, f"已登记异议，回执号 {objection.receipt}")
            return redirect(objection)
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
    context = {"form": form, "notice": notice}
    return render(request, "publicity/objection_form.html", context, status=status)


@require_safe
def objection_detail(request: OfficeRequest, pk: int) -> HttpResponse:
    demand_project_reader(request.user)
    rows = Objection.objects.visible_to(request.user).select_related(
        "division__parent", "notice__type", "notice__project", "registered_by", "voids__type"
    )
    objection = get_visible(rows, pk)
    context = {
        "objection": objection,
        "notice": objection.notice,
        "steps": steps(objection),
        "actions": buttons(objection, request.user),
        "decisions": decisions_of(objection),
    }
    return render(request, "publicity/objection_detail.html", context)
