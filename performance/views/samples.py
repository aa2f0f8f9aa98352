"""抽查: the list, the seed and the rule, for anybody to recompute."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from organizations.models import Division
from organizations.models.divisions import Level, under
from organizations.policies import Refused, demand_role, holds, refuse_without
from organizations.requests import OfficeRequest, get_visible
from performance.forms.evaluations import DrawForm, FrameForm
from performance.models import Evaluation, SampleFrame
from performance.sampling import (
    RULE,
    SAMPLERS,
    draw_sample,
    not_to_be_drawn,
    prepare_sample,
    published,
)
from projects.policies import demand_project_reader, raise_if
from projects.views.life import add_refusal, button, page_of


def frames_of(request: OfficeRequest) -> QuerySet[SampleFrame]:
    """Of the counties in the person's territory, and of the one that he works in."""
    demand_project_reader(request.user)
    paths = request.user.territory()
    own = Q(county__path__in=[part for path in paths for part in parts_of(path)])
    rows = SampleFrame.objects.filter(own | under("county__path", paths))
    return rows.select_related("county", "draw", "prepared_by")


def parts_of(path: str) -> list[str]:
    """The path itself and those above it."""
    codes = path.rstrip("/").split("/")
    return ["/".join(codes[: n + 1]) + "/" for n in range(len(codes))]


@require_safe
def sample_list(request: OfficeRequest) -> HttpResponse:
    page = page_of(frames_of(request).order_by("-year", "county__code"), request)
    may_prepare = bool(request.user.roles().intersection(SAMPLERS))
    context = {"page": page, "may_prepare": may_prepare}
    return render(request, "performance/sample_list.html", context)


@require_safe
def sample_detail(request: OfficeRequest, pk: int) -> HttpResponse:
    frame = get_visible(frames_of(request), pk)
    draw = getattr(frame, "draw", None)
    evaluations = Evaluation.objects.filter(number__in=frame.numbers).select_related(
        "project", "check_row"
    )
    tools = []
    if refuse_without(request.user, SAMPLERS, frame.county) is None and draw is None:
        url = reverse("sample_draw", args=(pk,))
        tools.append(button("登记种子并抽取", url, not_to_be_drawn(frame), style="primary"))
    context = {
        "frame": frame, "draw": draw, "rule": RULE, "tools": tools,
        "evaluations": evaluations.order_by("number"), "picked": draw.picked if draw else [],
    }  # fmt: skip
    return render(request, "performance/sample_detail.html", context)


@require_safe
def sample_text(request: OfficeRequest, pk: int) -> HttpResponse:
    """What `verify_sample.py` reads."""
    frame = get_visible(frames_of(request), pk)
    response = HttpResponse(published(frame), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="sample-{frame.year}.txt"'
    return response


@require_http_methods(["GET", "POST"])
def sample_new(request: OfficeRequest) -> HttpResponse:
    demand_role(request.user, SAMPLERS)
    counties = [
        county
        for county in Division.objects.visible_to(request.user).filter(level=Level.COUNTY)
        if holds(request.user, SAMPLERS, county)
    ]
    offered = Division.objects.filter(pk__in=[county.pk for county in counties])
    form, status = FrameForm(request.POST or None, counties=offered), 200
    if request.method == "POST" and form.is_valid():
        try:
            frame = prepare_sample(by=request.user, **form.cleaned_data)
            messages.success(request, f"已固定名单：{frame}，{len(frame.numbers)} 个项目")
            return redirect(frame)
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
    context = {"form": form, "title": "固定抽查名单", "back": reverse("sample_list")}
    return render(request, "performance/sample_form.html", context, status=status)


@require_http_methods(["GET", "POST"])
def sample_draw(request: OfficeRequest, pk: int) -> HttpResponse:
    frame = get_visible(frames_of(request), pk)
    wrong_role = refuse_without(request.user, SAMPLERS, frame.county)
    raise_if(not_to_be_drawn(frame), wrong_role=wrong_role)
    form, status = DrawForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        try:
            draw = draw_sample(frame=frame, seed=form.cleaned_data["seed"], by=request.user)
            messages.success(request, f"抽中 {len(draw.picked)} 个项目")
            return redirect(frame)
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
    context = {
        "form": form, "title": "登记种子并抽取", "back": frame.get_absolute_url(), "frame": frame,
    }  # fmt: skip
    return render(request, "performance/sample_form.html", context, status=status)
