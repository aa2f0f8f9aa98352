"""Projects before the leading group: what an item shows, out of which money it is to be paid,
and the pool before and after the agenda, item by item and source by source."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from approvals.agenda import AgendaKind, bring_before_meetings, kind_of, subject_of
from approvals.meeting_rules import SECRETARY
from approvals.meetings import (
    SECRETARIES,
    lock_item,
    number_reply,
    renew_digest,
    set_amendment,
)
from approvals.models import AgendaItem, Meeting, Subject
from funds.models import Account, Allotment
from organizations.models import Division, User
from organizations.policies import Refused, demand

from .adjusting import not_adjustable, not_enough_left
from .library import ranked
from .models import Adjustment, ItemCharge, ItemSource, Project, ProjectVersion
from .negative import refuse_unchecked, unchecked
from .plan_agenda import PLANS
from .versions import content_of, digest_of_content, latest_version
from .waivers import WAIVERS

ZERO = Decimal(0)
S = Meeting.Status
Sources = Sequence[tuple[Allotment, Decimal]]


def ready_projects(county: Division) -> QuerySet[Project]:
    """In the order of the county's ranking."""
    waiting = Project.objects.filter(county=county, status=Project.Status.DETERMINATION)
    return ranked(waiting.select_related("division__parent", "type", "department"))


def content_of_item(subject: Subject, item: AgendaItem) -> dict[str, Any]:
    """The text of the project as it went up the second time, and the money out of each source."""
    assert isinstance(subject, Project)
    sent_up = latest_version(subject, ProjectVersion.Round.SECOND)
    charge = charge_of(item)
    return {
        "year": subject.year,
        "project": content_of(subject),
        "sent_up": sent_up.sha256 if sent_up else "",
        "sources": money_of(item),
        **({"charge": list(charge)} if charge else {}),
    }


def money_of(item: AgendaItem) -> list[tuple[str, str]]:
    if item.pk is None:
        return []
    rows = item.sources.select_related("allotment").order_by("allotment_id")
    return [(row.allotment.document_number, str(row.amount)) for row in rows]


def sources_of(item: AgendaItem) -> list[tuple[Allotment, Decimal]]:
    rows = item.sources.select_related("allotment__category").order_by("id")
    return [(row.allotment, row.amount) for row in rows]


def charge_of(item: AgendaItem) -> tuple[str, str] | None:
    """The rule by which payments are charged and its reason, where the item proposes one."""
    return ItemCharge.objects.filter(item=item.pk).values_list("rule", "reason").first()


def facts_of(subject: Subject, item: AgendaItem) -> Mapping[str, Any]:
    return {"sources": sources_of(item), "charge": charge_of(item)}


def proposed_for(item: AgendaItem) -> Sequence[tuple[str, Decimal]]:
    return [(allotment.document_number, amount) for allotment, amount in sources_of(item)]


def refuse_item(subject: Subject, item: AgendaItem) -> str:
    """Why the item can not be agreed to as it stands; empty when it can."""
    assert isinstance(subject, Project)
    if not is_as_sent_up(subject):
        return "项目内容与二次上报的文本不一致"
    waiting = refuse_unchecked(subject)
    if waiting:
        return waiting.reason
    proposed = sum((amount for _, amount in sources_of(item)), ZERO)
    if not proposed:
        return "没有填写批准金额的资金来源"
    return refuse_more_than_asked(subject.requested_amount, proposed)


def is_as_sent_up(project: Project) -> bool:
    sent_up = latest_version(project, ProjectVersion.Round.SECOND)
    return sent_up is None or sent_up.sha256 == digest_of_content(content_of(project))


def refuse_more_than_asked(asked: Decimal | None, proposed: Decimal) -> str:
    if asked is None or proposed <= asked:
        return ""
    return f"拟批准 {proposed:,.2f} 元，超过申请的 {asked:,.2f} 元"


def places_of(subject: Subject) -> list[Division]:
    assert isinstance(subject, Project)
    return [subject.division, *(place.division for place in subject.places.all())]


def drop_sources(item: AgendaItem) -> None:
    item.sources.all().delete()
    ItemCharge.objects.filter(item=item).delete()


