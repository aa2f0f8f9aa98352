"""年度项目计划: only what the leading group approved in a plan starts and is paid for."""

from __future__ import annotations

from decimal import Decimal

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from approvals.meetings import add_item, cast_vote, check_in
from approvals.models import AgendaItem, Decision, Meeting
from approvals.workflow import ConditionUnmet, IncompatibleDuty
from funds.models import FundCategory
from funds.money import shares
from organizations.models import User
from organizations.policies import Refused, WrongRole
from projects.meetings import set_item_sources
from projects.models import AnnualPlan, PlanItem, PlanItemSource, Project, ProjectType
from projects.plan_agenda import drop_project
from projects.plans import (
    amend_plan,
    by_source,
    by_type,
    draw_up_plan,
    plan_content,
    plan_lines,
    set_plan_projects,
    total_of,
)
from tests import factories as make
from tests import lives
from tests.cast import Cast
from tests.databases import app_connection
from tests.plain_sql import commit_rules, take_step

S = AnnualPlan.Status
P = Project.Status


@given(st.lists(st.integers(1, 10**12), min_size=1, max_size=40))
def test_shares_add_up_to_a_hundred(fen: list[int]) -> None:
    parts = [Decimal(amount).scaleb(-2) for amount in fen]
    found = shares(parts)
    assert sum(found) == Decimal("100.00")
    assert all(share >= 0 and share == share.quantize(Decimal("0.01")) for share in found)
    whole = sum(parts)
    rest = [(p, s) for p, s in zip(parts, found, strict=True) if p != max(parts)]
    assert all(abs(s - p * 100 / whole) <= Decimal("0.005") for p, s in rest)


def test_the_tail_goes_to_the_largest() -> None:
    assert shares([Decimal(1)] * 3) == [Decimal("33.34"), Decimal("33.33"), Decimal("33.33")]
    assert shares([Decimal(1), Decimal(2)]) == [Decimal("33.33"), Decimal("66.67")]
    assert shares([Decimal(0), Decimal(0)]) == [Decimal("0.00")] * 2
    assert shares([]) == []


def test_batches_of_a_year_are_numbered(cast: Cast) -> None:
    first, second = make.draft_plan(cast), make.draft_plan(cast)
    by = cast["project_clerk"]
    facts = make.plan_facts()
    other = draw_up_plan(county=cast.county, year=2026, by=by, facts=facts)
    assert [first.batch, second.batch, other.batch] == [1, 2, 1]


def test_only_the_project_clerk_of_the_county_draws_up(cast: Cast) -> None:
    for who in ("project_reviewer", "group_secretary", "township_clerk"):
        with pytest.raises(WrongRole):
            draw_up_plan(county=cast.county, year=2025, by=cast[who], facts=make.plan_facts())
    with pytest.raises(WrongRole):
        draw_up_plan(
            county=cast.other_county, year=2025, by=cast["project_clerk"], facts=make.plan_facts()
        )


def test_what_a_plan_may_hold(cast: Cast) -> None:
    plan, by = make.draft_plan(cast), cast["project_clerk"]
    with pytest.raises(Refused, match="不是本县2025年度"):
        set_plan_projects(plan=plan, projects=[make.draft_project(cast)], by=by)
    project = make.project_before_meeting(cast)
    set_plan_projects(plan=plan, projects=[project], by=by)
    with pytest.raises(Refused, match="列入另一批计划"):
        set_plan_projects(plan=make.draft_plan(cast), projects=[project], by=by)
    set_plan_projects(plan=plan, projects=[], by=by)
    assert not plan.items.exists()
    assert [h.history_type for h in PlanItem.history.order_by("history_id")] == ["+", "-"]


def test_an_empty_plan_is_not_sent_in(cast: Cast) -> None:
    with pytest.raises(ConditionUnmet, match="还没有列入项目"):
        make.do(make.draft_plan(cast), "submit", cast, "project_clerk")


def test_the_text_stands_once_it_is_sent_in(cast: Cast) -> None:
    plan = make.draft_plan(cast, make.project_before_meeting(cast))
    by = cast["project_clerk"]
    amend_plan(plan=plan, by=by, facts={"schedule": "5月开工"}, reason="推迟开工")
    make.do(plan, "submit", cast, "project_clerk")
    with pytest.raises(Refused, match="只有在编制时可以改动"):
        amend_plan(plan=plan, by=by, facts={"schedule": "6月开工"}, reason="再推迟")
    with pytest.raises(Refused, match="只有在编制时可以改动"):
        set_plan_projects(plan=plan, projects=[], by=by)
    make.do(plan, "return", cast, "project_reviewer")
    plan.refresh_from_db()
    assert (plan.status, plan.schedule) == (S.DRAFT, "5月开工")


