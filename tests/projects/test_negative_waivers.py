"""豁免: authorised in a meeting, published, for a time; until then it lets nothing pass."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from approvals.meetings import add_item
from approvals.models import Decision
from approvals.workflow import IncompatibleDuty, workflow_of
from organizations.models import Parameter, Post, Role
from organizations.policies import Refused
from projects.models import NegativeHit, NegativeRule, NegativeWaiver, Project
from projects.negative import prohibited, refuse_unconfirmed, rules_in_force
from tests import factories as make
from tests import lives
from tests.cast import SINCE, Cast
from tests.projects import negative_texts as texts
from tests.projects.pages import enter, read, send

W = NegativeWaiver.Status
DAY = dt.timedelta(days=1)


def typed(**changes: Any) -> dict[str, Any]:
    facts = make.waiver_facts()
    return {**facts, "rule": facts["rule"].pk, **changes}


def test_it_is_asked_for_authorised_and_published(client: Client, cast: Cast) -> None:
    project = texts.appraised(cast)
    enter(client, cast, "project_clerk")
    assert f"/projects/{project.pk}/waivers/new/" in read(client, f"/projects/{project.pk}/")
    send(client, f"/projects/{project.pk}/waivers/new/", typed())
    waiver = NegativeWaiver.objects.get()
    assert (waiver.status, waiver.rule.code) == (W.DRAFT, "NL2")
    make.do(waiver, "submit", cast, "project_clerk")
    held = make.meeting(cast)
    item = add_item(meeting=held, subject=waiver, by=cast["group_secretary"])
    make.open_meeting(cast, held)
    make.vote_on(item)
    make.close(cast, held)
    waiver.refresh_from_db()
    assert (waiver.status, waiver.meeting) == (W.APPROVED, held)
    enter(client, cast, "group_secretary")
    url = f"/act/{waiver.life()}/{waiver.pk}/publish/"
    notice = {"seen_status": W.APPROVED, "notice_number": "焉扶领公告〔2025〕1号"}
    tomorrow = {"published_on": make.today() + DAY}
    assert "在今天之后" in send(client, url, notice | tomorrow, 422)
    send(client, url, notice | {"published_on": make.today()})
    page = read(enter(client, cast, "village_cadre"), f"/projects/{project.pk}/")
    for words in ("豁免：", "焉扶领公告〔2025〕1号", "有效</span>", "须配生产用运输车辆"):
        assert words in page
    assert "2025年第3次会议" in read(client, waiver.get_absolute_url())


@pytest.mark.parametrize("status", [W.DRAFT, W.DETERMINATION, W.APPROVED, W.REJECTED, W.CANCELLED])
def test_until_it_is_published_it_lets_nothing_pass(cast: Cast, status: str) -> None:
    project = texts.appraised(cast)
    lives.place(make.draft_waiver(cast, project), status, cast)
    assert not project.waivers.in_force().exists()
    assert refuse_unconfirmed(project)


def test_published_it_lets_the_rule_pass(cast: Cast) -> None:
    project = texts.appraised(cast)
    texts.look(cast, project, "project_reviewer", "involved")
    assert refuse_unconfirmed(project)
    make.published_waiver(cast, project)
    assert refuse_unconfirmed(project) is None
    make.do(project, "review_jointly", cast, "industry_reviewer")


@pytest.mark.parametrize(
    "changes",
    [
        {"valid_until": dt.date(2020, 1, 2), "valid_from": dt.date(2020, 1, 1)},
        {"valid_from": dt.date(2998, 1, 1), "valid_until": dt.date(2999, 1, 1)},
    ],
)
def test_before_and_after_its_time_it_does_not_count(
    client: Client, cast: Cast, changes: dict[str, Any]
) -> None:
    project = texts.appraised(cast)
    waiver = make.published_waiver(cast, project, **changes)
    assert refuse_unconfirmed(project)
    assert not waiver.is_in_force and not NegativeWaiver.objects.in_force().exists()
    page = read(enter(client, cast, "auditor"), f"/projects/{project.pk}/")
    assert "不在有效期内" in page


def test_it_counts_for_its_own_rule_and_project(cast: Cast) -> None:
    project = texts.appraised(cast)
    make.published_waiver(cast, project, rule=rules_in_force()[4])
    assert refuse_unconfirmed(project)
    make.published_waiver(cast)
    assert refuse_unconfirmed(project)


def test_a_later_wording_of_the_rule_is_the_same_rule(cast: Cast) -> None:
    project = texts.appraised(cast)
    make.published_waiver(cast, project)
    old = rules_in_force()[1]
    NegativeRule.objects.create(
        code=old.code, regime=old.regime, text="买车", source="F", keywords=["车辆"],
        valid_from=make.today(),
    )  # fmt: skip
    assert refuse_unconfirmed(project) is None


def test_under_a_waiver_the_answer_says_so_and_asks_nobody(client: Client, cast: Cast) -> None:
    project = texts.in_draft(cast)
    make.published_waiver(cast, project)
    question = {c.code: c for c in prohibited(project)}["NL2"]
    assert question.pass_label == "按豁免办理" and "焉扶领公告〔2025〕1号" in question.hint
    url = f"/act/projects.project/{project.pk}/record_meeting/"
    assert "已豁免：焉扶领公告〔2025〕1号" in read(enter(client, cast, "village_cadre"), url)
    make.do(project, "record_meeting", cast, "village_cadre", make.meeting_facts(cast, project))
    opinions = {o["code"]: o["result"] for o in Decision.objects.latest("id").opinions}
    assert opinions["NL2"] == "按豁免办理" and opinions["NL1"] == "不涉及"
    assert not NegativeHit.objects.exists()


def test_a_payment_passes_under_the_projects_waiver(cast: Cast) -> None:
    request = texts.reviewed_payment(cast)
    make.published_waiver(cast, Project.objects.get(pk=request.project_id))
    make.do(request, "pass_compliance", cast, "finance_reviewer")
    make.do(request, "release", cast, "finance_head")


# --- Who and when -----------------------------------------------------------------------------


def test_who_may_ask_for_it(client: Client, cast: Cast) -> None:
    project = make.submitted_project(cast)
    url = f"/projects/{project.pk}/waivers/new/"
    for who, status in (
        ("project_clerk", 200), ("group_member", 403), ("finance_head", 403),
        ("township_clerk", 403), ("other_township_clerk", 404), ("system_admin", 403),
    ):  # fmt: skip
        read(enter(client, cast, who), url, status)
    send(enter(client, cast, "finance_head"), url, typed(), 403)
    assert not NegativeWaiver.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"reason": "找 13800138000"}, "reason"),
        ({"rule": ""}, "rule"),
        ({"rule": "999999"}, "rule"),
        ({"valid_until": "2001-01-01"}, "valid_until"),
        ({"valid_from": "x"}, "valid_from"),
    ],
)
def test_bad_input_is_answered_at_its_field(
    client: Client, cast: Cast, changes: dict[str, Any], field: str
) -> None:
    project = make.submitted_project(cast)
    enter(client, cast, "project_clerk")
    answer = client.post(f"/projects/{project.pk}/waivers/new/", typed(**changes))
    assert list(answer.context["form"].errors) == [field]
    assert not NegativeWaiver.objects.exists()


def test_only_rules_of_today_are_offered(client: Client, cast: Cast) -> None:
    project = make.draft_project(cast)
    page = read(enter(client, cast, "project_clerk"), f"/projects/{project.pk}/waivers/new/")
    assert "购买交通工具及通讯设备" in page and "偿还债务和垫资" not in page
    Parameter.objects.create(
        key="negative.regime", setting="2021", name="x", source="D", valid_from=make.today()
    )
    page = read(client, f"/projects/{project.pk}/waivers/new/")
    assert "偿还债务和垫资" in page and "购买交通工具及通讯设备" not in page


def test_the_same_is_not_asked_for_twice(client: Client, cast: Cast) -> None:
    project = make.submitted_project(cast)
    make.draft_waiver(cast, project)
    enter(client, cast, "project_clerk")
    page = send(client, f"/projects/{project.pk}/waivers/new/", typed(), 409)
    assert "正在办理，没有重复提请" in page and "须配生产用运输车辆" in page


def test_a_draft_is_changed_and_nothing_later(client: Client, cast: Cast) -> None:
    waiver = make.draft_waiver(cast)
    url = f"{waiver.get_absolute_url()}edit/"
    enter(client, cast, "project_clerk")
    send(client, url, typed(reason="道路里程增加"))
    waiver.refresh_from_db()
    assert waiver.reason == "道路里程增加"
    make.do(waiver, "submit", cast, "project_clerk")
    send(client, url, typed(), 409)
    read(enter(client, cast, "group_secretary"), url, 403)
    read(enter(client, cast, "other_finance_head"), url, 404)


def test_who_asked_does_not_decide(cast: Cast) -> None:
    waiver = make.draft_waiver(cast)
    held = cast.post("project_clerk")
    make.do(waiver, "submit", cast, "project_clerk")
    Post.objects.create(
        user=cast["project_clerk"], role=Role.GROUP_MEMBER, organization=held.organization,
        title="兼任", valid_from=SINCE, accepted_at=held.accepted_at,
    )  # fmt: skip
    with pytest.raises(IncompatibleDuty):
        workflow_of(waiver).demand(waiver, "vote", cast["project_clerk"])


@pytest.mark.parametrize(("choice", "status"), [("defer", W.DRAFT), ("reject", W.REJECTED)])
def test_the_meeting_may_say_otherwise(cast: Cast, choice: str, status: str) -> None:
    waiver = make.draft_waiver(cast)
    make.do(waiver, "submit", cast, "project_clerk")
    held = make.meeting(cast)
    item = add_item(meeting=held, subject=waiver, by=cast["group_secretary"])
    make.open_meeting(cast, held)
    make.vote_on(item, choice)
    make.close(cast, held)
    waiver.refresh_from_db()
    assert (waiver.status, waiver.meeting) == (status, None)


def test_it_is_not_published_before_it_is_authorised(client: Client, cast: Cast) -> None:
    waiver = make.draft_waiver(cast)
    with pytest.raises(Refused):
        make.do(waiver, "publish", cast, "group_secretary", {})
    url = f"/act/{waiver.life()}/{waiver.pk}/publish/"
    read(enter(client, cast, "group_secretary"), url, 409)
    approved = make.approved_waiver(cast)
    url = f"/act/{approved.life()}/{approved.pk}/publish/"
    read(enter(client, cast, "project_clerk"), url, 403)


def test_a_waiver_of_others_does_not_exist(client: Client, cast: Cast) -> None:
    url = make.draft_waiver(cast).get_absolute_url()
    read(enter(client, cast, "other_village_cadre"), url, 404)
    read(enter(client, cast, "system_admin"), url, 403)
    read(enter(client, cast, "auditor"), url)


def test_the_table_itself_asks_for_the_notice(cast: Cast) -> None:
    waiver = make.approved_waiver(cast)
    waiver.status = W.PUBLISHED
    with lives.unruled(), pytest.raises(IntegrityError), transaction.atomic():
        waiver.save(update_fields=["status"])