bring_before_meetings(
    AgendaKind(
        life=Project.life(),
        label="项目审定",
        ready=ready_projects,
        content=content_of_item,
        facts=facts_of,
        proposed=proposed_for,
        refuse=refuse_item,
        places=places_of,
        prefetch=("places__division",),
        release=drop_sources,
        takes_sources=True,
        not_ready=unchecked,
    )
)
bring_before_meetings(PLANS)
bring_before_meetings(WAIVERS)


def ready_adjustments(county: Division) -> QuerySet[Adjustment]:
    waiting = Adjustment.objects.filter(
        project__county=county, status=Adjustment.Status.DETERMINATION
    )
    return waiting.select_related("division__parent", "project")


def content_of_adjustment(subject: Subject, item: AgendaItem) -> dict[str, Any]:
    """Old and new values side by side, and the money out of each source."""
    assert isinstance(subject, Adjustment)
    return {
        "number": subject.number,
        "kinds": subject.kinds,
        "reason": subject.reason,
        "changes": subject.changes,
        "approved_before": str(subject.approved_before),
        "money_change": str(subject.money_change),
        "major_reason": subject.major_reason,
        "sources": money_of(item),
    }


def facts_of_adjustment(subject: Subject, item: AgendaItem) -> Mapping[str, Any]:
    """What takes money back waits for finance before it is made public."""
    assert isinstance(subject, Adjustment)
    back = {"return_to": Adjustment.Status.RECOVERY} if subject.takes_money_back else {}
    return {"sources": sources_of(item), **back}


def added_money(subject: Subject) -> Decimal | None:
    assert isinstance(subject, Adjustment)
    return max(subject.money_change, ZERO) or None


def places_of_adjustment(subject: Subject) -> list[Division]:
    """Where it is built, and where it would be."""
    assert isinstance(subject, Adjustment)
    wanted = [row["value"] for row in subject.changes if row["name"] == "places"]
    return [*places_of(subject.project), *Division.objects.filter(pk__in=sum(wanted, []))]


def refuse_adjustment(subject: Subject, item: AgendaItem) -> str:
    """Why it can not be agreed to as it stands; empty when it can."""
    assert isinstance(subject, Adjustment)
    proposed = sum((amount for _, amount in sources_of(item)), ZERO)
    added = max(subject.money_change, ZERO)
    if proposed != added:
        return f"资金来源合计 {proposed:,.2f} 元，与申请追加的 {added:,.2f} 元不符"
    refusal = not_adjustable(subject.project, subject.kinds, subject.money_change)
    refusal = refusal or not_enough_left(subject.project, subject.money_change)
    return refusal.reason if refusal else ""


bring_before_meetings(
    AgendaKind(
        life=Adjustment.life(),
        label="项目调整",
        ready=ready_adjustments,
        content=content_of_adjustment,
        facts=facts_of_adjustment,
        asked=added_money,
        proposed=proposed_for,
        refuse=refuse_adjustment,
        places=places_of_adjustment,
        prefetch=("project__places__division",),
        release=drop_sources,
        takes_sources=True,
    )
)


@transaction.atomic
def set_item_sources(
    *, item: AgendaItem, sources: Sources, by: User, amendment: str = "",
    charge: tuple[str, str] | None = None,
) -> AgendaItem:  # fmt: skip
    """Replace what an item gives out of each allotment, in yuan, and the rule and reason by which
    payments will be charged to them, None for 先下达先用. While the meeting sits this is an
    amendment with its words: earlier votes on the item no longer count. Raises Refused."""
    demand(by, SECRETARIES, item.meeting.division)
    item = lock_item(item, S.PREPARING, S.OPEN)
    for allotment, _ in sources:
        if allotment.county_id != item.meeting.division_id:
            raise Refused(f"{allotment.document_number} 不是本县的指标", who_can_clear=SECRETARY)
    proposed = sum((amount for _, amount in sources), ZERO)
    too_much = refuse_more_than_asked(kind_of(item).asked(subject_of(item)), proposed)
    if too_much:
        raise Refused(too_much, who_can_clear=SECRETARY)
    drop_sources(item)
    if charge:
        ItemCharge(item=item, rule=charge[0], reason=charge[1]).save()
    ItemSource.objects.bulk_create(
        ItemSource(item=item, allotment=allotment, amount=amount) for allotment, amount in sources
    )
    if item.meeting.status == S.OPEN:
        set_amendment(item, amendment)
    return renew_digest(item)


