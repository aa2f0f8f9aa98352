"""Taking a step, taking it back, and the reasons for which neither is possible."""

from __future__ import annotations

import datetime as dt
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from approvals.actions import available
from approvals.models import CarbonCopy, Decision, Duty, Subject
from approvals.workflow import (
    WORKFLOWS,
    Condition,
    ConditionUnmet,
    IncompatibleDuty,
    WrongState,
    require,
    workflow_of,
)
from organizations.models import Post, Role, User
from organizations.policies import Refused, WrongRole
from projects.models import Project
from projects.workflow import PROJECT
from tests import factories as make
from tests import lives
from tests.cast import Cast


def perform(subject: Subject, action: str, by: User, comment: str = "同意。") -> Decision:
    workflow = workflow_of(subject)
    step = workflow.find(action, subject.status)
    answers = lives.good_answers(step, subject) if step else []
    return workflow.perform(subject, action, by=by, comment=comment, opinions=answers)


# --- Withdrawal -------------------------------------------------------------------------------


def test_a_step_is_withdrawn_once_with_a_reason(cast: Cast) -> None:
    project = make.endorsed_project(cast)
    with pytest.raises(Refused, match="须写明意见"):
        perform(project, "withdraw", cast["township_reviewer"], comment=" ")
    decision = perform(project, "withdraw", cast["township_reviewer"], comment="材料有误")
    assert (decision.action_label, project.status) == ("撤回", "township_review")
    with pytest.raises(WrongState):
        perform(project, "withdraw", cast["township_reviewer"])


def test_nobody_withdraws_the_step_of_another(cast: Cast) -> None:
    project = make.endorsed_project(cast)
    for name in ("village_cadre", "project_clerk", "nobody"):
        with pytest.raises(WrongState):
            perform(project, "withdraw", cast[name])


def test_no_withdrawal_after_the_next_step(cast: Cast) -> None:
    project = make.appraised_project(cast)
    with pytest.raises(WrongState):
        perform(project, "withdraw", cast["township_reviewer"])


def test_a_step_with_money_is_not_withdrawn(cast: Cast) -> None:
    request = make.payment_at(cast, "paid")
    with pytest.raises(WrongState, match="涉及资金"):
        perform(request, "withdraw", cast["treasury_clerk"])


def test_no_withdrawal_from_a_post_that_ended(cast: Cast) -> None:
    project = make.endorsed_project(cast)
    end_post(cast, "township_reviewer", yesterday())
    with pytest.raises(WrongState):
        perform(project, "withdraw", cast["township_reviewer"])


# --- Comment and criteria ---------------------------------------------------------------------


def test_a_return_needs_words(cast: Cast) -> None:
    project = make.submitted_project(cast)
    with pytest.raises(Refused, match="须写明意见"):
        perform(project, "return", cast["township_reviewer"], comment="  \n")
    perform(project, "return", cast["township_reviewer"], comment="请补充预算")
    assert project.status == "draft"


@pytest.mark.parametrize("answer", [None, "fail", "maybe"])
def test_every_criterion_is_answered_and_passed(cast: Cast, answer: str | None) -> None:
    project = make.submitted_project(cast)
    step = PROJECT.find("endorse", project.status)
    assert step
    opinions = lives.good_answers(step, project)
    last = opinions.pop()
    if answer:
        opinions.append({**last, "result": answer})
    with pytest.raises(Refused) as caught:
        PROJECT.perform(
            project, "endorse", by=cast["township_reviewer"], comment="好", opinions=opinions
        )
    assert step.questions(project)[-1].label in caught.value.refusal.reason
    assert caught.value.refusal.clause
    assert not Decision.objects.filter(action="endorse").exists()


# --- Conditions of upper apps -----------------------------------------------------------------


def test_without_its_notice_a_project_is_not_submitted(cast: Cast) -> None:
    project = make.noticed_project(cast)
    with pytest.raises(ConditionUnmet) as caught:
        perform(project, "submit", cast["village_cadre"])
    assert "公示" in caught.value.refusal.reason
    assert caught.value.refusal.clause
    assert caught.value.refusal.who_can_clear


def test_without_targets_a_project_does_not_reach_the_meeting(cast: Cast) -> None:
    project = make.project_in_joint_review(cast)
    make.run_notice(cast, project)
    with pytest.raises(ConditionUnmet, match="绩效目标缺少"):
        perform(project, "review_jointly", cast["industry_reviewer"])


def test_a_condition_on_an_unknown_action_is_a_mistake() -> None:
    condition = Condition("从不", lambda subject: None)
    with pytest.raises(LookupError, match="projects.project has no action fly"):
        require("projects.project", "fly", condition)
    with pytest.raises(LookupError):
        require("no.such", "submit", condition)


def test_an_unmet_condition_leaves_the_button_with_its_reason(cast: Cast) -> None:
    project = make.noticed_project(cast)
    button = next(a for a in available(project, cast["village_cadre"]) if a.action == "submit")
    assert not button.allowed
    assert button.clause and button.who_can_clear
    assert button.url == f"/act/projects.project/{project.pk}/submit/"


