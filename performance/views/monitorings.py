"""绩效监控, and the decision to slow or stop payment that may follow from it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from approvals.models import Evidence
from approvals.papers import store_uploads
from organizations.models import User
from organizations.policies import Refused, refuse_without
from organizations.requests import OfficeRequest, get_visible
from performance.forms.monitorings import HoldForm, MonitoringForm
from performance.hold_policies import HOLDERS, refuse_holding
from performance.models import Declaration, Monitoring, PaymentHold
from performance.monitoring import figures_on, rows_of, start_hold, write_monitoring
from performance.policies import MONITORS, refuse_amending, refuse_monitoring
from projects.models import Project
from projects.policies import demand_project_reader, raise_if
from projects.queries import signatures
from projects.views.life import add_refusal, button
from projects.views.projects import visible_project

from .declarations import life_of_subject

SIGNATURES = (("submit", "填报单位"), ("approve", "项目主管部门审核意见"))


@require_http_methods(["GET", "POST"])
def monitoring_new(request: OfficeRequest, pk: int) -> HttpResponse:
    """`pk` is the project's."""
    project = visible_project(request, pk)
    wrong_role = refuse_without(request.user, MONITORS, project.division)
    raise_if(refuse_monitoring(project, request.user), wrong_role=wrong_role)
    declaration = Declaration.objects.approved_of(project)
    assert declaration
    return edit(request, project, declaration, None)


@require_http_methods(["GET", "POST"])
def monitoring_edit(request: OfficeRequest, pk: int) -> HttpResponse:
    monitoring = visible_monitoring(request, pk)
    wrong_role = refuse_without(request.user, MONITORS, monitoring.division)
    raise_if(refuse_amending(monitoring, request.user), wrong_role=wrong_role)
    return edit(request, monitoring.project, monitoring.declaration, monitoring)


def edit(
    request: OfficeRequest, project: Project, declaration: Declaration,
    monitoring: Monitoring | None,
) -> HttpResponse:  # fmt: skip
    given: dict[str, Any] = {
        "project": project, "lines": list(declaration.lines.all()), "monitoring": monitoring,
    }  # fmt: skip
    form, status = MonitoringForm(**given), 200
    if request.method == "POST":
        data, refused = store_uploads(
            request.POST, request.FILES, form.fields, division=project.division, by=request.user
        )
        form = MonitoringForm(data, **given)
        for name, reason in refused.items():
            form.add_error(name, reason)
    if request.method == "POST" and form.is_valid():
        try:
            written = write_monitoring(
                project=project, by=request.user, facts=form.facts(), actuals=form.actuals(),
                monitoring=monitoring,
            )  # fmt: skip
            level = written.get_level_display()
            messages.success(request, f"已保存 {written.number}，偏离程度：{level}")
            return redirect(written)
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
    shown = figures_on(project, monitoring.as_of) if monitoring else None
    context = {"form": form, "project": project, "monitoring": monitoring, "figures": shown}
    return render(request, "performance/monitoring_form.html", context, status=status)


@require_safe
def monitoring_detail(request: OfficeRequest, pk: int) -> HttpResponse:
    monitoring = visible_monitoring(request, pk)
    context = {
        **life_of_subject(monitoring, request.user),
        "tools": tools_of(monitoring, request.user),
        "holds": monitoring.holds.order_by("pk"),
    }
    return render(request, "performance/monitoring_detail.html", context)


def tools_of(monitoring: Monitoring, user: User) -> list[Any]:
    found, pk = [], (monitoring.pk,)
    is_draft = monitoring.status == Monitoring.Status.DRAFT
    if is_draft and refuse_without(user, MONITORS, monitoring.division) is None:
        found.append(button("修改监控表", reverse("monitoring_edit", args=pk), None))
    if not is_draft and refuse_without(user, HOLDERS, monitoring.division) is None:
        url = reverse("payment_hold_new", args=pk)
        found.append(button("拟定暂缓（停止）拨款", url, refuse_holding(monitoring, user)))
    return found


@require_safe
def monitoring_print(request: OfficeRequest, pk: int) -> HttpResponse:
    """绩效目标执行监控表, on A4 across."""
    monitoring = visible_monitoring(request, pk)
    context = {
        "monitoring": monitoring,
        "project": monitoring.project,
        "rows": rows_of(monitoring),
        "signatures": signatures(monitoring, SIGNATURES),
    }
    return render(request, "performance/monitoring_print.html", context)


def visible_monitoring(request: OfficeRequest, pk: int) -> Monitoring:
    demand_project_reader(request.user)
    rows = Monitoring.objects.visible_to(request.user).select_related(
        "division__parent", "project__division", "project__department", "declaration", "started_by"
    )
    return get_visible(rows, pk)


@require_http_methods(["GET", "POST"])
def payment_hold_new(request: OfficeRequest, pk: int) -> HttpResponse:
    """`pk` is the monitoring sheet's."""
    monitoring = visible_monitoring(request, pk)
    wrong_role = refuse_without(request.user, HOLDERS, monitoring.division)
    raise_if(refuse_holding(monitoring, request.user), wrong_role=wrong_role)
    form, status = HoldForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        try:
            hold = start_hold(monitoring=monitoring, by=request.user, facts=form.cleaned_data)
            messages.success(request, f"已拟定 {hold}")
            return redirect(hold)
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
    context = {
        "form": form,
        "project": monitoring.project,
        "deed": "拟定暂缓（停止）拨款",
        "note": f"依据监控表 {monitoring.number}：{monitoring.cause_note}",
        "cancel_url": monitoring.get_absolute_url(),
    }
    return render(request, "performance/deed_form.html", context, status=status)


@require_safe
def payment_hold_detail(request: OfficeRequest, pk: int) -> HttpResponse:
    demand_project_reader(request.user)
    rows = PaymentHold.objects.visible_to(request.user).select_related(
        "division__parent", "project", "monitoring", "started_by"
    )
    hold = get_visible(rows, pk)
    papers = Evidence.objects.filter(sha256__in=hold.papers)
    context = {**life_of_subject(hold, request.user), "papers": papers}
    return render(request, "performance/hold_detail.html", context)
