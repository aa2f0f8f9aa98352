"""程序合规证明: what it lists, what it finds lacking, and that a return takes steps away."""

from __future__ import annotations

from django.test import Client
from django.utils import timezone

from projects.models import Project
from projects.procedure import STAGES, Certificate, certificate_of
from projects.workflow import PROJECT
from tests import factories as make
from tests import lives
from tests.cast import Cast
from tests.projects.pages import enter, read


def certificate(project: Project) -> Certificate:
    return certificate_of(project, timezone.localtime())


def states(project: Project) -> dict[str, str]:
    return {proof.stage.action: proof.state for proof in certificate(project).stages}


def test_every_step_of_the_main_path_is_a_stage() -> None:
    assert [stage.status for stage in STAGES] == PROJECT.main_path()[:-1]
    for stage in STAGES:
        assert PROJECT.find(stage.action, stage.status), stage


def test_a_determined_project_lacks_nothing(cast: Cast) -> None:
    found = certificate(make.determined_project(cast))
    assert found.is_complete
    done = {p.stage.action: p for p in found.stages if p.state == "全"}
    assert list(done) == [stage.action for stage in STAGES[:10]]
    assert {seat.organization.name for seat in done["review_jointly"].seats} == {
        "焉耆县水利局",
        "焉耆县农业农村局",
    }
    assert len(done["endorse"].decisions[0].opinions) == 6


def test_what_was_sent_back_no_longer_stands(cast: Cast) -> None:
    project = make.resubmitted_project(cast)
    make.do(project, "return", cast, "project_clerk", {"return_to": "draft"}, "选址有误")
    found = certificate(project)
    assert {proof.state for proof in found.stages} == {"未到"}
    assert [d.action for d in found.returns] == ["return"]


def test_a_step_without_its_record_is_told(cast: Cast) -> None:
    project = make.draft_project(cast)
    lives.decide(
        project, cast["village_cadre"], "propose", to="village_notice", action="record_meeting"
    )
    lives.place(project, "village_notice", cast)
    assert states(project)["record_meeting"] == "缺"
    assert not certificate(project).is_complete


def test_a_step_that_nobody_took_is_told(cast: Cast) -> None:
    project = make.draft_project(cast)
    lives.place(project, "feedback", cast)
    assert states(project)["appraise"] == "缺"


def test_page(client: Client, cast: Cast) -> None:
    project = make.determined_project(cast)
    page = read(enter(client, cast, "auditor"), f"/projects/{project.pk}/procedure/")
    for words in ("程序合规证明", "已办各步要件齐全", "村民代表会议", "真实性", "焉耆县水利局"):
        assert words in page
    path = f"/projects/{project.pk}/procedure/"
    read(enter(client, cast, "other_village_cadre"), path, 404)
    read(enter(client, cast, "system_admin"), path, 403)