def test_who_drew_it_up_does_not_review_it(cast: Cast) -> None:
    plan = make.draft_plan(cast, make.project_before_meeting(cast))
    make.do(plan, "submit", cast, "project_clerk")
    post = cast.post("project_reviewer")
    post.pk, post.user = None, cast["project_clerk"]
    post.save(force_insert=True)
    with pytest.raises(IncompatibleDuty):
        make.do(plan, "approve", cast, "project_clerk")


def test_approved_in_the_meeting_of_its_projects(cast: Cast) -> None:
    project = make.planned_project(cast, 450_000)
    plan = project.plan_item.plan
    assert (plan.status, plan.meeting_id) == (S.APPROVED, project.meeting_id)
    assert Meeting.objects.count() == 1
    assert PlanItemSource.objects.get().amount == make.yuan(450_000)
    determined = Decision.objects.get(subject_type=plan.life(), action="determine")
    assert determined.amount == make.yuan(450_000)
    commit_rules()
    make.do(project, "announce_result", cast, "project_reviewer")


def test_a_later_meeting_will_do_as_well(cast: Cast) -> None:
    project = make.determined_project(cast)
    plan = make.approved_plan(cast, project)
    assert total_of(plan_lines(plan)) == make.yuan(500_000)
    assert plan.meeting_id != project.meeting_id


def test_a_plan_comes_after_its_projects_on_the_agenda(cast: Cast) -> None:
    project = make.project_before_meeting(cast)
    tag, plan, held = make.funded_allotment(cast), make.plan_with(cast, project), make.meeting(cast)
    first = add_item(meeting=held, subject=plan, by=cast["group_secretary"])
    second = make.agenda_item(cast, held, project, [(tag, make.yuan(500_000))])
    make.open_meeting(cast, held)
    first.refresh_from_db()
    with pytest.raises(Refused, match=f"“{project}”没有经领导小组审定"):
        vote_and_close(cast, held, first, second)


def test_a_rejected_project_holds_its_plan(cast: Cast) -> None:
    project = make.project_before_meeting(cast)
    tag, plan, held = make.funded_allotment(cast), make.plan_with(cast, project), make.meeting(cast)
    first = make.agenda_item(cast, held, project, [(tag, make.yuan(500_000))])
    second = add_item(meeting=held, subject=plan, by=cast["group_secretary"])
    make.open_meeting(cast, held)
    make.vote_on(first, "defer")
    make.vote_on(second)
    with pytest.raises(Refused, match=f"“{project}”没有经领导小组审定"), transaction.atomic():
        make.close(cast, held)
    plan.refresh_from_db()
    assert plan.status == S.DETERMINATION


def test_the_secretary_takes_a_deferred_project_out(cast: Cast) -> None:
    """The members vote anew on what is left, and the meeting closes."""
    deferred, agreed = make.project_before_meeting(cast), make.project_before_meeting(cast)
    tag, held = make.funded_allotment(cast), make.meeting(cast)
    plan = make.plan_with(cast, deferred, agreed)
    items = [
        make.agenda_item(cast, held, project, [(tag, make.yuan(400_000))])
        for project in (deferred, agreed)
    ]
    last = add_item(meeting=held, subject=plan, by=cast["group_secretary"])
    make.open_meeting(cast, held)
    make.vote_on(items[0], "defer")
    make.vote_on(items[1])
    make.vote_on(last)
    with pytest.raises(WrongRole):
        drop_project(item=deferred.plan_item, by=cast["project_clerk"], reason="暂缓")
    drop_project(item=deferred.plan_item, by=cast["group_secretary"], reason="会议暂缓")
    last = AgendaItem.objects.get(pk=last.pk)
    assert last.amendment == f"移出“{deferred}”：会议暂缓"
    make.vote_on(last)
    make.close(cast, held)
    plan.refresh_from_db()
    last.refresh_from_db()
    assert (plan.status, last.outcome) == (S.APPROVED, "amended")
    assert [line.project for line in plan_lines(plan)] == [agreed]


