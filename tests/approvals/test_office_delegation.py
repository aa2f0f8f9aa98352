"""委派 in a life: 甲代乙, what is never lent, and that it joins no two duties."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from approvals.models import Decision, Duty, LawfulStep, Seat
from approvals.queries import pending
from approvals.seats import stay_of
from approvals.trail import decisions_of
from approvals.workflow import IncompatibleDuty, WrongState
from organizations.delegations import revoke_delegation
from organizations.models import Delegation, Post, Role, User
from organizations.policies import WrongRole
from projects.models import Project
from projects.workflow import PROJECT
from tests import factories as make
from tests import lives
from tests.approvals.deputies import deputy_of
from tests.approvals.test_decisions import insert, sqlstate
from tests.cast import Cast

BACKEND = "django.contrib.auth.backends.ModelBackend"


# --- 甲代乙 -----------------------------------------------------------------------------------


def test_the_decision_says_who_acted_for_whom(cast: Cast, client: Client) -> None:
    project = make.submitted_project(cast)
    deputy = deputy_of(cast.post("township_reviewer"))
    step = PROJECT.find("endorse", project.status)
    assert step
    PROJECT.perform(
        project, "endorse", by=deputy, comment="同意", opinions=lives.good_answers(step, project)
    )
    decision = Decision.objects.get(action="endorse")
    assert (decision.by, decision.by_name, decision.for_name) == (deputy, "甘田", "冯冬")
    assert (decision.by_unit, decision.by_title) == ("永宁镇人民政府", "镇长")
    assert decision.signed_by == "甘田代冯冬"
    assert decisions_of(project)[-1].by_name == "甘田代冯冬"
    client.force_login(cast["auditor"], backend=BACKEND)
    assert "甘田代冯冬" in client.get(project.get_absolute_url()).content.decode()


def test_his_inbox_holds_it_and_the_holder_s_too(cast: Cast) -> None:
    project = make.submitted_project(cast)
    deputy = deputy_of(cast.post("township_reviewer"))
    assert [item.subject for item in pending(deputy)] == [project]
    assert [item.subject for item in pending(cast["township_reviewer"])] == [project]
    revoke_delegation(delegation=Delegation.objects.get(), by=cast["township_reviewer"])
    assert pending(User.objects.get(pk=deputy.pk)) == []


@pytest.mark.parametrize("days", [(1, 5), (-5, -1), None])
def test_before_after_and_without_a_post_of_his_own_he_can_not(
    cast: Cast, days: tuple[int, int] | None
) -> None:
    """Neither by the program nor by plain SQL."""
    project = make.submitted_project(cast)
    deputy = deputy_of(cast.post("township_reviewer"))
    if days is None:
        yesterday = make.today() - dt.timedelta(days=1)
        Post.objects.filter(user=deputy).update(valid_until=yesterday, end_reason="调离")
    else:
        first, last = (make.today() + dt.timedelta(days=offset) for offset in days)
        with lives.unruled():
            Delegation.objects.update(valid_from=first, valid_until=last)
    deputy = User.objects.get(pk=deputy.pk)
    with pytest.raises(WrongRole):
        PROJECT.demand(project, "endorse", deputy)
    endorse = LawfulStep.objects.get(life="projects.project", action="endorse")
    with pytest.raises(DatabaseError) as caught:
        insert(deputy, project, endorse, post=cast.post("township_reviewer").pk)
    assert sqlstate(caught.value) == "YC002"


# --- Taking back ------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["deputy", "township_reviewer"])
def test_who_did_it_or_whose_post_it_was_may_withdraw_it(cast: Cast, who: str) -> None:
    project = endorsed_by_deputy(cast)
    PROJECT.perform(
        project, "withdraw", by=User.objects.get(username=who), comment="材料有误，收回补正"
    )
    assert project.status == "township_review"


def test_when_the_delegation_is_over_only_the_holder_may(cast: Cast) -> None:
    project = endorsed_by_deputy(cast)
    revoke_delegation(delegation=Delegation.objects.get(), by=cast["township_reviewer"])
    other = deputy_of(cast.post("township_reviewer"), "second", "另有人")
    for person in (User.objects.get(username="deputy"), other):
        with pytest.raises(WrongState):
            PROJECT.perform(project, "withdraw", by=person, comment="收回")
        step = LawfulStep.objects.get(
            life="projects.project", action="withdraw", from_status="county_appraisal"
        )
        with pytest.raises(DatabaseError) as caught:
            insert(person, project, step, post=cast.post("township_reviewer").pk)
        assert sqlstate(caught.value) in {"YC002", "YC004"}
    PROJECT.perform(project, "withdraw", by=cast["township_reviewer"], comment="收回")


def endorsed_by_deputy(cast: Cast) -> Project:
    project = make.submitted_project(cast)
    step = PROJECT.find("endorse", project.status)
    assert step
    PROJECT.perform(
        project, "endorse", by=deputy_of(cast.post("township_reviewer")), comment="同意",
        opinions=lives.good_answers(step, project),
    )  # fmt: skip
    return project


def test_in_plain_sql_nobody_withdraws_what_another_did(cast: Cast) -> None:
    """The role alone is not enough, nor is an older step of his own."""
    project = make.endorsed_project(cast)
    second = User.objects.create_user(username="second", password="x", real_name="另有人")  # noqa: S106
    Post.objects.create(
        user=second, role=Role.TOWNSHIP_REVIEWER,
        organization=cast.post("township_reviewer").organization, title="副镇长",
        valid_from=dt.date(2020, 1, 1), accepted_at=timezone.now(),
    )  # fmt: skip
    step = LawfulStep.objects.get(
        life="projects.project", action="withdraw", from_status="county_appraisal"
    )
    for person in (second, cast["township_reviewer"]):
        if person == cast["township_reviewer"]:
            lives.place(project, "county_appraisal", cast)
            lives.decide(project, cast["project_clerk"], Duty.APPRAISE)  # something came after
        with pytest.raises(DatabaseError) as caught:
            insert(person, project, step)
        assert sqlstate(caught.value) == "YC004"


# --- 会签 by a delegate -----------------------------------------------------------------------


def test_a_deputy_signs_for_one_bureau_and_nobody_for_two(cast: Cast) -> None:
    project = make.with_targets(cast, make.project_in_joint_review(cast))
    make.lent_post(cast, "farming_reviewer", "industry_reviewer")
    both = cast["industry_reviewer"]
    PROJECT.perform(project, "review_jointly", by=both, comment="同意")
    with pytest.raises(IncompatibleDuty, match="不能再代表另一单位会签") as caught:
        PROJECT.perform(project, "review_jointly", by=both, comment="同意")
    assert caught.value.refusal.who_can_clear
    project.refresh_from_db()
    assert project.status == "joint_review"
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        sign_past_the_program(project, both, cast.post("farming_reviewer"))
    assert sqlstate(refused.value) == "YC003"
    PROJECT.perform(project, "review_jointly", by=cast["farming_reviewer"], comment="同意")
    assert project.status == "determination"


def sign_past_the_program(project: Project, by: User, post: Post) -> None:
    step = LawfulStep.objects.get(
        life="projects.project", action="review_jointly", to_status="joint_review"
    )
    pk = insert(by, project, step, post=post.pk)
    Seat.objects.filter(organization=post.organization_id).update(signature=pk)


FORGED = LawfulStep(
    action="countersign",
    duty=Duty.COUNTERSIGN,
    from_status="determination",
    to_status="determination",
    criteria=[],
)


def seat_of(cast: Cast, project: Project, who: str, stay: Decision | None) -> Seat:
    """As if somebody had asked this person's unit."""
    post = cast.post(who)
    with lives.unruled():
        return Seat.objects.create(
            subject_type=project.life(),
            subject_id=project.pk,
            status=project.status,
            organization=post.organization,
            role=post.role,
            reason="会签",
            by=cast[who],
            stay=stay,
        )


def test_a_signature_takes_no_other_duty(cast: Cast) -> None:
    """Whoever has a seat could otherwise call his signature a decision of the leading group, on
    which the ledger would give money out."""
    project = make.project_before_meeting(cast)
    seat_of(cast, project, "group_member", stay_of(project))
    for duty in set(Duty.values) - {Duty.COUNTERSIGN}:
        with pytest.raises(DatabaseError) as caught:
            insert(cast["group_member"], project, FORGED, duty=duty)
        assert sqlstate(caught.value) == "YC004"
    with lives.undone():
        assert insert(cast["group_member"], project, FORGED)


def test_a_seat_of_a_former_stay_is_not_signed(cast: Cast) -> None:
    project = make.project_before_meeting(cast)
    former = Decision.objects.filter(to_status="joint_review").first()
    seat_of(cast, project, "project_clerk", former)
    with pytest.raises(DatabaseError) as caught:
        insert(cast["project_clerk"], project, FORGED)
    assert sqlstate(caught.value) == "YC004"
    with pytest.raises(WrongState):
        PROJECT.countersigning(project, cast["project_clerk"])
