"""责任实名: who answers for a project, today, on any day, and one person for life."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from organizations.models import User
from organizations.policies import Refused, demand
from organizations.requests import OfficeRequest, get_visible
from projects.filters import ResponsibilityFilter
from projects.forms.responsibilities import DayForm, HandOverForm, HolderForm, NamingForm
from projects.models import Project, Responsibility
from projects.policies import demand_project_reader, raise_if
from projects.responsibilities import (
    NAMERS,
    accept_responsibility,
    already_handed_over,
    duties_named_by,
    hand_over,
    name_responsible,
    refuse_naming,
    refuse_unapproved,
)
from projects.responsible import ANSWERED_FOR, CLAUSE, LIFELONG_CLAUSE, answering, is_major
from projects.responsible_lists import (
    answered_rows,
    chains_of,
    decisions_until,
    record_by_name,
    record_of_person,
)

from .life import PAGE_SIZE, add_refusal, page_of
from .projects import visible_project

D = Responsibility.Duty


def responsibility_list(request: OfficeRequest) -> HttpResponse:
    demand_project_reader(request.user)
    visible = Project.objects.visible_to(request.user).filter(ANSWERED_FOR)
    filters = ResponsibilityFilter(request.GET, visible, user=request.user)
    page = page_of(filters.qs.select_related("division__parent", "county"), request)
    context = {
        "filters": filters,
        "page": page,
        "rows": answered_rows(list(page.object_list)),
        "duties": list(D),
        "waiting": Responsibility.objects.to_be_accepted_by(request.user).select_related(
            "project", "predecessor"
        ),
    }
    return render(request, "projects/responsibility_list.html", context)


def responsibility_new(request: OfficeRequest, pk: int) -> HttpResponse:
    """`pk` is the project's."""
    project = visible_project(request, pk)
    wrong_role = (
        None if duties_named_by(request.user, project) else refuse_naming(project, request.user)
    )
    raise_if(refuse_unapproved(project), wrong_role=wrong_role)
    form = NamingForm(request.POST or None, project=project, by=request.user)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            row = name_responsible(
                project=project, duty=form.cleaned_data["duty"], **said_in(form), by=request.user
            )
            messages.success(request, f"已登记{row}")
            return redirect(project)
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
    return show_form(request, form, project, "登记责任人", status)


def responsibility_hand_over(request: OfficeRequest, pk: int) -> HttpResponse:
    former = visible_responsibility(request, pk)
    demand(request.user, (NAMERS[former.duty],), former.project.division)
    raise_if(already_handed_over(former))
    form = HandOverForm(request.POST or None, former=former)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            row = hand_over(former=former, **said_in(form), by=request.user)
            waits = "，待本人接受交接" if row.awaits_acceptance else ""
            messages.success(request, f"{former}已于 {row.valid_from} 交接给{row.name}{waits}")
            return redirect(former.project)
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
    return show_form(request, form, former.project, f"{former}：办理交接", status)


def said_in(form: HolderForm) -> dict[str, Any]:
    return {
        "holder": form.holder(),
        "valid_from": form.cleaned_data["valid_from"],
        "reason": form.cleaned_data["reason"],
    }


def show_form(
    request: OfficeRequest, form: HolderForm, project: Project, heading: str, status: int
) -> HttpResponse:
    context = {"form": form, "project": project, "heading": heading}
    return render(request, "projects/responsibility_form.html", context, status=status)


@require_POST
def responsibility_accept(request: OfficeRequest, pk: int) -> HttpResponse:
    row = visible_responsibility(request, pk)
    accept_responsibility(responsibility=row, by=request.user)
    messages.success(request, f"已接受“{row.project}”的{row.get_duty_display()}")
    return redirect(row.project)


def responsibility_day(request: OfficeRequest) -> HttpResponse:
    """倒查: everybody who answered on the day, and who had decided what until then."""
    demand_project_reader(request.user)
    form = DayForm(request.GET or None, reader=request.user)
    context: dict[str, Any] = {"form": form, "today": timezone.localdate()}
    if form.is_bound and form.is_valid():
        project, day = form.cleaned_data["project"], form.cleaned_data["day"]
        context |= {
            "project": project,
            "day": day,
            "found": answering(project, day),
            "decisions": decisions_until(project, day),
            "clause": CLAUSE,
        }
    return render(request, "projects/responsibility_day.html", context)


def responsible_person(request: OfficeRequest) -> HttpResponse:
    """`?user=` of somebody with an account, `?name=&unit=` of anybody else; without either, the
    reader himself."""
    demand_project_reader(request.user)
    asked, name = request.GET.get("user", ""), request.GET.get("name", "").strip()
    if name:
        record = record_by_name(name, request.GET.get("unit", "").strip(), request.user)
    else:
        key = int(asked) if asked.isdecimal() and len(asked) < 19 else request.user.pk
        person = get_visible(User.objects.all(), key)
        record = record_of_person(person, request.user)
    if not record.is_known:
        raise Http404("没有这个人的责任记录")
    page = Paginator(record.decisions, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"record": record, "page": page, "lifelong_clause": LIFELONG_CLAUSE}
    return render(request, "projects/responsible_person.html", context)


def responsibility_print(request: OfficeRequest, pk: int) -> HttpResponse:
    """项目责任书, on A4."""
    project = visible_project(request, pk)
    context = {
        "project": project,
        "chains": chains_of(project),
        "rating": project.major_ratings.last(),
        "is_major": is_major(project),
        "clause": CLAUSE,
        "lifelong_clause": LIFELONG_CLAUSE,
        "day": timezone.localdate(),
    }
    return render(request, "projects/responsibility_print.html", context)


def visible_responsibility(request: OfficeRequest, pk: int) -> Responsibility:
    demand_project_reader(request.user)
    rows = Responsibility.objects.visible_to(request.user)
    return get_visible(rows.select_related("project__division__parent", "person"), pk)