def test_a_project_leaves_a_plan_before_the_meeting_only(cast: Cast) -> None:
    project = make.planned_project(cast)
    with pytest.raises(Refused, match="只有待领导小组审定时"):
        drop_project(item=project.plan_item, by=cast["group_secretary"], reason="不再实施")


@pytest.mark.parametrize("choice", ["defer", "reject"])
def test_a_plan_that_is_not_agreed_goes_back(cast: Cast, choice: str) -> None:
    plan, held = make.plan_with(cast, make.determined_project(cast)), make.meeting(cast)
    item = add_item(meeting=held, subject=plan, by=cast["group_secretary"])
    make.open_meeting(cast, held)
    make.vote_on(item, choice)
    make.close(cast, held, make.minutes_number())
    plan.refresh_from_db()
    assert (plan.status, plan.meeting) == (S.DRAFT, None)


def test_nothing_starts_outside_an_approved_plan(cast: Cast) -> None:
    project = make.determined_project(cast)
    with pytest.raises(ConditionUnmet, match="没有列入领导小组批准的年度项目计划"):
        make.do(project, "announce_result", cast, "project_reviewer")
    plan = make.plan_with(cast, project)
    with pytest.raises(ConditionUnmet, match="没有列入"):
        make.do(project, "announce_result", cast, "project_reviewer")
    assert plan.status == S.DETERMINATION


def test_nothing_is_paid_outside_an_approved_plan(cast: Cast) -> None:
    request = make.draft_payment(cast, make.determined_project(cast))
    with pytest.raises(ConditionUnmet, match="没有列入领导小组批准的年度项目计划"):
        make.do(request, "submit", cast, "township_clerk")


def test_the_database_asks_for_the_plan_at_commit(cast: Cast) -> None:
    """As if somebody had written the decision past the program."""
    project = make.determined_project(cast)
    lives.decide(project, cast["project_reviewer"], "feed_back", action="announce_result")
    decision = Decision.objects.latest("id")
    request = make.draft_payment(cast, project)
    lives.decide(request, cast["township_clerk"], "apply", action="submit")
    asked = Decision.objects.latest("id")
    assert lacking("projects_project_in_plan", decision) == lacking(
        "projects_payment_in_plan", asked
    )
    assert "年度项目计划" in str(lacking("projects_project_in_plan", decision))
    make.approved_plan(cast, project)
    assert lacking("projects_project_in_plan", decision) is None
    assert lacking("projects_payment_in_plan", asked) is None


def lacking(function: str, decision: Decision) -> str | None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [decision.pk])
        found: str | None = cursor.fetchone()[0]
    return found


def test_plain_sql_starts_nothing_without_a_plan(committed_cast: Cast) -> None:
    cast = committed_cast
    project = make.determined_project(cast)
    post = cast.post("project_reviewer")
    with app_connection() as plain, pytest.raises(psycopg.Error, match="年度项目计划"):
        take_step(
            plain, project, "announce_result", duty="feed_back", to="implementation", post=post
        )
    project.refresh_from_db()
    assert project.status == P.RESULT_FEEDBACK


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE projects_planitemsource SET amount = amount + 1",
        "DELETE FROM projects_planitemsource",
        "UPDATE projects_annualplan SET funding = '改'",
        "UPDATE projects_annualplan SET status = 'draft'",
        "UPDATE projects_annualplan SET meeting_id = NULL",
        "DELETE FROM projects_annualplan",
        "DELETE FROM projects_planitem",
        "UPDATE projects_planitem SET project_id = project_id + 1",
        "UPDATE projects_historicalannualplan SET title = '改'",
    ],
)
def test_an_approved_plan_stands(cast: Cast, attack: str) -> None:
    make.planned_project(cast)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(attack)


def test_no_money_comes_into_a_plan_later(committed_cast: Cast) -> None:
    make.planned_project(committed_cast)
    make.allotment(committed_cast, number="巴财农〔2025〕12号")
    with app_connection() as plain, pytest.raises(psycopg.Error, match="随领导小组的审定"):
        plain.execute(
            "INSERT INTO projects_planitemsource (item_id, allotment_id, amount)"
            " SELECT i.id, a.id, 5 FROM projects_planitem i, funds_allotment a"
        )


def test_a_project_taken_out_in_plain_sql_voids_no_vote(cast: Cast) -> None:
    plan, held = make.plan_with(cast, make.determined_project(cast)), make.meeting(cast)
    item = add_item(meeting=held, subject=plan, by=cast["group_secretary"])
    make.open_meeting(cast, held)
    make.vote_on(item)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM projects_planitem")
    with pytest.raises(DatabaseError, match="重新表决"):
        commit_rules()


