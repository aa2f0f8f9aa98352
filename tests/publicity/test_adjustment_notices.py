"""A change of what was approved is announced in the village before it goes on."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from approvals.workflow import ConditionUnmet
from organizations.policies import Refusal, Refused, WrongRole
from projects.lives import ADJUSTMENT
from projects.models import Adjustment, Project
from publicity.adjustment_notices import ANNOUNCED_FIRST
from publicity.composers import compose, missing
from publicity.models import Notice, Objection
from publicity.services import publish_notice, receive_public_objection
from tests import adjusting
from tests import factories as make
from tests.cast import Cast
from tests.projects.bare import refusal_of
from tests.projects.pages import enter, read, send
from tests.publicity.hanging import post, published
from tests.publicity.test_composing import NINE
from tests.publicity.test_notice_rules import check_at_commit, refused

S = Adjustment.Status


@pytest.fixture
def project(cast: Cast) -> Project:
    return make.approved_project(cast)


def awaited(cast: Cast, project: Project, **proposed: Any) -> Adjustment:
    """In the village, before its notice."""
    kinds = ["unit"] if "owner_name" in proposed else ["content"]
    put = adjusting.put_forward(cast, adjusting.draft(cast, project, kinds, **proposed))
    return Adjustment.objects.get(pk=put.pk)


def hung(cast: Cast, adjustment: Adjustment, days_ago: int) -> Notice:
    notice = published(cast, adjustment, "N13", days_ago)
    post(cast, notice, days_ago)
    return Notice.objects.get(pk=notice.pk)


def submit(cast: Cast, adjustment: Adjustment) -> str:
    make.do(adjustment, "submit", cast, "township_clerk")
    return adjustment.status


def refusal(cast: Cast, adjustment: Adjustment) -> Refusal:
    with pytest.raises(ConditionUnmet) as caught:
        submit(cast, adjustment)
    assert Adjustment.objects.get(pk=adjustment.pk).status == S.VILLAGE_NOTICE
    return caught.value.refusal


def test_old_and_new_values_and_the_nine(cast: Cast, project: Project) -> None:
    adjustment = awaited(cast, project)
    lines = {line.label: line.text for line in compose("N13", adjustment)}
    assert missing(compose("N13", adjustment)) == []
    assert set(NINE) <= set(lines)
    changed = "调整前：新建库房一座，480平方米，村委会管护\n调整后：新建库房一座，500平方米"
    assert lines["调整：建设内容与规模"] == changed
    assert lines["村级意见"] == "村民代表会议同意调整"
    assert lines["调整事由"] == "实施中情况变化"


@pytest.mark.parametrize("kind", ANNOUNCED_FIRST)
def test_each_of_the_four_waits_for_its_notice(cast: Cast, project: Project, kind: str) -> None:
    values: dict[str, dict[str, Any]] = {
        "content": {"content": "新建库房一座，500平方米"},
        "place": {"places": [cast.village.parent]},
        "scale": {"households": 130},
        "money": {"approved_amount": make.yuan(510_000), "total_investment": make.yuan(510_000)},
    }
    adjustment = adjusting.draft(cast, project, [kind], **values[kind])
    adjusting.put_forward(cast, adjustment)
    found = refusal(cast, adjustment)
    assert found.reason == "尚未发布项目调整公示"
    assert "二(三)" in found.clause
    make.run_notice(cast, adjustment)
    assert submit(cast, adjustment) == S.TOWNSHIP_REVIEW


def test_another_unit_or_an_ending_does_not(cast: Cast, project: Project) -> None:
    adjustment = awaited(cast, project, owner_name="冯夏")
    assert submit(cast, adjustment) == S.TOWNSHIP_REVIEW
    check_at_commit()


@pytest.mark.parametrize(("days_ago", "opens"), [(0, False), (10, False), (11, True)])
def test_its_days_have_to_run(cast: Cast, project: Project, days_ago: int, opens: bool) -> None:
    adjustment = awaited(cast, project)
    hung(cast, adjustment, days_ago)
    if opens:
        assert submit(cast, adjustment) == S.TOWNSHIP_REVIEW
    else:
        found = refusal(cast, adjustment)
        assert "未满期" in found.reason and "国开办发〔2018〕11号" in found.clause


def test_an_open_objection_keeps_it(cast: Cast, project: Project) -> None:
    adjustment = awaited(cast, project)
    notice = hung(cast, adjustment, 20)
    receive_public_objection(notice=notice, summary="面积不实，请核实")
    assert "尚未答复" in refusal(cast, adjustment).reason
    objection = Objection.objects.get()
    make.do(objection, "investigate", cast, "project_clerk", {"investigating_unit": "县扶贫办"})
    facts = {"conclusion": "unfounded", "measures": "已当面说明", "remedy": "none"}
    make.do(objection, "answer", cast, "project_clerk", facts)
    assert submit(cast, adjustment) == S.TOWNSHIP_REVIEW


def test_what_came_back_and_changed_is_announced_anew(cast: Cast, project: Project) -> None:
    adjustment = awaited(cast, project)
    hung(cast, adjustment, 20)
    make.do(adjustment, "return", cast, "township_clerk", comment="数字有误")
    adjusting.put_forward(cast, adjustment)
    assert refusal(cast, adjustment).reason == "尚未发布项目调整公示"


def test_on_the_pages(client: Client, cast: Cast, project: Project) -> None:
    adjustment = awaited(cast, project)
    url = f"/adjustments/{adjustment.pk}/notices/"
    enter(client, cast, "township_clerk")
    assert f"{url}publish/N13/" in read(client, url)
    assert "500平方米" in read(client, f"{url}publish/N13/")
    send(client, f"{url}publish/N13/", {})
    notice = Notice.objects.get(type__code="N13")
    assert notice.project == project
    for page in (url, notice.get_absolute_url(), adjustment.get_absolute_url(),
                 f"/projects/{project.pk}/notices/"):  # fmt: skip
        assert notice.number in read(client, page)


@pytest.mark.parametrize(
    ("who", "status"),
    [("township_reviewer", 403), ("project_clerk", 403), ("auditor", 403),
     ("other_village_cadre", 404), ("other_township_clerk", 404), ("other_finance_head", 404)],
)  # fmt: skip
def test_others_publish_nothing(
    client: Client, cast: Cast, project: Project, who: str, status: int
) -> None:
    url = f"/adjustments/{awaited(cast, project).pk}/notices/publish/N13/"
    send(enter(client, cast, who), url, {}, status)
    assert not Notice.objects.filter(type__code="N13").exists()


def test_only_where_it_hangs(cast: Cast, project: Project) -> None:
    draft = adjusting.draft(cast, project)
    with pytest.raises(Refused, match="现在的环节不发布项目调整公示"):
        publish_notice(subject=draft, code="N13", by=cast["village_cadre"])
    with pytest.raises(WrongRole):
        publish_notice(subject=draft, code="N13", by=cast["project_clerk"])


# The database


def none_at_all(cast: Cast, adjustment: Adjustment) -> None:
    """Not even published."""


def only_published(cast: Cast, adjustment: Adjustment) -> None:
    published(cast, adjustment, "N13", 30)


def not_yet_over(cast: Cast, adjustment: Adjustment) -> None:
    hung(cast, adjustment, 10)


def objected(cast: Cast, adjustment: Adjustment) -> None:
    receive_public_objection(notice=hung(cast, adjustment, 20), summary="面积不实，请核实")


def of_an_earlier_round(cast: Cast, adjustment: Adjustment) -> None:
    hung(cast, adjustment, 20)
    make.do(adjustment, "return", cast, "township_clerk", comment="数字有误")
    adjusting.put_forward(cast, adjustment)


def past_the_program(cast: Cast, adjustment: Adjustment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Send it on as if no condition were written in Python."""
    monkeypatch.setitem(ADJUSTMENT.conditions, "submit", [])
    with transaction.atomic():
        submit(cast, adjustment)
        check_at_commit()


@pytest.mark.parametrize(
    "arrange", [none_at_all, only_published, not_yet_over, objected, of_an_earlier_round]
)
def test_the_database_holds_the_gate_too(
    cast: Cast, project: Project, monkeypatch: pytest.MonkeyPatch, arrange: Any
) -> None:
    adjustment = awaited(cast, project)
    arrange(cast, adjustment)
    check_at_commit()
    with refused("YC020"):
        past_the_program(cast, adjustment, monkeypatch)


def test_a_notice_of_the_project_itself_does_not_count(
    cast: Cast, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Notice.objects.filter(project=project, type__code="N01").exists()
    with refused("YC020"):
        past_the_program(cast, awaited(cast, project), monkeypatch)


def test_plain_sql_does_not_skip_it(committed_cast: Cast) -> None:
    cast = committed_cast
    adjustment = awaited(cast, make.approved_project(cast))
    clerk = cast["township_clerk"]
    said = refusal_of(adjustment, "submit", clerk, to=S.TOWNSHIP_REVIEW)
    assert "YC020" in said and "公示未发布、未张贴、未满期" in said
    hung(cast, adjustment, 20)
    assert refusal_of(adjustment, "submit", clerk, to=S.TOWNSHIP_REVIEW) == ""
