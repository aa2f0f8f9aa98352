"""转办: whose step it is once it was handed over, handed on, taken back, or nobody is there."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import DatabaseError, transaction

from approvals.holders import holders
from approvals.models import Assignment, Duty, LawfulStep, Subject
from approvals.office import Holding, hand_over, may_hand_over, possible_assignees
from approvals.queries import items, pending
from approvals.seats import assignment_of
from approvals.trail import decisions_of
from approvals.workflow import WrongState
from organizations.models import Post, Role, User
from organizations.policies import Refused, WrongRole
from projects.workflow import PAYMENT, PROJECT
from tests import factories as make
from tests import lives
from tests.api.conftest import caller
from tests.approvals.deputies import colleague, deputy_of
from tests.approvals.test_decisions import insert, sqlstate
from tests.cast import Cast
from tests.pages import logged_in

REVIEWER = Role.TOWNSHIP_REVIEWER


def second_reviewer(cast: Cast, username: str = "second", name: str = "另一镇长") -> User:
    return colleague(username, name, cast.post("township_reviewer").organization, REVIEWER)


def give(subject: Subject, by: User, to: User, reason: str = "本周外出") -> Assignment:
    post = to.posts.filter(role__in=may_hand_over(subject, by).roles)[0]
    return hand_over(subject=subject, to=post, reason=reason, by=by)


def test_the_step_is_the_named_one_s_alone(cast: Cast) -> None:
    project, second = make.submitted_project(cast), second_reviewer(cast)
    first = cast["township_reviewer"]
    give(project, first, second)
    with pytest.raises(WrongRole, match="本步已转办给永宁镇人民政府 干事 另一镇长") as caught:
        PROJECT.demand(project, "endorse", first)
    assert "另一镇长" in caught.value.refusal.who_can_clear
    with pytest.raises(WrongRole, match="本步已转办给"):
        PROJECT.demand(project, "return", first)
    assert PROJECT.demand(project, "endorse", second)
    assert [i.subject for i in pending(first)] == []
    (item,) = pending(second)
    assert item.handed and item.handed.by == first
    assert item.holder == "永宁镇人民政府 另一镇长"
    assert [str(h) for h in holders([project])[project.life(), project.pk]] == [item.holder]
    line = decisions_of(project)[-1]
    assert "转办给" in line.action_label and (line.by_name, line.comment) == ("冯冬", "本周外出")


def test_handed_on_and_taken_back(cast: Cast) -> None:
    project, second = make.submitted_project(cast), second_reviewer(cast)
    third = second_reviewer(cast, "third", "第三镇长")
    first = cast["township_reviewer"]
    give(project, first, second)
    with pytest.raises(WrongRole, match="本步已转办给"):
        give(project, third, third)
    give(project, second, third)
    with pytest.raises(WrongRole, match="本步已转办给"):  # it is not his any more, nor was it last
        give(project, first, first)
    give(project, second, second)  # back to who handed it over last
    give(project, second, first)
    assert PROJECT.demand(project, "endorse", first)
    assert Assignment.objects.count() == 4


@pytest.mark.parametrize("why", ["post", "account"])
def test_it_lapses_when_the_named_one_is_gone(cast: Cast, why: str) -> None:
    project, second = make.submitted_project(cast), second_reviewer(cast)
    give(project, cast["township_reviewer"], second)
    if why == "post":
        Post.objects.filter(user=second).update(
            valid_until=make.today() - dt.timedelta(days=1), end_reason="调离"
        )
    else:
        User.objects.filter(pk=second.pk).update(is_active=False)
    assert assignment_of(project) is None
    assert [i.subject for i in pending(cast["township_reviewer"])] == [project]
    make.do(project, "endorse", cast, "township_reviewer")


def test_it_is_over_with_the_step_and_comes_back_with_a_withdrawal(cast: Cast) -> None:
    project, second = make.submitted_project(cast), second_reviewer(cast)
    give(project, cast["township_reviewer"], second)
    answers = lives.good_answers(PROJECT.demand(project, "endorse", second)[0], project)
    PROJECT.perform(project, "endorse", by=second, comment="同意", opinions=answers)
    assert assignment_of(project) is None
    PROJECT.perform(project, "withdraw", by=second, comment="材料有误")
    back = assignment_of(project)
    assert back and back.post.user == second
    PROJECT.perform(project, "return", by=second, comment="请补充")
    assert assignment_of(project) is None
    make.do(project, "record_meeting", cast, "village_cadre", make.meeting_facts(cast, project))
    make.run_notice(cast, project)
    make.do(project, "submit", cast, "village_cadre")
    assert assignment_of(project) is None
    assert PROJECT.demand(project, "endorse", cast["township_reviewer"])


def test_only_to_whom_the_step_is_open(cast: Cast) -> None:
    """The role over the thing, in force, and not kept from it by what he did in the case."""
    project = make.submitted_project(cast)
    first, second = cast["township_reviewer"], second_reviewer(cast)
    separated = second_reviewer(cast, "separated", "经手人")
    lives.decide(project, separated, Duty.PROPOSE)
    held = may_hand_over(project, first)
    assert [post.user for post in possible_assignees(project, held)] == [second]
    for post in (
        separated.posts.get(),
        cast.post("township_clerk"),
        cast.post("township_reviewer"),
    ):
        with pytest.raises(Refused, match="所选人员不能办理本步") as caught:
            hand_over(subject=project, to=post, reason="外出", by=first)
        assert caught.value.refusal.who_can_clear
    assert not Assignment.objects.exists()


def test_where_it_can_not_be_handed_over(cast: Cast) -> None:
    project = make.project_in_joint_review(cast)
    with pytest.raises(WrongState, match="由各席位单位自己签署") as caught:
        may_hand_over(project, cast["industry_reviewer"])
    assert "水利局" in caught.value.refusal.who_can_clear
    before = make.project_before_meeting(cast)
    for name in ("group_member", "group_secretary"):
        with pytest.raises(WrongState, match="在领导小组会议办理"):
            may_hand_over(before, cast[name])
    with pytest.raises(WrongRole):
        may_hand_over(make.submitted_project(cast), cast["village_cadre"])


def test_a_step_of_another_role_at_the_same_status_is_left_alone(cast: Cast) -> None:
    """At payment the treasury pays; that the head takes the release back is not handed over."""
    payment = make.payment_at(cast, "payment")
    unit = cast.post("treasury_clerk").organization
    second = colleague("second", "另一国库", unit, Role.TREASURY_CLERK)
    give(payment, cast["treasury_clerk"], second)
    with pytest.raises(WrongRole, match="本步已转办给"):
        PAYMENT.demand(payment, "pay", cast["treasury_clerk"])
    assert PAYMENT.demand(payment, "withdraw_release", cast["finance_head"])


def test_several_roles_of_one_step_are_all_bound(cast: Cast) -> None:
    project = make.project_in_revision(cast)
    give(project, cast["village_cadre"], cast["township_clerk"], "由乡镇统一修改")
    for name in ("village_cadre", "work_team"):
        assert pending(cast[name]) == []
        with pytest.raises(WrongRole, match="本步已转办给永宁镇人民政府"):
            PROJECT.demand(project, "revise", cast[name])
    assert [i.subject for i in pending(cast["township_clerk"])] == [project]
    assert PROJECT.demand(project, "revise", cast["township_clerk"])


def test_a_delegate_of_the_named_one_may_take_it(cast: Cast) -> None:
    project, second = make.submitted_project(cast), second_reviewer(cast)
    give(project, cast["township_reviewer"], second)
    deputy = deputy_of(second.posts.get())
    (item,) = pending(deputy)
    assert (item.subject, item.acts_for) == (project, "另一镇长")
    assert PROJECT.demand(project, "endorse", deputy)


def test_past_the_program(cast: Cast) -> None:
    """The role's step is refused in plain SQL too; a hand-over by or to anybody is not taken."""
    project, second = make.submitted_project(cast), second_reviewer(cast)
    give(project, cast["township_reviewer"], second)
    endorse = LawfulStep.objects.get(life="projects.project", action="endorse")
    with pytest.raises(DatabaseError) as caught:
        insert(cast["township_reviewer"], project, endorse)
    assert sqlstate(caught.value) == "YC002"
    with lives.undone():
        assert insert(second, project, endorse)
    first, clerk = cast.post("township_reviewer"), cast.post("township_clerk")
    other, mine = cast.post("other_township_clerk"), second.posts.get()
    for by, by_post, to, status, state in (
        (first.user, first, clerk, project.status, "YC002"),  # to who has no step here
        (first.user, first, other, project.status, "YC002"),
        (clerk.user, clerk, first, project.status, "YC002"),  # by who has none
        (clerk.user, first, first, project.status, "YC002"),  # in another's post
        (first.user, first, mine, "draft", "YC004"),  # elsewhere
    ):
        with pytest.raises(DatabaseError) as caught, transaction.atomic():
            Assignment.objects.create(
                subject_type=project.life(), subject_id=project.pk, status=status,
                stay=None if status == "draft" else Assignment.objects.all()[0].stay,
                post=to, reason="x", by=by, by_post=by_post,
            )  # fmt: skip
        assert sqlstate(caught.value) == state
    made = Assignment.objects.create(
        subject_type=project.life(), subject_id=project.pk, status=project.status,
        stay=Assignment.objects.all()[0].stay, post=first, reason="x", by=second, by_post=mine,
        at=dt.datetime(2001, 1, 1, tzinfo=dt.UTC),
    )  # fmt: skip
    made.refresh_from_db()
    assert made.at.year > 2020


