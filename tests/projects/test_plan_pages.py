from __future__ import annotations

import io
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from approvals.meetings import add_item
from projects.models import AnnualPlan
from tests import factories as make
from tests.cast import Cast
from tests.projects.pages import enter, read, send


def typed(cast: Cast, **changes: Any) -> dict[str, Any]:
    return {"county": cast.county.pk, "year": 2025, **make.plan_facts(), **changes}


def test_drawn_up_chosen_and_shown(client: Client, cast: Cast) -> None:
    project = make.determined_project(cast)
    enter(client, cast, "project_clerk")
    read(client, "/plans/new/")
    send(client, "/plans/new/", typed(cast))
    plan = AnnualPlan.objects.get()
    assert project.name in read(client, f"/plans/{plan.pk}/items/")
    send(client, f"/plans/{plan.pk}/items/", {"projects": [project.pk]})
    page = read(client, plan.get_absolute_url())
    assert project.name in page and "500,000.00" in page and "100.00" in page
    assert plan.title in read(client, "/plans/?year=2025&status=draft")


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"year": 1999}, "year", ""),
        ({"title": ""}, "title", ""),
        ({"funding": "联系人 13812345678"}, "funding", "手机"),
    ],
)
def test_bad_input(
    client: Client, cast: Cast, changes: dict[str, Any], field: str, message: str
) -> None:
    response = enter(client, cast, "project_clerk").post("/plans/new/", typed(cast, **changes))
    assert message in " ".join(response.context["form"].errors[field])
    assert not AnnualPlan.objects.exists()


def test_a_document_number_is_used_once(client: Client, cast: Cast) -> None:
    number = make.draft_plan(cast).document_number
    enter(client, cast, "project_clerk")
    page = send(client, "/plans/new/", typed(cast, document_number=number.replace("〔", "[")), 200)
    assert "已有同一文号" in page


def test_a_change_needs_its_reason(client: Client, cast: Cast) -> None:
    plan = make.draft_plan(cast)
    enter(client, cast, "project_clerk")
    url, facts = f"/plans/{plan.pk}/edit/", {**make.plan_facts(), "schedule": "分两期实施"}
    send(client, url, facts, 200)
    send(client, url, {**facts, "reason": "分期"})
    assert "分两期实施" in read(client, plan.get_absolute_url())


def test_a_foreign_project_is_not_chosen(client: Client, cast: Cast) -> None:
    plan, draft = make.draft_plan(cast), make.draft_project(cast)
    enter(client, cast, "project_clerk")
    page = send(client, f"/plans/{plan.pk}/items/", {"projects": [draft.pk, "x"]}, 200)
    assert "不在可选之列" in page and not plan.items.exists()


def test_a_plan_that_was_sent_in_is_not_changed(client: Client, cast: Cast) -> None:
    plan = make.plan_with(cast, make.determined_project(cast))
    enter(client, cast, "project_clerk")
    for page in ("edit", "items"):
        assert "只有在编制时可以改动" in read(client, f"/plans/{plan.pk}/{page}/", 409)


def test_the_secretary_takes_a_project_out(client: Client, cast: Cast) -> None:
    kept, left = (
        make.determined_project(cast, 300_000),
        make.determined_project(
            cast, 300_000, make.funded_allotment(cast, number="巴财农〔2025〕12号")
        ),
    )
    plan = make.plan_with(cast, kept, left)
    enter(client, cast, "group_secretary")
    url = f"/plan-items/{left.plan_item.pk}/drop/"
    assert "没有列入会议议程" in read(client, url, 409)
    add_item(meeting=make.meeting(cast), subject=plan, by=cast["group_secretary"])
    assert url in read(client, plan.get_absolute_url())
    send(client, url, {"reason": ""}, 200)
    send(client, url, {"reason": "条件不具备"})
    assert [item.project for item in plan.items.all()] == [kept]


def test_printed(client: Client, cast: Cast) -> None:
    plan = make.planned_project(cast, 450_000).plan_item.plan
    enter(client, cast, "auditor")
    table = read(client, f"/plans/{plan.pk}/print/")
    assert "项目计划表" in table and "450,000.00" in table and "巴财农〔2025〕11号" in table
    scheme = read(client, f"/plans/{plan.pk}/scheme/")
    assert "四、保障措施" in scheme and "人民币肆拾伍万元整" in scheme


def test_exported(client: Client, cast: Cast) -> None:
    project = make.planned_project(cast, 450_000)
    enter(client, cast, "auditor")
    response = client.get(f"/plans/export/?plan={project.plan_item.plan_id}")
    sheet = load_workbook(io.BytesIO(response.getvalue()))["年度项目计划表"]
    rows = list(sheet.values)
    assert rows[1][3:5] == (project.code, project.name)
    assert rows[1][-1] == 450_000 and rows[-1][-1] == 450_000
    assert len(rows) == 3
    assert client.get("/plans/export/?plan=999999").status_code == 404
    assert client.get("/plans/export/").status_code == 200


def test_outside_the_territory_nothing_is_there(client: Client, cast: Cast) -> None:
    plan = make.planned_project(cast).plan_item.plan
    for who in ("other_group_member", "village_cadre"):
        enter(client, cast, who)
        for page in ("", "print/", "scheme/"):
            read(client, f"{plan.get_absolute_url()}{page}", 404)
        assert plan.title not in read(client, "/plans/")
        assert client.get(f"/plans/export/?plan={plan.pk}").status_code == 404


def test_the_button_says_that_the_plan_is_missing(client: Client, cast: Cast) -> None:
    project = make.determined_project(cast)
    page = read(enter(client, cast, "project_reviewer"), project.get_absolute_url())
    assert "没有列入领导小组批准的年度项目计划" in page and "尚未列入" in page
    page = read(enter(client, cast, "township_clerk"), project.get_absolute_url())
    assert "申请拨付" in page and page.count("没有列入领导小组批准") == 1
    read(client, f"{project.get_absolute_url()}payments/new/", 409)


def test_lists_ask_the_same_however_long(
    client: Client, cast: Cast, django_assert_max_num_queries: Any
) -> None:
    project = make.planned_project(cast)
    enter(client, cast, "auditor")
    with django_assert_max_num_queries(24):
        read(client, "/plans/")
    with django_assert_max_num_queries(34):
        read(client, project.plan_item.plan.get_absolute_url())
