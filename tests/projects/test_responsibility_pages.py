from __future__ import annotations

import datetime as dt
import io

import pytest
from django.test import Client
from openpyxl import load_workbook

from approvals.queries import pending_count
from projects.models import Responsibility
from tests import factories as make
from tests.api.conftest import caller
from tests.cast import Cast
from tests.pages import queries_of
from tests.projects.pages import enter, read, send

TYPED = {
    "name": "杨青",
    "unit": "焉耆县人民政府",
    "title": "副县长",
    "office_phone": "0996-6020001",
}


def test_named_handed_over_accepted_and_traced(client: Client, cast: Cast) -> None:
    project, today = make.approved_project(cast), make.today()
    tomorrow = today + dt.timedelta(days=1)
    enter(client, cast, "project_clerk")
    page = read(client, f"/projects/{project.pk}/")
    assert "缺责任人" in page and "杨岳" in page

    url = f"/projects/{project.pk}/responsibilities/new/"
    good = {**TYPED, "duty": "LEAD_CHIEF", "valid_from": today, "reason": "分工确定"}
    page = send(client, url, {**good, "unit": "", "name": "电话13812345678"}, 200)
    assert "须填写责任单位" in page and "手机号" in page and 'value="副县长"' in page
    page = send(client, url, {**good, "duty": "PROJ_LEADER"}, 409)
    assert "同一时间只能有一人" in page and "依据：" in page and 'value="杨青"' in page
    assert 'value="TOWN_OWNER"' not in page
    send(client, url, good)

    leader = Responsibility.objects.get(duty="PROJ_LEADER")
    url = f"/responsibilities/{leader.pk}/hand-over/"
    assert "杨岳的责任到前一日为止" in read(client, url)
    holder = cast.post("group_secretary").pk
    send(client, url, {"post": holder, "valid_from": tomorrow, "reason": "职务调整"})
    assert client.get(url).status_code == 409
    row = Responsibility.objects.get(predecessor=leader)
    assert (row.name, row.unit) == ("韩川", "焉耆县扶贫开发领导小组")
    assert client.post(f"/responsibilities/{row.pk}/accept/").status_code == 403

    enter(client, cast, "other_group_member")
    assert client.post(f"/responsibilities/{row.pk}/accept/").status_code == 404
    enter(client, cast, "group_secretary")
    assert "等您接受的交接" in read(client, "/responsibilities/")
    assert "接受交接" in read(client, f"/projects/{project.pk}/")
    page = read(client, "/inbox/")
    assert "等您本人办理" in page and f'action="/responsibilities/{row.pk}/accept/"' in page
    assert "接替杨岳" in page
    mine, waiting = caller(cast["group_secretary"]), pending_count(cast["group_secretary"])
    (errand,) = mine.get("inbox/").json()["errands"]
    assert (errand["action"], errand["place"]) == ("接受交接", project.division.code)
    (found,) = mine.get("responsibilities/", mine="true").json()["results"]
    assert (found["id"], found["awaits_acceptance"]) == (row.pk, True)
    send(client, f"/responsibilities/{row.pk}/accept/", {})
    assert "等您接受的交接" not in read(client, "/responsibilities/")
    assert "等您本人办理" not in read(client, "/inbox/")
    assert pending_count(cast["group_secretary"]) == waiting - 1
    assert not mine.get("inbox/").json()["errands"]
    answer = mine.get("responsibilities/", project=project.pk, on=str(today)).json()["results"]
    assert leader.pk in {one["id"] for one in answer} and row.pk not in {
        one["id"] for one in answer
    }
    assert mine.get("responsibilities/", on="昨天").status_code == 400
    assert caller(cast["other_group_member"]).get("responsibilities/").json()["count"] == 0

    enter(client, cast, "auditor")
    page = read(client, f"/responsibilities/day/?project={project.code}&day={today}")
    assert "杨岳" in page and "审定" in page and "吴春" in page
    earlier = today - dt.timedelta(days=1)
    assert "没有登记的责任人" in read(
        client, f"/responsibilities/day/?project={project.code}&day={earlier}"
    )
    assert "没有编号为 X 的项目" in read(client, f"/responsibilities/day/?project=X&day={today}")
    assert "尚未到" in read(client, f"/responsibilities/day/?project={project.code}&day={tomorrow}")
    page = read(client, "/responsibilities/person/?name=杨岳&unit=")
    assert project.name in page and "韩川" in page
    page = read(client, f"/responsibilities/person/?user={cast['group_secretary'].pk}")
    assert project.name in page and "办公室主任" in page
    page = read(client, f"/projects/{project.pk}/responsibilities/print/")
    assert "责任链" in page and "杨岳" in page and "韩川" in page


def test_the_list_its_filters_and_its_sheet(client: Client, cast: Cast) -> None:
    project = make.determined_project(cast)
    enter(client, cast, "auditor")
    for query, is_there in (
        ("", True), ("duty=PROJ_OWNER&unit=永宁镇", True), ("duty=PROJ_LEADER&unit=永宁镇", False),
        ("unit=冯冬", True), ("missing=any", True), ("missing=VILLAGE_OWNER", True),
        ("missing=PROJ_OWNER", False), ("missing=ASSET_KEEPER", False),
    ):  # fmt: skip
        assert (project.name in read(client, f"/responsibilities/?{query}")) == is_there, query
    sheet = load_workbook(
        io.BytesIO(b"".join(client.get("/responsibilities/export/?duty=PROJ_OWNER")))
    ).worksheets[0]
    cells = [cell.value for row in sheet.iter_rows() for cell in row]
    assert "杨岳" in cells and "冯冬" in cells and project.code in cells


def test_as_many_queries_for_three_projects_as_for_one(client: Client, cast: Cast) -> None:
    counts = []
    make.determined_project(cast)
    enter(client, cast, "auditor")
    read(client, "/responsibilities/")
    for more in (0, 2):
        for _ in range(more):
            make.determined_project(cast)
        counts.append(len(queries_of(client, "/responsibilities/")))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(("who", "status"), [("auditor", 403), ("other_finance_head", 404)])
def test_who_may_not_name(client: Client, cast: Cast, who: str, status: int) -> None:
    project = make.determined_project(cast)
    row = project.responsibilities.get(duty="PROJ_OWNER")
    enter(client, cast, who)
    for url in (
        f"/projects/{project.pk}/responsibilities/new/", f"/responsibilities/{row.pk}/hand-over/",
    ):  # fmt: skip
        assert client.get(url).status_code == client.post(url).status_code == status
