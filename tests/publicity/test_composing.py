"""The nine elements of 新扶贫领字〔2018〕76号 二(四): all there, or nothing is published."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from funds.models import Allotment
from organizations.models import Organization
from organizations.policies import Refused
from projects.models import Project
from publicity.composers import COMPOSERS, Composer, Line, compose, missing, register
from publicity.models import Notice
from publicity.services import publish_notice
from tests import factories as make
from tests.cast import Cast
from tests.publicity.hanging import awaited_project

NINE = (
    "扶贫项目名称", "资金来源", "资金规模", "实施地点", "建设内容", "建设周期", "绩效目标",
    "实施单位及责任人", "监督举报电话",
)  # fmt: skip


def said(project: Project, code: str = "N01") -> dict[str, str]:
    return {line.label: line.text for line in compose(code, project)}


def test_the_nine_and_the_three_more(cast: Cast) -> None:
    project = awaited_project(cast)
    lines = compose("N01", project)
    assert missing(lines) == []
    assert {line.label for line in lines if line.filled_by} == set(NINE)
    assert {line.label for line in lines} - set(NINE) == {"项目编号", "补助标准", "带贫减贫机制"}


def test_each_line_is_made_of_what_the_project_says(cast: Cast) -> None:
    project = awaited_project(cast)
    assert said(project) == {
        "扶贫项目名称": project.name,
        "项目编号": project.code,
        "资金来源": "申请财政扶贫资金 500,000.00 元",
        "资金规模": "总投资 500,000.00 元，其中财政资金 500,000.00 元（人民币伍拾万元整）",
        "实施地点": "永宁镇下岔河村",
        "建设内容": "新建库房一座，480平方米",
        "建设周期": "2025年4月1日至2025年11月30日",
        "补助标准": "无",
        "绩效目标": (
            "新建库房≥1座；项目（工程）验收合格率=100%；项目（工程）完成及时率=100%；"
            "财政资金投入≤100万元；受益脱贫（监测）人口数≥100人；受益脱贫户满意度≥95%"
        ),
        "带贫减贫机制": "资产收益分红",
        "实施单位及责任人": "永宁镇人民政府；责任领导 杨岳（副县长），责任人 冯冬（镇长）",
        "监督举报电话": "0996-0000000、12317",
    }


def test_money_of_ones_own_is_named_beside(cast: Cast) -> None:
    project = awaited_project(cast)
    project.self_raised = Decimal(20_000)
    words = "申请财政扶贫资金 500,000.00 元；自筹资金 20,000.00 元"
    assert said(project)["资金来源"] == words


def test_after_the_meeting_the_sources_are_the_documents(cast: Cast) -> None:
    project = make.approved_project(cast, 400_000)
    tag = Allotment.objects.get()
    said_now = said(Project.objects.get(pk=project.pk), "N08")
    assert said_now["资金来源"] == (f"巴财农〔2025〕11号 中央{tag.category} 400,000.00 元")
    assert "财政资金 400,000.00 元" in said_now["资金规模"]


def no_targets(project: Project) -> None:
    project.targets.all().delete()


def no_phone(project: Project) -> None:
    Organization.objects.update(office_phone="")
    project.department.refresh_from_db()


def blank(**values: Any) -> Any:
    return lambda project: project.__dict__.update(values)


# What is taken away, and the element that is then missing; `filled_by` names who can help.
GAPS = {
    "扶贫项目名称": (blank(name=" "), "乡镇经办"),
    "资金来源": (blank(requested_amount=Decimal(0)), "乡镇经办"),
    "资金规模": (blank(total_investment=Decimal(0)), "乡镇经办"),
    "建设内容": (blank(content=""), "乡镇经办"),
    "建设周期": (blank(planned_end=None), "乡镇经办"),
    "绩效目标": (no_targets, "项目主管部门经办"),
    "实施单位及责任人": (blank(owner_name=""), "驻村工作队"),
    "监督举报电话": (no_phone, "系统管理员"),
}


@pytest.mark.parametrize("label", GAPS)
def test_each_element_can_be_missing(cast: Cast, label: str) -> None:
    project = Project.objects.get(pk=awaited_project(cast).pk)
    take_away, who = GAPS[label]
    take_away(project)
    gaps = missing(compose("N01", project))
    assert label in [line.label for line in gaps]
    assert all(who in line.filled_by for line in gaps if line.label == label)


def test_a_project_without_a_place(cast: Cast) -> None:
    project = make.draft_project(cast)
    project.places.all().delete()
    assert [line.label for line in missing(compose("N01", project))] == ["实施地点", "绩效目标"]


@pytest.mark.parametrize(
    "part", ["implementing_unit", "leader_name", "leader_title", "owner_title"]
)
def test_a_unit_without_a_name_answers_for_nothing(cast: Cast, part: str) -> None:
    project = awaited_project(cast)
    setattr(project, part, "")
    assert [line.label for line in missing(compose("N01", project))] == ["实施单位及责任人"]


def test_the_leading_groups_office_answers_where_the_department_has_no_telephone(
    cast: Cast,
) -> None:
    project = awaited_project(cast)
    Organization.objects.filter(pk=project.department_id).update(office_phone="")
    office = Organization.objects.filter(name="焉耆县扶贫开发领导小组")
    office.update(office_phone="0996-1234567")
    assert said(Project.objects.get(pk=project.pk))["监督举报电话"] == "0996-1234567、12317"


def test_what_is_missing_stops_the_publication(cast: Cast) -> None:
    project = make.noticed_project(cast)
    with pytest.raises(Refused) as caught:
        publish_notice(subject=project, code="N01", by=cast["village_cadre"])
    assert "缺少绩效目标" in caught.value.refusal.reason
    assert "二(四)" in caught.value.refusal.clause
    assert "绩效目标：乡镇经办或项目主管部门经办" in caught.value.refusal.who_can_clear
    assert not Notice.objects.exists()


def test_a_private_number_is_not_announced(cast: Cast) -> None:
    project = awaited_project(cast)
    Organization.objects.filter(pk=project.department_id).update(office_phone="13800138000")
    with pytest.raises(Refused, match="个人信息"):
        publish_notice(subject=project, code="N01", by=cast["village_cadre"])


def test_a_finished_project_says_what_came_of_it(cast: Cast) -> None:
    project = make.approved_project(cast, 400_000)
    lines = compose("N09", project)
    assert lines[-1].label == "监督举报电话"
    words = {line.label: line.text for line in lines}["资金使用情况"]
    assert words == "批准 400,000.00 元，已支付 0.00 元"


def test_another_kind_of_subject_brings_its_own_composer(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("publicity.composers.COMPOSERS", dict(COMPOSERS))
    request = make.draft_payment(cast, make.approved_project(cast))
    lines = [Line("公告名称", "年度项目计划", "主管部门")]
    register("N05", Composer(type(request), lambda subject: lines, ("draft",)))
    assert compose("N05", request) == lines
    with pytest.raises(LookupError):
        compose("N05", request.project)
