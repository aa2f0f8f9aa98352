"""初验, 验收, 整改, 决算: who inspects, what is compared, and what the database refuses."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from approvals.workflow import IncompatibleDuty, WrongState
from funds.models import Account, Voucher
from organizations.models import Post
from organizations.policies import Refused, WrongRole
from projects.accepting import Member, could_inspect, items_to_rectify
from projects.forms.acceptances import (
    AcceptanceForm,
    RectificationForm,
    RectifyForm,
    SettlementAuditForm,
)
from projects.models import Project, Settlement
from projects.procedure import certificate_of
from projects.queries import figures_by_project, source_rows
from tests import factories as make
from tests import finishing, lives
from tests.cast import Cast
from tests.plain_sql import commit_rules
from tests.projects.pages import enter, read

S = Project.Status


@pytest.fixture
def project(cast: Cast) -> Project:
    """Reported complete, its steps as if committed."""
    project = finishing.complete(cast, make.approved_project(cast))
    commit_rules()
    return project


def typed(cast: Cast, project: Project, **but: Any) -> dict[str, Any]:
    """What a person sends with the form of an inspection."""
    item = project.work_items.get()
    return {
        "accepted_on": f"{make.today()}",
        "lead_unit": "永宁镇人民政府",
        "posts": [cast.post(name).pk for name in finishing.TOWNSHIP_GROUP],
        "others": "",
        "quality": "与合同一致",
        "report_file": [finishing.paper(cast, project)],
        "photos": [finishing.paper(cast, project, photo=True)],
        f"done_{item.pk}": "480",
    } | but


def inspection_errors(cast: Cast, project: Project, **but: Any) -> dict[str, Any]:
    return AcceptanceForm(typed(cast, project, **but), subject=project).errors


def test_the_form_says_at_its_field_what_is_wrong(cast: Cast, project: Project) -> None:
    item = project.work_items.get()
    two = [cast.post(name).pk for name in finishing.TOWNSHIP_GROUP[:2]]
    yesterday = make.today() - dt.timedelta(days=1)
    wrong: list[tuple[dict[str, Any], str, str]] = [
        ({"posts": two}, "posts", "不足 3 人"),
        ({"posts": two, "others": "监理公司 总监\n审计局 科员"}, "posts", "须为单数"),
        ({"posts": two, "others": "焉耆兴农建设有限公司 经理"}, "posts", "承建单位"),
        ({"posts": [cast.post("township_clerk").pk]}, "posts", ""),
        ({"others": "只有单位"}, "others", "单位 职务"),
        ({f"done_{item.pk}": "470"}, f"reason_{item.pk}", "计划 480.000"),
        ({"accepted_on": f"{yesterday}"}, "accepted_on", "早于完工日期"),
        ({"report_file": []}, "report_file", ""),
        ({"photos": []}, "photos", ""),
    ]
    for changes, name, words in wrong:
        found = inspection_errors(cast, project, **changes)
        assert list(found) == [name], (changes, found)
        assert words in found[name][0]
    assert not inspection_errors(
        cast, project, **{f"done_{item.pk}": "470", f"reason_{item.pk}": "场地限制"}
    )
    offered = {post.user.username for post in could_inspect(project)}
    assert "township_reviewer" in offered and "township_clerk" not in offered
    facts = typed(cast, project, items="屋面返工", due_on=f"{yesterday}")
    assert "早于验收日期" in RectifyForm(facts, subject=project).errors["due_on"][0]


def test_rectification_is_answered_item_by_item_and_inspected_again(
    cast: Cast, project: Project
) -> None:
    facts = finishing.rectify_facts(cast, project)
    make.do(project, "rectify", cast, "township_reviewer", facts)
    assert project.status == S.RECTIFICATION
    inspection, items = items_to_rectify(project)
    assert inspection and [item.text for item in items] == ["屋面防水返工", "补齐竣工图"]
    photo = finishing.paper(cast, project, photo=True)
    partly = {
        "finished_on": f"{make.today()}",
        f"answer_{items[0].pk}": "已返工",
        f"photos_{items[0].pk}": [photo],
        f"photos_{items[1].pk}": [photo],
    }
    errors = RectificationForm(partly, subject=project).errors
    assert set(errors) == {f"answer_{items[1].pk}", f"photos_{items[1].pk}"}
    found = certificate_of(project, timezone.localtime())
    assert {p.stage.action for p in found.stages if p.state == "全"} >= {"complete"}
    assert found.returns[-1].action == "rectify"
    done = finishing.rectified_facts(cast, project)
    make.do(project, "report_rectified", cast, "township_clerk", done)
    finishing.pass_preliminary(cast, project)
    finishing.rectify(cast, project)  # the county asks for something too
    assert project.status == S.PRELIMINARY_ACCEPTANCE
    finishing.accept(cast, project)
    commit_rules()
    told = [(str(a.title), a.conclusion) for a in project.acceptances.order_by("id")]
    assert told == [
        ("第1次初验", "rectify"),
        ("第2次初验", "rectified"),
        ("第1次验收", "rectify"),
        ("第3次初验", "rectified"),
        ("第2次验收", "rectified"),
    ]
    assert certificate_of(project, timezone.localtime()).is_complete


def test_whoever_implements_neither_inspects_nor_signs(cast: Cast, project: Project) -> None:
    facts = finishing.inspection_facts(cast, project)
    clerk = Member(post=cast.post("township_clerk").pk)
    for member in (clerk, Member(unit="焉耆兴农建设有限公司", title="经理")):
        wrong = facts | {"members": [*facts["members"][:2], member]}
        with pytest.raises(IncompatibleDuty, match="不相容职责"), transaction.atomic():
            make.do(project, "pass_preliminary", cast, "township_reviewer", wrong)
        project.refresh_from_db()
    hand_post(cast, "township_reviewer", "township_clerk")
    with pytest.raises(IncompatibleDuty, match="实施"):
        make.do(project, "pass_preliminary", cast, "township_clerk", facts)
    with pytest.raises(WrongRole):
        make.do(project, "pass_preliminary", cast, "project_reviewer", facts)
    with pytest.raises(WrongState):
        make.do(project, "accept", cast, "project_reviewer", facts)


def test_nobody_signs_a_settlement_twice(cast: Cast, project: Project) -> None:
    finishing.accept(cast, project)
    finishing.verify(cast, project, 400_000)
    hand_post(cast, "finance_reviewer", "project_reviewer")
    with pytest.raises(IncompatibleDuty):
        make.do(project, "settle", cast, "project_reviewer")
    make.do(project, "return", cast, "finance_reviewer", comment="审计报告缺页")
    assert project.status == S.SETTLEMENT
    finishing.settle(cast, project, 390_000)
    commit_rules()
    assert Settlement.objects.get().surplus == make.yuan(110_000)
    assert Voucher.objects.get(kind="recover").total == make.yuan(110_000)


def hand_post(cast: Cast, name: str, to: str) -> None:
    post = cast.post(name)
    post.pk, post.user = None, cast[to]
    post.save(force_insert=True)
    assert Post.objects.filter(user=cast[to]).count() == 2


# What the database asks at the end


LACKING: dict[str, tuple[dict[str, Any], str]] = {
    "two members": (
        {"members": [Member(unit="甲", title="一"), Member(unit="乙", title="二")]},
        "人数",
    ),
    "a line short": ({"lines": []}, "工程量没有逐项核对"),
    "no report": ({"report_file": ["0" * 64]}, "缺验收报告"),
    "no photo": ({"photos": []}, "缺验收照片"),
    "before it was done": ({"accepted_on": dt.date(2025, 1, 1)}, "早于完工"),
}  # fmt: skip


@pytest.mark.parametrize("case", LACKING)
def test_an_inspection_rests_on_all_of_it(cast: Cast, project: Project, case: str) -> None:
    changes, words = LACKING[case]
    facts = finishing.inspection_facts(cast, project) | changes
    make.do(project, "pass_preliminary", cast, "township_reviewer", facts)
    with pytest.raises(DatabaseError, match=words):
        commit_rules()


def test_an_audit_that_can_not_be(cast: Cast, project: Project) -> None:
    lives.place(project, S.SETTLEMENT, cast)

    def errors(**but: Any) -> Any:
        facts = finishing.audit_facts(cast, project, 400_000) | but
        return SettlementAuditForm(facts, subject=project).errors

    assert not errors()
    assert "须先走项目调整" in errors(audited_amount="500000.01")["audited_amount"][0]
    assert set(errors(report_file=[], audit_unit="")) == {"report_file", "audit_unit"}
    with pytest.raises(Refused, match="须先走项目调整"):
        finishing.verify(cast, project, 500_001)
    project.refresh_from_db()
    facts = finishing.audit_facts(cast, project, 400_000) | {"report_file": ["0" * 64]}
    make.do(project, "verify_settlement", cast, "project_reviewer", facts)
    with pytest.raises(DatabaseError, match="缺决算审计报告"):
        commit_rules()


def test_after_settlement_the_audited_amount_can_still_be_paid(cast: Cast) -> None:
    """Retention money is no surplus: it stays allocated."""
    project = finishing.settled_project(cast, 400_000)
    commit_rules()
    figures = figures_by_project([project])[project.earmark_id]
    assert (figures.allocated, figures.unreleased) == (make.yuan(400_000), make.yuan(400_000))
    request = make.draft_payment(cast, project, 400_000)
    for action, who in make.PAYMENT_STEPS:
        make.do(request, action, cast, who)
    assert figures_by_project([project])[project.earmark_id].unpaid == 0


def test_recovered_money_is_given_again_with_its_tag_and_year(cast: Cast) -> None:
    tag, first = make.funded_allotment(cast, 500_000), make.project_before_meeting(cast)
    make.determine(cast, first, [(tag, make.yuan(500_000))], make.plan_with(cast, first))
    make.do(first, "announce_result", cast, "project_reviewer")
    finishing.settle(cast, finishing.accept(cast, first), 400_000)
    commit_rules()
    pool = Account.objects.get(kind="pool")
    assert (pool.allotment, pool.balance) == (tag, make.yuan(100_000))
    second = make.determine(cast, make.project_before_meeting(cast), [(tag, make.yuan(100_000))])
    commit_rules()
    pool.refresh_from_db()
    assert pool.balance == 0
    row = source_rows(second)[0]
    assert (row.allotment, row.allotment.fund_year) == (tag, 2025)
    assert row.figures.allocated == make.yuan(100_000)


def test_pages(client: Client, cast: Cast, project: Project) -> None:
    page = read(enter(client, cast, "township_reviewer"), act_path(project, "pass_preliminary"))
    for words in ("工程量核对", "480", "验收组成员（本系统岗位）", "库房完成数量"):
        assert words in page, words
    finishing.rectify(cast, project)
    finishing.settle(cast, finishing.accept(cast, project), 400_000)
    page = read(enter(client, cast, "auditor"), f"/projects/{project.pk}/")
    for words in ("第1次初验", "第2次初验", "整改情况", "屋面防水返工：已整改", "决算核定"):
        assert words in page, words
    inspection = project.acceptances.order_by("id")[0]
    page = read(client, f"/acceptances/{inspection.pk}/print/")
    for words in ("扶贫项目初验表", "屋面防水返工", "库房", "冯冬", "验收组签署"):
        assert words in page, words
    audit = project.settlementaudits.get()
    page = read(client, f"/settlements/{audit.pk}/print/")
    for words in ("扶贫项目结算审定表", "壹拾万元整", "焉审〔2025〕8号", "财政部门会签"):
        assert words in page, words


def act_path(project: Project, action: str) -> str:
    return f"/act/projects.project/{project.pk}/{action}/"
