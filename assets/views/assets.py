from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms import Form
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from approvals.actions import Action
from approvals.history import changes_of
from approvals.models import Evidence
from approvals.papers import store_uploads
from assets.filters import AssetFilter
from assets.forms.assets import AssetForm, NewAssetForm, NoAssetsForm, OperationForm, ValueForm
from assets.incomes import years_of
from assets.models import Asset, AssetValue, Inspection
from assets.policies import (
    IMPORTERS,
    INSPECTORS,
    OWNERS,
    REGISTRARS,
    refuse_amending,
    refuse_disposing,
    refuse_distributing,
    refuse_income,
    refuse_inspecting,
    refuse_operation,
    refuse_registering,
    refuse_revaluing,
    refuse_stating_none,
)
from assets.queries import by_allotment, shares_by_asset, sums_of
from assets.services import (
    amend_asset,
    capitalise,
    change_operator,
    correct_value,
    register_asset,
    state_no_assets,
)
from organizations.models import Division, Parameter, Role, User
from organizations.policies import Refusal, Refused, refuse_without
from organizations.requests import OfficeRequest, get_visible
from projects.policies import demand_project_reader, raise_if
from projects.views.life import add_refusal, button, page_of, reads_funds
from projects.views.projects import visible_project


@require_safe
def asset_list(request: OfficeRequest) -> HttpResponse:
    """资产总台账: the county's, the township's, the village's, from the same rows."""
    demand_project_reader(request.user)
    filters = AssetFilter(request.GET, Asset.objects.visible_to(request.user), user=request.user)
    sums = sums_of(filters.qs)
    rows = filters.qs.with_value().select_related("division__parent", "type", "project")
    context = {
        "filters": filters,
        "sums": sums,
        "levels": Asset.Level.labels,
        "page": page_of(rows.prefetch_related("operations"), request, sums[-1].total.count),
        "shows_county": "county" in filters.filters,
        "may_import": bool(request.user.roles().intersection(IMPORTERS)),
    }
    return render(request, "assets/asset_list.html", context)


@require_safe
def asset_detail(request: OfficeRequest, pk: int) -> HttpResponse:
    asset = visible_asset(request, pk)
    context = {
        **facts_of(asset),
        **used(asset),
        "tools": tools_of(asset, request.user),
        "keeps_income": refuse_without(request.user, OWNERS, asset.division) is None,
        "changes": changes_of(asset),
        "reads_funds": reads_funds(request.user),
    }
    return render(request, "assets/asset_detail.html", context)


def facts_of(asset: Asset) -> dict[str, Any]:
    shares = shares_by_asset(asset.project)[asset.pk] if asset.project else []
    return {
        "asset": asset,
        "project": asset.project,
        "values": values_of(asset),
        "shares": shares,
        "shares_total": sum((share.amount for share in shares), Decimal(0)),
        "sources": by_allotment(shares),
        "operations": sorted(asset.operations.all(), key=lambda row: row.starts_on),
    }


def used(asset: Asset) -> dict[str, Any]:
    """What came of it since: income, hand-over, inspections, counts and disposal."""
    return {
        "years": years_of(asset),
        "incomes": asset.incomes.select_related("recorded_by", "reversal").order_by("-received_on"),
        "distributions": asset.distributions.prefetch_related("lines"),
        "handovers": [i.handover for i in asset.handover_items.select_related("handover")],
        "inspections": inspections_of(asset),
        "stocktakes": asset.stocktake_lines.select_related("stocktake__division").order_by("-pk"),
        "disposals": asset.disposals.select_related("voucher"),
        "idle_warn": Parameter.objects.number("asset.idle_days.warn"),
        "idle_alarm": Parameter.objects.number("asset.idle_days.alarm"),
    }


def inspections_of(asset: Asset) -> list[tuple[Inspection, list[Evidence]]]:
    rows = list(asset.inspections.select_related("inspected_by"))
    digests = {photo for row in rows for photo in row.photos}
    papers = {p.sha256: p for p in Evidence.objects.filter(sha256__in=digests)}
    return [(row, [papers[p] for p in row.photos if p in papers]) for row in rows]


def values_of(asset: Asset) -> list[tuple[AssetValue, Evidence | None]]:
    """Each row of its value with the original of the document."""
    rows = list(asset.value_rows.select_related("voucher", "recorded_by"))
    digests = [row.paper for row in rows if row.paper]
    papers = {
        paper.sha256: paper
        for paper in Evidence.objects.filter(sha256__in=digests, division=asset.division)
    }
    return [(row, papers.get(row.paper)) for row in rows]


def tools_of(asset: Asset, user: User) -> list[Action]:
    """Of each role's deeds those that are this person's here; refused with the reason."""
    found = []
    for roles, label, name, check in DEEDS:
        if refuse_without(user, roles, asset.division) is None:
            found.append(button(label, reverse(name, args=(asset.pk,)), check(asset, user)))
    return found


DEEDS: tuple[tuple[Sequence[Role], str, str, Callable[[Asset, User], Refusal | None]], ...] = (
    (REGISTRARS, "修改登记", "asset_edit", refuse_amending),
    (REGISTRARS, "原值追加或更正", "asset_value", refuse_revaluing),
    (REGISTRARS, "变更经营主体", "asset_operation", refuse_operation),
    (OWNERS, "登记收益到账", "income_new", refuse_income),
    (OWNERS, "拟定收益分配", "distribution_new", refuse_distributing),
    (INSPECTORS, "登记巡查", "inspection_new", refuse_inspecting),
    (OWNERS, "申请处置", "disposal_new", refuse_disposing),
)


