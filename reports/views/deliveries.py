"""月报送达: what is on its way, what came in, and packages that are carried by hand."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import IO, Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from approvals.actions import buttons
from approvals.trail import decisions_of, steps
from funds.policies import demand_fund_reader
from organizations.models import Role
from organizations.policies import Refused, WrongRole, demand_role, role_names
from organizations.requests import OfficeRequest, get_visible
from reports.charts import funnel
from reports.delivery_marks import import_question, question_to_carry
from reports.delivery_receiving import ANSWER_MAX, answer_of, import_receipt
from reports.differences import changes_between
from reports.forms_deliveries import ParcelForm
from reports.models import (
    Delivery,
    ReceivedDelivery,
    ReceivedReturn,
    ReceivedUnlock,
    ReturnVersion,
    RollUp,
)
from reports.packages import import_package, pack
from reports.return_workbook import Paper, write_tables
from reports.tables import roll_up_tables, tables_of

from .sheets import signatures_of

CARRIERS = (Role.GROUP_SECRETARY, Role.PREFECTURE_CLERK, Role.REGION_CLERK)
SHOWN = 200
HEAVY = ("body", *(f"dispatch__version__{name}" for name in ("content", "summary", "checks")))


@require_safe
def delivery_list(request: OfficeRequest) -> HttpResponse:
    demand_fund_reader(request.user)
    outgoing = Delivery.objects.visible_to(request.user).select_related(
        "receipt", "addressee__division", "dispatch__version__monthly__division",
        "dispatch__version__rollup__division", "sender",
    )  # fmt: skip
    incoming = ReceivedDelivery.objects.visible_to(request.user)
    context = {
        "outgoing": outgoing.defer(*HEAVY).order_by("-id")[:SHOWN],
        "incoming": incoming.defer("body")
        .select_related("sender", "to", "imported_by")
        .order_by("-id")[:SHOWN],
        "arrived": arrived_of(request),
        "may_carry": bool(request.user.roles().intersection(CARRIERS)),
        "own_units": {post.division for post in request.user.posts_today if post.role in CARRIERS},
    }
    return render(request, "reports/delivery_list.html", context)


@require_POST
def delivery_package(request: OfficeRequest, pk: int) -> FileResponse:
    """By the unit that reports, with its own key."""
    demand_fund_reader(request.user)
    rows = Delivery.objects.visible_to(request.user)
    delivery = get_visible(
        rows.select_related("sender", "dispatch__version__monthly", "dispatch__version__rollup"), pk
    )
    if not any(p.division == delivery.sender and p.role in CARRIERS for p in own_posts(request)):
        raise WrongRole("报送包由报送单位导出", who_can_clear=role_names(CARRIERS))
    package = pack(delivery, workbook_of(delivery.dispatch.version))
    name = f"{delivery.dispatch.version}.zip"
    return FileResponse(io.BytesIO(package), as_attachment=True, filename=name)


def own_posts(request: OfficeRequest) -> list[Any]:
    return list(request.user.posts_today)


def workbook_of(version: ReturnVersion) -> bytes:
    subject = version.subject
    is_roll_up = isinstance(subject, RollUp)
    tables = roll_up_tables(version.figures) if is_roll_up else tables_of(version.figures)
    paper = Paper(
        unit=str(subject.division),
        period=f"{subject.first_day:%Y年%m月}",
        signatures=signatures_of(subject),
    )
    file = io.BytesIO()
    write_tables(file, tables, paper)
    return file.getvalue()


@require_safe
def received_detail(request: OfficeRequest, pk: int) -> HttpResponse:
    """A return from another deployment: what was sealed there, to be marked here."""
    demand_fund_reader(request.user)
    rows = ReceivedReturn.objects.visible_to(request.user).select_related("division", "to")
    received: ReceivedReturn = get_visible(rows, pk)
    figures = received.figures
    versions = rows.filter(division=received.division, to=received.to)
    earlier = versions.filter(first_day=received.first_day, number=received.number - 1).first()
    changes = []
    if earlier and not received.is_roll_up:
        changes = list(changes_between(earlier.figures, figures))
    tables = roll_up_tables(figures) if received.is_roll_up else tables_of(figures)
    context = {
        "received": received,
        "version": received,
        "figures": figures,
        "tables": [replace(table, url_of=nowhere) for table in tables],
        "versions": versions.filter(first_day=received.first_day),
        "before": None if received.is_roll_up else earlier,
        "changes": changes[:SHOWN],
        "more": max(len(changes) - SHOWN, 0),
        "envelopes": ReceivedDelivery.objects.filter(
            sender=received.division, to=received.to, first_day=received.first_day,
            number=received.number,
        ).defer("body"),
        "steps": steps(received),
        "actions": buttons(received, request.user),
        "decisions": decisions_of(received),
        "funnel": funnel(figures["total"]),
    }  # fmt: skip
    return render(request, "reports/received_detail.html", context)


def nowhere(row: Any, column: Any) -> str:
    """What a figure is made of is in the sender's deployment."""
    return ""


