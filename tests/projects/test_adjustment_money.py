"""Money up and down: what is approved is what is allocated, source by source."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from approvals.models import Decision
from approvals.workflow import ConditionUnmet
from funds.models import Account, Voucher
from organizations.policies import Refused
from projects.forms.acceptances import SettlementAuditForm
from projects.models import Adjustment, Project
from projects.queries import (
    approved_by_allotment,
    figures_by_source,
    source_rows,
    unreleased_by_allotment,
)
from tests import adjusting, finishing, lives
from tests import factories as make
from tests.adjusting import prove
from tests.cast import Cast

S = Adjustment.Status


def demand_sums(project: Project, awaited: int = 0) -> None:
    """分配 ≥ 核拨 ≥ 支付 for each source, and what stands approved is allocated; but for what an
    adjustment has taken and finance has not yet."""
    approved = approved_by_allotment(project)
    for allotment, figures in figures_by_source(project).items():
        assert figures.allocated >= figures.released >= figures.paid
        assert approved[allotment.pk] >= figures.released
    allocated = sum(f.allocated for f in figures_by_source(project).values())
    assert sum(approved.values()) == allocated - awaited
    if not awaited:
        assert {a.pk: f.allocated for a, f in figures_by_source(project).items()} == approved


def pool() -> Decimal:
    return sum((a.balance for a in Account.objects.filter(kind="pool")), Decimal(0))


def test_up_is_allocated_in_the_transaction_of_the_meeting(cast: Cast) -> None:
    project = make.approved_project(cast)
    tag = project.sources.get().allotment
    adjustment = adjusting.draft_of_money(cast, project, 30_000)
    adjusting.approve(cast, adjustment, [(tag, make.yuan(30_000))])
    prove()
    assert adjustment.status == S.PUBLICATION
    decision = Decision.objects.get(subject_type="projects.adjustment", action="determine")
    voucher = Voucher.objects.get(decision=decision)
    assert (voucher.kind, voucher.total) == ("allocate", make.yuan(30_000))
    assert voucher.document.startswith("焉扶领纪")
    row = source_rows(project)[0]
    assert (row.approved, row.figures.allocated) == (make.yuan(530_000), make.yuan(530_000))
    project.refresh_from_db()
    assert (project.requested_amount, project.total_investment) == (
        make.yuan(530_000), make.yuan(530_000),
    )  # fmt: skip
    demand_sums(project)


def test_up_from_a_second_source(cast: Cast) -> None:
    project = make.approved_project(cast)
    first = project.sources.get().allotment
    second = make.funded_allotment(cast, 80_000, number="巴财农〔2025〕12号")
    adjustment = adjusting.draft_of_money(cast, project, 100_000)
    adjusting.approve(cast, adjustment, [(first, make.yuan(20_000)), (second, make.yuan(80_000))])
    prove()
    assert approved_by_allotment(project) == {
        first.pk: make.yuan(520_000), second.pk: make.yuan(80_000),
    }  # fmt: skip
    demand_sums(project)


def test_a_short_pool_refuses_the_whole_meeting_and_names_the_item(cast: Cast) -> None:
    project = make.approved_project(cast)
    tag = project.sources.get().allotment
    other = adjusting.draft(cast, make.determined_project(cast, 400_000, tag))
    adjustment = adjusting.walk(cast, adjusting.draft_of_money(cast, project, 100_001))
    adjusting.walk(cast, other)
    held = make.meeting(cast)
    items = [
        make.agenda_item(cast, held, other, []),
        make.agenda_item(cast, held, adjustment, [(tag, make.yuan(100_001))]),
    ]
    make.open_meeting(cast, held)
    for item in items:
        make.vote_on(item)
    before = pool()
    with pytest.raises(Refused, match=adjustment.number) as refused:
        adjusting.close(cast, held)
    assert "差 1.00 元" in refused.value.refusal.reason
    for waiting in (adjustment, other):
        waiting.refresh_from_db()
        assert waiting.status == S.DETERMINATION
    assert pool() == before
    demand_sums(project)


def test_the_sources_are_what_was_asked_for(cast: Cast) -> None:
    project = make.approved_project(cast)
    tag = project.sources.get().allotment
    adjustment = adjusting.walk(cast, adjusting.draft_of_money(cast, project, 30_000))
    with pytest.raises(Refused, match="超过申请的 30,000.00 元"), transaction.atomic():
        adjusting.bring_up(cast, adjustment, [(tag, make.yuan(30_001))])
    held, _ = adjusting.bring_up(cast, adjustment, [(tag, make.yuan(29_999))])
    with pytest.raises(Refused, match="与申请追加的 30,000.00 元不符"):
        adjusting.close(cast, held)


def test_a_change_without_money_takes_none(cast: Cast) -> None:
    project = make.approved_project(cast)
    tag = project.sources.get().allotment
    adjustment = adjusting.walk(cast, adjusting.draft(cast, project))
    held, _ = adjusting.bring_up(cast, adjustment, [(tag, make.yuan(1))])
    with pytest.raises(Refused, match="与申请追加的 0.00 元不符"):
        adjusting.close(cast, held)


def test_down_waits_for_finance_and_goes_back_under_its_own_tag(cast: Cast) -> None:
    request = make.payment_at(cast, "paid", 100_000)
    project = Project.objects.get(pk=request.project_id)
    before = pool()
    adjustment = adjusting.approve(cast, adjusting.draft_of_money(cast, project, -150_000))
    prove()
    assert adjustment.status == S.RECOVERY
    assert pool() == before
    demand_sums(project, awaited=150_000)
    tag = project.sources.filter(amount__gt=0).get().allotment
    assert unreleased_by_allotment(project) == {tag.pk: make.yuan(250_000)}
    adjusting.recover(cast, adjustment)
    prove()
    assert adjustment.status == S.PUBLICATION
    assert pool() == before + 150_000
    voucher = Voucher.objects.get(kind="recover")
    assert voucher.total == make.yuan(150_000)
    assert [e.destination.allotment_id for e in voucher.entries.all()] == [tag.pk]
    demand_sums(project)
    project.refresh_from_db()
    assert project.requested_amount == make.yuan(350_000)


def test_down_takes_the_newest_allotment_first(cast: Cast) -> None:
    project = make.approved_project(cast)
    first = project.sources.get().allotment
    second = make.funded_allotment(cast, 80_000, number="巴财农〔2025〕12号")
    up = adjusting.draft_of_money(cast, project, 80_000)
    adjusting.approve(cast, up, [(second, make.yuan(80_000))])
    prove()
    down = adjusting.approve(cast, adjusting.draft_of_money(cast, project, -100_000))
    rows = dict(down.sources.values_list("allotment_id", "amount"))
    assert rows == {second.pk: make.yuan(-80_000), first.pk: make.yuan(-20_000)}
    adjusting.recover(cast, down)
    prove()
    demand_sums(project)


def test_what_is_released_or_asked_for_is_not_taken_back(cast: Cast) -> None:
    request = make.payment_at(cast, "paid", 100_000)
    project = Project.objects.get(pk=request.project_id)
    asked = make.draft_payment(cast, project, 50_000)
    make.do(asked, "submit", cast, "township_clerk")
    whole = adjusting.draft_of_money(cast, project, -350_001)
    with pytest.raises(ConditionUnmet, match="减在途申请后为 350,000.00 元"):
        adjusting.put_forward(cast, whole)
    make.do(whole, "cancel", cast, "township_clerk")
    adjusting.approve(cast, adjusting.draft_of_money(cast, project, -350_000))
    prove()
    demand_sums(project, awaited=350_000)


def test_money_asked_for_while_it_waited_refuses_the_meeting(cast: Cast) -> None:
    project = make.approved_project(cast)
    adjustment = adjusting.walk(cast, adjusting.draft_of_money(cast, project, -450_000))
    asked = make.draft_payment(cast, project, 60_000)
    make.do(asked, "submit", cast, "township_clerk")
    held, _ = adjusting.bring_up(cast, adjustment)
    with pytest.raises(Refused, match="减在途申请后为 440,000.00 元"):
        adjusting.close(cast, held)


def test_what_goes_back_is_not_asked_for_any_more(cast: Cast) -> None:
    project = make.approved_project(cast)
    asked = make.draft_payment(cast, project, 450_000)
    adjusting.approve(cast, adjusting.draft_of_money(cast, project, -100_000))
    with pytest.raises(ConditionUnmet, match="项目可申请 400,000.00 元"):
        make.do(asked, "submit", cast, "township_clerk")


def test_an_audit_above_the_approved_sum_is_adjusted_first(cast: Cast) -> None:
    project = make.approved_project(cast)
    tag = project.sources.get().allotment
    lives.place(project, Project.Status.SETTLEMENT, cast)

    def errors(amount: int) -> dict[str, Any]:
        facts = finishing.audit_facts(cast, project, amount)
        return SettlementAuditForm(facts, subject=project).errors

    assert "须先走项目调整" in errors(510_000)["audited_amount"][0]
    with pytest.raises(Refused, match="不另作调减"):
        adjusting.draft_of_money(cast, project, -1)
    adjustment = adjusting.draft_of_money(cast, project, 10_000)
    adjusting.walk(cast, adjustment)
    with pytest.raises(ConditionUnmet, match=adjustment.number):
        finishing.verify(cast, project, 500_000)
    adjusting.approve(cast, adjustment, [(tag, make.yuan(10_000))])
    assert not errors(510_000)
    finishing.settle(cast, project, 505_000)
    prove()
    assert Voucher.objects.get(kind="recover").total == make.yuan(5_000)
