"""项目库: what is 储备, 入库 and 出库, its order, and what goes into another year."""

from __future__ import annotations

import datetime as dt
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from approvals.meetings import add_item
from approvals.workflow import ConditionUnmet, WrongState
from organizations.models import Parameter
from organizations.policies import Refused, WrongRole
from projects.library import (
    ENTERED,
    LEFT,
    RESERVE,
    at_stage,
    carry_over,
    carry_over_all,
    is_adjusting,
    library_gaps,
    library_rows,
    rank_projects,
    rankable,
    record_entry,
    without_number,
)
from projects.meetings import ready_projects
from projects.models import CarryOver, LibraryEntry, LibraryExit, Project
from projects.services import propose_project
from tests import factories as make
from tests import lives
from tests.cast import Cast
from tests.clocks import pin
from tests.databases import app_connection
from tests.plain_sql import commit_rules, take_step

S = Project.Status
IN_QUARTER, OUTSIDE = "2025-11-20T10:00", "2025-06-20T10:00"


def leaving(**changes: Any) -> dict[str, Any]:
    return {"reason": LibraryExit.Reason.CONDITIONS, "note": "用地没有落实", **changes}


def stage_of(project: Project) -> list[str]:
    rows = Project.objects.filter(pk=project.pk)
    return [stage for stage in (RESERVE, ENTERED, LEFT) if at_stage(rows, stage).exists()]


def test_before_and_after_the_joint_review(cast: Cast) -> None:
    assert stage_of(make.draft_project(cast)) == [RESERVE]
    assert stage_of(make.project_in_joint_review(cast)) == [RESERVE]
    project = make.project_before_meeting(cast)
    assert stage_of(project) == [ENTERED]
    (row,) = library_rows([project])
    assert (row.entered_on, row.left_on, row.remark) == (make.today(), None, "")


def test_a_deferred_project_stays(cast: Cast) -> None:
    project, held = make.project_before_meeting(cast), make.meeting(cast)
    item = make.agenda_item(cast, held, project, [(make.funded_allotment(cast), make.yuan(5))])
    make.open_meeting(cast, held)
    make.vote_on(item, "defer")
    make.close(cast, held)
    project.refresh_from_db()
    assert (project.status, stage_of(project)) == (S.SECOND_APPRAISAL, [ENTERED])
    assert library_rows([project])[0].remark == "领导小组暂缓"


@pytest.mark.parametrize("status", [S.CLOSED, S.REJECTED, S.LEFT])
def test_what_is_over_has_left(cast: Cast, status: str) -> None:
    project = make.draft_project(cast)
    lives.place(project, status, cast)
    assert stage_of(project) == [LEFT]


@pytest.mark.parametrize("status", [S.RESULT_FEEDBACK, S.IMPLEMENTATION, S.SETTLEMENT])
def test_what_is_being_done_is_in(cast: Cast, status: str) -> None:
    project = make.draft_project(cast)
    lives.place(project, status, cast)
    assert stage_of(project) == [ENTERED]


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"people": 0, "poor_people": 0, "households": 0, "poor_households": 0}, "受益对象"),
        ({"linkages": []}, "群众参与和带贫减贫机制"),
        ({"content": " "}, "建设任务"),
        ({"owner_name": ""}, "责任单位"),
    ],
)
def test_an_incomplete_project_does_not_enter(
    cast: Cast, changes: dict[str, Any], missing: str
) -> None:
    project = make.with_targets(cast, make.project_in_joint_review(cast))
    with lives.unruled():
        Project.objects.filter(pk=project.pk).update(**changes)
    assert library_gaps(Project.objects.get(pk=project.pk)) == [missing]
    with pytest.raises(ConditionUnmet, match=missing):
        make.do(project, "review_jointly", cast, "farming_reviewer")


def test_without_place_or_bill_it_is_incomplete_too(cast: Cast) -> None:
    project = make.draft_project(cast)
    assert library_gaps(project) == []
    project.places.all().delete()
    project.work_items.all().delete()
    assert library_gaps(project) == ["实施地点", "建设任务"]


