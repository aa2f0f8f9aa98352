"""The notices of 两上两下 in the way of the two submissions."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client

from approvals.workflow import ConditionUnmet
from organizations.policies import Refusal
from projects.models import Project
from publicity.models import NoticeType
from tests import factories as make
from tests.cast import Cast
from tests.projects.pages import enter, read
from tests.publicity.hanging import awaited_project, post, posted, published


def refusal(cast: Cast, project: Project, action: str = "submit") -> Refusal:
    """Why it is not sent in; nothing has moved."""
    who = "village_cadre" if action == "submit" else "township_reviewer"
    status = project.status
    with pytest.raises(ConditionUnmet) as caught:
        make.do(project, action, cast, who)
    assert Project.objects.get(pk=project.pk).status == status
    return caught.value.refusal


def submit(cast: Cast, project: Project) -> str:
    make.do(project, "submit", cast, "village_cadre")
    return project.status


def test_without_a_publication(cast: Cast) -> None:
    found = refusal(cast, awaited_project(cast))
    assert found.reason == "尚未发布村级申报项目公示"
    assert "二(三)" in found.clause
    assert found.who_can_clear == "村“两委”经办、驻村工作队、乡镇经办"


def test_published_but_not_posted(cast: Cast) -> None:
    project = awaited_project(cast)
    notice = published(cast, project, days_ago=20)
    assert f"（{notice.number}）尚未登记张贴" in refusal(cast, project).reason


@pytest.mark.parametrize("days_ago", [0, 1, 9, 10])
def test_before_its_days_have_run(cast: Cast, days_ago: int) -> None:
    project = awaited_project(cast)
    posted(cast, days_ago, project)
    found = refusal(cast, project)
    day = make.today() - dt.timedelta(days=days_ago)
    assert f"{day} 张贴（当日不计），公示期至 {day + dt.timedelta(days=10)}" in found.reason
    assert f"最早 {day + dt.timedelta(days=11)} 办理" in found.reason
    assert "国开办发〔2018〕11号" in found.clause


def test_it_opens_the_day_after_the_last(cast: Cast) -> None:
    project = awaited_project(cast)
    posted(cast, 11, project)
    assert submit(cast, project) == "township_review"


def test_working_days_take_longer(cast: Cast) -> None:
    NoticeType.objects.filter(code="N01").update(count_mode="working")
    project = awaited_project(cast)
    posted(cast, 11, project)
    assert "未满期" in refusal(cast, project).reason
    other = awaited_project(cast)
    posted(cast, 40, other)
    assert submit(cast, other) == "township_review"


def test_the_reason_stands_beside_the_button(client: Client, cast: Cast) -> None:
    project = awaited_project(cast)
    notice = posted(cast, 4, project)
    page = read(enter(client, cast, "village_cadre"), f"/projects/{project.pk}/")
    earliest = make.today() + dt.timedelta(days=7)
    assert f"最早 {earliest} 办理" in page
    assert notice.number in page


def test_a_notice_of_an_earlier_round_does_not_count(cast: Cast) -> None:
    project = make.submitted_project(cast)
    make.do(project, "return", cast, "township_reviewer", comment="请核实")
    facts = make.meeting_facts(cast, project)
    make.do(project, "record_meeting", cast, "village_cadre", facts)
    assert refusal(cast, project).reason == "尚未发布村级申报项目公示"
    assert make.run_notice(cast, project).version == 2
    assert submit(cast, project) == "township_review"


def test_what_was_changed_after_it_hung_is_announced_anew(cast: Cast) -> None:
    project = awaited_project(cast)
    posted(cast, 20, project)
    project.targets.filter(aspect="SAT").delete()
    assert "绩效目标有变动，须重新发布并张贴" in refusal(cast, project).reason
    again = published(cast, project)
    assert "尚未登记张贴" in refusal(cast, project).reason
    post(cast, again)
    assert "未满期" in refusal(cast, project).reason


def test_a_new_telephone_number_does_not_undo_a_notice(cast: Cast) -> None:
    project = awaited_project(cast)
    posted(cast, 20, project)
    department = Project.objects.get(pk=project.pk).department
    type(department).objects.filter(pk=department.pk).update(office_phone="0996-7654321")
    assert submit(cast, project) == "township_review"


def test_the_second_submission_has_its_own_notice(cast: Cast) -> None:
    project = make.revised_project(cast)
    assert refusal(cast, project, "resubmit").reason == "尚未发布修改完善后公示"
    make.with_targets(cast, project)
    notice = published(cast, project, "N02", days_ago=11)
    post(cast, notice, 11)
    make.do(project, "resubmit", cast, "township_reviewer")
    assert project.status == "second_appraisal"


def test_a_step_that_was_taken_back_keeps_its_notice(cast: Cast) -> None:
    project = make.submitted_project(cast)
    make.do(project, "withdraw", cast, "village_cadre", comment="数字有误")
    assert submit(cast, project) == "township_review"
