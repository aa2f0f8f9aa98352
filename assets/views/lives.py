"""移交, 处置 and 收益分配 of assets."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from approvals.actions import buttons
from approvals.models import Evidence, Subject
from approvals.queries import items
from approvals.trail import decisions_of, steps
from assets.disposals import start_disposal
from assets.distributions import (
    amend_distribution,
    draw_up_distribution,
    record_income,
    reverse_income,
)
from assets.forms.deeds import (
    DisposalForm,
    DistributionForm,
    HandoverForm,
    IncomeForm,
    ReverseIncomeForm,
)
from assets.handovers import refuse_handing_over, start_handover, to_hand_over
from assets.incomes import years_of
from assets.models import Asset, Disposal, Distribution, Handover, Income, Stocktake
from assets.policies import (
    OWNERS,
    REGISTRARS,
    STOCKTAKERS,
    refuse_disposing,
    refuse_distributing,
    refuse_income,
)
from organizations.models import User
from organizations.policies import Refused, refuse_without
from organizations.requests import OfficeRequest, get_visible
from projects.policies import demand_project_reader, raise_if
from projects.queries import signatures
from projects.views.life import button, page_of, reads_funds
from projects.views.projects import visible_project

from .assets import answer, uploaded, visible_asset

LISTS: dict[str, tuple[type[Subject], str]] = {
    "handover": (Handover, "没有资产移交单。在项目页填报。"),
    "disposal": (Disposal, "没有资产处置。在资产页申请。"),
    "distribution": (Distribution, "没有收益分配。在资产页拟定。"),
    "stocktake": (Stocktake, "没有资产清查。"),
}
SIGNATURES = (
    ("hand_over", "移交方"),
    ("receive", "接收方（产权人）"),
    ("supervise", "监交方"),
)


@require_safe
def life_list(request: OfficeRequest, of: str) -> HttpResponse:
    """Everything of one life in the person's territory, with who holds it."""
    demand_project_reader(request.user)
    model, empty = LISTS[of]
    rows = model._default_manager.visible_to(request.user)  # type: ignore[attr-defined]
    status = request.GET.get("status", "")
    choices = model._meta.get_field("status").choices or ()
    if status in dict(choices):
        rows = rows.filter(status=status)
    page = page_of(rows.select_related(*model.read_with).order_by("-pk"), request)
    page.object_list = items(list(page.object_list))
    context = {
        "title": model._meta.verbose_name,
        "page": page,
        "empty": empty,
        "status": status,
        "choices": choices,
        "here": f"{of}_list",
        "may_start": of == "stocktake" and may_take_stock(request.user),
    }
    return render(request, "assets/life_list.html", context)


def may_take_stock(user: User) -> bool:
    return bool(user.roles().intersection(STOCKTAKERS))


# --- 移交 -------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def handover_new(request: OfficeRequest, pk: int) -> HttpResponse:
    """`pk` is the project's."""
    project = visible_project(request, pk)
    wrong_role = refuse_without(request.user, REGISTRARS, project.division)
    raise_if(refuse_handing_over(project, request.user), wrong_role=wrong_role)
    data, refused = uploaded(request, HandoverForm, project.division)
    form = HandoverForm(data, assets=to_hand_over(project))
    for name, reason in refused.items():
        form.add_error(name, reason)

    def write() -> Handover:
        facts = {n: form.cleaned_data[n] for n in ("handed_on", "attachments", "papers")}
        chosen = list(form.cleaned_data["assets"])
        return start_handover(project=project, assets=chosen, by=request.user, facts=facts)

    context = {"project": project, "deed": "填报移交单", "back": project.get_absolute_url()}
    return answer(request, form, write, "已填报移交单", "assets/deed_form.html", context)


@require_safe
def handover_detail(request: OfficeRequest, pk: int) -> HttpResponse:
    handover = visible_handover(request, pk)
    papers = Evidence.objects.filter(sha256__in=handover.papers, division=handover.division)
    context = {**life_of_asset(handover, request.user), "handover": handover, "papers": papers}
    return render(request, "assets/handover_detail.html", context)


@require_safe
def handover_print(request: OfficeRequest, pk: int) -> HttpResponse:
    """移交单, on A4, with its three signatures."""
    handover = visible_handover(request, pk)
    context = {"handover": handover, "signatures": signatures(handover, SIGNATURES)}
    return render(request, "assets/handover_print.html", context)


def visible_handover(request: OfficeRequest, pk: int) -> Handover:
    demand_project_reader(request.user)
    rows = Handover.objects.visible_to(request.user).select_related(
        "division__parent", "project", "started_by"
    )
    worth = Asset.objects.with_value().select_related("type", "division__parent")
    return get_visible(rows.prefetch_related(Prefetch("items__asset", worth)), pk)


def life_of_asset(subject: Subject, user: User) -> dict[str, Any]:
    """As for a project, but without a history of edits: what changes comes with a step."""
    return {
        "subject": subject,
        "steps": steps(subject),
        "actions": buttons(subject, user),
        "decisions": decisions_of(subject),
        "reads_funds": reads_funds(user),
    }


