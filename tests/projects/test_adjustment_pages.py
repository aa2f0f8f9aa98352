from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from organizations.models import Parameter
from projects.models import Adjustment, Project
from tests import adjusting, lives
from tests import factories as make
from tests.api.conftest import caller
from tests.cast import Cast
from tests.pages import queries_of
from tests.projects.pages import enter, read, send

S = Adjustment.Status


@pytest.fixture
def project(cast: Cast) -> Project:
    return make.approved_project(cast)


def typed(project: Project, **changes: Any) -> dict[str, Any]:
    """The form as the browser sends it: everything as it stands but for the changes."""
    names = (
        "content", "subsidy_standard", "villages_covered", "households", "people",
        "poor_households", "poor_people", "total_investment", "self_raised", "planned_start",
        "planned_end", "implementing_unit", "implementing_unit_code", "owner_name", "owner_title",
    )  # fmt: skip
    work = project.work_items.get()
    return {
        **{name: getattr(project, name) for name in names},
        "approved_amount": "500000.00",
        "kinds": ["content"],
        "reason": "现场条件变化",
        "places": [place.division_id for place in project.places.all()],
        "items-TOTAL_FORMS": 1,
        "items-INITIAL_FORMS": 0,
        "items-0-name": work.name,
        "items-0-unit": work.unit,
        "items-0-quantity": work.quantity,
        "items-0-unit_price": work.unit_price,
        **changes,
    }


def test_ask_for_a_change_from_the_projects_page(
    client: Client, cast: Cast, project: Project
) -> None:
    url = f"/projects/{project.pk}/adjustments/new/"
    assert url in read(enter(client, cast, "township_clerk"), project.get_absolute_url())
    page = read(client, url)
    assert "现为 500,000.00" in page and "新建库房一座，480平方米" in page
    send(client, url, typed(project, content="新建库房一座，\r\n500平方米"))
    adjustment = Adjustment.objects.get()
    page = read(client, adjustment.get_absolute_url())
    assert "调整前对照" not in page and "500平方米" in page and "480平方米" in page
    page = read(client, project.get_absolute_url())
    assert adjustment.number in page and "一个项目同时只办理一项调整" in page
    assert "一个项目同时只办理一项调整" in read(client, url, 409)


def test_newlines_of_the_browser_are_no_change(
    client: Client, cast: Cast, project: Project
) -> None:
    with lives.unruled():
        Project.objects.filter(pk=project.pk).update(content="一\n二")
    enter(client, cast, "township_clerk")
    url = f"/projects/{project.pk}/adjustments/new/"
    page = send(client, url, typed(project, content="一\r\n二"), 200)
    assert "相应内容没有变化" in page


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"kinds": []}, "kinds", ""),
        ({}, "kinds", "勾选了“内容”，但相应内容没有变化"),
        ({"content": "别的", "owner_name": "冯夏"}, "kinds", "改动了责任人，请勾选“实施单位”"),
        (
            {"content": "别的", "items-0-quantity": "481", "kinds": ["unit"]},
            "kinds",
            "请勾选“内容”",
        ),
        ({"content": ""}, "content", "请填写调整后的值"),
        ({"content": "联系 13800138000"}, "content", "手机号"),
        ({"kinds": ["termination", "content"]}, "kinds", "不与其他类型同时申请"),
        ({"kinds": ["termination"], "content": "别的"}, "kinds", "请勾选“内容”或“规模”"),
        ({"kinds": ["period"], "planned_end": "2025-03-01"}, "planned_end", "早于计划开工"),
        ({"kinds": ["scale"], "households": 999}, "households", "多于受益人数"),
        ({"kinds": ["money"], "approved_amount": "0"}, "approved_amount", "必须大于零"),
        ({"kinds": ["money"], "approved_amount": "500000.001"}, "approved_amount", "两位小数"),
        ({"kinds": ["money"], "approved_amount": "600000"}, "total_investment", "小于财政资金"),
        ({"kinds": ["money"], "total_investment": "600000"}, "kinds", "但相应内容没有变化"),
        ({"kinds": ["unit"], "owner_name": "冯夏", "is_marked_major": "on"}, "is_marked_major", ""),
        ({"content": "别的", "places": ["999999"]}, "places", "不在本县区划之内"),
        ({"reason": ""}, "reason", ""),
    ],
)
def test_bad_input_is_answered_at_its_field(
    client: Client, cast: Cast, project: Project, changes: dict[str, Any], field: str, message: str
) -> None:
    enter(client, cast, "township_clerk")
    response = client.post(f"/projects/{project.pk}/adjustments/new/", typed(project, **changes))
    assert response.status_code == 200
    assert message in " ".join(response.context["form"].errors[field])
    assert not Adjustment.objects.exists()


