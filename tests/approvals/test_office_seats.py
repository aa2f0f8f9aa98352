"""加签: asking another unit, waiting for it, and what a return makes of it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from psycopg import errors

from approvals.actions import available, buttons
from approvals.models import Decision, Seat, Subject
from approvals.office import ask_to_countersign, may_ask, units_to_ask
from approvals.queries import pending
from approvals.seats import seats_of
from approvals.trail import decisions_of, steps
from approvals.transitions import Transition
from approvals.workflow import ConditionUnmet, IncompatibleDuty, WrongState, workflow_of
from organizations.models import Organization, Post, Role, User
from organizations.policies import Refused, WrongRole
from projects.models import PaymentRequest, Project
from projects.workflow import PROJECT
from tests import factories as make
from tests import lives
from tests.api.conftest import caller
from tests.approvals.deputies import deputy_of
from tests.cast import Cast
from tests.databases import app_connection
from tests.pages import logged_in
from tests.plain_sql import take_step

WATER = "焉耆县水利局"


def unit(name: str = WATER) -> Organization:
    return Organization.objects.get(name=name)


def ask(subject: Subject, by: User, name: str = WATER) -> Seat:
    return ask_to_countersign(
        subject=subject, organization=unit(name), reason="涉及取水许可", by=by
    )


def sign(subject: Subject, by: User, words: str = "无意见") -> Decision:
    return workflow_of(subject).perform(subject, "countersign", by=by, comment=words)


def asked_project(cast: Cast) -> Project:
    project = make.submitted_project(cast)
    ask(project, cast["township_reviewer"])
    return project


def test_the_step_waits_for_the_unit_that_was_asked(cast: Cast) -> None:
    project = asked_project(cast)
    with pytest.raises(ConditionUnmet, match="待焉耆县水利局会签") as caught:
        PROJECT.demand(project, "endorse", cast["township_reviewer"])
    assert caught.value.refusal.who_can_clear == WATER
    button = next(a for a in available(project, cast["township_reviewer"]) if a.action == "endorse")
    assert (button.allowed, button.reason) == (False, "待焉耆县水利局会签")
    (item,) = pending(cast["industry_reviewer"])
    assert (item.subject, item.waits_for, item.holder) == (project, WATER, f"{WATER} 沈海")
    present = next(step for step in steps(project) if step.state == "current")
    assert (present.waits_for, present.holder) == (WATER, f"{WATER} 沈海")
    assert decisions_of(project)[-1].action_label == "请焉耆县水利局会签"
    sign(project, cast["industry_reviewer"], "同意取水")
    assert pending(cast["industry_reviewer"]) == []
    assert decisions_of(project)[-1].comment == "同意取水"
    make.do(project, "endorse", cast, "township_reviewer")


def test_a_return_needs_no_signature_and_clears_the_seats(cast: Cast) -> None:
    project = asked_project(cast)
    make.do(project, "return", cast, "township_reviewer", comment="请先办取水许可")
    assert pending(cast["industry_reviewer"]) == []
    make.do(project, "record_meeting", cast, "village_cadre", make.meeting_facts(cast, project))
    make.run_notice(cast, project)
    make.do(project, "submit", cast, "village_cadre")
    assert list(seats_of(project)) == []
    assert pending(cast["industry_reviewer"]) == []
    with pytest.raises(WrongState):
        sign(project, cast["industry_reviewer"])
    make.do(project, "endorse", cast, "township_reviewer")


def test_a_withdrawal_of_the_step_before_clears_them_too(cast: Cast) -> None:
    project = asked_project(cast)
    PROJECT.perform(project, "withdraw", by=cast["village_cadre"], comment="补材料")
    make.run_notice(cast, project)
    make.do(project, "submit", cast, "village_cadre")
    assert list(seats_of(project)) == [] and pending(cast["industry_reviewer"]) == []


def test_once_signed_the_step_before_is_not_withdrawn(cast: Cast) -> None:
    project = asked_project(cast)
    sign(project, cast["industry_reviewer"])
    with pytest.raises(WrongState):
        PROJECT.perform(project, "withdraw", by=cast["village_cadre"], comment="补材料")


def test_a_signature_needs_words_and_the_right_person(cast: Cast) -> None:
    project = asked_project(cast)
    with pytest.raises(Refused, match="须写明意见"):
        sign(project, cast["industry_reviewer"], " ")
    for name in ("farming_reviewer", "township_reviewer", "group_member"):
        with pytest.raises(WrongRole, match="会签单位为焉耆县水利局") as caught:
            sign(project, cast[name])
        assert caught.value.refusal.who_can_clear == WATER
    sign(project, cast["industry_reviewer"])
    with pytest.raises(WrongState):
        sign(project, cast["industry_reviewer"])


def test_which_units_may_be_asked(cast: Cast) -> None:
    """Of the township and the county, with somebody to sign; not twice, and not one's own."""
    project = make.submitted_project(cast)
    held = may_ask(project, cast["township_reviewer"])
    names = {organization.name for organization in units_to_ask(project, held)}
    assert names == {
        WATER, "焉耆县农业农村局", "焉耆县扶贫开发办公室", "焉耆县财政局", "焉耆县扶贫开发领导小组",
    }  # fmt: skip
    ask(project, cast["township_reviewer"])
    Post.objects.filter(user=cast.users["farming_reviewer"]).update(
        valid_until=make.today() - dt.timedelta(days=1), end_reason="退休"
    )
    refused = (WATER, "焉耆县农业农村局", "永宁镇人民政府", "和静县财政局", "焉耆县审计局")
    for name in refused:
        with pytest.raises(Refused, match="所选单位不能会签") as caught:
            ask(project, cast["township_reviewer"], name)
        assert caught.value.refusal.who_can_clear
    assert Seat.objects.count() == 1


