"""三清单 as sheets: problems, responsibility, rectification, numbered alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from django.http import QueryDict
from django.utils import timezone

from approvals.models import Decision
from funds.exports import BATCH, Export, batches
from funds.spreadsheets import as_rows
from funds.workbooks import AMOUNT, DATE, WHOLE, Column, Sheet
from organizations.models import User

from .filters import FindingFilter
from .models import Finding
from .queries import READ, reviews_of, with_recovered
from .subjects import label_of

NUMBERED = (
    Column("序号", "row", format=WHOLE, width=6),
    Column("问题编号", "number", width=22),
)
PROBLEMS = Sheet(
    "问题清单",
    (
        *NUMBERED,
        Column("问题来源", "source", width=14),
        Column("问题类别", "category", width=20),
        Column("严重程度", "severity", width=10),
        Column("问题描述", "description", width=50),
        Column("涉及事项", "subject", width=36),
        Column("资金来源", "allotment", width=28),
        Column("涉及金额（元）", "amount", format=AMOUNT, width=17),
        Column("定性依据", "clause", width=36),
        Column("发现单位", "found_unit", width=22),
        Column("发现人", "found_by", width=10),
        Column("发现日期", "found_on", format=DATE, width=12),
        Column("登记日期", "registered_on", format=DATE, width=12),
    ),
)
RESPONSIBILITIES = Sheet(
    "责任清单",
    (
        *NUMBERED,
        Column("问题类别", "category", width=20),
        Column("责任部门", "unit", width=28),
        Column("责任领导", "leader_name", width=10),
        Column("责任领导职务", "leader_title", width=16),
        Column("责任人", "owner_name", width=10),
        Column("责任人职务", "owner_title", width=16),
        Column("追责情况", "accountabilities", width=50),
        Column("移送", "transfers", width=36),
    ),
)
TASKS = Sheet(
    "整改清单",
    (
        *NUMBERED,
        Column("责任部门", "unit", width=28),
        Column("整改类型", "term", width=12),
        Column("整改措施", "measures", width=50),
        Column("整改时限", "due_on", format=DATE, width=12),
        Column("逾期天数", "days_late", format=WHOLE, width=10),
        Column("应追回（元）", "to_recover", format=AMOUNT, width=17),
        Column("已追回（元）", "recovered", format=AMOUNT, width=17),
        Column("整改结果", "result", width=50),
        Column("复核单位", "review_unit", width=22),
        Column("复核人", "reviewer", width=10),
        Column("复核意见", "review", width=36),
        Column("状态", "status", width=10),
        Column("销号日期", "closed_on", format=DATE, width=12),
    ),
)
Builder = Callable[[QueryDict, User], Export]


def export_of(sheet: Sheet) -> Builder:
    def build(params: QueryDict, user: User) -> Export:
        found = FindingFilter(params, Finding.objects.visible_to(user), user=user).qs

        def rows() -> Iterator[list[Any]]:
            number = count(1)
            for batch in batches(listed(found).iterator(BATCH)):
                reviews = reviews_of(batch)
                for finding in batch:
                    values = values_of(finding, reviews.get(finding.pk))
                    yield from as_rows(sheet, [{**values, "row": next(number)}])

        return Export(sheet, f"{sheet.title} {timezone.localdate()}", found.count(), rows)

    return build


def listed(findings: Any) -> Any:
    """In the order of their numbers, with all that the three lists show."""
    rows = with_recovered(findings).select_related(*READ)
    rows = rows.prefetch_related("accountabilities", "transfers")
    return rows.order_by("county__code", "year", "sequence")


def values_of(finding: Finding, review: Decision | None) -> dict[str, Any]:
    plain = (
        "number", "description", "amount", "clause", "found_unit", "found_by", "found_on",
        "leader_name", "leader_title", "owner_name", "owner_title", "measures", "due_on",
        "days_late", "to_recover", "recovered", "result",
    )  # fmt: skip
    chosen = ("source", "category", "severity", "term", "status")
    return {
        **{name: getattr(finding, name) for name in plain},
        **{name: getattr(finding, f"get_{name}_display")() for name in chosen},
        "subject": f"{label_of(finding.subject_type)} {finding.subject_title}".strip(),
        "allotment": str(finding.allotment or ""),
        "unit": str(finding.responsible_unit),
        "registered_on": timezone.localdate(finding.registered_at),
        "accountabilities": said(
            f"{row.name}（{row.unit}{row.title}）{row.get_way_display()}，{row.document}"
            for row in finding.accountabilities.all()
        ),
        "transfers": said(
            f"{row.organ}，{row.document}，{row.transferred_on}" for row in finding.transfers.all()
        ),
        "review_unit": review.by_unit if review else "",
        "reviewer": review.signed_by if review else "",
        "review": f"{review.action_label}：{review.comment}" if review else "",
        "closed_on": closed_on(finding),
    }


def said(lines: Iterator[str]) -> str:
    return "；".join(lines)


def closed_on(finding: Finding) -> Any:
    closed = finding.status == Finding.Status.CLOSED
    return timezone.localdate(finding.status_since) if closed else None
