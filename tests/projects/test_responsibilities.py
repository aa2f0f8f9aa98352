"""责任实名: named with the approval, handed over without a gap, accepted by the successor."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from approvals.workflow import ConditionUnmet
from organizations.models import Parameter, Post
from organizations.policies import Refused, WrongRole
from projects.models import MajorRating, Project, Responsibility
from projects.responsibilities import (
    Holder,
    accept_responsibility,
    hand_over,
    holder_of,
    name_responsible,
)
from projects.responsible import answering, leader_and_owners
from projects.responsible_lists import chains_of, lacking
from publicity.composers import compose
from tests import adjusting
from tests import factories as make
from tests.cast import Cast
from tests.clocks import pin
from tests.plain_sql import commit_rules

D = Responsibility.Duty
DAY = dt.timedelta(days=1)
SUCCESSOR = Holder("杨青", "焉耆县人民政府", "副县长")


def current(project: Project, duty: str) -> Responsibility:
    return project.responsibilities.get(duty=duty, valid_until=None)


def post_of(cast: Cast, who: str) -> Post:
    return cast.post(who)


def names_on(project: Project, day: dt.date) -> list[str]:
    return [one.row.name for one in answering(project, day) if one.row.duty == D.PROJ_LEADER]


def succeed(cast: Cast, project: Project, holder: Holder = SUCCESSOR) -> Responsibility:
    former = current(project, D.PROJ_LEADER)
    return hand_over(
        former=former, holder=holder, valid_from=make.today() + DAY, reason="职务调整",
        by=cast["project_clerk"],
    )  # fmt: skip


def test_whom_the_proposal_named_answers_from_the_approval_on(cast: Cast) -> None:
    project = make.determined_project(cast)
    commit_rules()
    rows = project.responsibilities.values_list("duty", "name", "unit", "title", "valid_from")
    assert list(rows) == [
        ("PROJ_LEADER", "杨岳", "", "副县长", make.today()),
        ("PROJ_OWNER", "冯冬", "永宁镇人民政府", "镇长", make.today()),
    ]
    rating = MajorRating.objects.get()
    assert (rating.amount, rating.threshold) == (Decimal(500_000), Decimal(3_000_000))
    assert not any(one.is_lifelong for one in answering(project))
    assert lacking(Project.objects.all(), D.TOWN_OWNER).get() == project
    assert not lacking(Project.objects.all(), D.PROJ_LEADER)


def test_a_major_project_is_answered_for_for_life(cast: Cast) -> None:
    Parameter.objects.create(
        key="project.major_amount", setting="500000", name="x", source="D",
        valid_from=make.today(),
    )  # fmt: skip
    project = make.determined_project(cast)
    commit_rules()
    assert {one.row.duty for one in answering(project) if one.is_lifelong} == {
        D.PROJ_LEADER, D.PROJ_OWNER,
    }  # fmt: skip
    # Whoever left answers on, and so does whoever follows.
    succeed(cast, project)
    leaders = next(chain for chain in chains_of(project) if chain.duty == D.PROJ_LEADER)
    assert [one.is_lifelong for one in leaders.rows] == [True, True]


def test_handed_over_without_a_gap_and_both_answer_until_it_is_accepted(cast: Cast) -> None:
    project = make.approved_project(cast)
    by_whom = holder_of(post_of(cast, "group_secretary"))
    row = succeed(cast, project, by_whom)
    commit_rules()
    today = make.today()
    assert names_on(project, today - DAY) == []
    assert names_on(project, today) == ["杨岳"]
    assert names_on(project, today + DAY) == ["杨岳", "韩川"]
    with pytest.raises(WrongRole):
        accept_responsibility(responsibility=row, by=cast["project_clerk"])
    accept_responsibility(responsibility=row, by=cast["group_secretary"])
    # It was accepted today, so tomorrow he is alone.
    assert names_on(project, today + DAY) == ["韩川"]
    with pytest.raises(Refused, match="没有重复办理"):
        accept_responsibility(responsibility=row, by=cast["group_secretary"])
    former = project.responsibilities.get(name="杨岳")
    clerk = cast["project_clerk"]
    with pytest.raises(Refused, match="没有重复办理"):
        hand_over(former=former, holder=SUCCESSOR, valid_from=today, reason="x", by=clerk)


def test_who_may_name_whom_and_when(cast: Cast) -> None:
    project, today = make.determined_project(cast), make.today()
    facts: dict[str, Any] = {"project": project, "holder": SUCCESSOR, "reason": "分工确定"}
    for duty, who in (
        (D.LEAD_CHIEF, "township_clerk"), (D.TOWN_OWNER, "project_clerk"),
        (D.TOWN_OWNER, "other_township_clerk"), (D.LEAD_CHIEF, "project_reviewer"),
    ):  # fmt: skip
        with pytest.raises(WrongRole):
            name_responsible(duty=duty, valid_from=today, by=cast[who], **facts)
    clerk = cast["project_clerk"]
    for day in (today - 31 * DAY, today + 2 * DAY):
        with pytest.raises(Refused, match="超出可以登记的日期"):
            name_responsible(duty=D.LEAD_CHIEF, valid_from=day, by=clerk, **facts)
    with pytest.raises(Refused, match="同一时间只能有一人") as caught:
        name_responsible(duty=D.PROJ_LEADER, valid_from=today, by=clerk, **facts)
    assert "三(二)" in caught.value.refusal.clause
    # Several owners, each of a unit of his own.
    name_responsible(duty=D.PROJ_OWNER, valid_from=today, by=clerk, **facts)
    with pytest.raises(Refused, match="同一时间只能有一人"):
        name_responsible(duty=D.PROJ_OWNER, valid_from=today, by=clerk, **facts)
    name_responsible(
        duty=D.TOWN_OWNER, valid_from=today - 30 * DAY, by=cast["township_clerk"], **facts
    )
    commit_rules()
    draft = make.draft_project(cast)
    with pytest.raises(Refused, match="审定后才登记责任人"):
        name_responsible(
            project=draft, duty=D.LEAD_CHIEF, holder=SUCCESSOR, valid_from=today, reason="x",
            by=clerk,
        )  # fmt: skip


def test_no_money_without_a_leader_and_an_owner(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = make.draft_payment(cast, make.approved_project(cast))
    yesterday = make.today() - DAY
    with monkeypatch.context() as earlier:
        pin(earlier, f"{yesterday}T12:00")
        with pytest.raises(ConditionUnmet, match="没有在任的项目责任领导、项目责任人") as caught:
            make.do(payment, "submit", cast, "township_clerk")
    assert "项目主管部门经办" in caught.value.refusal.who_can_clear
    assert "三(二)" in caught.value.refusal.clause
    make.do(payment, "submit", cast, "township_clerk")
    commit_rules()


def test_another_unit_brings_its_own_owner(cast: Cast) -> None:
    project = make.approved_project(cast)
    adjustment = adjusting.draft(
        cast, project, ["unit"], implementing_unit="永宁镇水管站", owner_name="冯夏"
    )
    adjusting.approve(cast, adjustment)
    commit_rules()
    former, row = project.responsibilities.filter(duty=D.PROJ_OWNER)
    assert (former.name, former.valid_until) == ("冯冬", make.today())
    assert (row.name, row.unit, row.valid_from) == ("冯夏", "永宁镇水管站", make.today() + DAY)
    assert row.predecessor == former and adjustment.number in row.reason


def test_notices_name_who_answers_now(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    project = make.determined_project(cast)
    said = next(line.text for line in compose("N08", project) if line.label == "实施单位及责任人")
    assert said == "永宁镇人民政府；责任领导 杨岳（副县长），责任人 冯冬（镇长）"
    succeed(cast, project)
    pin(monkeypatch, f"{make.today() + DAY}T12:00")
    assert leader_and_owners(project) == ("杨青（副县长）", "冯冬（镇长）")


def test_the_page_of_a_person_without_records_is_not_there(client: Client, cast: Cast) -> None:
    client.force_login(cast["auditor"])
    assert client.get("/responsibilities/person/?name=无人&unit=无").status_code == 404
    other = cast["other_finance_clerk"].pk
    assert client.get(f"/responsibilities/person/?user={other}").status_code == 404
    assert client.get("/responsibilities/person/").status_code == 200