def test_only_who_holds_the_step_asks(cast: Cast) -> None:
    project = make.submitted_project(cast)
    for name in ("village_cadre", "project_clerk", "group_member", "system_admin"):
        with pytest.raises(WrongRole, match="由本步的办理人办理（乡镇审核）"):
            ask(project, cast[name])
    with pytest.raises(WrongState, match="在领导小组会议办理"):
        ask(make.project_before_meeting(cast), cast["group_secretary"])


def test_at_the_joint_review_only_a_bureau_may_be_added(cast: Cast) -> None:
    """Its signature is the step itself: a unit that has not the step could never sign."""
    project = make.with_targets(cast, make.project_in_joint_review(cast))
    held = may_ask(project, cast["industry_reviewer"])
    assert units_to_ask(project, held) == []
    third = Organization.objects.create(
        division=cast.county,
        name="焉耆县林业和草原局",
        kind="industry",
        office_phone="0996-0000000",
    )
    person = User.objects.create(username="forester", real_name="林木")
    Post.objects.create(
        user=person, role=Role.INDUSTRY_REVIEWER, organization=third, title="副局长",
        valid_from=dt.date(2020, 1, 1), accepted_at=timezone.now(),
    )  # fmt: skip
    ask(project, cast["industry_reviewer"], third.name)
    for name in ("industry_reviewer", "farming_reviewer"):
        make.do(project, "review_jointly", cast, name)
    assert project.status == "joint_review"
    by = User.objects.get(pk=person.pk)
    PROJECT.perform(project, "review_jointly", by=by, comment="同意")
    assert project.status == "determination"


def test_nobody_signs_what_he_asked_for(cast: Cast) -> None:
    """Not by a post lent to him, and not for him by a delegate."""
    project = make.submitted_project(cast)
    make.lent_post(cast, "project_reviewer", "industry_reviewer")
    deputy = deputy_of(cast.post("township_reviewer"))
    ask(project, deputy, "焉耆县扶贫开发办公室")
    ask(project, cast["township_reviewer"])
    sign(project, cast["industry_reviewer"])
    with pytest.raises(IncompatibleDuty, match="已代表焉耆县水利局会签"):
        sign(project, cast["industry_reviewer"])
    sign(project, cast["project_reviewer"])


def test_who_asked_for_himself_may_not_sign(cast: Cast) -> None:
    payment = make.payment_at(cast, "department_review")
    make.lent_post(cast, "industry_reviewer", "project_reviewer")
    ask(payment, cast["project_reviewer"])
    with pytest.raises(IncompatibleDuty, match="会签是本人或委派人请求的") as caught:
        sign(payment, cast["project_reviewer"])
    assert "行业部门会审" in caught.value.refusal.who_can_clear
    sign(payment, cast["industry_reviewer"])
    make.do(payment, "approve", cast, "project_reviewer")


@pytest.mark.parametrize("life", ["payment", "month"])
def test_in_every_life_a_step_forward_waits_in_the_database(
    committed_cast: Cast, life: str
) -> None:
    """The program asks before; the database when it commits."""
    cast = committed_cast
    subject, by, step = waiting_subject(cast, life)
    ask(subject, by)
    name = connection.settings_dict["NAME"]
    with app_connection(name) as app, pytest.raises(errors.DatabaseError) as caught:
        take_step(app, subject, step.action, duty=step.duty, to=step.target, post=by.posts_today[0])
    assert caught.value.sqlstate == "YC020"
    assert "待焉耆县水利局会签" in str(caught.value)