def test_no_more_is_taken_than_is_there(client: Client, cast: Cast) -> None:
    request = make.payment_at(cast, "paid", 400_000)
    project = Project.objects.get(pk=request.project_id)
    enter(client, cast, "township_clerk")
    facts = typed(project, kinds=["money"], approved_amount="399,999.99")
    page = send(client, f"/projects/{project.pk}/adjustments/new/", facts, 200)
    assert "减在途申请后为 100,000.00 元" in page
    facts["approved_amount"] = "40万"
    send(client, f"/projects/{project.pk}/adjustments/new/", facts)
    assert Adjustment.objects.get().money_change == make.yuan(-100_000)


def test_places_and_the_bill(client: Client, cast: Cast, project: Project) -> None:
    enter(client, cast, "township_clerk")
    url = f"/projects/{project.pk}/adjustments/new/"
    places = {"kinds": ["place", "scale"], "places": [cast.village.pk, cast.township.pk]}
    page = send(client, url, typed(project, **places, search_places="1", place_words="夏热"), 200)
    assert "夏热采开村" in page and page.count(" checked") >= 4
    page = send(client, url, typed(project, **places, add_rows="1"), 200)
    assert 'name="items-5-name"' in page
    rows = {"items-TOTAL_FORMS": 2, "items-1-name": "围墙", "items-1-unit": "米",
            "items-1-quantity": "60", "items-1-unit_price": "300"}  # fmt: skip
    send(client, url, typed(project, **places, **rows))
    adjustment = Adjustment.objects.get()
    changes = {row["name"]: row for row in adjustment.changes}
    assert (
        changes["places"]["after"] == "永宁镇、下岔河村" or "永宁镇" in changes["places"]["after"]
    )
    assert changes["work_items"]["after"].endswith("围墙 60米×300.00元")
    page = read(client, f"/adjustments/{adjustment.pk}/edit/")
    assert 'value="围墙"' in page and "checked" in page


def test_edit_a_draft_and_nothing_later(client: Client, cast: Cast, project: Project) -> None:
    adjustment = adjusting.draft(cast, project)
    url = f"/adjustments/{adjustment.pk}/edit/"
    enter(client, cast, "township_clerk")
    assert "新建库房一座，500平方米" in read(client, url)
    send(client, url, typed(project, kinds=["unit"], owner_name="冯夏"))
    adjustment.refresh_from_db()
    assert (adjustment.kinds, [row["after"] for row in adjustment.changes]) == (["unit"], ["冯夏"])
    adjusting.put_forward(cast, adjustment)
    assert "只有填报时可以改动内容" in read(client, url, 409)
    send(client, url, typed(project), 409)


@pytest.mark.parametrize("path", ["", "edit/", "print/"])
def test_another_townships_adjustment_does_not_exist(
    client: Client, cast: Cast, project: Project, path: str
) -> None:
    adjustment = adjusting.draft(cast, project)
    url = f"/adjustments/{adjustment.pk}/{path}"
    read(enter(client, cast, "other_township_clerk"), url, 404)
    read(enter(client, cast, "system_admin"), url, 403)
    if path == "edit/":
        read(enter(client, cast, "project_clerk"), url, 403)
        send(client, url, typed(project), 403)