def test_the_page(cast: Cast) -> None:
    project, second = make.submitted_project(cast), second_reviewer(cast)
    address = f"/office/{project.life()}/{project.pk}/assign/"
    client = logged_in(cast["township_reviewer"])
    assert address in client.get(project.get_absolute_url()).content.decode()
    assert "另一镇长（永宁镇人民政府 干事）" in client.get(address).content.decode()
    to = second.posts.get().pk
    for wrong in ({"to": to}, {"reason": "外出"}, {"to": to, "reason": "电话13999123456"}):
        response = client.post(address, wrong)
        assert response.status_code == 422
    assert "电话13999123456" in response.content.decode()
    assert client.post(address, {"to": to, "reason": "外出"})["Location"].endswith(
        project.get_absolute_url()
    )
    shown = client.get(project.get_absolute_url()).content.decode()
    assert "本步已转办给" in shown and "转办给永宁镇人民政府 干事 另一镇长" in shown
    client = logged_in(cast["township_clerk"])
    assert address not in client.get(project.get_absolute_url()).content.decode()
    assert client.get(address).status_code == 403
    client = logged_in(cast["other_township_clerk"])
    assert client.get(address).status_code == client.post(address).status_code == 404
    assert client.get(address.replace(project.life(), "no.life")).status_code == 404