def test_votes_do_not_hold_for_another_sum(cast: Cast) -> None:
    """The plan shows what its projects are to get; a change of that is another plan."""
    project = make.project_before_meeting(cast)
    tag, plan, held = make.funded_allotment(cast), make.plan_with(cast, project), make.meeting(cast)
    first = make.agenda_item(cast, held, project, [(tag, make.yuan(500_000))])
    second = add_item(meeting=held, subject=plan, by=cast["group_secretary"])
    make.open_meeting(cast, held)
    make.vote_on(second)
    first = set_item_sources(
        item=first,
        sources=[(tag, make.yuan(400_000))],
        by=cast["group_secretary"],
        amendment="调减10万元",
    )
    make.vote_on(first)
    with pytest.raises(Refused, match="在表决后有变动"):
        make.close(cast, held)


def vote_and_close(cast: Cast, held: Meeting, *items: AgendaItem) -> None:
    for item in items:
        make.vote_on(item)
    make.close(cast, held)


def test_totals_by_type_and_by_source(cast: Cast) -> None:
    """Three projects, two types, two categories; one project is paid out of both."""
    tags = [
        make.funded_allotment(cast, 1_000_000),
        make.funded_allotment(cast, 1_000_000, number="巴财农〔2025〕12号", code="ZX-SM"),
    ]
    held, items = make.meeting(cast), []
    projects = [make.project_before_meeting(cast) for _ in range(3)]
    gifts = [[(tags[0], "100.00")], [(tags[0], "100.01"), (tags[1], "50.00")], [(tags[1], "50.02")]]
    for project, gift in zip(projects, gifts, strict=True):
        sources = [(tag, make.yuan(amount)) for tag, amount in gift]
        items.append(make.agenda_item(cast, held, project, sources))
    plan = make.plan_with(cast, *projects)
    items.append(add_item(meeting=held, subject=plan, by=cast["group_secretary"]))
    make.open_meeting(cast, held)
    vote_and_close(cast, held, *items)
    plan.refresh_from_db()
    other = ProjectType.objects.in_force().get(code="B0203")
    with lives.unruled():
        Project.objects.filter(pk=projects[2].pk).update(type=other)
    lines = plan_lines(plan)
    assert total_of(lines) == Decimal("300.03")
    names = {c.code: c.name for c in FundCategory.objects.in_force()}
    assert [(p.label, p.count, p.amount) for p in by_source(lines)] == [
        (names["ZX-FZ"], 2, Decimal("200.01")),
        (names["ZX-SM"], 2, Decimal("100.02")),
    ]
    assert [p.count for p in by_type(lines)] == [2, 1]
    for parts in (by_source(lines), by_type(lines)):
        assert sum(p.amount for p in parts) == Decimal("300.03")
        assert sum(p.share for p in parts) == Decimal("100.00")


def test_the_content_names_every_figure(cast: Cast) -> None:
    project, tag = make.project_before_meeting(cast), make.funded_allotment(cast)
    plan, held = make.plan_with(cast, project), make.meeting(cast)
    item = make.agenda_item(cast, held, project, [(tag, make.yuan("499999.99"))])
    assert "499999.99" in str(plan_content(plan))
    by = cast["group_secretary"]
    set_item_sources(item=item, sources=[(tag, make.yuan("499999.98"))], by=by)
    assert "499999.98" in str(plan_content(plan))


def test_a_member_who_once_served_in_a_township_decides_on_the_county_s_plan(cast: Cast) -> None:
    """A post below is a tie to the thing of that place, not to the county's."""
    plan, held = make.plan_with(cast, make.determined_project(cast)), make.meeting(cast)
    commit_rules()
    post = cast.post("township_reviewer")
    post.pk, post.user, post.valid_until = None, cast["group_member"], make.today()
    post.save(force_insert=True)
    item = add_item(meeting=held, subject=plan, by=cast["group_secretary"])
    make.do(held, "open_meeting", cast, "group_secretary")
    member = held.members.select_related("meeting__division", "post__user").get()
    check_in(member=member, by=User.objects.get(pk=member.post.user_id))
    cast_vote(item=item, choice="agree", seen_digest=item.digest, by=cast["group_member"])
    assert item.votes.count() == 1
