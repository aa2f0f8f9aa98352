"""自评: points computed from what was reached, by the rules of the year that is evaluated."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction

from organizations.models import Parameter, Role, User
from organizations.policies import Refusal, Refused, demand, refuse_without
from projects.models import Project
from projects.policies import raise_if

from .models import (
    AspectGroup,
    Declaration,
    Evaluation,
    Grade,
    Group,
    ResultDone,
    ResultUse,
    Score,
    TargetLine,
)
from .monitoring import budget_of, paid_until
from .policies import CLAUSE, url_of
from .scoring import Rules, earned, execution_score, points_of, total_of

EVALUATORS = (Role.TOWNSHIP_CLERK,)
REVIEWERS = (Role.PROJECT_REVIEWER,)
USERS = (Role.FINANCE_REVIEWER,)
TRACKERS = (Role.PROJECT_CLERK,)
NEVER = (Project.Status.REJECTED, Project.Status.LEFT)


def year_end(year: int) -> dt.date:
    return dt.date(year, 12, 31)


def rules_of(year: int) -> Rules:
    """As in force on the last day of the year."""
    day = year_end(year)

    def number(key: str) -> Decimal:
        return Decimal(Parameter.objects.value(f"perf.{key}", day))

    return Rules(
        execution=number("weight.execution"),
        groups={group: number(f"weight.{group}") for group in Group.values},
        excess_from=Parameter.objects.fraction("perf.excess.from", day),
        excess_cap=Parameter.objects.fraction("perf.excess.cap", day),
        grades=(
            (Grade.EXCELLENT, number("grade.excellent")),
            (Grade.GOOD, number("grade.good")),
            (Grade.FAIR, number("grade.fair")),
            (Grade.POOR, Decimal(0)),
        ),
    )


def points_by_line(lines: Sequence[TargetLine], rules: Rules, year: int) -> dict[int, Decimal]:
    tree = AspectGroup.objects.tree(year_end(year))
    return points_of([(line.pk, tree.get(line.aspect, ""), line.weight) for line in lines], rules)


def no_evaluation(project: Project) -> Refusal | None:
    if not project.meeting_id or project.status in NEVER:
        return Refusal(
            f"项目现为“{project.get_status_display()}”，审定后开展绩效自评",
            who_can_clear="领导小组（审定）",
        )
    if Declaration.objects.approved_of(project) is None:
        return Refusal(
            "项目没有审核通过的绩效目标", CLAUSE, "填报人（登记绩效目标调整）", url_of(project)
        )
    return None


def refuse_evaluating(project: Project, user: User) -> Refusal | None:
    return refuse_without(user, EVALUATORS, project.division) or no_evaluation(project)


def refuse_amending(evaluation: Evaluation, user: User) -> Refusal | None:
    refusal = refuse_without(user, EVALUATORS, evaluation.division)
    if refusal or evaluation.status == Evaluation.Status.DRAFT:
        return refusal
    return Refusal(
        f"自评现为“{evaluation.get_status_display()}”，不能改动", who_can_clear="现办理人（退回）"
    )


@transaction.atomic
def write_evaluation(
    *,
    project: Project,
    by: User,
    year: int,
    facts: Mapping[str, Any],
    reached: Sequence[Mapping[str, Any]],
    evaluation: Evaluation | None = None,
) -> Evaluation:
    """A new self-evaluation, or the draft as it is now. `reached` has a row for each approved
    line; every point is computed here and none is typed."""
    demand(by, EVALUATORS, project.division)
    if evaluation:
        evaluation = Evaluation.objects.select_for_update(of=("self",)).get(pk=evaluation.pk)
    project = Project.objects.select_for_update(of=("self",)).get(pk=project.pk)
    if evaluation is None:
        raise_if(no_evaluation(project))
        approved = Declaration.objects.approved_of(project)
        assert approved
        evaluation = Evaluation(
            project=project, declaration=approved, division=project.division, started_by=by,
            year=year, number=f"{project.code}-P{year}",
        )  # fmt: skip
    elif evaluation.status != Evaluation.Status.DRAFT:
        raise Refused("自评已送审，不能改动", who_can_clear="现办理人（退回）")
    rules = rules_of(evaluation.year)
    points = points_by_line([row["line"] for row in reached], rules, evaluation.year)
    scores = [
        Score(
            **row,
            points=points[row["line"].pk],
            score=earned(
                row["line"], row["actual"], points[row["line"].pk], rules,
                is_low=not row["excess_reason"],
            ),
        )
        for row in reached
    ]  # fmt: skip
    evaluation.budget = budget_of(project)
    evaluation.spent = paid_until(project, year_end(evaluation.year))
    evaluation.execution_score = execution_score(evaluation.spent, evaluation.budget, rules)
    total = total_of([evaluation.execution_score, *(score.score for score in scores)])
    evaluation.self_total, evaluation.self_grade = total, rules.grade(total)
    for name, given in facts.items():
        setattr(evaluation, name, given)
    evaluation.full_clean()
    evaluation.save()
    evaluation.scores.all().delete()
    for score in scores:
        score.evaluation = evaluation
    Score.objects.bulk_create(scores)
    return evaluation


def stale(evaluation: Evaluation) -> Refusal | None:
    spent = paid_until(evaluation.project, year_end(evaluation.year))
    if evaluation.spent == spent and evaluation.budget == budget_of(evaluation.project):
        return None
    return Refusal(
        f"{evaluation.year} 年的资金数已有变动（总台账现为支付 {spent:,.2f} 元）",
        who_can_clear="填报人（重新保存自评）",
        url=evaluation.get_absolute_url(),
    )


def not_to_be_done(use: ResultUse) -> Refusal | None:
    if not hasattr(use, "done"):
        return None
    return Refusal(f"已于 {use.done.done_on} 落实", who_can_clear="本人（无须再办）")


@transaction.atomic
def record_done(*, use: ResultUse, by: User, facts: Mapping[str, Any]) -> ResultDone:
    demand(by, TRACKERS, use.evaluation.division)
    raise_if(not_to_be_done(use))
    done = ResultDone(use=use, recorded_by=by, **facts)
    done.full_clean()
    done.save(force_insert=True)
    return done