@require_safe
def asset_print(request: OfficeRequest, pk: int) -> HttpResponse:
    """资产卡片, on A4, with a QR code that leads back to the page."""
    asset = visible_asset(request, pk)
    address = request.build_absolute_uri(asset.get_absolute_url())
    return render(request, "assets/asset_print.html", {**facts_of(asset), "address": address})


@require_http_methods(["GET", "POST"])
def asset_new(request: OfficeRequest, pk: int) -> HttpResponse:
    """`pk` is the project's."""
    project = visible_project(request, pk)
    wrong_role = refuse_without(request.user, REGISTRARS, project.division)
    raise_if(refuse_registering(project, request.user), wrong_role=wrong_role)
    form = NewAssetForm(request.POST or None, project=project)

    def write() -> Asset:
        return register_asset(project=project, by=request.user, **form.registration())

    context = {"project": project, "worth": form.worth, "back": project.get_absolute_url()}
    return answer(request, form, write, "已登记资产", "assets/asset_form.html", context)


@require_http_methods(["GET", "POST"])
def asset_edit(request: OfficeRequest, pk: int) -> HttpResponse:
    asset = amendable(request, pk)
    form = AssetForm(request.POST or None, instance=asset, county=asset.county)

    def write() -> Asset:
        return amend_asset(
            asset=asset, by=request.user, facts=form.facts(), reason=form.cleaned_data["reason"]
        )

    context = {"asset": asset, "back": asset.get_absolute_url()}
    return answer(request, form, write, "已修改", "assets/asset_form.html", context)


@require_http_methods(["GET", "POST"])
def asset_value(request: OfficeRequest, pk: int) -> HttpResponse:
    """原值追加或更正. `pk` is the asset's."""
    asset = amendable(request, pk)
    data, refused = uploaded(request, ValueForm, asset.division)
    form = ValueForm(data, asset=asset)
    for name, reason in refused.items():
        form.add_error(name, reason)

    def write() -> Asset:
        facts = form.cleaned_data
        shared = {"asset": asset, "document": facts["document"], "by": request.user}
        if facts["kind"] == "capitalised":
            return capitalise(voucher=facts["voucher"], amount=facts["amount"], **shared).asset
        return correct_value(
            amount=form.signed_amount, paper=facts["paper"][0], reason=facts["reason"], **shared
        ).asset

    context = {"asset": asset, "deed": "原值追加或更正", "back": asset.get_absolute_url()}
    return answer(request, form, write, "已登记", "assets/deed_form.html", context)


@require_http_methods(["GET", "POST"])
def asset_operation(request: OfficeRequest, pk: int) -> HttpResponse:
    """变更经营主体. `pk` is the asset's."""
    asset = amendable(request, pk)
    raise_if(refuse_operation(asset, request.user))
    form = OperationForm(request.POST or None)

    def write() -> Asset:
        operation = form.operation()
        assert operation
        return change_operator(
            asset=asset,
            by=request.user,
            operation=operation,
            end_reason=form.cleaned_data["end_reason"],
        ).asset

    context = {"asset": asset, "deed": "变更经营主体", "back": asset.get_absolute_url()}
    return answer(request, form, write, "已登记", "assets/deed_form.html", context)


@require_http_methods(["GET", "POST"])
def no_assets_new(request: OfficeRequest, pk: int) -> HttpResponse:
    """`pk` is the project's."""
    project = visible_project(request, pk)
    wrong_role = refuse_without(request.user, REGISTRARS, project.division)
    raise_if(refuse_stating_none(project, request.user), wrong_role=wrong_role)
    form = NoAssetsForm(request.POST or None)

    def write() -> Any:
        return state_no_assets(
            project=project, reason=form.cleaned_data["reason"], by=request.user
        ).project

    context = {"project": project, "deed": "说明不形成资产", "back": project.get_absolute_url()}
    return answer(request, form, write, "已说明", "assets/deed_form.html", context)


def uploaded(
    request: OfficeRequest, form_class: type[Form], division: Division
) -> tuple[QueryDict | None, dict[str, str]]:
    """What was typed, each paper as its hash, and which papers were refused; None to show it."""
    if request.method != "POST":
        return None, {}
    return store_uploads(
        request.POST, request.FILES, form_class.base_fields, division=division, by=request.user
    )


def answer(
    request: OfficeRequest,
    form: Any,
    write: Callable[[], Any],
    done: str,
    template: str,
    context: dict[str, Any],
) -> HttpResponse:
    """Write and go to what was written; or show the form again, what was typed stays."""
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                written = write()
            for warning in getattr(form, "warnings", list)():
                messages.warning(request, warning)
            messages.success(request, f"{done}：{written}")
            return redirect(written)
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
    return render(request, template, {"form": form, **context}, status=status)


def amendable(request: OfficeRequest, pk: int) -> Asset:
    asset = visible_asset(request, pk)
    wrong_role = refuse_without(request.user, REGISTRARS, asset.division)
    raise_if(refuse_amending(asset, request.user), wrong_role=wrong_role)
    return asset


def visible_asset(request: OfficeRequest, pk: int) -> Asset:
    demand_project_reader(request.user)
    rows = Asset.objects.visible_to(request.user).with_value()
    rows = rows.select_related("county", "division__parent", "type", "project", "registered_by")
    return get_visible(rows.prefetch_related("operations"), pk)
