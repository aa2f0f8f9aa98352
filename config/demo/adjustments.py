"""Two approved projects ask for a change: of one the notice hangs in the village, the other is
before the meeting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from organizations.models import Role
from projects.adjustments import start_adjustment
from projects.changes import approved_total
from projects.models import Adjustment

from .days import days_ago
from .steps import act
from .story import Story, hang_notice

K = Adjustment.Kind
S = Adjustment.Status
MONEY, UNIT = 6, 7  # numbers of the projects
ADDED = Decimal(200_000)
WAY = (
    ("submit", Role.TOWNSHIP_CLERK, "村级意见齐全，请审核"),
    ("endorse", Role.TOWNSHIP_REVIEWER, "情况属实，同意调整"),
    ("appraise", Role.PROJECT_CLERK, "论证通过，不涉及九方面禁止支出"),
    ("approve", Role.PROJECT_REVIEWER, "同意，提交领导小组审定"),
)


def ask_for_changes(stories: Sequence[Story]) -> None:
    by_number = {story.plan.no: story for story in stories if story.plan.no}
    ask_for_money(by_number[MONEY])
    ask_for_another_unit(by_number[UNIT])


def ask_for_money(story: Story) -> None:
    """Above the share that makes it a major change."""
    project = story.project
    approved = approved_total(project)
    adjustment = put_forward(
        story,
        [K.MONEY],
        "主材价格上涨，原批准金额不足以完成批复的建设内容",
        {
            "approved_amount": approved + ADDED,
            "total_investment": project.total_investment + ADDED,
        },
    )
    hang_notice(story, adjustment, "N13", posted=1)


def ask_for_another_unit(story: Story) -> None:
    adjustment = put_forward(
        story,
        [K.UNIT],
        "机构调整，项目改由县水利管理站组织实施",
        {"implementing_unit": "焉耆县水利管理站", "owner_title": "站长"},
    )
    for action, role, words in WAY:
        act(adjustment, action, story.person(role), words)


def put_forward(
    story: Story, kinds: list[str], reason: str, proposed: Mapping[str, Any]
) -> Adjustment:
    clerk = story.person(Role.TOWNSHIP_CLERK)
    adjustment = start_adjustment(
        project=story.project,
        by=clerk,
        facts={"kinds": kinds, "reason": reason, "is_marked_major": False},
        proposed=proposed,
    )
    facts = {
        "held_on": days_ago(2),
        "opinion": "村民代表会议讨论，同意调整",
        "minutes_files": [story.paper("项目调整会议纪要")],
    }
    act(adjustment, "put_forward", clerk, "提交村级意见", facts)
    return adjustment
