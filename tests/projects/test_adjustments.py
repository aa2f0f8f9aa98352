"""What an adjustment changes, who lets it through, and that nothing else changes a project."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from approvals.actions import available
from approvals.meeting_rules import tie_of
from approvals.models import AgendaItem, Decision
from approvals.workflow import ConditionUnmet, WrongState, workflow_of
from funds.models import Voucher
from organizations.models import Division, Organization, Parameter, Post, Role
from organizations.policies import Refused, WrongRole
from projects.adjustments import amend_adjustment, approval_of, start_adjustment, termination_of
from projects.models import Adjustment, Filing, Project
from projects.policies import refuse_adjusting
from projects.procedure import certificate_of
from tests import adjusting, finishing, lives
from tests import factories as make
from tests.adjusting import prove
from tests.cast import SINCE, Cast
from tests.projects.test_adjustment_money import demand_sums
from tests.test_state_graph import edges, reachable

S = Adjustment.Status
K = Adjustment.Kind


@pytest.fixture
def project(cast: Cast) -> Project:
    """Its steps stand as if they had been committed."""
    project = make.approved_project(cast)
    prove()
    return project


def line(**but: Any) -> dict[str, Any]:
    return {
        "name": "库房", "unit": "平方米", "quantity": Decimal(500), "unit_price": make.yuan(990),
    } | but  # fmt: skip


CHANGES: dict[str, dict[str, Any]] = {
    "content": {"content": "新建库房一座，500平方米", "subsidy_standard": "每平方米990元"},
    "scale": {"households": 130, "people": 450, "work_items": [line(), line(name="围墙")]},
    "period": {"planned_start": dt.date(2025, 5, 1), "planned_end": dt.date(2025, 12, 20)},
    "unit": {
        "implementing_unit": "永宁镇经济发展服务中心",
        "owner_name": "冯夏",
        "owner_title": "主任",
    },
}


@pytest.mark.parametrize("kind", CHANGES)
def test_the_project_gets_the_new_values_with_the_decision(
    cast: Cast, project: Project, kind: str
) -> None:
    wanted = CHANGES[kind]
    adjustment = adjusting.draft(cast, project, [kind], **wanted)
    before = {row["name"]: row["before"] for row in adjustment.changes}
    assert set(before) == set(wanted)
    adjusting.approve(cast, adjustment)
    prove()
    project.refresh_from_db()
    for name, value in wanted.items():
        if name == "work_items":
            lines = list(project.work_items.values("name", "unit", "quantity", "unit_price"))
            assert lines == value
        else:
            assert getattr(project, name) == value
    assert adjustment.status == S.PUBLICATION
    edited = project.history.first()
    assert edited and edited.history_user == cast["group_member"]
    assert adjustment.number in edited.history_change_reason or kind == "scale"
    assert not Voucher.objects.filter(kind="recover").exists()
    demand_sums(project)


def test_what_is_approved_is_due_to_be_reported_again(cast: Cast, project: Project) -> None:
    adjustment = adjusting.approve(cast, adjusting.draft(cast, project))
    filing = Filing.objects.get(kind=Filing.Kind.ADJUSTMENT)
    assert (filing.subject_id, filing.status) == (adjustment.pk, Filing.Status.DUE)
    assert filing.title == f"项目调整：{adjustment}"


def test_places_change_with_the_decision(cast: Cast, project: Project) -> None:
    places = [cast.village, cast.township]
    adjusting.approve(cast, adjusting.draft(cast, project, ["place"], places=places))
    prove()
    assert set(project.places.values_list("division", flat=True)) == {p.pk for p in places}
    reason = project.places.latest("id").history.get().history_change_reason
    assert reason == f"项目调整 {project.adjustments.get().number}"
    elsewhere = Division.objects.get(code="652827100200")
    with pytest.raises(Refused, match="不在焉耆回族自治县"), transaction.atomic():
        adjusting.approve(cast, adjusting.draft(cast, project, ["place"], places=[elsewhere]))


def test_old_values_are_settled_when_it_is_put_forward(cast: Cast, project: Project) -> None:
    adjustment = adjusting.put_forward(cast, adjusting.draft(cast, project))
    adjustment.refresh_from_db()
    row = adjustment.changes[0]
    assert (row["before"], row["after"]) == (project.content, "新建库房一座，500平方米")
    assert len(adjustment.minutes_files) == 1 and adjustment.opinion
    with pytest.raises(Refused, match="只有填报时可以改动内容"):
        rewrite(cast, adjustment)
    make.do(adjustment, "return", cast, "township_clerk")
    rewrite(cast, adjustment)


def rewrite(cast: Cast, adjustment: Adjustment) -> Adjustment:
    return amend_adjustment(
        adjustment=adjustment,
        by=cast["township_clerk"],
        facts={"kinds": ["content"], "reason": "再改", "is_marked_major": False},
        proposed={"content": "另一内容"},
    )


def test_nothing_of_a_refused_adjustment_reaches_the_project(cast: Cast, project: Project) -> None:
    adjustment = adjusting.walk(cast, adjusting.draft(cast, project))
    held = make.meeting(cast)
    item = make.agenda_item(cast, held, adjustment, [])
    make.open_meeting(cast, held)
    make.vote_on(item, "reject")
    adjusting.close(cast, held)
    prove()
    adjustment.refresh_from_db()
    project.refresh_from_db()
    assert adjustment.status == S.REJECTED and approval_of(adjustment) is None
    assert "500" not in project.content


def test_a_deferred_one_goes_back_to_the_appraisal(cast: Cast, project: Project) -> None:
    adjustment = adjusting.walk(cast, adjusting.draft(cast, project))
    held = make.meeting(cast)
    item = make.agenda_item(cast, held, adjustment, [])
    make.open_meeting(cast, held)
    make.vote_on(item, "defer")
    adjusting.close(cast, held)
    adjustment.refresh_from_db()
    assert adjustment.status == S.APPRAISAL
    adjusting.approve(cast, adjustment)
    assert adjustment.status == S.PUBLICATION


def test_the_members_vote_on_old_and_new_values(cast: Cast, project: Project) -> None:
    adjustment = adjusting.walk(cast, adjusting.draft(cast, project))
    held, item = adjusting.bring_up(cast, adjustment)
    with lives.unruled():
        adjustment.changes = [{**adjustment.changes[0], "after": "别的", "value": "别的"}]
        adjustment.save(update_fields=["changes"])
    with pytest.raises(Refused, match="在表决后有变动"):
        adjusting.close(cast, held)
    assert AgendaItem.objects.get(pk=item.pk).outcome == ""


@pytest.mark.parametrize(
    ("change", "is_major"),
    [("50000", False), ("50000.01", True), ("-50000", False), ("-50050", True)],
)
def test_more_than_ten_percent_is_major(
    cast: Cast, project: Project, change: str, is_major: bool
) -> None:
    adjustment = adjusting.draft_of_money(cast, project, change)
    assert adjustment.is_major is is_major
    assert ("超过批准金额的 10%（外地样例）" in adjustment.major_reason) is is_major


def test_the_share_is_a_dated_parameter(cast: Cast, project: Project) -> None:
    Parameter.objects.create(
        key="plan.over_invest_reapprove", setting="1/8", name="x", source="D",
        valid_from=dt.date(2024, 1, 1),
    )  # fmt: skip
    exactly = adjusting.draft_of_money(cast, project, 62_500)
    assert not exactly.is_major
    adjusting.cancel(cast, exactly)
    reason = adjusting.draft_of_money(cast, project, 62_501).major_reason
    assert reason == "资金增减超过批准金额的 12.5%（可配置的默认值（设计））"


def test_content_is_major_where_the_township_says_so(cast: Cast, project: Project) -> None:
    for major in (True, False):
        adjustment = adjusting.draft(cast, project, major=major)
        assert adjustment.is_major is major
        adjusting.cancel(cast, adjustment)
    with pytest.raises(ValidationError, match="由申请人标明是否重大"):
        adjusting.draft(cast, project, ["unit"], major=True, owner_name="冯夏")


def test_one_at_a_time(cast: Cast, project: Project) -> None:
    first = adjusting.draft(cast, project)
    with pytest.raises(Refused, match=first.number):
        adjusting.draft(cast, project)
    adjusting.cancel(cast, first)
    second = adjusting.draft(cast, project)
    assert second.number == f"{project.code}-T02"
    with pytest.raises(IntegrityError), transaction.atomic():
        Adjustment.objects.create(
            project=project, division=project.division, number="x", kinds=["content"], reason="x",
            approved_before=1, proposed_by=cast["township_clerk"],
        )  # fmt: skip


def test_the_next_may_begin_once_the_first_is_approved(cast: Cast, project: Project) -> None:
    adjusting.approve(cast, adjusting.draft(cast, project))
    assert refuse_adjusting(project, cast["township_clerk"]) is None
    adjusting.draft(cast, project, ["unit"], owner_name="冯夏")


# Termination


def test_a_termination_takes_everything_back_that_nobody_asked_for(cast: Cast) -> None:
    request = make.payment_at(cast, "paid", 100_000)
    project = Project.objects.get(pk=request.project_id)
    asked = make.draft_payment(cast, project, 50_000)
    make.do(asked, "submit", cast, "township_clerk")
    adjustment = adjusting.draft(cast, project, ["termination"])
    assert "项目终止" in adjustment.major_reason
    adjusting.approve(cast, adjustment)
    prove()
    project.refresh_from_db()
    assert (adjustment.status, project.status) == (S.RECOVERY, Project.Status.SETTLEMENT)
    assert termination_of(project) == adjustment
    demand_sums(project, awaited=350_000)
    with pytest.raises(ConditionUnmet, match=adjustment.number):
        finishing.verify(cast, project, 100_000)
    adjusting.recover(cast, adjustment)
    prove()
    demand_sums(project)
    for action, who in make.PAYMENT_STEPS[1:]:
        make.do(asked, action, cast, who)
    finishing.settle(cast, project, 150_000)
    prove()
    assert project.status == Project.Status.ASSET_REGISTRATION


def test_a_termination_with_nothing_left_is_looked_at_by_finance_too(cast: Cast) -> None:
    request = make.payment_at(cast, "paid", 500_000)
    project = Project.objects.get(pk=request.project_id)
    adjustment = adjusting.approve(cast, adjusting.draft(cast, project, ["termination"]))
    adjusting.recover(cast, adjustment)
    prove()
    assert adjustment.status == S.PUBLICATION
    assert not Voucher.objects.filter(kind="recover").exists()
    demand_sums(project)


def test_a_termination_is_nothing_else_besides(cast: Cast, project: Project) -> None:
    with pytest.raises(ValidationError, match="不与其他类型同时申请"):
        adjusting.draft(cast, project, ["termination", "content"], content="x")


def test_nobody_terminates_a_project_by_hand(cast: Cast, project: Project) -> None:
    assert "terminate" not in [a.action for a in available(project, cast["group_member"])]
    make.do(project, "terminate", cast, "group_member")
    with pytest.raises(DatabaseError, match="没有领导小组批准的项目终止"):
        prove()


def test_the_certificate_leaves_out_what_a_termination_left_out(
    cast: Cast, project: Project
) -> None:
    adjusting.recover(
        cast, adjusting.approve(cast, adjusting.draft(cast, project, ["termination"]))
    )
    project.refresh_from_db()
    found = certificate_of(project, timezone.localtime())
    states = {proof.stage.action: proof.state for proof in found.stages}
    assert states["complete"] == "全"
    left_out = ("pass_preliminary", "accept", "verify_settlement", "settle")
    assert {states[action] for action in left_out} == {"未到"}
    assert found.is_complete


# Who, when, where


def test_it_takes_the_townships_clerk(cast: Cast, project: Project) -> None:
    facts = {"kinds": ["content"], "reason": "x", "is_marked_major": False}
    for who in ("village_cadre", "project_clerk", "other_township_clerk", "nobody"):
        with pytest.raises(WrongRole):
            start_adjustment(project=project, by=cast[who], facts=facts, proposed={"content": "x"})
    assert not Adjustment.objects.exists()


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        ("determination", "content", "只有经领导小组审定"),
        ("closed", "money", "只有经领导小组审定"),
        ("acceptance", "content", "不能再调整内容"),
        ("acceptance", "termination", "不能再调整终止"),
        ("settlement", "period", "不能再调整工期"),
    ],
)
def test_when_it_is_too_early_or_too_late(
    cast: Cast, project: Project, status: str, kind: str, words: str
) -> None:
    lives.place(project, status, cast)
    with pytest.raises(Refused, match=words):
        adjusting.draft(cast, project, [kind], content="别的")


def test_a_draft_that_came_too_late_is_not_put_forward(cast: Cast, project: Project) -> None:
    adjustment = adjusting.draft(cast, project)
    lives.place(project, "acceptance", cast)
    with pytest.raises(ConditionUnmet, match="不能再调整内容"):
        adjusting.put_forward(cast, adjustment)


@pytest.mark.parametrize(
    "action", ["complete", "pass_preliminary", "accept", "verify_settlement", "settle"]
)
def test_a_project_does_not_go_on_while_it_is_asked_to_change(
    cast: Cast, project: Project, action: str
) -> None:
    workflow = workflow_of(project)
    step = next(t for t in workflow.transitions if t.action == action)
    adjustment = adjusting.draft(cast, project)
    project.status = step.sources[0]
    assert workflow.unmet(project, step, cast["township_clerk"]) is None
    adjusting.put_forward(cast, adjustment)
    refusal = workflow.unmet(project, step, cast["township_clerk"])
    assert refusal and adjustment.number in refusal.reason and not refusal.clause


def test_steps_by_the_wrong_person_or_in_the_wrong_state(cast: Cast, project: Project) -> None:
    adjustment = adjusting.put_forward(cast, adjusting.draft(cast, project))
    with pytest.raises(WrongRole):
        make.do(adjustment, "submit", cast, "village_cadre")
    with pytest.raises(WrongRole):
        make.do(adjustment, "submit", cast, "other_township_clerk")
    with pytest.raises(WrongState):
        make.do(adjustment, "recover", cast, "finance_reviewer")
    visible = Adjustment.objects.visible_to
    assert visible(cast["township_reviewer"]).exists()
    assert not visible(cast["other_township_clerk"]).exists()
    assert not visible(cast["other_finance_reviewer"]).exists()


def test_published_again_and_over(cast: Cast, project: Project) -> None:
    adjustment = adjusting.approve(cast, adjusting.draft(cast, project))
    adjusting.publish(cast, adjustment)
    prove()
    adjustment.refresh_from_db()
    assert adjustment.status == S.CLOSED and adjustment.published_on == make.today()
    assert Decision.objects.filter(subject_type="projects.adjustment").count() == 8


@pytest.mark.parametrize(
    "action", ["put_forward", "submit", "endorse", "appraise", "approve", "determine"]
)
def test_nothing_is_adjusted_without(db: None, action: str) -> None:
    """Asked of the steps that the database knows: there is no way round any of them."""
    every = edges(Adjustment.life())
    without = {edge for edge in every if edge[1] != action}
    for end in (S.RECOVERY, S.PUBLICATION, S.CLOSED):
        assert end in reachable("draft", every)
        assert end not in reachable("draft", without)


# Plain SQL by the application's role; what it can do later is in tests/attacks


def attack(statement: str, *values: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE projects_project SET content = '没有批准的内容'",
        "UPDATE projects_project SET total_investment = total_investment + 1",
        "UPDATE projects_project SET name = '另一名称'",
        "UPDATE projects_project SET leader_name = '别人'",
        "UPDATE projects_workitem SET quantity = 1",
        "DELETE FROM projects_projectplace",
    ],
)
def test_in_the_very_transaction_only_the_approved_values_pass(
    cast: Cast, project: Project, statement: str
) -> None:
    adjusting.approve(cast, adjusting.draft(cast, project))
    with pytest.raises(DatabaseError):
        attack(statement)


def test_a_former_post_where_it_would_be_built_is_a_tie(cast: Cast, project: Project) -> None:
    places = [cast.village, Division.objects.get(code="652826101201")]
    adjustment = adjusting.draft(cast, project, ["place"], places=places)
    member = cast.post("group_member")
    assert not tie_of(member, adjustment)
    held, _ = adjusting.bring_up(cast, adjusting.walk(cast, adjustment))
    Post.objects.create(
        user=member.user, role=Role.TOWNSHIP_REVIEWER, title="原镇长", valid_from=SINCE,
        organization=Organization.objects.get(name="七个星镇人民政府"),
        valid_until=dt.date(2021, 1, 1), accepted_at=member.accepted_at,
    )  # fmt: skip
    assert "七个星镇人民政府原镇长" in tie_of(member, adjustment)
    with pytest.raises(DatabaseError, match="项目实施地点乡镇、村职务的成员没有回避"):
        prove()


def test_minutes_that_nobody_uploaded_prove_nothing(cast: Cast, project: Project) -> None:
    adjustment = adjusting.draft(cast, project)
    facts = {**adjusting.opinion(cast, adjustment), "minutes_files": ["0" * 64]}
    make.do(adjustment, "put_forward", cast, "township_clerk", facts)
    with pytest.raises(DatabaseError, match="缺村级会议纪要原件"):
        prove()


def test_an_approval_that_changes_less_does_not_stand(cast: Cast, project: Project) -> None:
    bill = [line(), line(name="围墙")]
    adjusting.approve(cast, adjusting.draft(cast, project, ["scale"], work_items=bill))
    attack("DELETE FROM projects_workitem WHERE name = '围墙'")
    with pytest.raises(DatabaseError, match="工程量没有照批准的内容变更"):
        prove()


def test_what_is_taken_away_leaves_what_is_released(cast: Cast) -> None:
    request = make.payment_at(cast, "paid", 100_000)
    project = Project.objects.get(pk=request.project_id)
    adjustment = adjusting.approve(cast, adjusting.draft(cast, project))
    with pytest.raises(DatabaseError, match="已核拨 100,000.00 元"):
        attack(
            "INSERT INTO projects_projectsource (project_id, allotment_id, adjustment_id, amount)"
            " SELECT %s, t.id, %s, -400001 FROM funds_allotment t",
            project.pk, adjustment.pk,
        )  # fmt: skip


def test_money_on_its_way_back_is_not_released(cast: Cast) -> None:
    request = make.payment_at(cast, "release", 450_000)
    project = Project.objects.get(pk=request.project_id)
    lives.place(request, "cancelled", cast)
    adjusting.approve(cast, adjusting.draft_of_money(cast, project, -100_000))
    prove()
    lives.place(request, "release", cast)
    make.do(request, "release", cast, "finance_head")
    with pytest.raises(DatabaseError, match="核拨超过批准的金额"):
        prove()


def test_who_proposed_it_does_not_review_it_for_the_department(
    cast: Cast, project: Project
) -> None:
    adjustment = adjusting.walk(cast, adjusting.draft(cast, project), S.DEPARTMENT_REVIEW)
    lives.decide(adjustment, cast["project_reviewer"], "propose")
    with pytest.raises(Refused, match="不相容职责"):
        make.do(adjustment, "approve", cast, "project_reviewer")