def test_new_is_closed_to_others(client: Client, cast: Cast, project: Project) -> None:
    url = f"/projects/{project.pk}/adjustments/new/"
    for who in ("village_cadre", "project_reviewer", "group_secretary"):
        send(enter(client, cast, who), url, typed(project, content="别的"), 403)
    read(enter(client, cast, "other_township_clerk"), url, 404)
    assert not Adjustment.objects.exists()


def test_the_village_speaks_with_its_minutes(client: Client, cast: Cast, project: Project) -> None:
    adjustment = adjusting.draft(cast, project)
    url = f"/act/projects.adjustment/{adjustment.pk}/put_forward/"
    page = read(enter(client, cast, "township_clerk"), url)
    assert "调整前后对照" in page and "480平方米" in page and "会议纪要原件" in page
    facts = {"held_on": make.today(), "opinion": "同意"}
    assert "请上传至少 1 份" in send(client, url, facts, 422)
    assert Adjustment.objects.get().status == S.DRAFT
    facts["minutes_files"] = adjusting.opinion(cast, adjustment)["minutes_files"]
    send(client, url, facts)
    assert Adjustment.objects.get().status == S.VILLAGE_NOTICE
    assert "纪要" in read(client, adjustment.get_absolute_url())


@pytest.mark.parametrize(
    ("status", "action", "who"),
    [
        (S.VILLAGE_NOTICE, "submit", "township_clerk"),
        (S.TOWNSHIP_REVIEW, "endorse", "township_reviewer"),
        (S.APPRAISAL, "appraise", "project_clerk"),
        (S.DEPARTMENT_REVIEW, "approve", "project_reviewer"),
        (S.RECOVERY, "recover", "finance_reviewer"),
        (S.PUBLICATION, "publish", "project_clerk"),
    ],
)
def test_old_and_new_stand_side_by_side_on_every_step(
    client: Client, cast: Cast, project: Project, status: str, action: str, who: str
) -> None:
    adjustment = adjusting.draft_of_money(cast, project, -60_000)
    lives.place(adjustment, status, cast)
    if status == S.VILLAGE_NOTICE:
        make.run_notice(cast, adjustment)
    page = read(enter(client, cast, who), f"/act/projects.adjustment/{adjustment.pk}/{action}/")
    for words in ("500,000.00", "440,000.00", "-60,000.00", "重大变更", "外地样例"):
        assert words in page
    assert "依据：外地" not in page


def test_the_project_page_shows_clock_and_end(client: Client, cast: Cast, project: Project) -> None:
    Parameter.objects.filter(key="plan.change_publish_workdays").update(setting="0")
    adjustment = adjusting.approve(cast, adjusting.draft(cast, project, ["termination"]))
    enter(client, cast, "auditor")
    page = read(client, project.get_absolute_url())
    assert f"{make.today()} 前" in page and ">终止</a>" in page
    with lives.unruled():
        Adjustment.objects.update(status="closed", published_on=make.today() + dt.timedelta(1),
                                  published_where="x")  # fmt: skip
    assert "超期" in read(client, adjustment.get_absolute_url())


def test_print_with_signatures_and_the_reply(client: Client, cast: Cast, project: Project) -> None:
    adjustment = adjusting.walk(cast, adjusting.draft_of_money(cast, project, 60_000))
    enter(client, cast, "auditor")
    url = f"/adjustments/{adjustment.pk}/print/"
    page = read(client, url)
    for words in ("项目调整申请表", "王秋", "冯冬", "卫林", "蒋田", "560,000.00", "尚未办理"):
        assert words in page
    assert "项目调整批复" not in page
    tag = project.sources.get().allotment
    adjusting.approve(cast, adjustment, [(tag, make.yuan(60_000))])
    page = read(client, url)
    for words in ("项目调整批复", "人民币陆万元整", "巴财农〔2025〕11号", "杨岳", "焉扶领纪"):
        assert words in page


