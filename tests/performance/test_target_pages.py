from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from performance.models import Target
from tests import factories as make
from tests.cast import Cast
from tests.projects.pages import enter, read, send


def indicator(**changes: Any) -> dict[str, Any]:
    typed = {
        "aspect": "QTY",
        "name": "新建库房",
        "operator": "ge",
        "value": "480",
        "unit": "平方米",
    }
    return {**typed, **changes}


def test_add_and_change(client: Client, cast: Cast) -> None:
    project = make.draft_project(cast)
    url = f"/projects/{project.pk}/targets/"
    enter(client, cast, "village_cadre")
    assert "绩效目标缺少产出指标、效益指标、满意度指标" in read(client, url)
    send(client, f"{url}new/", indicator())
    target = Target.objects.get()
    assert "≥480" in read(client, url)
    read(client, f"/targets/{target.pk}/edit/")
    send(client, f"/targets/{target.pk}/edit/", indicator(value="500", name="改名不算"))
    target = Target.objects.get()
    assert (target.name, target.value) == ("新建库房", make.yuan(500))
    assert "500.00" in read(client, f"/targets/{target.pk}/edit/")


def test_closed(client: Client, cast: Cast) -> None:
    project = make.project_before_meeting(cast)
    target = Target.objects.filter(project=project).earliest("id")
    enter(client, cast, "township_clerk")
    assert "批复后原则上不得调整" in read(client, f"/projects/{project.pk}/targets/")
    for url in (f"/projects/{project.pk}/targets/new/", f"/targets/{target.pk}/edit/"):
        send(enter(client, cast, "township_clerk"), url, indicator(), 409)
        send(enter(client, cast, "finance_clerk"), url, indicator(), 403)
        send(enter(client, cast, "other_township_clerk"), url, indicator(), 404)


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"value": "-1"}, "value"), ({"value": "x"}, "value"), ({"name": "13800138000"}, "name")],
)
def test_bad_input(client: Client, cast: Cast, changes: dict[str, Any], field: str) -> None:
    project = make.draft_project(cast)
    enter(client, cast, "village_cadre")
    response = client.post(f"/projects/{project.pk}/targets/new/", indicator(**changes))
    assert field in response.context["form"].errors
