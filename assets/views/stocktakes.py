"""巡查 of an asset and the county's yearly 清查."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, F, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from approvals.models import Evidence
from assets.forms.deeds import CountForm, InspectionForm, StocktakeForm
from assets.models import Asset, Stocktake, StocktakeLine
from assets.policies import COUNTERS, INSPECTORS, STOCKTAKERS, refuse_inspecting
from assets.stocktakes import count_asset, record_inspection, refuse_counting, start_stocktake
from organizations.models import Division
from organizations.policies import demand_role, refuse_without
from organizations.requests import OfficeRequest, get_visible
from projects.policies import demand_project_reader, raise_if
from projects.views.life import page_of

from .assets import answer, uploaded, visible_asset
from .lives import life_of_asset


@require_http_methods(["GET", "POST"])
def inspection_new(request: OfficeRequest, pk: int) -> HttpResponse:
    """`pk` is the asset's."""
    asset = visible_asset(request, pk)
    wrong_role = refuse_without(request.user, INSPECTORS, asset.division)
    raise_if(refuse_inspecting(asset, request.user), wrong_role=wrong_role)
    data, refused = uploaded(request, InspectionForm, asset.division)
    form = InspectionForm(data, initial={"condition": asset.condition})
    for name, reason in refused.items():
        form.add_error(name, reason)

    def write() -> Asset:
        return record_inspection(asset=asset, by=request.user, **form.cleaned_data).asset

    context = {"asset": asset, "deed": "登记巡查", "back": asset.get_absolute_url()}
    return answer(request, form, write, "已登记巡查", "assets/deed_form.html", context)


@require_http_methods(["GET", "POST"])
def stocktake_new(request: OfficeRequest) -> HttpResponse:
    """An errand leads here with an empty POST: then the form is shown."""
    demand_role(request.user, STOCKTAKERS)
    held = [p.division.pk for p in request.user.posts_today if p.role in STOCKTAKERS]
    typed = request.POST if "year" in request.POST else None
    form = StocktakeForm(typed, counties=Division.objects.filter(pk__in=held))

    def write() -> Stocktake:
        facts = form.cleaned_data
        return start_stocktake(by=request.user, **facts)

    context = {"deed": "发起资产清查", "back": "/stocktakes/"}
    return answer(request, form, write, "已发起", "assets/stocktake_form.html", context)


@require_safe
def stocktake_detail(request: OfficeRequest, pk: int) -> HttpResponse:
    """The sheet: of the county in all, and line by line of the person's own territory."""
    stocktake = visible_stocktake(request, pk)
    assets = Asset.objects.visible_to(request.user)
    lines = stocktake.lines.filter(asset__in=assets).select_related(
        "asset__division__parent", "asset__type", "counted_by"
    )
    wanted = request.GET.get("show", "")
    if wanted in SHOWN:
        lines = lines.filter(SHOWN[wanted][1])
    page = page_of(lines.order_by("asset__division__code", "pk"), request)
    rows = list(page.object_list)
    context = {
        **life_of_asset(stocktake, request.user),
        "stocktake": stocktake,
        "page": page,
        "rows": [(row, may_count(row, stocktake, request)) for row in rows],
        "photos": photos_of(rows),
        "counts": counts_of(stocktake),
        "shown": [(key, label) for key, (label, _) in SHOWN.items()],
        "wanted": wanted,
    }
    return render(request, "assets/stocktake_detail.html", context)


SHOWN = {
    "left": ("未盘点", Q(counted_quantity__isnull=True)),
    "differs": ("账实不符", ~Q(counted_quantity=F("book_quantity"))),
    "poor": ("非在用", Q(counted_quantity__isnull=False) & ~Q(condition="in_use")),
}


def counts_of(stocktake: Stocktake) -> dict[str, int]:
    counted = Q(counted_quantity__isnull=False)
    return stocktake.lines.aggregate(
        all=Count("pk"),
        counted=Count("pk", filter=counted),
        less=Count("pk", filter=Q(counted_quantity__lt=F("book_quantity"))),
        more=Count("pk", filter=Q(counted_quantity__gt=F("book_quantity"))),
        poor=Count("pk", filter=counted & ~Q(condition="in_use")),
    )


def may_count(line: StocktakeLine, stocktake: Stocktake, request: OfficeRequest) -> bool:
    line.stocktake = stocktake
    return refuse_counting(line, request.user) is None


def photos_of(lines: list[StocktakeLine]) -> dict[str, Evidence]:
    digests = {line.photo for line in lines if line.photo}
    return {paper.sha256: paper for paper in Evidence.objects.filter(sha256__in=digests)}


@require_http_methods(["GET", "POST"])
def stocktake_count(request: OfficeRequest, pk: int) -> HttpResponse:
    """`pk` is the line's."""
    demand_project_reader(request.user)
    rows = StocktakeLine.objects.select_related("stocktake__division", "asset__division")
    line = get_visible(rows.filter(asset__in=Asset.objects.visible_to(request.user)), pk)
    wrong_role = refuse_without(request.user, COUNTERS, line.asset.division)
    raise_if(refuse_counting(line, request.user), wrong_role=wrong_role)
    data, refused = uploaded(request, CountForm, line.asset.division)
    form = CountForm(data, line=line)
    for name, reason in refused.items():
        form.add_error(name, reason)

    def write() -> Any:
        return count_asset(line=line, by=request.user, facts=form.cleaned_data).stocktake

    context = {
        "asset": line.asset,
        "deed": f"盘点（{line.stocktake}）",
        "back": line.stocktake.get_absolute_url(),
    }
    return answer(request, form, write, "已盘点", "assets/deed_form.html", context)


def visible_stocktake(request: OfficeRequest, pk: int) -> Stocktake:
    demand_project_reader(request.user)
    rows = Stocktake.objects.visible_to(request.user).select_related("division", "started_by")
    return get_visible(rows, pk)
