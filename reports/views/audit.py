"""审计工作台: search, time machine, edits, exports with their purpose, 取证单."""

from __future__ import annotations

import io
from typing import Any

from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from funds.models import Book
from funds.policies import counties_of
from funds.views.sheets import XLSX
from organizations.models import Division
from organizations.policies import Refused, demand_role
from organizations.requests import OfficeRequest, get_visible
from projects.views.life import add_refusal
from reports import edits, time_machine
from reports.audit import AUDITORS, draw_up_sheet, export_tables
from reports.forms_audit import AsOfForm, EditsForm, PurposeForm, SheetForm
from reports.models import AuditSheet, ExportRecord
from reports.tables import Table

from .traces import TRACED

SHOWN = 200
LATELY = 5


@require_safe
def audit_desk(request: OfficeRequest) -> HttpResponse:
    demand_role(request.user, AUDITORS)
    counties = counties_of(request.user)
    context = {
        "books": Book.objects.filter(county__in=counties).select_related("county"),
        "sheets": AuditSheet.objects.visible_to(request.user)[:LATELY],
        "exports": ExportRecord.objects.visible_to(request.user).select_related("by")[:LATELY],
        "month": timezone.localdate(),
    }
    return render(request, "reports/audit_desk.html", context)


def with_defaults(request: OfficeRequest, counties: list[Division]) -> AsOfForm:
    """What is not asked for is today's."""
    now = timezone.localtime()
    data = {
        "county": counties[0].code if counties else "",
        "listing": "figures",
        "on": now.date().isoformat(),
        "known": f"{now:%Y-%m-%dT%H:%M}",
        **{key: value for key, value in request.GET.items() if value},
    }
    return AsOfForm(data, counties)


@require_safe
def audit_as_of(request: OfficeRequest) -> HttpResponse:
    demand_role(request.user, AUDITORS)
    form = with_defaults(request, counties_of(request.user))
    context: dict[str, Any] = {"form": form, "purpose": PurposeForm()}
    if form.is_valid():
        at, tables = listed(form, time_machine.SHOWN)
        now = time_machine.as_of(at.county, at.cutoff, timezone.now())
        context |= {
            "at": at,
            "tables": tables,
            "later": time_machine.posted_later(at),
            "changes": list(time_machine.changed_since(at, now)),
            "asked": request.GET.urlencode(),
            "shown": time_machine.SHOWN,
        }
    return render(
        request, "reports/audit_as_of.html", context, status=200 if form.is_valid() else 400
    )


def listed(form: AsOfForm, most: int | None) -> tuple[Any, list[Table]]:
    asked = form.cleaned_data
    at = time_machine.as_of(asked["county"], asked["on"], asked["known"])
    return at, time_machine.LISTINGS[asked["listing"]].tables(at, most)


@require_POST
def audit_as_of_export(request: OfficeRequest) -> HttpResponseBase:
    """The whole list, and who took it for what."""
    demand_role(request.user, AUDITORS)
    form, purpose = with_defaults(request, counties_of(request.user)), PurposeForm(request.POST)
    if not form.is_valid():
        raise Http404("没有这个时点")
    if not purpose.is_valid():
        context = {"form": form, "purpose": purpose, "asked": request.GET.urlencode()}
        return render(request, "reports/audit_as_of.html", context, status=400)
    at, tables = listed(form, None)
    label = time_machine.LISTINGS[form.cleaned_data["listing"]].label
    record, content = export_tables(
        county=at.county,
        title=label,
        asked=f"业务日期至 {at.cutoff}，当时所知至 {time_machine.in_minutes(at.known_at)}",
        tables=tables,
        purpose=purpose.cleaned_data["purpose"],
        by=request.user,
    )
    return FileResponse(
        io.BytesIO(content),
        as_attachment=True,
        filename=f"{at.county}{label} 导出{record.pk}.xlsx",
        content_type=XLSX,
    )


@require_safe
def audit_edits(request: OfficeRequest) -> HttpResponse:
    demand_role(request.user, AUDITORS)
    form = EditsForm({"kind": "projects.project", **request.GET.dict()})
    found = []
    if form.is_valid():
        found = edits.edits_of(request.user, edits.Asked(**form.cleaned_data))
    context = {"form": form, "edits": found, "shown": edits.SHOWN}
    return render(
        request, "reports/audit_edits.html", context, status=200 if form.is_valid() else 400
    )


@require_safe
def audit_exports(request: OfficeRequest) -> HttpResponse:
    demand_role(request.user, AUDITORS)
    rows = ExportRecord.objects.visible_to(request.user).select_related("by", "county")
    return render(request, "reports/audit_exports.html", {"records": rows[:SHOWN]})


@require_safe
def audit_sheet_list(request: OfficeRequest) -> HttpResponse:
    demand_role(request.user, AUDITORS)
    rows = AuditSheet.objects.visible_to(request.user).select_related("by", "county")
    return render(request, "reports/audit_sheets.html", {"sheets": rows.defer("content")[:SHOWN]})


@require_http_methods(["GET", "POST"])
def audit_sheet_new(request: OfficeRequest, kind: str, pk: int) -> HttpResponse:
    demand_role(request.user, AUDITORS)
    if kind not in TRACED:
        raise Http404
    label, rows = TRACED[kind]
    thing: Any = get_visible(rows(request.user), pk)
    form = SheetForm(request.POST or None, initial={"matter": f"{label}：{thing}"[:120]})
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            sheet = draw_up_sheet(
                county=county_of(thing), kind=kind, thing=thing, by=request.user,
                **form.cleaned_data,
            )  # fmt: skip
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
        else:
            return redirect(sheet)
    elif request.method == "POST":
        status = 400
    context = {"form": form, "thing": thing, "kind_label": label}
    return render(request, "reports/audit_sheet_new.html", context, status=status)


def county_of(thing: Any) -> Division:
    project = getattr(thing, "project", None)
    county: Division = project.county if project else thing.county
    return county


@require_safe
def audit_sheet_detail(request: OfficeRequest, pk: int) -> HttpResponse:
    """As it is printed and signed."""
    demand_role(request.user, AUDITORS)
    rows = AuditSheet.objects.visible_to(request.user).select_related("by", "county")
    sheet: AuditSheet = get_visible(rows, pk)
    context = {"sheet": sheet, "figures": sheet.figures}
    return render(request, "reports/audit_sheet.html", context)