def test_the_database_asks_for_the_same(cast: Cast) -> None:
    project = make.project_before_meeting(cast)
    decision = project_entry(project)
    assert lacking("projects_library_entry_rests", decision) is None
    with lives.unruled():
        Project.objects.filter(pk=project.pk).update(linkages=[])
    assert lacking("projects_library_entry_rests", decision) == "入库项目基本内容不全"


def project_entry(project: Project) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(id) FROM approvals_decision WHERE subject_type = 'projects.project'"
            " AND subject_id = %s AND action = 'review_jointly'",
            [project.pk],
        )
        return int(cursor.fetchone()[0])


def lacking(function: str, decision: int) -> str | None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [decision])
        found: str | None = cursor.fetchone()[0]
    return found


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2025-09-30T23:59", False),
        ("2025-10-01T00:00", True),
        ("2025-12-31T23:59", True),
        ("2026-01-01T00:00", False),
    ],
)
def test_the_quarter_of_the_adjustment(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, day: str, expected: bool
) -> None:
    pin(monkeypatch, day)
    assert is_adjusting() == expected


def test_out_in_the_fourth_quarter_without_more(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin(monkeypatch, IN_QUARTER)
    project = make.project_before_meeting(cast)
    make.do(project, "leave_library", cast, "project_reviewer", leaving(special_reason="多写的"))
    exit_ = LibraryExit.objects.get()
    assert (project.status, stage_of(project), exit_.special_reason) == (S.LEFT, [LEFT], "")
    (row,) = library_rows([project])
    assert row.left_because == "条件不具备：用地没有落实"


def test_outside_it_with_a_special_reason_only(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    pin(monkeypatch, OUTSIDE)
    project = make.draft_project(cast)
    with pytest.raises(Refused, match="第4季度集中调整"):
        make.do(project, "leave_library", cast, "project_reviewer", leaving())
    assert project.status == S.DRAFT
    special = leaving(special_reason="禁养区划定")
    make.do(project, "leave_library", cast, "project_reviewer", special)
    assert LibraryExit.objects.get().special_reason == "禁养区划定"


def test_the_quarter_is_a_parameter(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    Parameter.objects.create(
        key="library.adjust_quarter", setting="2", name="试点", source="D",
        valid_from=dt.date(2025, 1, 1),
    )  # fmt: skip
    pin(monkeypatch, OUTSIDE)
    assert is_adjusting()


@pytest.mark.parametrize("is_now", [True, False])
def test_the_database_knows_the_quarter(cast: Cast, is_now: bool) -> None:
    """By its own clock, so that no pinned one helps; an exit that no service would write."""
    quarter = (timezone.localdate().month + 2) // 3
    Parameter.objects.create(
        key="library.adjust_quarter", setting=str(quarter if is_now else quarter % 4 + 1),
        name="试点", source="D", valid_from=dt.date(2025, 1, 1),
    )  # fmt: skip
    project, by = make.draft_project(cast), cast["project_reviewer"]
    decision = lives.decide(project, by, "keep_library", to=S.LEFT, action="leave_library")
    LibraryExit.objects.create(project=project, decision=decision, **leaving())
    assert (lacking("projects_library_exit_rests", decision.pk) is None) == is_now


@pytest.mark.parametrize("who", ["project_clerk", "township_reviewer", "group_secretary"])
def test_only_the_department_s_reviewer_takes_out(cast: Cast, who: str) -> None:
    with pytest.raises(WrongRole):
        make.do(make.draft_project(cast), "leave_library", cast, who, leaving())


def test_what_is_determined_does_not_leave(cast: Cast) -> None:
    with pytest.raises(WrongState):
        make.do(make.determined_project(cast), "leave_library", cast, "project_reviewer", leaving())


def test_nor_what_others_count_on(cast: Cast) -> None:
    project = make.project_before_meeting(cast)
    plan = make.draft_plan(cast, project)
    special = leaving(special_reason="特殊")
    with pytest.raises(ConditionUnmet, match=f"已列入“{plan}”"):
        make.do(project, "leave_library", cast, "project_reviewer", special)
    other = make.project_before_meeting(cast)
    held = make.meeting(cast)
    add_item(meeting=held, subject=other, by=cast["group_secretary"])
    with pytest.raises(ConditionUnmet, match="须先撤下议题"):
        make.do(other, "leave_library", cast, "project_reviewer", special)


def test_its_name_is_free_again(cast: Cast) -> None:
    project = make.draft_project(cast, "下岔河村磨坊项目")
    make.do(project, "leave_library", cast, "project_reviewer", leaving(special_reason="特殊"))
    again = make.draft_project(cast, "下岔河村磨坊项目")
    assert again.code != project.code


def test_carried_over_until_it_is_decided(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    pin(monkeypatch, IN_QUARTER)
    project = make.project_before_meeting(cast)
    rank_projects(county=cast.county, year=2025, numbers={project.pk: 3}, by=cast["project_clerk"])
    carried = carry_over(project=project, by=cast["project_reviewer"], reason="资金不足")
    project.refresh_from_db()
    assert (project.year, project.rank, project.code) == (2026, None, carried.code)
    assert (CarryOver.objects.get().from_year, CarryOver.objects.get().to_year) == (2025, 2026)
    assert project.history.latest("history_id").history_change_reason == "转入下年：资金不足"
    assert library_rows([project])[0].remark == "由2025年度转入"
    with pytest.raises(Refused, match="2026-10-01 起才可以转入下年"):
        carry_over(project=project, by=cast["project_reviewer"], reason="再转")
    commit_rules()


def test_what_was_carried_over_is_determined_like_any_other(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin(monkeypatch, IN_QUARTER)
    project = make.project_before_meeting(cast)
    carry_over(project=project, by=cast["project_reviewer"], reason="资金不足")
    monkeypatch.undo()
    project.refresh_from_db()
    sources = [(make.funded_allotment(cast), make.yuan(500_000))]
    assert make.determine(cast, project, sources).status == S.RESULT_FEEDBACK
    commit_rules()


def test_not_before_the_quarter(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    pin(monkeypatch, OUTSIDE)
    with pytest.raises(Refused, match="2025-10-01 起才可以转入下年"):
        carry_over(project=make.draft_project(cast), by=cast["project_reviewer"], reason="转")


def test_nor_what_is_determined_or_counted_on(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    by, determined = cast["project_reviewer"], make.determined_project(cast)
    pin(monkeypatch, IN_QUARTER)
    with pytest.raises(Refused, match="只有尚未审定的项目"):
        carry_over(project=determined, by=by, reason="转")
    planned = make.project_before_meeting(cast)
    make.draft_plan(cast, planned)
    with pytest.raises(Refused, match="已列入“"):
        carry_over(project=planned, by=by, reason="转")
    with pytest.raises(WrongRole):
        carry_over(project=make.draft_project(cast), by=cast["project_clerk"], reason="转")


def test_nor_beside_its_namesake(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    pin(monkeypatch, IN_QUARTER)
    project = make.draft_project(cast, "下岔河村磨坊项目")
    facts = {**make.project_facts(cast, project.name), "year": 2026}
    propose_project(
        division=cast.village, by=cast["village_cadre"], facts=facts, places=[cast.village]
    )
    with pytest.raises(Refused, match="2026年度已有同名项目"):
        carry_over(project=project, by=cast["project_reviewer"], reason="转")


def test_all_or_none(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = make.determined_project(cast)
    good = make.draft_project(cast)
    pin(monkeypatch, IN_QUARTER)
    with pytest.raises(Refused):
        carry_over_all(projects=[good, bad], by=cast["project_reviewer"], reason="转")
    good.refresh_from_db()
    assert good.year == 2025


def test_ranked_and_shown_in_that_order(cast: Cast) -> None:
    first, second, third = (make.project_before_meeting(cast) for _ in range(3))
    numbers: dict[int, int | None] = {first.pk: None, second.pk: 2, third.pk: 1}
    by = cast["project_clerk"]
    assert rank_projects(county=cast.county, year=2025, numbers=numbers, by=by) == 2
    assert list(ready_projects(cast.county)) == [third, second, first]
    assert list(rankable(cast.county, 2025)) == [third, second, first]
    swapped = {first.pk: 3, second.pk: 1, third.pk: 2}
    assert rank_projects(county=cast.county, year=2025, numbers=swapped, by=by) == 3
    commit_rules()
    assert list(ready_projects(cast.county)) == [second, third, first]


def test_no_number_twice(cast: Cast) -> None:
    first, second = (make.project_before_meeting(cast) for _ in range(2))
    by = cast["project_clerk"]
    with pytest.raises(Refused, match=f"排序号 1 重复：“{first}”和“{second}”"):
        rank_projects(county=cast.county, year=2025, numbers={first.pk: 1, second.pk: 1}, by=by)
    rank_projects(county=cast.county, year=2025, numbers={first.pk: 1}, by=by)
    with pytest.raises(Refused, match="重复"):
        rank_projects(county=cast.county, year=2025, numbers={second.pk: 1}, by=by)
    Project.objects.filter(pk=second.pk).update(rank=1)
    with pytest.raises(DatabaseError, match="project_rank_once"):
        commit_rules()


def test_only_its_own_department_ranks_what_waits(cast: Cast) -> None:
    project, draft = make.project_before_meeting(cast), make.draft_project(cast)
    for who in ("group_secretary", "township_clerk"):
        with pytest.raises(WrongRole):
            rank_projects(county=cast.county, year=2025, numbers={project.pk: 1}, by=cast[who])
    with pytest.raises(Refused, match="所排项目中有的已审定"):
        rank_projects(
            county=cast.county, year=2025, numbers={draft.pk: 1}, by=cast["project_clerk"]
        )


def test_the_number_of_the_document(cast: Cast) -> None:
    project, by = make.project_before_meeting(cast), cast["project_clerk"]
    assert list(without_number(Project.objects.all())) == [project]
    record_entry(projects=[project], county=cast.county, document_number="焉扶办[2025]3号", by=by)
    assert library_rows([project])[0].entry_number == "焉扶办〔2025〕3号"
    assert not without_number(Project.objects.all())
    record_entry(projects=[project], county=cast.county, document_number="焉扶办〔2025〕4号", by=by)
    assert library_rows([project])[0].entry_number == "焉扶办〔2025〕4号"
    assert LibraryEntry.objects.count() == 2


def test_what_has_not_entered_has_no_number(cast: Cast) -> None:
    with pytest.raises(Refused, match="尚未入库"):
        record_entry(
            projects=[make.draft_project(cast)], county=cast.county, document_number="x",
            by=cast["project_clerk"],
        )  # fmt: skip


ATTACKS = (
    "UPDATE projects_project SET year = 2026",
    "UPDATE projects_carryover SET reason = '改'",
    "DELETE FROM projects_carryover",
    "UPDATE projects_libraryexit SET note = '改'",
    "DELETE FROM projects_libraryexit",
    "UPDATE projects_libraryentry SET document_number = '改'",
    "DELETE FROM projects_libraryentry",
    "INSERT INTO projects_carryover (project_id, from_year, to_year, reason, by_id, at)"
    " SELECT id, 2025, 2026, '', proposed_by_id, now() FROM projects_project"
    " WHERE status = 'result_feedback'",
    "INSERT INTO projects_libraryentry (project_id, document_number, recorded_by_id,"
    " recorded_at) SELECT id, 'x', proposed_by_id, now() FROM projects_project"
    " WHERE status = 'left_library'",
)


def test_it_stands(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    left, carried = make.draft_project(cast), make.project_before_meeting(cast)
    make.do(left, "leave_library", cast, "project_reviewer", leaving(special_reason="特殊"))
    make.determined_project(cast)
    record_entry(
        projects=[carried], county=cast.county, document_number="x", by=cast["project_clerk"]
    )
    pin(monkeypatch, IN_QUARTER)
    carry_over(project=carried, by=cast["project_reviewer"], reason="转")
    for attack in ATTACKS:
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(attack)


def test_plain_sql_takes_nothing_out_without_a_reason(committed_cast: Cast) -> None:
    cast = committed_cast
    project = make.draft_project(cast)
    with app_connection() as plain, pytest.raises(psycopg.Error, match="没有登记出库原因"):
        take_step(plain, project, "leave_library", duty="keep_library", to=S.LEFT,
                  post=cast.post("project_reviewer"))  # fmt: skip
