"""What the demonstration's targets came to: made public, watched, one of them far behind."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from organizations.models import Role
from performance.models import Declaration, Monitoring
from performance.monitoring import budget_of, start_hold, write_monitoring
from performance.targets import publish_targets
from projects.models import Project

from .days import days_ago
from .steps import act

if TYPE_CHECKING:
    from .story import Story

# By the project's number: what part of its targets it has reached.
WATCHED = {6: "0.15", 7: "0.45"}
LATE = 6
CORRECTED: dict[str, Any] = {
    "causes": ["staff", "hardware"],
    "cause_note": "施工单位进场晚，备料不足，主体未开工",
    "correction": "约谈施工单位，增加两个班组，每周报进度",
    "corrected_by": "镇长",
}


def watch_targets(stories: Sequence[Story]) -> None:
    for story in stories:
        story.project.refresh_from_db()
        if story.project.status in (Project.Status.CLOSED, Project.Status.ASSET_REGISTRATION):
            make_public(story)
        if story.plan.no in WATCHED:
            sheet = watch(story, WATCHED[story.plan.no])
            if story.plan.no == LATE:
                hold(story, sheet)


def make_public(story: Story) -> None:
    declaration = Declaration.objects.approved_of(story.project)
    assert declaration
    facts = {
        "published_on": days_ago(2), "place": "县政府网站扶贫项目专栏",
        "papers": [story.paper("绩效目标公开截图")],
    }  # fmt: skip
    by = story.person(Role.PROJECT_CLERK)
    publish_targets(declaration=declaration, by=by, facts=facts)


def watch(story: Story, share: str) -> Monitoring:
    project, by = story.project, story.person(Role.TOWNSHIP_CLERK)
    declaration = Declaration.objects.approved_of(project)
    assert declaration
    papers = [story.paper("绩效监控佐证")]
    actuals = [
        {
            "line": line, "expected": line.value or None, "note": "", "papers": papers,
            "actual": Decimal(100) if line.in_words else round(line.value * Decimal(share), 2),
        }
        for line in declaration.lines.all()
    ]  # fmt: skip
    facts = {
        "as_of": days_ago(0), "expected_spending": budget_of(project), "likelihood": "possible",
        **CORRECTED, "correct_until": days_ago(-30),
    }  # fmt: skip
    sheet = write_monitoring(project=project, by=by, facts=facts, actuals=actuals)
    act(sheet, "submit", by, "按实填报")
    act(sheet, "approve", story.person(Role.PROJECT_REVIEWER), "数据与现场一致，按措施纠偏")
    return sheet


def hold(story: Story, sheet: Monitoring) -> None:
    by = story.person(Role.PROJECT_CLERK)
    facts = {
        "kind": "slow", "reason": "主体工程未开工，绩效目标严重偏离",
        "demand": "增加班组，形象进度达到 40% 后申请解除",
    }  # fmt: skip
    found = start_hold(monitoring=sheet, by=by, facts=facts)
    act(found, "submit", by, "提请财政决定")
    act(found, "decide", story.person(Role.FINANCE_HEAD), "同意暂缓拨款，整改后解除")
