"""资金分配结果公告 (N04): what a meeting of the leading group gave out of the pool, in all, by its
source and by what it is for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from itertools import groupby

from approvals.models import AgendaItem, Meeting
from funds.money import format_yuan, in_words
from organizations.models import Organization
from organizations.policies import Refusal
from projects.models import ItemSource

from .composers import (
    ADMINISTRATORS,
    HOTLINE,
    LEADING_GROUP,
    Composer,
    Line,
    in_chinese,
    reachable,
)

AGREED = (AgendaItem.Outcome.AGREED, AgendaItem.Outcome.AMENDED)


def allocation_notice(meeting: Meeting) -> list[Line]:
    rows = given(meeting)
    total = sum((row.amount for row in rows), Decimal(0))
    by_item = groupby(rows, key=lambda row: row.item)
    offices = Organization.objects.filter(
        division=meeting.division, kind=Organization.Kind.FINANCE, is_active=True
    )
    phone = reachable(meeting.division, offices.values_list("office_phone", flat=True))
    return [
        Line("审定会议", f"{meeting.name}（{meeting.minutes_document}）", LEADING_GROUP),
        Line("会议日期", in_chinese(meeting.held_on)),
        Line("资金来源", in_parts(rows), LEADING_GROUP),
        Line("分配金额", f"{format_yuan(total)} 元（{in_words(total)}）" if rows else ""),
        *(
            Line(f"{number}．{item.title}", in_parts(sources))
            for number, (item, sources) in enumerate(by_item, start=1)
        ),
        Line(HOTLINE, phone, ADMINISTRATORS),
    ]


def given(meeting: Meeting) -> list[ItemSource]:
    rows = ItemSource.objects.filter(item__meeting=meeting, item__outcome__in=AGREED)
    return list(rows.select_related("item", "allotment__category").order_by("item__position", "pk"))


def in_parts(rows: Iterable[ItemSource]) -> str:
    """Each source once, with its sum."""
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        tag = row.allotment
        amounts[f"{tag.document_number} {tag.get_level_display()}{tag.category}"] += row.amount
    return "；".join(f"{source} {format_yuan(amount)} 元" for source, amount in amounts.items())


def nothing_given(meeting: Meeting) -> Refusal | None:
    if given(meeting):
        return None
    return Refusal("本次会议没有分配资金，不发布资金分配结果公告", who_can_clear="本人（无须再办）")


MEETING_NOTICES = {
    "N04": Composer(Meeting, allocation_notice, (Meeting.Status.CLOSED,), refuse=nothing_given),
}
