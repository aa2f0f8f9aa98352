"""问题: the list, the three lists, one problem, its notice on paper."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from approvals.actions import Action, buttons
from approvals.models import Decision, Evidence
from approvals.trail import decisions_of, steps
from organizations.models import User
from organizations.policies import Refused, demand_role, refuse_without
from organizations.requests import OfficeRequest, get_visible
from projects.policies import demand_project_reader, raise_if
from projects.views.life import add_refusal, button, page_of, reads_funds
from supervision.exports import listed, values_of
from supervision.filters import FindingFilter
from supervision.forms.findings import FindingForm
from supervision.models import Alert, Finding
from supervision.policies import (
    INQUISITORS,
    REGISTRARS,
    counties_to_register,
    not_of_the_unit,
    recovered,
    refuse_converting,
    refuse_inquiring,
    refuse_rectifying,
)
from supervision.queries import READ, reviews_of, traced_back, with_recovered
from supervision.services import register_finding
from supervision.subjects import address_of, find_visible, label_of


@require_safe
def finding_list(request: OfficeRequest) -> HttpResponse:
    demand_project_reader(request.user)
    filters = FindingFilter(
        request.GET, Finding.objects.visible_to(request.user), user=request.user
    )
    context = {
        "filters": filters,
        "page": page_of(filters.qs.select_related(*READ), request),
        "may_register": bool(request.user.roles().intersection(REGISTRARS)),
    }
    return render(request, "supervision/finding_list.html", context)


@require_safe
def three_lists(request: OfficeRequest) -> HttpResponse:
    """问题清单、责任清单、整改清单: the same rows under the same numbers, to print."""
    demand_project_reader(request.user)
    filters = FindingFilter(
        request.GET, Finding.objects.visible_to(request.user), user=request.user
    )
    page = page_of(listed(filters.qs), request)
    found = list(page.object_list)
    reviews = reviews_of(found)
    context = {
        "filters": filters,
        "page": page,
        "rows": [
            (number, finding, values_of(finding, reviews.get(finding.pk)))
            for number, finding in enumerate(found, start=page.start_index())
        ],
    }
    return render(request, "supervision/three_lists.html", context)


@require_http_methods(["GET", "POST"])
def finding_new(request: OfficeRequest) -> HttpResponse:
    demand_role(request.user, REGISTRARS)
    alert = alert_asked_for(request)
    kind, pk = (
        (alert.subject_type, alert.subject_id) if alert
        else (request.GET.get("type", ""), number_asked_for(request, "id"))
    )  # fmt: skip
    about = find_visible(kind, pk, request.user)
    counties = counties_to_register(request.user)
    form = FindingForm(
        request.POST or None, by=request.user, counties=counties, about=about, alert=alert
    )
    status = 200
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            finding = register_finding(
                county=given["county"], by=request.user, unit=given["responsible_unit"],
                facts=form.facts(), about=form.about, alert=alert,
            )  # fmt: skip
            messages.success(request, f"已登记问题 {finding.number}")
            return redirect(finding)
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
    return render(
        request, "supervision/finding_form.html", {"form": form, "alert": alert}, status=status
    )


def number_asked_for(request: OfficeRequest, name: str) -> int | None:
    asked = request.GET.get(name, "")
    return int(asked) if asked.isdecimal() and len(asked) < 19 else None


def alert_asked_for(request: OfficeRequest) -> Alert | None:
    """`?alert=`: the one that is to become a finding."""
    pk = number_asked_for(request, "alert")
    if pk is None:
        return None
    alert = get_visible(Alert.objects.visible_to(request.user).select_related("division"), pk)
    raise_if(refuse_converting(alert, request.user))
    return alert


@require_safe
def finding_detail(request: OfficeRequest, pk: int) -> HttpResponse:
    finding = visible_finding(request, pk)
    papers = papers_of(finding)
    context = {
        "finding": finding,
        "steps": steps(finding),
        "actions": buttons(finding, request.user),
        "decisions": decisions_of(finding),
        "tools": tools_of(finding, request.user),
        "reads_funds": reads_funds(request.user),
        "recovered": recovered(finding),
        "recoveries": finding.recoveries.select_related("voucher__reversal", "recorded_by"),
        "progress": [
            (row, [papers[digest] for digest in row.papers if digest in papers])
            for row in finding.progress.select_related("recorded_by")
        ],
        "result_papers": [papers[d] for d in finding.result_papers if d in papers],
        "accountabilities": finding.accountabilities.select_related("recorded_by"),
        "transfers": finding.transfers.select_related("recorded_by"),
        "escalations": finding.escalations.select_related("seen_by"),
        "traced": traced_back(finding, request.user),
        "keeps": not_of_the_unit(finding, request.user) is None,
        **about_of(finding),
    }
    return render(request, "supervision/finding_detail.html", context)


def about_of(finding: Finding) -> dict[str, str]:
    return {
        "about_url": address_of(finding.subject_type, finding.subject_id),
        "about_label": label_of(finding.subject_type),
    }


def papers_of(finding: Finding) -> dict[str, Evidence]:
    digests = {digest for row in finding.progress.all() for digest in row.papers}
    rows = Evidence.objects.filter(sha256__in=digests | set(finding.result_papers))
    return {paper.sha256: paper for paper in rows}


def tools_of(finding: Finding, user: User) -> list[Action]:
    """Of the unit's and of the inquisitors' deeds those that are this person's here."""
    found = []
    if not_of_the_unit(finding, user) is None:
        refusal = refuse_rectifying(finding, user)
        for label, name in (
            ("登记进展", "finding_progress_new"),
            ("登记追回资金", "recovery_new"),
        ):
            found.append(button(label, reverse(name, args=(finding.pk,)), refusal))
    if refuse_without(user, INQUISITORS, finding.division) is None:
        refusal = refuse_inquiring(finding, user)
        for label, name in (("登记追责", "accountability_new"), ("登记移送", "transfer_new")):
            found.append(button(label, reverse(name, args=(finding.pk,)), refusal))
    return found


@require_safe
def finding_print(request: OfficeRequest, pk: int) -> HttpResponse:
    """整改通知书, on A4."""
    finding = visible_finding(request, pk)
    assigned = Decision.objects.about(finding.life(), finding.pk).filter(action="assign").last()
    context = {"finding": finding, "assigned": assigned, **about_of(finding)}
    return render(request, "supervision/finding_print.html", context)


def visible_finding(request: OfficeRequest, pk: int) -> Finding:
    demand_project_reader(request.user)
    rows = with_recovered(Finding.objects.visible_to(request.user)).select_related(*READ)
    found: Finding = get_visible(rows.prefetch_related("progress"), pk)
    return found
