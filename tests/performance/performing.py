"""Targets on their way, what came of them, and what they stop."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

from django.db import connection

from config.demo.photos import store_sheet
from organizations.models import Role, User
from performance.evaluating import write_evaluation
from performance.models import (
    Declaration,
    Evaluation,
    Monitoring,
    PaymentHold,
    ResultUseKind,
    SampleFrame,
    SpotCheck,
    TargetLine,
)
from performance.monitoring import start_hold, write_monitoring
from performance.sampling import draw_sample, prepare_sample, record_check
from projects.models import Project
from tests import factories as make
from tests.cast import Cast, make_person

MENDED: dict[str, Any] = {"mended": "已复工，追回进度", "papers": ["0" * 64]}
REVIEWED: dict[str, Any] = {"review_total": Decimal(90), "review_grade": "excellent"}


def declaration(cast: Cast, project: Project | None = None) -> Declaration:
    """Being filled in, with every indicator that it needs."""
    project = make.with_targets(cast, project or make.draft_project(cast))
    return Declaration.objects.get(project=project)


def approved(project: Project) -> Declaration:
    found = Declaration.objects.approved_of(project)
    assert found
    return found


def paper(cast: Cast, who: str = "township_clerk") -> str:
    return store_sheet(f"佐证 {uuid.uuid4()}", division=cast.village, by=cast[who])


def reached(cast: Cast, lines: list[TargetLine], share: str | int) -> list[dict[str, Any]]:
    """That share of each target, with its evidence."""
    papers = [paper(cast)]
    return [
        {
            "line": line, "actual": round(line.value * Decimal(share), 2),
            "expected": line.value, "note": "", "papers": papers,
        }
        for line in lines
    ]  # fmt: skip


CORRECTED: dict[str, Any] = {
    "cause_note": "施工单位停工", "correction": "约谈施工单位，增加两个班组",
    "corrected_by": "王秋（扶贫专干）", "correct_until": dt.date(2027, 1, 31),
}  # fmt: skip


def monitoring(
    cast: Cast, project: Project | None = None, share: str | int = "0.10", **changes: Any
) -> Monitoring:
    """Of a project whose time is over: a tenth was reached and nothing paid."""
    project = project or make.approved_project(cast)
    facts = {
        "as_of": make.today(), "expected_spending": make.yuan(100_000), "likelihood": "possible",
        "causes": ["staff"], **CORRECTED, **changes,
    }  # fmt: skip
    lines = list(approved(project).lines.all())
    return write_monitoring(
        project=project, by=cast["township_clerk"], facts=facts,
        actuals=reached(cast, lines, share),
    )  # fmt: skip


def confirmed(cast: Cast, project: Project | None = None) -> Monitoring:
    sheet = monitoring(cast, project)
    make.do(sheet, "submit", cast, "township_clerk")
    make.do(sheet, "approve", cast, "project_reviewer")
    return sheet


def hold(cast: Cast, project: Project | None = None, kind: str = "slow") -> PaymentHold:
    facts = {"kind": kind, "reason": "停工三个月，目标严重偏离", "demand": "复工并补报进度"}
    return start_hold(monitoring=confirmed(cast, project), by=cast["project_clerk"], facts=facts)


def decided_hold(cast: Cast, project: Project, kind: str = "slow") -> PaymentHold:
    found = hold(cast, project, kind)
    make.do(found, "submit", cast, "project_clerk")
    make.do(found, "decide", cast, "finance_head")
    return found


CHAPTERS = {
    "organized": "镇政府组织自评", "analysis": "按期完成", "deviation": "无",
    "intended_use": "公开",
}  # fmt: skip
CAUSE = "施工单位停工，已追回"


def evaluation(
    cast: Cast, project: Project | None = None, share: str | int = 1, year: int = 2025
) -> Evaluation:
    """Of that share of each target; nothing was paid in 2025."""
    project = project or make.approved_project(cast)
    rows = [
        {
            "line": row["line"], "actual": row["actual"], "papers": row["papers"],
            "cause": CAUSE, "excess_reason": "",
        }
        for row in reached(cast, list(approved(project).lines.all()), share)
    ]  # fmt: skip
    return write_evaluation(
        project=project, by=cast["township_clerk"], year=year, facts=CHAPTERS, reached=rows
    )


def reviewed(cast: Cast, found: Evaluation) -> Evaluation:
    """As the unit found it itself."""
    make.do(found, "submit", cast, "township_clerk")
    facts = {"reviewed": [(s, s.actual, s.score, "") for s in found.scores.all()]}
    make.do(found, "review", cast, "project_reviewer", facts)
    return Evaluation.objects.get(pk=found.pk)


def used(cast: Cast, found: Evaluation, codes: str = "AE", amount: int = 50_000) -> Evaluation:
    facts = {
        "kinds": list(ResultUseKind.objects.filter(code__in=codes)), "detail": "按结果应用",
        "due_on": make.today(), "amount": make.yuan(amount),
    }  # fmt: skip
    make.do(found, "apply", cast, "finance_reviewer", facts)
    return found


TOMORROW = dt.timedelta(days=1)
FIXED_A_DAY_EARLIER = """
    SELECT test_put_rows(jsonb_build_object('performance_sampleframe', jsonb_build_object(
        'old', jsonb_build_array(to_jsonb(f)),
        'new', jsonb_build_array(to_jsonb(f) || jsonb_build_object(
            'draw_on', f.draw_on - 1, 'prepared_at', f.prepared_at - interval '1 day')))))
      FROM performance_sampleframe f WHERE f.id = %s