def arrived_of(request: OfficeRequest) -> Any:
    rows = ReceivedReturn.objects.visible_to(request.user).select_related("division", "to")
    return rows.defer("content").order_by("-arrived_at")[:SHOWN]


@require_http_methods(["GET", "POST"])
def delivery_import(request: OfficeRequest) -> HttpResponse:
    """A package at the receiving unit, or the receipt of one that was carried back."""
    demand_role(request.user, CARRIERS)
    form = ParcelForm(request.POST or None, request.FILES or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            messages.success(request, take_in(form.cleaned_data["file"], request))
        except Refused as refused:
            refusal = refused.refusal
            form.add_error("file", f"{refusal.reason}。可由{refusal.who_can_clear}处理。")
            status = refused.status_code
        else:
            return redirect("delivery_list")
    return render(request, "reports/delivery_import.html", {"form": form}, status=status)


def take_in(file: IO[bytes], request: OfficeRequest) -> str:
    """What was done with it, for the person who brought it."""
    start = file.read(1)
    file.seek(0)
    if start == b"{":
        text = file.read(ANSWER_MAX + 1)
        if b'"question"' in text:
            return f"已登记对方的询问：{import_question(text)}。请导出回执交其带回。"
        receipt = import_receipt(text, by=request.user)
        return f"已登记回执：{receipt.delivery}。"
    received, is_new = import_package(file, by=request.user)
    return f"{'已收到' if is_new else '以前已经收到，没有重复登记'}：{received}。"


@require_safe
def delivery_question(request: OfficeRequest, pk: int) -> FileResponse:
    """What was done with it, asked in a file, with the leave that is asked for."""
    demand_fund_reader(request.user)
    rows = Delivery.objects.visible_to(request.user)
    delivery = get_visible(rows.select_related("sender", "dispatch__version__monthly"), pk)
    if not any(p.division == delivery.sender and p.role in CARRIERS for p in own_posts(request)):
        raise WrongRole("询问由报送单位导出", who_can_clear=role_names(CARRIERS))
    return FileResponse(
        io.BytesIO(question_to_carry(delivery).encode()),
        as_attachment=True,
        filename=f"{delivery.dispatch.version} 询问.json",
        content_type="application/json",
    )


@require_safe
def received_unlock(request: OfficeRequest, pk: int) -> HttpResponse:
    demand_fund_reader(request.user)
    rows = ReceivedUnlock.objects.visible_to(request.user)
    unlock = get_visible(rows.select_related("arrived__division", "arrived__to", "division"), pk)
    context = {
        "unlock": unlock,
        "reported": unlock.arrived,
        "actions": buttons(unlock, request.user),
        "decisions": decisions_of(unlock),
    }
    return render(request, "reports/unlock_detail.html", context)


@require_safe
def delivery_receipt(request: OfficeRequest, pk: int) -> FileResponse:
    """The signed receipt as a file, to be carried back."""
    demand_fund_reader(request.user)
    rows = ReceivedDelivery.objects.visible_to(request.user).defer("body")
    received = get_visible(rows.select_related("receipt_key", "sender", "to"), pk)
    if not any(post.division == received.to for post in own_posts(request)):
        raise Http404("回执由收报单位导出")
    content = json.dumps(answer_of(received), ensure_ascii=False).encode()
    return FileResponse(
        io.BytesIO(content),
        as_attachment=True,
        filename=f"{received} 回执.json",
        content_type="application/json",
    )
