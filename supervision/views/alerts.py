"""预警: the list, one alert, the rules and what each of them found."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from approvals.actions import Action, buttons
from approvals.trail import decisions_of, steps
from organizations.models import User
from organizations.policies import refuse_without
from organizations.requests import OfficeRequest, get_visible
from projects.policies import demand_project_reader
from projects.views.life import button, page_of
from supervision.alert_filters import AlertFilter
from supervision.alert_queries import attempts_of, limits_of, rule_rows
from supervision.models import Alert, AlertRule
from supervision.policies import REGISTRARS, refuse_converting
from supervision.subjects import address_of


@require_safe
def alert_list(request: OfficeRequest) -> HttpResponse:
    demand_project_reader(request.user)
    filters = AlertFilter(request.GET, Alert.objects.visible_to(request.user), user=request.user)
    rows = filters.qs.select_related("rule", "division__parent", "finding")
    context = {"filters": filters, "page": page_of(rows, request)}
    return render(request, "supervision/alert_list.html", context)


@require_safe
def alert_detail(request: OfficeRequest, pk: int) -> HttpResponse:
    demand_project_reader(request.user)
    rows = Alert.objects.visible_to(request.user)
    alert = get_visible(rows.select_related("rule", "county", "division__parent", "finding"), pk)
    context = {
        "alert": alert,
        "steps": steps(alert),
        "actions": buttons(alert, request.user),
        "decisions": decisions_of(alert),
        "tools": tools_of(alert, request.user),
        "about_url": address_of(alert.subject_type, alert.subject_id),
    }
    return render(request, "supervision/alert_detail.html", context)


def tools_of(alert: Alert, user: User) -> list[Action]:
    if refuse_without(user, REGISTRARS, alert.division) or alert.is_over:
        return []
    url = f"{reverse('finding_new')}?alert={alert.pk}"
    return [button("转问题清单", url, refuse_converting(alert, user))]


@require_safe
def rule_list(request: OfficeRequest) -> HttpResponse:
    demand_project_reader(request.user)
    context = {"rows": rule_rows(request.user)}
    return render(request, "supervision/rule_list.html", context)


@require_safe
def rule_detail(request: OfficeRequest, code: str) -> HttpResponse:
    """A rule with everything that it ever found, or refused."""
    demand_project_reader(request.user)
    rule = AlertRule.objects.in_force().filter(code=code).first()
    if rule is None:
        raise Http404("没有这条规则")
    is_refusal = rule.kind == AlertRule.Kind.REFUSAL
    alerts = Alert.objects.visible_to(request.user).filter(code=code)
    rows = attempts_of(rule, request.user) if is_refusal else alerts.select_related("division")
    limits = limits_of(set(rule.parameters))
    context = {
        "rule": rule,
        "limits": [limits[key] for key in rule.parameters if key in limits],
        "is_refusal": is_refusal,
        "page": page_of(rows, request),
    }
    return render(request, "supervision/rule_detail.html", context)
