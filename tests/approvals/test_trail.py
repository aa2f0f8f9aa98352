"""The stepper, the decision trail and the history of fields."""

from __future__ import annotations

from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext

from approvals.history import changes_of
from approvals.models import Meeting
from approvals.queries import decisions_of, steps
from projects.models import Project
from projects.services import revise_project
from projects.workflow import PROJECT
from tests import factories as make
from tests import lives
from tests.cast import Cast


def states(project: Project) -> str:
    """One letter for each step: d(one), c(urrent), t(odo)."""
    return "".join(step.state[0] for step in steps(project))


def test_steps_of_a_new_thing_and_on_the_way(cast: Cast) -> None:
    assert states(make.draft_project(cast, "新项目")) == "c" + "t" * 17
    project = make.endorsed_project(cast)
    assert states(project) == "dddc" + "t" * 14
    first, *_, reviewed, present = steps(project)[:4]
    assert (first.label, first.by) == ("村级谋划", "吴春")
    assert reviewed.by == "冯冬" and reviewed.at
    assert (present.label, present.holder) == ("县级论证", "焉耆县扶贫开发办公室 卫林")
    assert present.clock
    assert (present.clock.days, present.clock.limit_days, present.clock.overdue) == (0, 10, False)


def test_a_return_opens_the_steps_behind_it_again(cast: Cast) -> None:
    project = make.submitted_project(cast)
    PROJECT.perform(project, "return", by=cast["township_reviewer"], comment="改")
    assert states(project) == "c" + "t" * 17


def test_an_end_on_the_way_and_one_beside_it(cast: Cast) -> None:
    request = make.payment_at(cast, "paid")
    assert [s.state for s in steps(request)] == ["done"] * 7
    assert steps(request)[-1].by == "许月"
    project = make.project_before_meeting(cast)
    held = make.meeting(cast)
    item = make.agenda_item(cast, held, project, [])
    make.open_meeting(cast, held)
    make.vote_on(item, "reject")
    make.close(cast, held, number="焉扶领纪〔2025〕9号")
    last = steps(Project.objects.get(pk=project.pk))[-1]
    assert (last.label, last.state, last.holder) == ("不予立项", "current", "")


def test_stepper_and_trail_show(cast: Cast) -> None:
    project = make.endorsed_project(cast)
    stepper = render_to_string("approvals/_stepper.html", {"steps": steps(project)})
    assert "现为 <strong>县级论证</strong>" in stepper and "卫林" in stepper
    trail = render_to_string("approvals/_decision_trail.html", {"decisions": decisions_of(project)})
    assert "乡镇审核 → 县级论证" in trail
    assert "永宁镇人民政府 镇长 冯冬" in trail
    assert "真实性、必要性" in trail and "<strong>符合</strong>" in trail


def test_who_voted_how_is_told_to_readers_of_the_minutes_once_it_is_closed(cast: Cast) -> None:
    project = make.determined_project(cast)

    def votes(who: str) -> set[str]:
        lines = decisions_of(project, cast[who])
        return {line.action_label for line in lines if line.action_label.startswith("表决")}

    assert votes("group_secretary") == votes("auditor") == {"表决：同意"}
    assert votes("village_cadre") == votes("township_clerk") == {"表决"}
    with lives.unruled():
        Meeting.objects.update(status=Meeting.Status.OPEN)
    assert votes("group_secretary") == {"表决"}


def test_a_constant_number_of_queries(cast: Cast) -> None:
    early, late = make.draft_project(cast, "新项目"), make.appraised_project(cast)
    counts = []
    for project in (early, late):
        fresh = Project.objects.select_related("division").get(pk=project.pk)
        with CaptureQueriesContext(connection) as captured:
            steps(fresh)
            decisions_of(fresh)
            changes_of(fresh)
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 19, counts


def test_who_changed_which_field(cast: Cast) -> None:
    project = make.draft_project(cast)
    facts = {
        "requested_amount": make.yuan("450000.10"),
        "level": Project.Level.TOWNSHIP,
        "linkages": [Project.Linkage.WORK, Project.Linkage.LAND],
    }
    revise_project(
        project=project,
        by=cast["village_cadre"],
        facts=facts,
        places=[cast.village],
        work_items=[],
        reason="按反馈意见核减",
    )
    newest, first = changes_of(Project.objects.get(pk=project.pk))
    assert first.reason == "新建" and not first.fields
    assert newest.reason == "按反馈意见核减"
    assert sorted(newest.fields) == [
        ("带贫减贫机制", "资产收益分红", "务工就业、土地流转"),
        ("申请财政资金（元）", "500,000.00", "450,000.10"),
        ("项目级别", "村级", "乡级"),
    ]
    shown = render_to_string("_history.html", {"changes": [newest, first]})
    assert "450,000.10" in shown and "按反馈意见核减" in shown


def test_a_decided_status_is_no_edit(cast: Cast) -> None:
    project = make.endorsed_project(cast)
    lives.place(project, "feedback", cast)
    assert [change.fields for change in changes_of(project)] == [()]
