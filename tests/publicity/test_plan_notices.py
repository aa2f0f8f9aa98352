"""年度计划公告、统筹整合方案公告、完成情况公告: made of the plan as it stands today."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from funds.models import Allotment
from organizations.models import Organization
from organizations.policies import Refused, WrongRole
from projects.models import AnnualPlan, Project
from publicity.composers import HOTLINE, compose, missing
from publicity.models import Notice
from publicity.services import publish_notice
from tests import adjusting
from tests import factories as make
from tests.cast import Cast
from tests.lives import unruled
from tests.projects.pages import enter, read, send
from tests.publicity.test_composing import NINE


def approved(cast: Cast) -> tuple[AnnualPlan, Project]:
    project = make.approved_project(cast)
    return AnnualPlan.objects.get(items__project=project), project


def said(plan: AnnualPlan, code: str = "N05") -> dict[str, str]:
    return {line.label: line.text for line in compose(code, plan)}


def of_year(plan: AnnualPlan, year: int) -> None:
    """As if it had been drawn up for that year."""
    with unruled():
        AnnualPlan.objects.filter(pk=plan.pk).update(year=year)
    plan.refresh_from_db()


def publish(
    cast: Cast, plan: AnnualPlan, code: str = "N05", who: str = "group_secretary"
) -> Notice:
    return publish_notice(subject=plan, code=code, by=cast[who])


def test_every_project_has_its_nine_elements(cast: Cast) -> None:
    plan, project = approved(cast)
    lines = said(plan)
    assert missing(compose("N05", plan)) == []
    assert lines["计划文号"] == plan.document_number
    assert lines["扶贫项目名称"] == f"共1个项目：{project.name}"
    assert lines["资金来源"].endswith("1个项目 500,000.00 元")
    assert lines["资金规模"] == "合计 500,000.00 元（人民币伍拾万元整）"
    assert lines["计划调整"] == "无"
    own = lines[f"1．{project.name}"]
    for label in set(NINE) - {HOTLINE}:
        assert f"{label}：" in own
    assert "巴财农〔2025〕11号" in own and "新建库房≥1座" in own
    assert lines[HOTLINE] == "0996-0000000、12317"


def test_a_missing_element_of_one_project_stops_the_whole(cast: Cast) -> None:
    plan, project = approved(cast)
    with unruled():  # approved ones stand
        project.targets.all().delete()
    with pytest.raises(Refused, match="的绩效目标，不能发布"):
        publish(cast, plan)
    Organization.objects.update(office_phone="")
    assert HOTLINE in {line.label for line in missing(compose("N05", plan))}


def test_an_adjustment_makes_the_next_version_due(cast: Cast) -> None:
    plan, project = approved(cast)
    first = publish(cast, plan)
    with pytest.raises(Refused, match="内容没有变动"):
        publish(cast, plan)
    adjustment = adjusting.approve(cast, adjusting.draft(cast, project))
    lines = said(plan)
    assert lines["计划调整"] == f"{project.name}（{adjustment.number}）调整内容"
    assert "500平方米" in lines[f"1．{project.name}"]
    second = publish(cast, plan)
    assert (second.version, second.supersedes, second.number) == (2, first, first.number)


def test_a_project_that_was_ended_says_so(cast: Cast) -> None:
    plan, project = approved(cast)
    ending = adjusting.approve(cast, adjusting.draft(cast, project, ["termination"]))
    assert said(plan)[f"1．{project.name}"].startswith(f"已终止（{ending.number}）")
    assert said(plan)["资金规模"] == ""


def test_who_publishes_and_when(cast: Cast) -> None:
    plan, _ = approved(cast)
    for who in ("township_clerk", "finance_clerk", "other_finance_clerk"):
        with pytest.raises(WrongRole):
            publish(cast, plan, who=who)
    draft = make.draft_plan(cast)
    with pytest.raises(Refused, match="现在的环节不发布年度项目计划公告"):
        publish(cast, draft)


def test_integrated_money_names_both_who_answer(cast: Cast) -> None:
    plan, project = approved(cast)
    with pytest.raises(Refused, match="没有安排统筹整合资金"):
        publish(cast, plan, "N06")
    bureau = Organization.objects.get(name="焉耆县水利局")
    Allotment.objects.update(
        is_integrated=True, integrating_department=bureau, using_unit="永宁镇人民政府"
    )
    lines = said(plan, "N06")
    assert "整合部门 焉耆县水利局，使用单位 永宁镇人民政府" in lines["纳入整合资金"]
    assert f"1．{project.name}" in lines
    assert publish(cast, plan, "N06").type.code == "N06"


def test_what_became_of_it_is_told_after_the_year(cast: Cast) -> None:
    plan, project = approved(cast)
    of_year(plan, timezone.localdate().year)
    with pytest.raises(Refused, match="年度未结束"):
        publish(cast, plan, "N10", "project_clerk")
    of_year(plan, timezone.localdate().year - 1)
    own = said(plan, "N10")[f"1．{project.name}"]
    assert "资金使用情况：批准 500,000.00 元，已支付 0.00 元" in own
    assert f"现状：{project.get_status_display()}" in own
    assert publish(cast, plan, "N10", "project_clerk").project is None


def test_on_the_pages_and_for_everybody_without_a_posting(client: Client, cast: Cast) -> None:
    plan, project = approved(cast)
    url = f"/plans/{plan.pk}/notices/"
    enter(client, cast, "group_secretary")
    assert f"{url}publish/N05/" in read(client, url)
    preview = read(client, f"{url}publish/N05/")
    assert project.name in preview and "20 个工作日内" in preview
    send(client, f"{url}publish/N05/", {})
    notice = Notice.objects.get(type__code="N05")
    for page in (url, notice.get_absolute_url(), plan.get_absolute_url()):
        assert notice.number in read(client, page)
    assert plan.title in read(Client(), "/public/notices/")
    assert project.name in read(Client(), f"/public/notices/{notice.check_code}/")


@pytest.mark.parametrize(
    ("who", "status"),
    [("project_reviewer", 403), ("auditor", 403), ("township_clerk", 404),
     ("other_finance_head", 404), ("nobody", 403)],
)  # fmt: skip
def test_others_do_not(client: Client, cast: Cast, who: str, status: int) -> None:
    plan, _ = approved(cast)
    send(enter(client, cast, who), f"/plans/{plan.pk}/notices/publish/N05/", {}, status)
    assert not Notice.objects.filter(type__code="N05").exists()


def test_a_type_of_something_else_does_not_exist(client: Client, cast: Cast) -> None:
    plan, _ = approved(cast)
    read(enter(client, cast, "group_secretary"), f"/plans/{plan.pk}/notices/publish/N01/", 404)
