from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from performance.models import Declaration, Target
from performance.targets import library_of
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


def test_add_change_and_drop(client: Client, cast: Cast) -> None:
    project = make.draft_project(cast)
    url = f"/projects/{project.pk}/targets/"
    enter(client, cast, "village_cadre")
    page = read(client, url)
    assert "绩效目标缺少数量指标、质量指标、时效指标、成本指标、效益指标、满意度指标" in page
    assert "核心指标“项目（工程）验收合格率”" in page
    send(client, f"{url}new/", indicator())
    target = Target.objects.get()
    assert "≥480" in read(client, url)
    read(client, f"/targets/{target.pk}/edit/")
    send(client, f"/targets/{target.pk}/edit/", indicator(value="500", name="改名不算"))
    target = Target.objects.get()
    assert (target.name, target.value) == ("新建库房", make.yuan(500))
    assert "500.00" in read(client, f"/targets/{target.pk}/edit/")
    send(client, f"/targets/{target.pk}/drop/", {})
    assert not Target.objects.exists()
    assert Declaration.objects.get().goal == project.content


def test_fill_in_from_the_library(client: Client, cast: Cast) -> None:
    project = make.draft_project(cast)
    url = f"/projects/{project.pk}/targets/fill/"
    enter(client, cast, "township_clerk")
    page = read(client, url)
    assert "受益脱贫（监测）人口数" in page and "受益建档立卡贫困人口数" not in page
    library = {row.code: row for row in library_of(project)}
    values = {
        "T-QUA-01": "100", "T-TIM-01": "100", "T-CST-01": "50", "T-SOC-02": "", "T-SAT-02": "95",
        "T-SUS-01": "管护协议已签",
    }  # fmt: skip
    typed = {f"value_{library[code].pk}": value for code, value in values.items()}
    page = send(client, url, typed, 200)
    assert "核心指标必填" in page and "管护协议已签" in page
    send(client, url, {**typed, f"value_{library['T-SOC-02'].pk}": "120"})
    chosen = {t.indicator.code: t for t in Target.objects.select_related("indicator")}  # type: ignore[union-attr]
    assert set(chosen) == set(values)
    assert str(chosen["T-SUS-01"]) == "管护机制：管护协议已签"
    cost = chosen["T-CST-01"]
    assert cost.value == 50 and cost.evidence == "决算审定表"


def test_closed(client: Client, cast: Cast) -> None:
    project = make.project_before_meeting(cast)
    target = Target.objects.filter(project=project).earliest("id")
    enter(client, cast, "auditor")
    assert "批复后原则上不得调整" in read(client, f"/projects/{project.pk}/targets/")
    for url in (
        f"/projects/{project.pk}/targets/new/", f"/projects/{project.pk}/targets/fill/",
        f"/targets/{target.pk}/edit/", f"/targets/{target.pk}/drop/",
    ):  # fmt: skip
        send(enter(client, cast, "township_clerk"), url, indicator(), 409)
        send(enter(client, cast, "finance_clerk"), url, indicator(), 403)
        send(enter(client, cast, "other_township_clerk"), url, indicator(), 404)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"value": "-1"}, "value"),
        ({"value": "x"}, "value"),
        ({"value": ""}, "value"),
        ({"unit": ""}, "unit"),
        ({"operator": "ql"}, "wording"),
        ({"operator": "ql", "wording": "健全"}, "value"),
        ({"wording": "健全"}, "wording"),
        ({"weight": "0"}, "weight"),
        ({"name": "13800138000"}, "name"),
    ],
)
def test_bad_input(client: Client, cast: Cast, changes: dict[str, Any], field: str) -> None:
    project = make.draft_project(cast)
    enter(client, cast, "village_cadre")
    response = client.post(f"/projects/{project.pk}/targets/new/", indicator(**changes))
    assert field in response.context["form"].errors
