from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from projects.models import Project
from publicity.models import Notice
from publicity.services import post_notice
from tests import factories as make
from tests.cast import Cast
from tests.projects.pages import enter, read, send

NINE = (
    "项目名称", "资金来源", "资金规模", "实施地点", "建设内容", "建设周期", "绩效目标",
    "实施单位及责任人", "监督举报电话",
)  # fmt: skip


def posting(**changes: Any) -> dict[str, Any]:
    return {
        "posted_on": make.today(),
        "place": "村委会公示栏",
        "posted_by_unit": "下岔河村村民委员会",
        "hotline": "0996-0000000、12317",
        **changes,
    }


def ending(**changes: Any) -> dict[str, Any]:
    return {"taken_down_on": make.today(), "objections": 0, "outcome": "", **changes}


def posted(cast: Cast, days_ago: int) -> Notice:
    return post_notice(
        project=make.noticed_project(cast),
        by=cast["village_cadre"],
        **posting(posted_on=make.today() - dt.timedelta(days=days_ago)),
    )


def test_post(client: Client, cast: Cast) -> None:
    project = make.noticed_project(cast)
    url = f"/projects/{project.pk}/notices/"
    enter(client, cast, "work_team")
    assert f"{url}new/" in read(client, url)
    read(client, f"{url}new/")
    send(client, f"{url}new/", posting())
    assert Notice.objects.get().round == Notice.Round.PROPOSAL
    page = read(client, url)
    assert "本次公示已登记" in page and "公示未满期" in page
    send(client, f"{url}new/", posting(), 409)


def test_post_is_closed(client: Client, cast: Cast) -> None:
    project = make.draft_project(cast)
    url = f"/projects/{project.pk}/notices/new/"
    assert "此时不登记公示" in send(enter(client, cast, "village_cadre"), url, posting(), 409)
    send(enter(client, cast, "township_reviewer"), url, posting(), 403)
    send(enter(client, cast, "other_village_cadre"), url, posting(), 404)
    assert not Notice.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"posted_on": "2099-01-01"}, "posted_on"),
        ({"hotline": "13800138000"}, "hotline"),
        ({"place": ""}, "place"),
    ],
)
def test_bad_posting(client: Client, cast: Cast, changes: dict[str, Any], field: str) -> None:
    project = make.noticed_project(cast)
    enter(client, cast, "village_cadre")
    response = client.post(f"/projects/{project.pk}/notices/new/", posting(**changes))
    assert field in response.context["form"].errors


def test_end(client: Client, cast: Cast) -> None:
    notice = posted(cast, 11)
    enter(client, cast, "village_cadre")
    read(client, f"/notices/{notice.pk}/end/")
    page = send(client, f"/notices/{notice.pk}/end/", ending(objections=1), 200)
    assert "收到异议须写明处理情况" in page
    send(client, f"/notices/{notice.pk}/end/", ending(objections=1, outcome="已当面说明"))
    send(client, f"/notices/{notice.pk}/end/", ending(), 409)
    project = Project.objects.get()
    assert "上报乡镇" in read(client, f"/projects/{project.pk}/")
    make.do(project, "submit", cast, "village_cadre")


def test_end_is_closed(client: Client, cast: Cast) -> None:
    notice = posted(cast, 10)
    url = f"/notices/{notice.pk}/end/"
    assert "公示未满期" in send(enter(client, cast, "village_cadre"), url, ending(), 409)
    send(enter(client, cast, "auditor"), url, ending(), 403)
    send(enter(client, cast, "other_village_cadre"), url, ending(), 404)


def test_end_not_before_its_days(client: Client, cast: Cast) -> None:
    notice = posted(cast, 15)
    early = notice.posted_on + dt.timedelta(days=10)
    enter(client, cast, "village_cadre")
    page = send(client, f"/notices/{notice.pk}/end/", ending(taken_down_on=early), 200)
    assert "公示未满期" in page


def test_printed_notice_has_the_nine_elements(client: Client, cast: Cast) -> None:
    notice = posted(cast, 0)
    enter(client, cast, "village_cadre")
    for url in (f"/notices/{notice.pk}/print/", f"/projects/{notice.project_id}/notices/print/"):
        page = read(client, url)
        assert all(words in page for words in NINE)
    read(enter(client, cast, "other_village_cadre"), f"/notices/{notice.pk}/print/", 404)