def waiting_subject(cast: Cast, life: str) -> tuple[Subject, User, Transition]:
    if life == "payment":
        subject: Subject = make.payment_at(cast, "department_review")
        by, action = cast["project_reviewer"], "approve"
    else:
        subject = lives.SUBJECTS["funds.month"](cast)
        by, action = cast["finance_reviewer"], "close"
    step = workflow_of(subject).find(action, subject.status)
    assert step
    return subject, by, step


def test_seats_in_plain_sql(cast: Cast) -> None:
    """Not signed when set, not where the thing does not stand, not by who has no step there; and
    never taken away."""
    project = asked_project(cast)
    seat = Seat.objects.get()
    first = cast.post("township_reviewer")
    base = {
        "subject_type": project.life(), "subject_id": project.pk, "status": project.status,
        "stay": seat.stay, "organization": unit("焉耆县农业农村局"), "role": "industry_reviewer",
        "reason": "x", "by": first.user, "by_post": first,
    }  # fmt: skip
    clerk = cast.post("township_clerk")
    for changes, state in (
        ({"signature": Decision.objects.all()[0]}, "YC004"),
        ({"status": "draft", "stay": None}, "YC004"),
        ({"stay": None}, "YC004"),
        ({"by": clerk.user, "by_post": clerk}, "YC002"),
        ({"by": clerk.user}, "YC002"),
        ({"by_post": None}, "YC002"),
    ):
        with pytest.raises(DatabaseError) as caught, transaction.atomic():
            Seat.objects.create(**{**base, **changes})
        assert getattr(caught.value.__cause__, "sqlstate", "") == state, changes
    for statement in (
        "DELETE FROM approvals_seat",
        "UPDATE approvals_seat SET organization_id = organization_id + 1",
        "UPDATE approvals_seat SET reason = '改过'",
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            connection.cursor().execute(statement)
    with lives.undone():
        assert Seat.objects.create(**base).pk


def test_the_pages(cast: Cast) -> None:
    project = make.submitted_project(cast)
    address = f"/office/{project.life()}/{project.pk}/ask/"
    client = logged_in(cast["township_reviewer"])
    assert address in client.get(project.get_absolute_url()).content.decode()
    assert f"{WATER}（焉耆回族自治县）" in client.get(address).content.decode()
    response = client.post(address, {"organization": unit().pk, "reason": " "})
    assert response.status_code == 422
    wrong = client.post(address, {"organization": unit("焉耆县审计局").pk, "reason": "x"})
    assert wrong.status_code == 422
    sent = client.post(address, {"organization": unit().pk, "reason": "涉及取水许可"})
    assert sent.status_code == 302
    shown = client.get(project.get_absolute_url()).content.decode()
    assert "待焉耆县水利局会签" in shown and "涉及取水许可" in shown
    signer = logged_in(cast["industry_reviewer"])
    assert "待会签" in signer.get("/inbox/").content.decode()
    act = f"/act/{project.life()}/{project.pk}/countersign/"
    assert act in signer.get(project.get_absolute_url()).content.decode()
    assert signer.post(act, {"comment": ""}).status_code == 422
    assert signer.post(act, {"comment": "无意见"}).status_code == 302
    assert signer.get(act).status_code == 409
    other = logged_in(cast["other_township_clerk"])
    assert other.get(act).status_code == other.get(address).status_code == 404
    assert [a.action for a in buttons(project, cast["industry_reviewer"]) if a.allowed] == [
        "remind"
    ]


def test_the_api(cast: Cast) -> None:
    payment: PaymentRequest = make.payment_at(cast, "department_review")
    path = f"payments/{payment.pk}/ask/"
    offered = caller(cast["project_reviewer"]).get(path).json()
    assert WATER in [row["name"] for row in offered]
    body = {"organization": unit().pk, "reason": "涉及取水"}
    assert caller(cast["township_clerk"]).post(path, body).status_code == 403
    assert caller(cast["other_finance_head"]).post(path, body).status_code == 404
    assert caller(cast["project_reviewer"]).post(path, body).status_code == 200
    again = caller(cast["project_reviewer"]).post(path, body)
    assert again.status_code == 409 and again.json()["who_can_clear"]
    row = caller(cast["industry_reviewer"]).get("inbox/").json()["results"][0]
    assert (row["id"], row["waits_for"]) == (payment.pk, WATER)
    sign_path = f"payments/{payment.pk}/actions/countersign/"
    assert caller(cast["farming_reviewer"]).post(sign_path, {"comment": "好"}).status_code == 403
    answer = caller(cast["industry_reviewer"]).post(sign_path, {"comment": "无意见"})
    assert (answer.status_code, answer.json()["duty"]) == (200, "countersign")