@transaction.atomic
def revise_item(
    *, item: AgendaItem, sources: Sources, reply_document: str, by: User, amendment: str = "",
    charge: tuple[str, str] | None = None,
) -> AgendaItem:  # fmt: skip
    """The money and the number of the reply, both or neither. Raises Refused."""
    set_item_sources(item=item, sources=sources, by=by, amendment=amendment, charge=charge)
    return number_reply(item=item, number=reply_document, by=by)


@dataclass(frozen=True)
class PoolLine:
    """One source on an agenda, in yuan: in the pool, proposed by the items, left after them."""

    allotment: Allotment
    before: Decimal
    proposed: Decimal

    @property
    def after(self) -> Decimal:
        return self.before - self.proposed

    @property
    def is_short(self) -> bool:
        return self.after < 0

    @property
    def available(self) -> Decimal:
        """Earlier items may have taken more than there was."""
        return max(self.before, ZERO)

    @property
    def missing(self) -> Decimal:
        return max(self.proposed - self.available, ZERO)


@dataclass(frozen=True)
class PoolRun:
    """The pool of a county as an agenda would use it up: for each item, by its id, the sources
    that it takes with what is left when its turn comes; and each source as a whole."""

    by_item: Mapping[int, list[PoolLine]]
    whole: list[PoolLine]

    @property
    def short(self) -> list[PoolLine]:
        return [line for line in self.whole if line.is_short]

    @property
    def total(self) -> PoolLine | None:
        """All sources together; None without any."""
        if not self.whole:
            return None
        before = sum((line.before for line in self.whole), ZERO)
        proposed = sum((line.proposed for line in self.whole), ZERO)
        return PoolLine(self.whole[0].allotment, before, proposed)

    def problem(self, item: AgendaItem) -> str:
        """What this item would find missing, by source."""
        return "；".join(
            f"{line.allotment.document_number}：资金池 可用 {line.available:,.2f} 元，"
            f"本议题 {line.proposed:,.2f} 元，差 {line.missing:,.2f} 元"
            for line in self.by_item.get(item.pk, ())
            if line.is_short
        )


def pool_run(
    county: Division, items: Iterable[AgendaItem], takes: Mapping[int, bool] | None = None
) -> PoolRun:
    """In the order of the items; those that `takes` says no to take nothing. Two queries, one
    where the items' sources are prefetched with their allotments."""
    pool = pool_of(county)
    left = dict(pool)
    by_item: dict[int, list[PoolLine]] = {}
    proposed: dict[Allotment, Decimal] = defaultdict(lambda: ZERO)
    for item in items:
        by_item[item.pk] = []
        for source in sorted(item.sources.all(), key=lambda source: source.pk):
            before = left.get(source.allotment, ZERO)
            by_item[item.pk].append(PoolLine(source.allotment, before, source.amount))
            if takes is None or takes.get(item.pk):
                left[source.allotment] = before - source.amount
                proposed[source.allotment] += source.amount
    every = [*pool, *(allotment for allotment in proposed if allotment not in pool)]
    whole = [PoolLine(a, pool.get(a, ZERO), proposed[a]) for a in every]
    return PoolRun(by_item, [line for line in whole if line.before or line.proposed])


def pool_of(county: Division) -> dict[Allotment, Decimal]:
    """What stands in the county's pool, by source, oldest first. One query."""
    accounts = (
        Account.objects.filter(county=county, kind=Account.Kind.POOL)
        .select_related("allotment__category")
        .order_by("allotment__issued_on", "allotment_id")
    )
    return {account.allotment: account.balance for account in accounts}


def lines_for(county: Division, run: PoolRun, item: AgendaItem) -> list[PoolLine]:
    """Every source of the county that has something, or that the item takes from, as the items
    before this one leave it. One query."""
    taken = {line.allotment: line for line in run.by_item.get(item.pk, ())}
    left = pool_of(county)
    for earlier, lines in run.by_item.items():
        if earlier == item.pk:
            break
        for line in lines:
            left[line.allotment] = left.get(line.allotment, ZERO) - line.proposed
    every = [*left, *(allotment for allotment in taken if allotment not in left)]
    return [
        taken.get(allotment) or PoolLine(allotment, left.get(allotment, ZERO), ZERO)
        for allotment in every
        if left.get(allotment, ZERO) > 0 or allotment in taken
    ]
