"""What happens with a step of these lives besides the change of status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from approvals.models import Decision

from .evaluating import rules_of
from .models import (
    MEASURED,
    Declaration,
    Evaluation,
    PaymentHold,
    ResultUse,
    Score,
    Target,
    TargetLine,
)
from .scoring import total_of

Data = Mapping[str, Any]
Changed = tuple[str, ...]  # fields of the subject, saved with its status


def keep_lines(declaration: Declaration, decision: Decision, data: Data) -> Changed:
    """With the approval: what each indicator says, for ever."""
    rows = Target.objects.filter(project_id=declaration.project_id)
    TargetLine.objects.bulk_create(
        TargetLine(declaration=declaration, **{name: getattr(row, name) for name in MEASURED})
        for row in rows
    )
    return ()


def keep_mended(hold: PaymentHold, decision: Decision, data: Data) -> Changed:
    """What was reported before it was sent back stays."""
    hold.mended = "\n".join(filter(None, [hold.mended, data["mended"]]))
    hold.papers = [*hold.papers, *data["papers"]]
    return ("mended", "papers")


def keep_review(evaluation: Evaluation, decision: Decision, data: Data) -> Changed:
    """复评: the county's points, and the grade that follows from them."""
    for score, actual, found, note in data["reviewed"]:
        Score.objects.filter(pk=score.pk).update(
            review_actual=actual, review_score=found, review_note=note
        )
    reviewed = [found for _, _, found, _ in data["reviewed"]]
    total = total_of([evaluation.execution_score, *reviewed])
    evaluation.review_total = total
    evaluation.review_grade = rules_of(evaluation.year).grade(total)
    return ("review_total", "review_grade")


def write_uses(evaluation: Evaluation, decision: Decision, data: Data) -> Changed:
    """Why a use that the grade asks for was left out stands with what was decided instead."""
    waived = data.get("waived")
    detail = f"{data['detail']}；不采用默认应用的理由：{waived}" if waived else data["detail"]
    for kind in data["kinds"]:
        ResultUse.objects.create(
            evaluation=evaluation, kind=kind, detail=detail, due_on=data["due_on"],
            amount=data["amount"] if kind.code == "E" else 0,
        )  # fmt: skip
    return ()