def test_list_filters(client: Client, cast: Cast, project: Project) -> None:
    adjustment = adjusting.draft_of_money(cast, project, 60_000)
    enter(client, cast, "township_clerk")
    for query in ("", "?kind=money", "?major=true", "?status=draft", f"?project={project.pk}",
                  f"?words={project.code}"):  # fmt: skip
        page = read(client, f"/adjustments/{query}")
        assert adjustment.number in page and "60,000.00" in page
    for query in ("?kind=place", "?major=false", "?status=closed", "?words=没有"):
        assert "没有符合条件" in read(client, f"/adjustments/{query}")
    assert "没有符合条件" in read(enter(client, cast, "other_township_clerk"), "/adjustments/")
    read(enter(client, cast, "system_admin"), "/adjustments/", 403)


def test_list_takes_the_same_queries_for_three_and_thirty(
    client: Client, cast: Cast, project: Project
) -> None:
    enter(client, cast, "auditor")
    counts = []
    for wanted in (3, 30):
        while Adjustment.objects.count() < wanted:
            adjusting.cancel(cast, adjusting.draft(cast, project))
        counts.append(len(queries_of(client, "/adjustments/")))
    assert counts[0] == counts[1] <= 20


# By API


def test_by_api_from_a_draft_to_the_township(cast: Cast, project: Project) -> None:
    clerk = caller(cast["township_clerk"])
    body = {
        "project": project.pk, "kinds": ["money", "unit"], "reason": "材料涨价",
        "approved_amount": "530000.00", "total_investment": "530000.00", "owner_name": "冯夏",
    }  # fmt: skip
    made = clerk.post("adjustments/", body)
    assert made.status_code == 201, made.json()
    found = made.json()
    assert (found["money_change"], found["is_major"]) == ("30000.00", False)
    names = [row["name"] for row in found["changes"]]
    assert names == ["approved_amount", "total_investment", "owner_name", "requested_amount"]
    assert clerk.post("adjustments/", body).status_code == 409
    url = f"adjustments/{found['id']}/"
    again = clerk.put(url, {"kinds": ["unit"], "reason": "只换人", "owner_name": "冯夏"})
    assert again.json()["money_change"] == "0.00"
    adjustment = Adjustment.objects.get()
    data = {**adjusting.opinion(cast, adjustment), "held_on": make.today().isoformat()}
    taken = clerk.post(f"{url}actions/put_forward/", {"data": data})
    assert taken.status_code == 200, taken.json()
    assert clerk.get(url).json()["status"] == "village_notice"
    assert clerk.post(f"{url}actions/submit/").status_code == 200
    assert clerk.put(url, {"kinds": ["unit"], "reason": "x", "owner_name": "y"}).status_code == 409
    assert clerk.get("adjustments/", kind="unit").json()["count"] == 1


def test_by_api_as_by_page(cast: Cast, project: Project) -> None:
    body = {"project": project.pk, "kinds": ["scale"], "reason": "x", "households": 130}
    assert caller(cast["project_clerk"]).post("adjustments/", body).status_code == 403
    assert caller(cast["other_township_clerk"]).post("adjustments/", body).status_code == 404
    clerk = caller(cast["township_clerk"])
    for wrong, field in (
        ({"households": "130"}, "households"),
        ({"approved_amount": 5}, "approved_amount"),
        ({"name": "别名"}, "name"),
        ({"kinds": ["content"]}, "kinds"),
        ({"work_items": [{"name": "x"}]}, "work_items.0"),
    ):
        answer = clerk.post("adjustments/", {**body, **wrong})
        assert answer.status_code == 400
        assert any(name.startswith(field) for name in answer.json()["fields"])
    items = [{"name": "库房", "unit": "平方米", "quantity": "500", "unit_price": "990"}]
    made = clerk.post("adjustments/", {**body, "work_items": items})
    assert made.status_code == 201
    url = f"adjustments/{made.json()['id']}/"
    assert caller(cast["other_township_clerk"]).get(url).status_code == 404
    assert caller(cast["system_admin"]).get(url).status_code == 403
