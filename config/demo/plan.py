"""The annual plan of each county: the first batch goes before the meeting with its projects."""

from __future__ import annotations

from collections.abc import Sequence

from organizations.models import Role
from projects.library import rank_projects, rankable, record_entry
from projects.models import AnnualPlan, Filing, Project
from projects.plans import draw_up_plan, set_plan_projects
from publicity.services import publish_notice

from .days import days_ago
from .people import YANQI
from .photos import store_sheet
from .steps import act
from .story import Story

YEAR = 2025
COUNTIES = {YANQI: ("焉耆县", "焉扶领字")}
NEIGHBOUR = ("和静县", "静扶领字")
BATCHES = "一二三四五"


def keep_the_library(stories: Sequence[Story]) -> None:
    """The number of the document by which they entered, and the order in which they are due."""
    first, county = stories[0], stories[0].project.county
    clerk = first.person(Role.PROJECT_CLERK)
    series = COUNTIES.get(first.plan.county, NEIGHBOUR)[1]
    record_entry(
        projects=[story.project for story in stories],
        county=county,
        document_number=f"{series.replace('领', '办')}〔{YEAR}〕3号",
        by=clerk,
    )
    numbers = {p.pk: place for place, p in enumerate(rankable(county, YEAR), start=1)}
    rank_projects(county=county, year=YEAR, numbers=dict(numbers), by=clerk)


def draw_up(stories: Sequence[Story]) -> AnnualPlan:
    """The next batch of their county, in draft."""
    first = stories[0]
    name, series = COUNTIES.get(first.plan.county, NEIGHBOUR)
    batch = AnnualPlan.objects.filter(division=first.project.county).count() + 1
    clerk = first.person(Role.PROJECT_CLERK)
    plan = draw_up_plan(
        county=first.project.county,
        year=YEAR,
        by=clerk,
        facts={
            "title": f"{name}{YEAR}年度扶贫项目计划（第{BATCHES[batch - 1]}批）",
            "document_number": f"{series}〔{YEAR}〕{4 + batch}号",
            "objectives": "围绕小型水利、产业发展和村集体增收，完成本批项目建设，"
            "带动帮扶对象稳定增收，受益群众满意度不低于95%。",
            "funding": "资金来自上级下达的财政补助资金，按领导小组审定的来源和金额安排，"
            "不留缺口，不得挪作他用。",
            "schedule": "一、审定后即可启动实施；二、按合同工期组织施工，按月报送进度；"
            "三、完工后一个月内组织验收，及时办理决算和资产移交。",
            "safeguards": "责任单位、责任领导、责任人逐项落实；项目主管部门跟踪指导，"
            "财政部门审查资金合规性；全过程公告公示，接受监督。",
        },
    )
    projects = [story.project for story in stories]
    return set_plan_projects(plan=plan, projects=projects, by=clerk)


def send_to_the_group(plan: AnnualPlan, story: Story) -> AnnualPlan:
    act(plan, "submit", story.person(Role.PROJECT_CLERK), "项目均已会审，资金来源已落实")
    act(plan, "approve", story.person(Role.PROJECT_REVIEWER), "审核无误，提交领导小组审定")
    return plan


def report(plan: AnnualPlan, story: Story) -> Filing:
    """The county's letter to the prefecture and its receipt, and what everybody may read."""
    filing = Filing.objects.get(subject_type=plan.life(), subject_id=plan.pk)
    secretary = story.person(Role.GROUP_SECRETARY)
    paper = store_sheet(f"{plan.document_number}报备函", division=plan.division, by=secretary)
    letter = {
        "letter_number": f"焉扶领办〔{YEAR}〕12号",
        "dated_on": days_ago(0),
        "papers": [paper],
    }
    act(filing, "send", secretary, "随函报送计划和实施方案", letter)
    receiver = story.scene.staff.of(Role.PREFECTURE_CLERK, plan.division)
    act(filing, "receive", receiver, "材料齐全", {"receipt_number": f"巴扶备〔{YEAR}〕7号"})
    publish_notice(subject=plan, code="N05", by=secretary)
    return filing


def draw_up_next(stories: Sequence[Story]) -> AnnualPlan | None:
    """What waits for the next meeting stands in a batch that is still being reviewed."""
    waiting = [s for s in stories if s.project.status == Project.Status.DETERMINATION]
    if not waiting:
        return None
    plan = draw_up(waiting)
    act(plan, "submit", waiting[0].person(Role.PROJECT_CLERK), "待领导小组下次会议审定")
    return plan
