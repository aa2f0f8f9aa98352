"""驳回到任意节点: where a return may go, and that everything after it is gone through again."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction

from approvals.models import Decision, LawfulStep
from approvals.transitions import Transition
from approvals.workflow import WORKFLOWS, Workflow, WrongState
from organizations.policies import Refused
from projects.forms.steps import opinions_on
from projects.models import Project, ProjectVersion
from projects.workflow import PROJECT
from tests import factories as make
from tests import lives
from tests.adjusting import prove
from tests.api.conftest import caller
from tests.approvals.test_decisions import insert, sqlstate
from tests.cast import Cast
from tests.pages import logged_in
from tests.test_workflows import arrive, may

CHOICES = [
    pytest.param(workflow, step, id=f"{workflow.life}-{step.sources[0]}")
    for workflow in WORKFLOWS.values()
    for step in workflow.transitions
    if step.return_to and not step.only_in
    # It waits for money that came in: tests/assets/test_disposals.py.
    if (workflow.life, step.action) != ("assets.disposal", "take_back")
]


@pytest.mark.parametrize(("workflow", "step"), CHOICES)
def test_the_page_offers_every_place_and_no_other(
    cast: Cast, workflow: Workflow, step: Transition
) -> None:
    subject = lives.SUBJECTS[workflow.life](cast)
    for target in step.targets:
        with lives.undone():
            arrive(subject, step.sources[0], cast, workflow)
            name = next(name for name in cast.users if may(step, name, workflow))
            address = f"/act/{workflow.life}/{subject.pk}/{step.action}/"
            client = logged_in(cast[name])
            shown = client.get(address).content.decode()
            assert "退回到" in shown
            for place in lives.statuses(workflow):
                assert (f'value="{place}"' in shown) is (
                    place in (*step.targets, subject.status)  # the last is what was looked at
                )
            sent = client.post(address, {"comment": "请修改", "return_to": target})
            assert sent.status_code == 302, sent.content.decode()
            subject.refresh_from_db()
            assert subject.status == target


def in_second_appraisal(cast: Cast) -> Project:
    return make.resubmitted_project(cast)


def test_an_unlisted_place_is_refused(cast: Cast) -> None:
    project = in_second_appraisal(cast)
    clerk = cast["project_clerk"]
    address = f"/act/{project.life()}/{project.pk}/return/"
    page = logged_in(clerk).post(address, {"comment": "改", "return_to": "feedback"})
    assert page.status_code == 422
    path = f"projects/{project.pk}/actions/return/"
    for place in ("feedback", "closed", "determination", "no such"):
        with pytest.raises(Refused, match="不能退到这一环节") as caught:
            PROJECT.perform(project, "return", by=clerk, comment="改", data={"return_to": place})
        assert caught.value.refusal.who_can_clear
        answer = caller(clerk).post(path, {"comment": "改", "data": {"return_to": place}})
        assert answer.status_code == 409 and "不能退到这一环节" in answer.json()["reason"]
        lawful = LawfulStep.objects.filter(
            life=project.life(), action="return", from_status=project.status
        )[0]
        with pytest.raises(DatabaseError) as refused:
            insert(clerk, project, lawful, to=place)
        assert sqlstate(refused.value) == "YC004"
    assert Project.objects.get(pk=project.pk).status == "second_appraisal"


def test_by_the_api_and_without_a_choice_one_step_back(cast: Cast) -> None:
    project = in_second_appraisal(cast)
    path = f"projects/{project.pk}/actions/return/"
    body = {"comment": "请重新论证", "data": {"return_to": "county_appraisal"}}
    answer = caller(cast["project_clerk"]).post(path, body)
    assert (answer.status_code, answer.json()["to_status"]) == (200, "county_appraisal")
    answer = caller(cast["project_clerk"]).post(path, {"comment": "请补充"})
    assert answer.json()["to_status"] == "township_review"


def test_everything_after_it_is_gone_through_again(cast: Cast) -> None:
    """Its meeting, both notices, both appraisals, the letter: none of the former ones counts."""
    project = in_second_appraisal(cast)
    former = set(Decision.objects.values_list("pk", flat=True))
    PROJECT.perform(
        project, "return", by=cast["project_clerk"], comment="全部重报", data={"return_to": "draft"}
    )
    for action in ("submit", "endorse", "appraise", "feed_back", "revise", "resubmit"):
        with pytest.raises(WrongState):
            PROJECT.demand(project, action, cast["village_cadre"])
    make.do(project, "record_meeting", cast, "village_cadre", make.meeting_facts(cast, project))
    with pytest.raises(Refused, match="公示"):
        make.do(project, "submit", cast, "village_cadre")
    make.run_notice(cast, project)
    make.do(project, "submit", cast, "village_cadre")
    make.do(project, "endorse", cast, "township_reviewer")
    make.do(project, "appraise", cast, "project_clerk")
    make.do(project, "feed_back", cast, "project_reviewer", letter())
    assert project.status == "revision"
    with pytest.raises(DatabaseError, match="没有逐条答复"):
        answer_nothing(cast, project)
    project.refresh_from_db()
    project = make.revise_text(cast, project)
    make.do(project, "revise", cast, "village_cadre", answers_to(project))
    with pytest.raises(Refused, match="公示"):
        make.do(project, "resubmit", cast, "township_reviewer")
    make.run_notice(cast, project)
    make.do(project, "resubmit", cast, "township_reviewer")
    with pytest.raises(Refused, match="对照"):
        make.do(project, "appraise_again", cast, "project_clerk")
    again = Decision.objects.exclude(pk__in=former).values_list("action", flat=True)
    assert list(again) == [
        "return", "record_meeting", "submit", "endorse", "appraise", "feed_back", "revise",
        "resubmit",
    ]  # fmt: skip
    assert ProjectVersion.objects.filter(project=project, round=1).count() == 2


def answer_nothing(cast: Cast, project: Project) -> None:
    with transaction.atomic():
        make.do(project, "revise", cast, "village_cadre", {"answer": "见前次", "answers": {}})
        prove()


def letter() -> dict[str, object]:
    return {"letter_number": "反馈2号", "issued_on": make.today(), "items": ["请重新测算"]}


def answers_to(project: Project) -> dict[str, object]:
    answers = {item.pk: ("adopted", "已重新测算") for item in opinions_on(project)}
    return {"answer": "已重新测算", "answers": answers}
