"""How old money is where it lies, who holds it, and what became of recovered surplus."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import openpyxl
import pytest
from django.db.models import Sum
from django.test import Client

from funds import ledger
from funds.models import Account, Allotment, Voucher
from funds.services import record_receipt
from projects.clearance import clearance_rows, recoveries
from projects.idle import Thresholds, graded, idle_rows, red_count, summary, thresholds
from projects.models import IdleLayer, Project
from tests import factories as make
from tests import finishing
from tests.cast import Cast
from tests.pages import queries_of
from tests.projects.pages import enter, read

K = IdleLayer.Kind


def came_in(cast: Cast, tag: Allotment, amount: int, days_ago: int) -> Voucher:
    return record_receipt(
        allotment=tag, amount=make.yuan(amount), memo="到账", key=make.key(),
        occurred_on=make.today() - dt.timedelta(days=days_ago), by=cast["finance_clerk"],
    )  # fmt: skip


def layers(kind: str) -> list[Any]:
    """Days and sums, the oldest first."""
    rows = IdleLayer.objects.filter(kind=kind).order_by("since", "id")
    return [((make.today() - row.since).days, row.amount) for row in rows]


def demand_sums() -> None:
    """The layers of every account add up to its balance, to the fen."""
    rows = IdleLayer.objects.exclude(kind=K.SURPLUS).values_list("account").annotate(Sum("amount"))
    found = dict(rows)
    kinds = (K.POOL, K.ALLOCATED, K.RELEASED)
    assert found == {a.pk: a.balance for a in Account.objects.filter(kind__in=kinds, balance__gt=0)}


@pytest.fixture
def tag(cast: Cast) -> Allotment:
    """Three receipts: 100 days, 45 days and 5 days ago."""
    tag = make.allotment(cast, 1_000_000)
    for amount, days in ((300_000, 100), (400_000, 45), (300_000, 5)):
        came_in(cast, tag, amount, days)
    return tag


def determined(cast: Cast, tag: Allotment, amount: int) -> Project:
    project = make.project_before_meeting(cast)
    make.determine(cast, project, [(tag, make.yuan(amount))], make.plan_with(cast, project))
    make.do(project, "announce_result", cast, "project_reviewer")
    return project


def test_the_oldest_money_goes_first(cast: Cast, tag: Allotment) -> None:
    assert layers(K.POOL) == [(100, 300_000), (45, 400_000), (5, 300_000)]
    project = determined(cast, tag, 450_000)
    assert layers(K.POOL) == [(45, 250_000), (5, 300_000)]
    assert layers(K.ALLOCATED) == [(0, 450_000)]
    finishing.settle(cast, finishing.accept(cast, project), 400_000)
    assert layers(K.POOL) == [(45, 250_000), (5, 300_000), (0, 50_000)]
    demand_sums()


def test_a_reversal_leaves_no_trace_and_a_withdrawal_no_new_day(cast: Cast) -> None:
    tag = make.allotment(cast, 1_000_000)
    wrong = came_in(cast, tag, 200_000, 90)
    came_in(cast, tag, 600_000, 10)
    ledger.reverse(
        wrong,
        key=make.key(),
        occurred_on=make.today(),
        memo="误记",
        by=cast["finance_reviewer"],
        held=cast.post("finance_reviewer"),
    )
    assert layers(K.POOL) == [(10, 600_000)]
    request = make.draft_payment(cast, determined(cast, tag, 500_000), 100_000)
    for action, who in make.PAYMENT_STEPS:
        make.do(request, action, cast, who)
    make.do(
        request, "refund", cast, "treasury_clerk", {"sources": [(tag, make.yuan(30_000))]}, "退回"
    )
    assert layers(K.RELEASED) == [(0, 30_000)]
    make.do(request, "withdraw_release", cast, "finance_head")
    assert not layers(K.RELEASED)
    assert sum(amount for _, amount in layers(K.ALLOCATED)) == 430_000
    demand_sums()


def test_bands_limits_and_who_holds_it(cast: Cast, tag: Allotment) -> None:
    limits = thresholds()
    rows = idle_rows(list(graded(IdleLayer.objects.order_by("since"), limits)), make.today())
    assert [(row.days, row.band, row.level) for row in rows] == [
        (100, "91—180天", "red"),
        (45, "31—60天", "yellow"),
        (5, "30天以内", "none"),
    ]
    assert {row.holder for row in rows} == {"焉耆县扶贫开发领导小组 韩川"}
    pool = summary(graded(IdleLayer.objects.all(), limits))[0]
    assert pool.amount == 1_000_000
    assert (pool.count, pool.reds, pool.yellows) == (3, 1, 1)
    assert red_count(cast["finance_clerk"]) == 1
    assert red_count(cast["other_finance_clerk"]) == 0


def test_money_carried_over_two_years_is_red_however_new(cast: Cast) -> None:
    tag = make.allotment(cast, 100)
    came_in(cast, tag, 100, 0)
    now = thresholds()
    for age, level in ((1, "none"), (2, "yellow"), (3, "red")):
        later = Thresholds(dict.fromkeys(now.days, 3000), now.years, dt.date(2025 + age, 1, 1))
        layer = graded(IdleLayer.objects.all(), later).get()
        assert (tag.fund_year, layer.level) == (2025, level)  # type: ignore[attr-defined]


def test_the_holder_follows_the_request_and_then_the_project(cast: Cast) -> None:
    request = make.payment_at(cast, "compliance", 100_000)

    def held(kind: str) -> set[str]:
        found = graded(IdleLayer.objects.filter(kind=kind), thresholds())
        return {row.holder for row in idle_rows(list(found), make.today())}

    assert held(K.ALLOCATED) == {"焉耆县财政局 秦朗"}
    make.do(request, "pass_compliance", cast, "finance_reviewer")
    make.do(request, "release", cast, "finance_head")
    assert held(K.RELEASED) == {"焉耆县财政局 许月"}
    assert held(K.ALLOCATED) == {"永宁镇人民政府 王秋"}


def test_surplus_waits_from_the_day_of_acceptance(cast: Cast) -> None:
    project = make.approved_project(cast)
    finishing.accept(cast, project)
    assert layers(K.SURPLUS) == [(0, 500_000)]
    finishing.verify(cast, project, 480_000)
    assert layers(K.SURPLUS) == [(0, 20_000)]
    make.do(project, "settle", cast, "finance_reviewer")
    assert not layers(K.SURPLUS)


def test_what_became_of_recovered_money(cast: Cast) -> None:
    tag = make.funded_allotment(cast, 500_000)
    first = determined(cast, tag, 500_000)
    finishing.settle(cast, finishing.accept(cast, first), 400_000)
    entries = list(recoveries(cast["auditor"]))
    row = clearance_rows(entries)[0]
    assert (row.surplus, row.mode) == (row.in_pool, "收回资金池")
    assert row.surplus == 100_000
    assert row.audit and row.completion and row.approved == 500_000
    second = make.determine(cast, make.project_before_meeting(cast), [(tag, make.yuan(60_000))])
    row = clearance_rows(entries)[0]
    (use,) = row.uses
    assert (use.mode, use.project) == ("跨项目再安排", second.pk)
    assert use.amount == 60_000
    assert use.document == second.meeting.minutes_document  # type: ignore[union-attr]
    assert row.in_pool == 40_000
    assert row.mode == "跨项目再安排、收回资金池"


def test_pages_and_sheets(
    client: Client, cast: Cast, tag: Allotment, django_assert_max_num_queries: Any
) -> None:
    project = determined(cast, tag, 450_000)
    finishing.settle(cast, finishing.accept(cast, project), 400_000)
    enter(client, cast, "finance_clerk")
    page = read(client, "/idle/")
    for words in ("账龄汇总", "31—60天", "250,000.00", project.name, "韩川", "清理表"):
        assert words in page, words
    assert "250,000.00" not in read(client, "/idle/?kind=allocated")
    assert read(client, "/idle/?level=yellow").count("badge badge-warn") >= 2
    assert "没有符合条件" in read(client, "/idle/?words=不存在的文号")
    assert project.name in read(client, f"/idle/?words={project.code}")
    page = read(client, "/surplus/")
    for words in ("结余资金清理表", project.code, "400,000.00", "50,000.00", "收回资金池"):
        assert words in page, words
    with django_assert_max_num_queries(45):
        client.get("/idle/")
    for path, words in (("idle", "池内未分配"), ("surplus", project.code)):
        content = client.get(f"/{path}/export/").getvalue()
        sheet = openpyxl.load_workbook(io.BytesIO(content)).active
        assert sheet
        cells = {str(cell.value) for row in sheet.iter_rows() for cell in row}
        assert words in cells
    assert "闲置或结余未清理" not in read(client, "/")


def test_everybody_sees_his_own_territory(client: Client, cast: Cast, tag: Allotment) -> None:
    determined(cast, tag, 450_000)

    def seen(who: str) -> set[str]:
        return set(IdleLayer.objects.visible_to(cast[who]).values_list("kind", flat=True))

    assert seen("finance_clerk") == seen("region_clerk") == {"pool", "allocated"}
    assert seen("township_clerk") == seen("village_cadre") == {"allocated"}
    assert seen("other_township_clerk") == seen("other_finance_clerk") == set()
    read(enter(client, cast, "system_admin"), "/idle/", 403)
    read(client, "/surplus/", 403)
    assert "没有符合条件" in read(enter(client, cast, "other_finance_clerk"), "/idle/")


def test_home_tells_whoever_watches_over_it(client: Client, cast: Cast, tag: Allotment) -> None:
    words = "有 1 笔资金闲置或结余未清理超过告警期限"
    assert words in read(enter(client, cast, "finance_head"), "/")
    assert words in read(enter(client, cast, "project_clerk"), "/")
    assert words not in read(enter(client, cast, "auditor"), "/")


def test_the_same_number_of_queries_however_many(
    client: Client, cast: Cast, tag: Allotment
) -> None:
    make.draft_payment(cast, determined(cast, tag, 100_000), 1_000)
    enter(client, cast, "finance_clerk")

    def queries() -> int:
        return len(queries_of(client, "/idle/", "/surplus/"))

    few = queries()
    finishing.settle(cast, finishing.accept(cast, determined(cast, tag, 100_000)), 90_000)
    assert queries() <= few + 5  # of things that there were none of
    many = queries()
    finishing.settle(cast, finishing.accept(cast, determined(cast, tag, 100_000)), 90_000)
    assert queries() == many
