"""What the demonstration's targets came to: made public, watched, one of them far behind."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from organizations.models import Role
from performance.evaluating import write_evaluation
from performance.models import Declaration, Evaluation, Monitoring, ResultUseKind
from performance.monitoring import budget_of, start_hold, write_monitoring
from performance.sampling import prepare_sample
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


def evaluate_finished(stories: Sequence[Story]) -> None:
    """Those that are done: one reviewed and on the list, which is drawn tomorrow; the others
    reviewed after the list was fixed, and used."""
    done = (Project.Status.CLOSED, Project.Status.ASSET_REGISTRATION)
    first, *later = [story for story in stories if story.project.status in done]
    evaluate(first)
    by = first.person(Role.FINANCE_REVIEWER)
    prepare_sample(
        county=first.project.county, year=days_ago(0).year, draw_on=days_ago(-1), by=by,
        seed_source="名单固定次日福利彩票双色球开奖号码",
    )  # fmt: skip
    kinds = list(ResultUseKind.objects.in_force().filter(code__in="AF"))
    data = {"kinds": kinds, "detail": "公开评价结果，下年同类项目优先", "due_on": days_ago(-30),
            "amount": 0}  # fmt: skip
    for story in later:
        act(evaluate(story), "apply", by, "结果良好，按办法应用", data)


def evaluate(story: Story) -> Evaluation:
    project, by = story.project, story.person(Role.TOWNSHIP_CLERK)
    declaration = Declaration.objects.approved_of(project)
    assert declaration
    papers = [story.paper("绩效自评佐证")]
    rows = [
        {
            "line": line, "actual": Decimal(95) if line.in_words else line.value,
            "cause": "管护经费年底到位" if line.in_words else "", "excess_reason": "",
            "papers": papers,
        }
        for line in declaration.lines.all()
    ]  # fmt: skip
    facts = {
        "organized": "镇政府组织村“两委”、驻村工作队和受益户代表逐项核对",
        "analysis": "按期完工，验收合格，受益人数和满意度达到目标",
        "deviation": "管护经费落实偏晚，已纳入村集体年度预算",
        "intended_use": "在村公示栏和县政府网站公开，作为下年安排的依据",
    }
    found = write_evaluation(
        project=project, by=by, year=days_ago(0).year, facts=facts, reached=rows
    )
    act(found, "submit", by, "按实自评")
    reviewed = [(score, score.actual, score.score, "") for score in found.scores.all()]
    reviewer = story.person(Role.PROJECT_REVIEWER)
    act(found, "review", reviewer, "与验收、支付资料一致", {"reviewed": reviewed})
    return Evaluation.objects.get(pk=found.pk)


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
