"""绩效自评, its report, and what becomes of the result."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from approvals.papers import store_uploads
from organizations.models import User
from organizations.policies import Refused, refuse_without
from organizations.requests import OfficeRequest, get_visible
from performance.evaluating import (
    EVALUATORS,
    TRACKERS,
    not_to_be_done,
    record_done,
    refuse_amending,
    refuse_evaluating,
    write_evaluation,
)
from performance.forms.evaluations import CheckForm, DoneForm, EvaluationForm
from performance.models import Declaration, Evaluation, ResultUse, Score
from performance.sampling import SAMPLERS, not_to_be_checked, record_check
from projects.models import Project
from projects.policies import demand_project_reader, raise_if
from projects.queries import signatures
from projects.views.life import add_refusal, button
from projects.views.projects import visible_project

from .declarations import life_of_subject, uploaded

SIGNATURES = (("submit", "填报单位"), ("review", "县级复评意见"), ("apply", "结果应用决定"))


@require_http_methods(["GET", "POST"])
def evaluation_new(request: OfficeRequest, pk: int) -> HttpResponse:
    """`pk` is the project's."""
    project = visible_project(request, pk)
    wrong_role = refuse_without(request.user, EVALUATORS, project.division)
    raise_if(refuse_evaluating(project, request.user), wrong_role=wrong_role)
    declaration = Declaration.objects.approved_of(project)
    assert declaration
    return edit(request, project, declaration, None)


@require_http_methods(["GET", "POST"])
def evaluation_edit(request: OfficeRequest, pk: int) -> HttpResponse:
    evaluation = visible_evaluation(request, pk)
    wrong_role = refuse_without(request.user, EVALUATORS, evaluation.division)
    raise_if(refuse_amending(evaluation, request.user), wrong_role=wrong_role)
    return edit(request, evaluation.project, evaluation.declaration, evaluation)


def edit(
    request: OfficeRequest, project: Project, declaration: Declaration,
    evaluation: Evaluation | None,
) -> HttpResponse:  # fmt: skip
    given: dict[str, Any] = {
        "project": project, "lines": list(declaration.lines.all()), "evaluation": evaluation,
    }  # fmt: skip
    form, status = EvaluationForm(**given), 200
    if request.method == "POST":
        data, refused = store_uploads(
            request.POST, request.FILES, form.fields, division=project.division, by=request.user
        )
        form = EvaluationForm(data, **given)
        for name, reason in refused.items():
            form.add_error(name, reason)
    if request.method == "POST" and form.is_valid():
        try:
            written = write_evaluation(
                project=project, by=request.user, year=form.cleaned_data["year"],
                facts=form.facts(), reached=form.reached(), evaluation=evaluation,
            )  # fmt: skip
            messages.success(
                request,
                f"已保存 {written.number}，自评 {written.self_total} 分，"
                f"{written.get_self_grade_display()}",
            )
            return redirect(written)
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
    context = {"form": form, "project": project, "evaluation": evaluation}
    return render(request, "performance/evaluation_form.html", context, status=status)


@require_safe
def evaluation_detail(request: OfficeRequest, pk: int) -> HttpResponse:
    evaluation = visible_evaluation(request, pk)
    context = {
        **life_of_subject(evaluation, request.user),
        "tools": tools_of(evaluation, request.user),
        "uses": uses_of(evaluation),
        "may_track": refuse_without(request.user, TRACKERS, evaluation.division) is None,
    }
    return render(request, "performance/evaluation_detail.html", context)


def uses_of(evaluation: Evaluation) -> list[ResultUse]:
    return list(evaluation.uses.select_related("kind", "done").order_by("pk"))


def tools_of(evaluation: Evaluation, user: User) -> list[Any]:
    found, pk = [], (evaluation.pk,)
    is_draft = evaluation.status == Evaluation.Status.DRAFT
    if is_draft and refuse_without(user, EVALUATORS, evaluation.division) is None:
        found.append(button("修改自评", reverse("evaluation_edit", args=pk), None))
    is_waiting = evaluation.status == Evaluation.Status.RESULT_USE
    if is_waiting and refuse_without(user, SAMPLERS, evaluation.division) is None:
        url = reverse("spot_check_new", args=pk)
        found.append(button("登记抽查结果", url, not_to_be_checked(evaluation)))
    return found


@require_safe
def evaluation_print(request: OfficeRequest, pk: int) -> HttpResponse:
    """绩效自评报告 on A4: five chapters and the table of points."""
    evaluation = visible_evaluation(request, pk)
    context = {
        "evaluation": evaluation,
        "project": evaluation.project,
        "scores": evaluation.scores.all(),
        "uses": uses_of(evaluation),
        "majors": evaluation.project.major_ratings.filter(is_major=True)[:1],
        "signatures": signatures(evaluation, SIGNATURES),
    }
    return render(request, "performance/evaluation_print.html", context)


def visible_evaluation(request: OfficeRequest, pk: int) -> Evaluation:
    demand_project_reader(request.user)
    rows = Evaluation.objects.visible_to(request.user).select_related(
        "division__parent", "project__division", "project__department", "project__type",
        "declaration", "started_by", "check_row__checked_by",
    )  # fmt: skip
    scores = Score.objects.select_related("line").order_by("line_id")
    return get_visible(rows.prefetch_related(Prefetch("scores", scores)), pk)


@require_http_methods(["GET", "POST"])
def spot_check_new(request: OfficeRequest, pk: int) -> HttpResponse:
    """`pk` is the evaluation's."""
    evaluation = visible_evaluation(request, pk)
    wrong_role = refuse_without(request.user, SAMPLERS, evaluation.division)
    raise_if(not_to_be_checked(evaluation), wrong_role=wrong_role)

    def write(facts: dict[str, Any]) -> None:
        record_check(evaluation=evaluation, by=request.user, facts=facts)

    return deed(request, evaluation, CheckForm, write, "登记抽查结果")


@require_http_methods(["GET", "POST"])
def result_done(request: OfficeRequest, pk: int) -> HttpResponse:
    """登记落实. `pk` is the result use's."""
    demand_project_reader(request.user)
    visible = Evaluation.objects.visible_to(request.user)
    rows = ResultUse.objects.filter(evaluation__in=visible)
    use = get_visible(rows.select_related("evaluation__project", "kind", "done"), pk)
    evaluation = visible_evaluation(request, use.evaluation_id)
    wrong_role = refuse_without(request.user, TRACKERS, evaluation.division)
    raise_if(not_to_be_done(use), wrong_role=wrong_role)

    def write(facts: dict[str, Any]) -> None:
        record_done(use=use, by=request.user, facts=facts)

    return deed(request, evaluation, DoneForm, write, f"登记落实：{use.kind}")


def deed(
    request: OfficeRequest, evaluation: Evaluation, form_class: Any, write: Any, label: str
) -> HttpResponse:
    data, refused = uploaded(request, form_class, evaluation.division)
    form, status = form_class(data), 200
    for name, reason in refused.items():
        form.add_error(name, reason)
    if request.method == "POST" and form.is_valid():
        try:
            write(form.cleaned_data)
            messages.success(request, f"已{label}")
            return redirect(evaluation)
        except (Refused, ValidationError) as error:
            status = add_refusal(form, error)
    context = {
        "form": form, "project": evaluation.project, "deed": label,
        "cancel_url": evaluation.get_absolute_url(),
    }  # fmt: skip
    return render(request, "performance/deed_form.html", context, status=status)