# --- Posts ------------------------------------------------------------------------------------


def yesterday() -> dt.date:
    return timezone.localdate() - dt.timedelta(days=1)


def end_post(cast: Cast, name: str, last_day: dt.date) -> None:
    Post.objects.filter(user=cast.users[name]).update(valid_until=last_day, end_reason="调离")


def test_a_post_counts_on_its_last_day_and_no_longer(cast: Cast) -> None:
    project = make.submitted_project(cast)
    end_post(cast, "township_reviewer", timezone.localdate())
    perform(project, "endorse", cast["township_reviewer"])
    assert project.status == "county_appraisal"
    end_post(cast, "project_clerk", yesterday())
    with pytest.raises(WrongRole):
        perform(project, "appraise", cast["project_clerk"])


def test_a_post_not_yet_accepted_or_begun_gives_nothing(cast: Cast) -> None:
    project = make.submitted_project(cast)
    held = cast.post("township_reviewer")
    for days, accepted in ((0, None), (1, timezone.now())):
        Post.objects.create(
            user=cast.users["nobody"],
            role=Role.TOWNSHIP_REVIEWER,
            organization=held.organization,
            title="副镇长",
            valid_from=timezone.localdate() + dt.timedelta(days=days),
            valid_until=timezone.localdate() + dt.timedelta(days=days),
            accepted_at=accepted,
        )
        with pytest.raises(WrongRole):
            perform(project, "endorse", cast["nobody"])


def test_a_disabled_user_does_nothing(cast: Cast) -> None:
    project = make.submitted_project(cast)
    User.objects.filter(username="township_reviewer").update(is_active=False)
    with pytest.raises(WrongRole):
        perform(project, "endorse", cast["township_reviewer"])


@pytest.mark.parametrize("name", ["nobody", "township_clerk", "finance_head"])
def test_the_superuser_flag_gives_nothing(cast: Cast, name: str) -> None:
    project = make.submitted_project(cast)
    User.objects.filter(username=name).update(is_superuser=True, is_staff=True)
    with pytest.raises(WrongRole):
        perform(project, "endorse", cast[name])


def test_two_posts_of_one_person_do_not_join_two_duties(cast: Cast) -> None:
    project = make.submitted_project(cast)
    held = cast.post("township_reviewer")
    Post.objects.create(
        user=cast.users["village_cadre"],
        role=Role.TOWNSHIP_REVIEWER,
        organization=held.organization,
        title="镇长（兼）",
        valid_from=timezone.localdate(),
        accepted_at=timezone.now(),
    )
    User.objects.filter(username="village_cadre").update(is_superuser=True)
    with pytest.raises(IncompatibleDuty, match="您已在本事项中办理过“提出”"):
        perform(project, "endorse", cast["village_cadre"])


def test_the_database_refuses_in_words_when_two_requests_cross(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the earlier decision had been written after this request looked for it."""
    project = make.submitted_project(cast)
    monkeypatch.setattr("approvals.workflow.separation_refusal", lambda *facts: None)
    lives.decide(project, cast["township_reviewer"], Duty.PROPOSE)
    with pytest.raises(IncompatibleDuty, match="不相容职责"):
        perform(project, "endorse", cast["township_reviewer"])
    assert Project.objects.get(pk=project.pk).status == "township_review"


# --- Twice, copies, documentation -------------------------------------------------------------


def test_the_second_click_learns_who_did_it(cast: Cast) -> None:
    request = make.payment_at(cast, "release")
    perform(request, "release", cast["finance_head"])
    with pytest.raises(WrongState, match="“核拨”已由焉耆县财政局尤晴于 .* 办理，没有重复办理"):
        perform(request, "release", cast["finance_head"])


def test_a_step_from_a_page_that_is_out_of_date_is_refused(cast: Cast) -> None:
    project = make.submitted_project(cast)
    with pytest.raises(WrongState):
        PROJECT.perform(
            project, "return", by=cast["township_reviewer"], comment="改", seen_status="feedback"
        )


def test_copies_go_to_those_over_the_division_but_the_actor(cast: Cast) -> None:
    project = make.submitted_project(cast)
    perform(project, "return", cast["township_reviewer"], comment="请补充预算")
    names = set(CarbonCopy.objects.values_list("user__username", flat=True))
    assert names == {"village_cadre", "work_team", "township_clerk"}


def test_show_workflows_prints_each_life_with_conditions_and_clauses() -> None:
    out = StringIO()
    call_command("show_workflows", stdout=out)
    text = out.getvalue()
    for workflow in WORKFLOWS.values():
        assert f"# {workflow.name} ({workflow.life})" in text
        for step in workflow.transitions:
            assert f"：{step.label}（{step.action}）" in text
            assert step.clause in text
            if not callable(step.criteria):
                assert all(c.label in text and c.clause in text for c in step.criteria)
        for conditions in workflow.conditions.values():
            assert all(c.name in text and c.clause in text for c in conditions)
