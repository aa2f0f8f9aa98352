"""Projects before the leading group: what an item shows, out of which money it is to be paid,
and the pool before and after the agenda, source by source."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from approvals.agenda import AgendaKind, bring_before_meetings
from approvals.meeting_rules import SECRETARY
from approvals.meetings import SECRETARIES, lock_meeting, renew_digest
from approvals.models import AgendaItem, Meeting, Subject
from funds.models import Account, Allotment
from organizations.models import Division, User
from organizations.policies import Refused, demand

from .models import ItemSource, Project
from .versions import content_of

ZERO = Decimal(0)
S = Meeting.Status


def ready_projects(county: Division) -> QuerySet[Project]:
    waiting = Project.objects.filter(county=county, status=Project.Status.DETERMINATION)
    return waiting.select_related("division__parent", "type", "department")


def content_of_item(subject: Subject, item: AgendaItem) -> dict[str, Any]:
    """The text of the project as it went up the second time, and the money out of each source."""
    assert isinstance(subject, Project)
    return {"project": content_of(subject), "sources": money_of(item)}


def money_of(item: AgendaItem) -> list[tuple[str, str]]:
    if item.pk is None:
        return []
    rows = item.sources.select_related("allotment").order_by("allotment_id")
    return [(row.allotment.document_number, str(row.amount)) for row in rows]


def sources_of(item: AgendaItem) -> list[tuple[Allotment, Decimal]]:
    rows = item.sources.select_related("allotment").order_by("id")
    return [(row.allotment, row.amount) for row in rows]


def facts_of(subject: Subject, item: AgendaItem) -> Mapping[str, Any]:
    return {"sources": sources_of(item)}


def proposed_for(item: AgendaItem) -> Sequence[tuple[str, Decimal]]:
    return [(allotment.document_number, amount) for allotment, amount in sources_of(item)]


def refuse_item(subject: Subject, item: AgendaItem) -> str:
    """Why the item can not be agreed to as it stands; empty when it can."""
    assert isinstance(subject, Project)
    proposed = sum((amount for _, amount in sources_of(item)), ZERO)
    if not proposed:
        return "没有填写批准金额的资金来源"
    if proposed > subject.requested_amount:
        return f"拟批准 {proposed:,.2f} 元，超过申请的 {subject.requested_amount:,.2f} 元"
    return ""


bring_before_meetings(
    AgendaKind(
        life=Project.life(),
        label="项目审定",
        ready=ready_projects,
        content=content_of_item,
        facts=facts_of,
        proposed=proposed_for,
        refuse=refuse_item,
    )
)


@transaction.atomic
def set_item_sources(
    *, item: AgendaItem, sources: Sequence[tuple[Allotment, Decimal]], by: User, amendment: str = ""
) -> AgendaItem:
    """Replace what an item gives out of each allotment, in yuan. While the meeting sits this is
    an amendment: earlier votes on the item no longer count. Raises Refused."""
    demand(by, SECRETARIES, item.meeting.division)
    meeting = lock_meeting(item.meeting, S.PREPARING, S.OPEN)
    for allotment, _ in sources:
        if allotment.county_id != meeting.division_id:
            raise Refused(f"{allotment.document_number} 不是本县的指标", who_can_clear=SECRETARY)
    item.sources.all().delete()
    ItemSource.objects.bulk_create(
        ItemSource(item=item, allotment=allotment, amount=amount) for allotment, amount in sources
    )
    item.amendment = amendment.strip()
    item.is_amended = item.is_amended or meeting.status == S.OPEN
    return renew_digest(item)


@dataclass(frozen=True)
class PoolLine:
    """One source on an agenda, in yuan: in the pool, proposed by all items, left after them."""

    allotment: Allotment
    before: Decimal
    proposed: Decimal

    @property
    def after(self) -> Decimal:
        return self.before - self.proposed

    @property
    def is_short(self) -> bool:
        return self.after < 0


def pool_lines(meeting: Meeting) -> list[PoolLine]:
    """The pool of the county before and after the agenda. Two queries."""
    proposed: dict[int, Decimal] = defaultdict(lambda: ZERO)
    waiting = ItemSource.objects.filter(
        item__meeting=meeting, item__outcome="", item__is_removed=False
    )
    for allotment, amount in waiting.values_list("allotment_id", "amount"):
        proposed[allotment] += amount
    accounts = (
        Account.objects.filter(county=meeting.division, kind=Account.Kind.POOL)
        .select_related("allotment__category")
        .order_by("allotment__issued_on", "allotment_id")
    )
    lines = [PoolLine(a.allotment, a.balance, proposed[a.allotment_id]) for a in accounts]
    return [line for line in lines if line.before or line.proposed]
