"""What enters the library has been announced before, as it is."""

from __future__ import annotations

import pytest

from approvals.workflow import ConditionUnmet
from organizations.policies import Refusal
from projects.models import Project
from projects.versions import read_differences
from publicity.models import Notice
from publicity.services import receive_public_objection
from tests import factories as make
from tests import lives
from tests.cast import Cast
from tests.projects.bare import refusal_of
from tests.publicity.hanging import post, published

SIGNERS = ("industry_reviewer", "farming_reviewer")


def in_review(cast: Cast) -> Project:
    """With its targets, and without a notice before the library."""
    project = make.with_targets(cast, make.revised_project(cast))
    make.approved_targets(cast, project)
    make.run_notice(cast, project)
    make.do(project, "resubmit", cast, "township_reviewer")
    read_differences(project, cast["project_clerk"])
    make.do(project, "appraise_again", cast, "project_clerk")
    return project


def hung(cast: Cast, project: Project, days_ago: int) -> Notice:
    notice = published(cast, project, "N03", days_ago)
    post(cast, notice, days_ago)
    return notice


def refusal(cast: Cast, project: Project) -> Refusal:
    with pytest.raises(ConditionUnmet) as caught:
        make.do(project, "review_jointly", cast, "industry_reviewer")
    return caught.value.refusal


def test_the_joint_review_waits_for_it(cast: Cast) -> None:
    project = in_review(cast)
    found = refusal(cast, project)
    assert found.reason == "尚未发布项目库公示"
    assert "国开办发〔2018〕10号" in found.clause
    notice = hung(cast, project, 10)
    assert "未满期" in refusal(cast, project).reason
    post(cast, notice, 10, place="乡镇政务公开栏")
    assert "未满期" in refusal(cast, project).reason


def test_after_its_days_the_project_enters(cast: Cast) -> None:
    project = in_review(cast)
    hung(cast, project, 11)
    for who in SIGNERS:
        make.do(project, "review_jointly", cast, who)
    assert project.status == Project.Status.DETERMINATION


def test_an_open_objection_keeps_it(cast: Cast) -> None:
    project = in_review(cast)
    receive_public_objection(notice=hung(cast, project, 20), summary="面积不实，请核实")
    assert "尚未答复" in refusal(cast, project).reason


def test_what_changed_after_it_is_announced_anew(cast: Cast) -> None:
    project = in_review(cast)
    hung(cast, project, 20)
    with lives.unruled():
        project.targets.filter(aspect="SAT").update(value=80)
    assert "绩效目标有变动" in refusal(cast, project).reason


def test_plain_sql_does_not_skip_it(committed_cast: Cast) -> None:
    cast = committed_cast
    project = in_review(cast)
    signer = cast["industry_reviewer"]
    said = refusal_of(project, "review_jointly", signer, to=project.status)
    assert "公示未发布、未张贴、未满期" in said
    hung(cast, project, 20)
    said = refusal_of(project, "review_jointly", signer, to=project.status)
    assert "公示" not in said