# --- 处置 -------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def disposal_new(request: OfficeRequest, pk: int) -> HttpResponse:
    """`pk` is the asset's."""
    asset = visible_asset(request, pk)
    wrong_role = refuse_without(request.user, OWNERS, asset.division)
    raise_if(refuse_disposing(asset, request.user), wrong_role=wrong_role)
    form = DisposalForm(request.POST or None)

    def write() -> Disposal:
        return start_disposal(asset=asset, by=request.user, facts=form.cleaned_data)

    context = {"asset": asset, "deed": "申请处置", "back": asset.get_absolute_url()}
    return answer(request, form, write, "已申请处置", "assets/deed_form.html", context)


@require_safe
def disposal_detail(request: OfficeRequest, pk: int) -> HttpResponse:
    disposal = visible_disposal(request, pk)
    papers = Evidence.objects.filter(sha256__in=disposal.minutes_files, division=disposal.division)
    context = {**life_of_asset(disposal, request.user), "disposal": disposal, "papers": papers}
    return render(request, "assets/disposal_detail.html", context)


def visible_disposal(request: OfficeRequest, pk: int) -> Disposal:
    demand_project_reader(request.user)
    rows = Disposal.objects.visible_to(request.user).select_related(
        "division__parent", "asset__county", "asset__division__parent", "voucher", "started_by"
    )
    return get_visible(rows, pk)


# --- 收益 -------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def income_new(request: OfficeRequest, pk: int) -> HttpResponse:
    """`pk` is the asset's."""
    asset = visible_asset(request, pk)
    wrong_role = refuse_without(request.user, OWNERS, asset.division)
    raise_if(refuse_income(asset, request.user), wrong_role=wrong_role)
    form = IncomeForm(request.POST or None)

    def write() -> Any:
        return record_income(asset=asset, by=request.user, **form.cleaned_data).asset

    context = {"asset": asset, "deed": "登记收益到账", "back": asset.get_absolute_url()}
    return answer(request, form, write, "已登记收益", "assets/deed_form.html", context)


@require_http_methods(["GET", "POST"])
def income_reverse(request: OfficeRequest, pk: int) -> HttpResponse:
    """`pk` is the income's."""
    demand_project_reader(request.user)
    rows = Income.objects.select_related("asset__division")
    visible = Asset.objects.visible_to(request.user)
    income = get_visible(rows.filter(asset__in=visible), pk)
    asset = income.asset
    wrong_role = refuse_without(request.user, OWNERS, asset.division)
    raise_if(None, wrong_role=wrong_role)
    if income.reverses_id:
        raise Refused("这一笔本身是冲销", who_can_clear="本人（无须再办）")
    form = ReverseIncomeForm(request.POST or None)

    def write() -> Any:
        reason = form.cleaned_data["reason"]
        return reverse_income(income=income, reason=reason, by=request.user).asset

    deed = f"红字冲销 {income.document}（{income.amount:,.2f} 元）"
    context = {"asset": asset, "deed": deed, "back": asset.get_absolute_url()}
    return answer(request, form, write, "已冲销", "assets/deed_form.html", context)


@require_http_methods(["GET", "POST"])
def distribution_new(request: OfficeRequest, pk: int) -> HttpResponse:
    """`pk` is the asset's."""
    asset = visible_asset(request, pk)
    wrong_role = refuse_without(request.user, OWNERS, asset.division)
    raise_if(refuse_distributing(asset, request.user), wrong_role=wrong_role)
    form = DistributionForm(request.POST or None)

    def write() -> Distribution:
        year = form.cleaned_data["year"]
        return draw_up_distribution(asset=asset, year=year, lines=form.lines(), by=request.user)

    context = {"asset": asset, "years": years_of(asset), "back": asset.get_absolute_url()}
    template = "assets/distribution_form.html"
    return answer(request, form, write, "已拟定分配方案", template, context)


@require_http_methods(["GET", "POST"])
def distribution_edit(request: OfficeRequest, pk: int) -> HttpResponse:
    distribution = visible_distribution(request, pk)
    asset = distribution.asset
    wrong_role = refuse_without(request.user, OWNERS, distribution.division)
    raise_if(None, wrong_role=wrong_role)
    form = DistributionForm(request.POST or None, distribution=distribution)

    def write() -> Distribution:
        return amend_distribution(distribution=distribution, lines=form.lines(), by=request.user)

    context = {"asset": asset, "years": years_of(asset), "back": distribution.get_absolute_url()}
    template = "assets/distribution_form.html"
    return answer(request, form, write, "已修改分配方案", template, context)


@require_safe
def distribution_detail(request: OfficeRequest, pk: int) -> HttpResponse:
    distribution = visible_distribution(request, pk)
    tools = []
    if refuse_without(request.user, OWNERS, distribution.division) is None:
        draft = distribution.status == Distribution.Status.DRAFT
        url = reverse("distribution_edit", args=(pk,))
        tools = [button("修改分配方案", url, None)] if draft else []
    papers = Evidence.objects.filter(
        sha256__in=distribution.minutes_files, division=distribution.division
    )
    context = {
        **life_of_asset(distribution, request.user),
        "distribution": distribution,
        "tools": tools,
        "papers": papers,
        "years": [y for y in years_of(distribution.asset) if y.year == distribution.year],
    }
    return render(request, "assets/distribution_detail.html", context)


def visible_distribution(request: OfficeRequest, pk: int) -> Distribution:
    demand_project_reader(request.user)
    rows = Distribution.objects.visible_to(request.user).select_related(
        "division__parent", "asset__county", "asset__division__parent", "started_by"
    )
    return get_visible(rows.prefetch_related("lines__use", "asset__operations"), pk)
