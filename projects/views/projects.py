from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from approvals.actions import Action
from organizations.models import User
from organizations.policies import refuse_without
from organizations.requests import OfficeRequest, get_visible
from projects.adjusting import ADJUSTABLE
from projects.adjustments import adjustments_of, termination_of
from projects.bureaux import reviews_of
from projects.contracts import RECORDERS, refuse_contract
from projects.effects import APPROVED
from projects.filters import ProjectFilter
from projects.meeting_queries import resolutions_of
from projects.models import Adjustment, Project, ProjectVersion
from projects.payment_caps import money_by_contract
from projects.policies import (
    ADJUSTERS,
    APPLICANTS,
    demand_project_reader,
    refuse_adjusting,
    refuse_application,
    refuse_revision,
)
from projects.progress import progress_of, refuse_checking, refuse_reporting
from projects.queries import (
    awaiting_recovery,
    figures_total,
    priced_items,
    project_rows,
    project_totals,
    source_rows,
    vouchers_of_project,
)
from projects.records import step_records
from projects.responsibilities import duties_named_by, refuse_naming
from projects.responsible import is_major
from projects.responsible_lists import chains_of
from projects.second_look import rows_about
from projects.versions import latest_version
from projects.waivers import PROPOSERS
from projects.workflow import VILLAGE

from .life import button, life_of, page_of, reads_funds

ZERO = Decimal(0)


def project_list(request: OfficeRequest) -> HttpResponse:
    demand_project_reader(request.user)
    visible = Project.objects.visible_to(request.user)
    filters = ProjectFilter(request.GET, visible, user=request.user)
    totals = project_totals(filters.qs)
    page = page_of(filters.qs.values_list("pk", flat=True), request, totals.count)
    context = {
        "filters": filters,
        "page": page,
        "rows": project_rows(list_page(page.object_list)),
        "totals": totals,
        "may_propose": bool(request.user.roles().intersection(VILLAGE)),
        "shows_county": "county" in filters.filters,
    }
    return render(request, "projects/project_list.html", context)


def list_page(keys: Iterable[int]) -> list[Project]:
    """Fifty whole rows by key: the long texts of ten thousand are not sorted along."""
    return list(
        Project.objects.filter(pk__in=list(keys))
        .select_related("division__parent", "county", "type")
        .prefetch_related("places__division")
        .defer("content", "causes", "resources", "funding", "needs", "linkage_note")
        .order_by("-pk")
    )


def project_detail(request: OfficeRequest, pk: int) -> HttpResponse:
    project = visible_project(request, pk)
    context = {
        **project_facts(project),
        **life_of(project, request.user),
        "tools": tools_of(project, request.user),
        "resolutions": resolutions_of(project),
        "sees_meetings": any(p.division.contains(project.county) for p in request.user.posts_today),
        "records": step_records(project),
        "reviews": reviews_of(project),
        "contracts": money_by_contract(project),
        "progress": progress_of(project, request.user),
        "adjustments": adjustments_of(project),
        "termination": termination_of(project),
        "hits": rows_about(project),
        "waivers": project.waivers.select_related("rule", "meeting"),
        "chains": chains_of(project),
        "is_major": is_major(project),
        "names": duties_named_by(request.user, project),
        "payments": project.payments.select_related("release_voucher", "pay_voucher"),
        "vouchers": vouchers_of_project(project) if reads_funds(request.user) else (),
    }
    return render(request, "projects/project_detail.html", context)


def project_print(request: OfficeRequest, pk: int) -> HttpResponse:
    """项目申报表, on A4."""
    project = visible_project(request, pk)
    return render(request, "projects/project_print.html", project_facts(project))


def visible_project(request: OfficeRequest, pk: int) -> Project:
    demand_project_reader(request.user)
    projects = Project.objects.visible_to(request.user).select_related(
        "division__parent", "county", "type__parent", "department", "meeting", "proposed_by"
    )
    return get_visible(projects, pk)


def project_facts(project: Project) -> dict[str, Any]:
    sources = source_rows(project)
    priced = priced_items(project)
    linkages = dict(Project.Linkage.choices)
    return {
        "project": project,
        "places": project.places.select_related("division__parent"),
        "work_items": priced,
        "work_total": sum(total for _, total in priced),
        "sources": sources,
        "awaiting_recovery": sum(awaiting_recovery(project).values(), ZERO),
        "approved_total": sum((row.approved or ZERO for row in sources), ZERO),
        "sources_total": figures_total(row.figures for row in sources),
        "linkages": [linkages.get(code, code) for code in project.linkages],
    }


def tools_of(project: Project, user: User) -> list[Action]:
    """Forms that belong to the project but are no steps of its life."""
    edit_url = reverse("project_edit", args=(project.pk,))
    adjustment_url = reverse("adjustment_new", args=(project.pk,))
    payment_url = reverse("payment_new", args=(project.pk,))
    tools = []
    if refuse_without(user, VILLAGE, project.division) is None:
        tools.append(button("修改内容", edit_url, refuse_revision(project, user)))
    if latest_version(project, ProjectVersion.Round.SECOND):
        url = reverse("project_differences", args=(project.pk,))
        tools.append(button("“一上”“二上”对照", url, None))
    if refuse_without(user, PROPOSERS, project.division) is None:
        tools.append(button("提请豁免", reverse("waiver_new", args=(project.pk,)), None))
    if project.status in APPROVED or refuse_without(user, APPLICANTS, project.division) is None:
        tools.append(button("申请拨付", payment_url, refuse_application(project, user)))
    if duties_named_by(user, project):
        url = reverse("responsibility_new", args=(project.pk,))
        tools.append(button("登记责任人", url, refuse_naming(project, user)))
    if project.status in APPROVED and refuse_without(user, RECORDERS, project.division) is None:
        tools += work_tools(project, user)
    adjustable = project.status in ADJUSTABLE[Adjustment.Kind.MONEY]
    if adjustable and refuse_without(user, ADJUSTERS, project.division) is None:
        tools.append(button("申请调整", adjustment_url, refuse_adjusting(project, user)))
    return tools


def work_tools(project: Project, user: User) -> list[Action]:
    """What is recorded while the work goes on."""
    contract = reverse("contract_new", args=(project.pk,))
    month = f"{reverse('progress_entry')}?project={project.pk}"
    check = reverse("quality_check_new", args=(project.pk,))
    return [
        button("登记合同", contract, refuse_contract(project, user)),
        button("登记进度", month, refuse_reporting(project, user)),
        button("登记质量检查", check, refuse_checking(project, user)),
    ]