"""
CHECKED = {"partners": "县审计局", "finding": "库房面积不足"}


def frame(cast: Cast, year: int = 2025) -> SampleFrame:
    """To be drawn tomorrow."""
    return prepare_sample(
        county=cast.county, year=year, seed_source="体育彩票第26120期开奖号码",
        draw_on=make.today() + TOMORROW, by=cast["finance_reviewer"],
    )  # fmt: skip


def due(found: SampleFrame) -> SampleFrame:
    """As if it had been fixed the day before."""
    with connection.cursor() as cursor:
        cursor.execute(FIXED_A_DAY_EARLIER, [found.pk])
    return SampleFrame.objects.get(pk=found.pk)


def colleague(cast: Cast) -> User:
    """A second finance reviewer, who checks what the first decides on."""
    unit = cast.post("finance_reviewer").organization
    known = User.objects.filter(username="second_finance_reviewer").first()
    return known or make_person(
        "second_finance_reviewer", "戚远", Role.FINANCE_REVIEWER, unit, "绩效股股长"
    )


def checked(cast: Cast, found: Evaluation, by: User | None = None) -> SpotCheck:
    facts = {**CHECKED, "total": found.final_total, "papers": [paper(cast)]}
    return record_check(evaluation=found, by=by or colleague(cast), facts=facts)


def cleared(cast: Cast, found: Evaluation) -> Evaluation:
    """The only one on the list of its year: drawn and checked, with what the county found."""
    draw_sample(frame=due(frame(cast, found.year)), seed="1", by=cast["finance_reviewer"])
    checked(cast, found)
    return Evaluation.objects.get(pk=found.pk)


def world(cast: Cast, project: Project, other: Project) -> dict[str, int]:
    """Of each kind one, for the matrix of who may open what. Both are approved."""
    deviating, held = confirmed(cast, project), hold(cast, other)
    reviewed(cast, evaluation(cast, other))
    fixed = due(frame(cast))
    done = used(cast, reviewed(cast, evaluation(cast, project)))  # after the list was fixed
    waiting = reviewed(cast, evaluation(cast, other, year=2026))
    drawn = due(frame(cast, 2026))
    draw_sample(frame=drawn, seed="1", by=cast["finance_reviewer"])
    return {
        "declared": approved(project).pk,
        "declaring": Declaration.objects.filter(status="draft").earliest("pk").pk,
        "deviating": deviating.pk,
        "hold": held.pk,
        "monitored": monitoring(cast, other, as_of=dt.date(2025, 8, 1)).pk,
        "evaluated": done.pk,
        "picked": waiting.pk,
        "evaluating": evaluation(cast, project, year=2026).pk,
        "use": done.uses.earliest("pk").pk,
        "frame": fixed.pk,
    }
