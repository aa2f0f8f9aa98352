"""绩效目标申报表: reviewed by four criteria, in versions, made public; without it no meeting."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from approvals.workflow import ConditionUnmet
from organizations.policies import Refused
from performance.models import Declaration, Target, TargetLine
from performance.targets import set_target, start_version
from tests import factories as make
from tests.cast import Cast
from tests.performance import performing
from tests.plain_sql import commit_rules
from tests.projects.pages import enter, read, send


def test_refused_mended_and_approved(client: Client, cast: Cast) -> None:
    declaration = performing.declaration(cast)
    make.do(declaration, "submit", cast, "township_clerk")
    act = f"/act/performance.declaration/{declaration.pk}"
    enter(client, cast, "finance_reviewer")
    typed = {f"opinion_{code}": "pass" for code in ("complete", "relevant", "feasible")}
    typed |= {"seen_status": "finance_review", "comment": "看过"}
    page = send(client, f"{act}/endorse/", {**typed, "opinion_proper": "fail"}, 422)
    assert "不能审核同意，请退回并写明意见" in page
    send(client, f"{act}/return/", {"seen_status": "finance_review", "comment": "目标值偏低"})
    make.do(declaration, "submit", cast, "township_clerk")
    page = send(client, f"{act}/endorse/", typed, 422)
    assert "请逐项表明意见" in page
    send(client, f"{act}/endorse/", {**typed, "opinion_proper": "pass"})
    enter(client, cast, "project_reviewer")
    step = {"seen_status": "department_review", "comment": "同意"}
    send(client, f"{act}/approve/", step)
    commit_rules()
    assert list(TargetLine.objects.values_list("name", flat=True)) == list(
        Target.objects.values_list("name", flat=True)
    )
    page = read(client, f"/declarations/{declaration.pk}/print/")
    assert "目标值偏低" not in page and "财政部门审核意见" in page and "≥95" in page
    assert declaration.project.name in read(client, "/declarations/?status=approved")


def test_without_an_approved_version_nothing_goes_to_the_meeting(cast: Cast) -> None:
    project = make.project_in_joint_review(cast)
    set_target(
        project=project, aspect="QTY", name="新建库房", operator="ge", value=make.yuan(1),
        unit="座", by=cast["township_clerk"],
    )  # fmt: skip
    make.run_notice(cast, project)
    declaration = Declaration.objects.get()
    with pytest.raises(ConditionUnmet, match="绩效目标缺少质量指标"):
        make.do(declaration, "submit", cast, "township_clerk")
    with pytest.raises(ConditionUnmet, match="绩效目标缺少质量指标.*不能提交审定"):
        make.do(project, "review_jointly", cast, "industry_reviewer")


def test_a_later_version_says_why_and_leaves_the_earlier_one(client: Client, cast: Cast) -> None:
    project = make.project_before_meeting(cast)
    first = performing.approved(project)
    commit_rules()
    target = Target.objects.get(project=project, aspect="SAT")
    said = target.value
    with pytest.raises(Refused, match="原则上不得调整"):
        change(cast, target)
    with pytest.raises(DatabaseError), transaction.atomic():
        Target.objects.filter(pk=target.pk).update(value=1)
    enter(client, cast, "township_clerk")
    url = f"/projects/{project.pk}/declarations/new/"
    assert "1 处需要更正" in send(client, url, {"reason": ""}, 200)
    send(client, url, {"reason": "受益户外出务工，改为电话回访"})
    with pytest.raises(Refused, match="尚未审核通过"):
        start_version(project=project, reason="再改", by=cast["township_clerk"])
    change(cast, target)
    second = make.approved_targets(cast, project)
    commit_rules()
    assert (second.number, second.reason) == (2, "受益户外出务工，改为电话回访")
    assert first.lines.get(aspect="SAT").value == said
    assert second.lines.get(aspect="SAT").value == 80
    page = read(client, f"/projects/{project.pk}/targets/")
    assert "第2版" in page and "受益户外出务工" in page
    for rows in (TargetLine.objects.all(), Declaration.objects.filter(pk=first.pk)):
        with pytest.raises(DatabaseError), transaction.atomic():
            rows.delete()


def change(cast: Cast, target: Target) -> None:
    set_target(
        project=target.project, aspect=target.aspect, name=target.name, operator="ge",
        value=make.yuan(80), unit="%", by=cast["township_clerk"],
    )  # fmt: skip


def test_it_is_to_be_public_within_its_days(client: Client, cast: Cast) -> None:
    project = make.approved_project(cast)
    declaration = performing.approved(project)
    page = f"/declarations/{declaration.pk}/"
    enter(client, cast, "project_clerk")
    assert "登记公开" in read(client, "/inbox/") and "20 个工作日内公开" in read(client, page)
    assert "登记绩效目标公开" in send(client, f"{page}publish/", {}, 200)  # as the inbox sends
    typed = {"published_on": make.today(), "place": "县政府网站"}
    wrong = send(client, f"{page}publish/", {**typed, "published_on": tomorrow()}, 200)
    assert "在今天之后" in wrong
    assert "请填写公开网址" in send(client, f"{page}publish/", typed, 200)
    send(client, f"{page}publish/", {**typed, "address": "https://example.gov.cn/1"})
    assert f"{page}publish/" not in read(client, "/inbox/")
    assert "在县政府网站公开" in read(client, page)
    send(client, f"{page}publish/", typed, 409)
    send(enter(client, cast, "township_clerk"), f"{page}publish/", typed, 403)
    send(enter(client, cast, "other_township_clerk"), f"{page}publish/", typed, 404)


def tomorrow() -> dt.date:
    return make.today() + dt.timedelta(days=1)
