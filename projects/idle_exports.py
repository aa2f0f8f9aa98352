"""Sheets of 闲置与结余资金, with the rows and filters of their pages."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

from django.db.models import Sum
from django.http import QueryDict
from django.utils import timezone

from funds.exports import BATCH, TOTAL, Export, batches
from funds.spreadsheets import as_rows
from funds.workbooks import AMOUNT, DATE, WHOLE, Column, Sheet
from organizations.models import User

from .clearance import ClearanceRow, clearance_rows, recoveries
from .filters import IdleFilter, SurplusFilter
from .idle import LEVELS, IdleRow, graded, idle_rows, in_order, shown_with, thresholds
from .models import IdleLayer

IDLE = Sheet(
    "闲置与结余资金",
    (
        Column("序号", "number", format=WHOLE, width=6),
        Column("县（市）", "county", width=16),
        Column("地点", "division", width=16),
        Column("类别", "kind", width=18),
        Column("项目编号", "code", width=18),
        Column("项目名称", "name", width=32),
        Column("资金来源文号", "document_number", width=24),
        Column("资金类别", "category", width=24),
        Column("资金年度", "fund_year", format=WHOLE, width=9),
        Column("金额（元）", "amount", format=AMOUNT, width=17),
        Column("起算日期", "since", format=DATE, width=12),
        Column("天数", "days", format=WHOLE, width=8),
        Column("账龄", "band", width=12),
        Column("预警", "level", width=10),
        Column("现由谁负责", "holder", width=32),
    ),
)

SURPLUS = Sheet(
    "结余资金清理表",
    (
        Column("序号", "number", format=WHOLE, width=6),
        Column("县（市）", "county", width=16),
        Column("项目编号", "code", width=18),
        Column("项目名称", "name", width=32),
        Column("资金来源（文号）", "document_number", width=24),
        Column("资金年度", "fund_year", format=WHOLE, width=9),
        Column("批复资金（元）", "approved", format=AMOUNT, width=17),
        Column("合同价（元）", "contract_price", format=AMOUNT, width=17),
        Column("审定决算（元）", "audited", format=AMOUNT, width=17),
        Column("已支付（元）", "paid", format=AMOUNT, width=17),
        Column("待付（含质保金，元）", "unpaid", format=AMOUNT, width=17),
        Column("结余（元）", "surplus", format=AMOUNT, width=17),
        Column("清理方式", "mode", width=20),
        Column("会议纪要文号", "documents", width=24),
        Column("再安排项目", "projects", width=32),
        Column("经办", "handled_by", width=10),
        Column("审核", "checked_by", width=10),
        Column("负责人", "signed_by", width=10),
        Column("日期", "on", format=DATE, width=12),
    ),
)


def idle_export(params: QueryDict, user: User) -> Export:
    limits = thresholds()
    visible = graded(IdleLayer.objects.visible_to(user), limits)
    found = IdleFilter(params, visible, user=user).qs

    def rows() -> Iterator[list[Any]]:
        number = count(1)
        for batch in batches(shown_with(in_order(found)).iterator(BATCH)):
            for row in idle_rows(batch, limits.today):
                yield from as_rows(IDLE, [{**idle_values(row), "number": next(number)}])

    return Export(IDLE, f"闲置与结余资金 {timezone.localdate()}", found.count(), rows)


def idle_values(row: IdleRow) -> dict[str, Any]:
    layer, tag = row.layer, row.layer.allotment
    return {
        "county": layer.county.name,
        "division": layer.division.name,
        "kind": layer.get_kind_display(),
        "code": layer.project.code if layer.project else "",
        "name": layer.project.name if layer.project else "",
        "document_number": tag.document_number if tag else "",
        "category": tag.category.name if tag else "",
        "fund_year": tag.fund_year if tag else None,
        "amount": layer.amount,
        "since": layer.since,
        "days": row.days,
        "band": row.band,
        "level": LEVELS[row.level],
        "holder": row.holder,
    }


def surplus_export(params: QueryDict, user: User) -> Export:
    found = SurplusFilter(params, recoveries(user), user=user).qs

    def rows() -> Iterator[list[Any]]:
        number = count(1)
        for batch in batches(found.iterator(BATCH)):
            for row in clearance_rows(batch):
                yield from as_rows(SURPLUS, [{**surplus_values(row), "number": next(number)}])
        total = found.order_by().aggregate(total=Sum("amount"))["total"]
        yield from as_rows(SURPLUS, [{"county": TOTAL, "surplus": total}])

    return Export(SURPLUS, f"结余资金清理表 {timezone.localdate()}", found.count(), rows)


def surplus_values(row: ClearanceRow) -> dict[str, Any]:
    given = [use for use in row.uses if use.document]
    return {
        "county": row.project.county.name,
        "code": row.project.code,
        "name": row.project.name,
        "document_number": row.allotment.document_number,
        "fund_year": row.allotment.fund_year,
        "approved": row.approved,
        "contract_price": row.completion.contract_price if row.completion else None,
        "audited": row.audit.audited_amount if row.audit else None,
        "paid": row.figures.paid,
        "unpaid": row.figures.unpaid,
        "surplus": row.surplus,
        "mode": row.mode,
        "documents": "；".join(dict.fromkeys(use.document for use in given)),
        "projects": "；".join(f"{use.code} {use.name}" for use in row.uses if use.project),
        "handled_by": row.audit.decision.signed_by if row.audit else "",
        "checked_by": row.signed_by.signed_by if row.signed_by else "",
        "on": row.voucher.occurred_on,
    }