def test_nobody_to_hand_it_to(cast: Cast) -> None:
    project = make.submitted_project(cast)
    client = logged_in(cast["township_reviewer"])
    response = client.get(f"/office/{project.life()}/{project.pk}/assign/")
    assert response.status_code == 409
    assert "没有其他可以办理本步的人员（乡镇审核）" in response.content.decode()


def test_the_api(cast: Cast) -> None:
    project, second = make.submitted_project(cast), second_reviewer(cast)
    path = f"projects/{project.pk}/assign/"
    (offered,) = caller(cast["township_reviewer"]).get(path).json()
    assert (offered["name"], offered["id"]) == ("另一镇长", second.posts.get().pk)
    body = {"post": offered["id"], "reason": "外出"}
    assert caller(cast["township_clerk"]).post(path, body).status_code == 403
    assert caller(cast["other_township_clerk"]).post(path, body).status_code == 404
    assert caller(cast["township_reviewer"]).post(path, {"post": 0}).status_code == 400
    answer = caller(cast["township_reviewer"]).post(path, body)
    assert answer.status_code == 200 and "转办给" in answer.json()["words"]


def test_on_the_start_status_after_a_withdrawal_nobody_is_locked_out(cast: Cast) -> None:
    """The clock of the step begins anew then, for the program and for the database alike."""
    project = make.draft_project(cast)
    give(project, cast["village_cadre"], cast["work_team"])
    make.do(project, "record_meeting", cast, "work_team", make.meeting_facts(cast, project))
    PROJECT.perform(project, "withdraw", by=cast["work_team"], comment="补材料")
    assert assignment_of(project) is None
    make.do(project, "record_meeting", cast, "village_cadre", make.meeting_facts(cast, project))


def test_items_of_others_say_who_has_it(cast: Cast) -> None:
    project, second = make.submitted_project(cast), second_reviewer(cast)
    give(project, cast["township_reviewer"], second)
    (item,) = items([project])
    assert item.holder == "永宁镇人民政府 另一镇长"
    assert isinstance(may_hand_over(project, second), Holding)
