"""Targets on their way, what came of them, and what they stop."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

from config.demo.photos import store_sheet
from performance.models import Declaration, Monitoring, PaymentHold, TargetLine
from performance.monitoring import start_hold, write_monitoring
from projects.models import Project
from tests import factories as make
from tests.cast import Cast

MENDED: dict[str, Any] = {"mended": "已复工，追回进度", "papers": ["0" * 64]}


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


def world(cast: Cast, project: Project, other: Project) -> dict[str, int]:
    """Of each kind one, for the matrix of who may open what. Both are approved."""
    deviating, held = confirmed(cast, project), hold(cast, other)
    return {
        "declared": approved(project).pk,
        "declaring": Declaration.objects.filter(status="draft").earliest("pk").pk,
        "deviating": deviating.pk,
        "hold": held.pk,
        "monitored": monitoring(cast, other, as_of=dt.date(2025, 8, 1)).pk,
    }
