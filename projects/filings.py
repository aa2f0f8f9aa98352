"""备案: what was approved is reported to the prefecture's leading group, which receives it or
sends it back. Nothing waits for it; but who was late stays late."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Max, Q, QuerySet
from django.utils import timezone

from approvals.models import Decision, Subject
from approvals.workflow import WORKFLOWS
from organizations.calendar import Calendar, working_days_after
from organizations.models import Division, Parameter, User
from organizations.models.divisions import Level

from .criteria import DOCUMENT
from .models import Filing, FilingReceipt, FilingVersion

CLAUSE = f"{DOCUMENT} 二(三)：县级年度项目计划和实施方案向地（州、市）扶贫开发领导小组备案"
DUE_WORKDAYS = "filing.due_workdays"
S = Filing.Status


@dataclass(frozen=True)
class Described:
    """What of a subject is reported: JSON-ready facts, how many projects, how much in yuan."""

    content: Any
    projects: int = 0
    amount: Decimal = Decimal(0)


# By life; a subject whose life is not here is reported by its title and its approval.
DESCRIPTIONS: dict[str, Callable[[Any], Described]] = {}


def open_filing(
    subject: Subject, kind: str, county: Division, by: User, decision: Decision
) -> Filing:
    """In the transaction of the `decision` that approved the subject: from now on its report to
    the prefecture is due. `kind` is one of Filing.Kind."""
    today = timezone.localdate()
    return Filing.objects.create(
        division=county,
        kind=kind,
        year=getattr(subject, "year", today.year),
        title=f"{Filing.Kind(kind).label}：{subject}"[:160],
        subject_type=subject.life(),
        subject_id=subject.pk,
        decision=decision,
        approved_on=today,
        due_on=working_days_after(today, Parameter.objects.number(DUE_WORKDAYS, today)),
        opened_by=by,
    )


def subject_of_filing(filing: Filing) -> Subject:
    model = WORKFLOWS[filing.subject_type].model
    rows = model._default_manager.select_related(*model.read_with)
    subject: Subject = rows.get(pk=filing.subject_id)
    return subject


def describe(filing: Filing) -> Described:
    subject = subject_of_filing(filing)
    known = DESCRIPTIONS.get(filing.subject_type)
    if known:
        return known(subject)
    approval = filing.decision
    facts = [str(subject), approval.action_label, approval.comment, str(approval.amount or "")]
    return Described(facts, amount=approval.amount or Decimal(0))


def sealed(filing: Filing, described: Described, papers: Sequence[str]) -> tuple[str, str]:
    """The canonical text of all that is reported, and its SHA-256."""
    facts = {
        "filing": [filing.division.code, filing.kind, filing.title, filing.approved_on],
        "content": described.content,
        "papers": sorted(papers),
    }
    text = json.dumps(facts, sort_keys=True, ensure_ascii=False, default=str)
    return text, hashlib.sha256(text.encode()).hexdigest()


def send_filing(filing: Filing, decision: Decision, data: Mapping[str, Any]) -> tuple[str, ...]:
    """The effect of reporting, for the first time or corrected: one more version."""
    described = describe(filing)
    content, digest = sealed(filing, described, data["papers"])
    last = filing.versions.aggregate(last=Max("version"))["last"] or 0
    FilingVersion.objects.create(
        filing=filing,
        version=last + 1,
        decision=decision,
        projects=described.projects,
        amount=described.amount,
        content=content,
        sha256=digest,
        **data,
    )
    return ()


def receive_filing(filing: Filing, decision: Decision, data: Mapping[str, Any]) -> tuple[str, ...]:
    FilingReceipt.objects.create(
        version=filing.versions.latest("version"),
        decision=decision,
        is_received=True,
        receipt_number=data["receipt_number"],
        opinion=decision.comment,
    )
    return ()


def return_filing(filing: Filing, decision: Decision, data: Mapping[str, Any]) -> tuple[str, ...]:
    FilingReceipt.objects.create(
        version=filing.versions.latest("version"),
        decision=decision,
        is_received=False,
        opinion=decision.comment,
    )
    return ()


@dataclass(frozen=True)
class Punctuality:
    """Whether a filing was, or is, sent in time. Working days."""

    due_on: dt.date
    sent_on: dt.date | None
    today: dt.date
    calendar: Calendar

    @property
    def is_late(self) -> bool:
        return (self.sent_on or self.today) > self.due_on

    @property
    def in_words(self) -> str:
        until = self.sent_on or self.today
        if self.is_late:
            days = self.calendar.working_days_between(self.due_on, until)
            return f"逾期{'报送' if self.sent_on else '未报'} {days} 个工作日"
        if self.sent_on:
            return "按期报送"
        days = self.calendar.working_days_between(self.today, self.due_on)
        return f"剩 {days} 个工作日" if days else "今日到期"


def punctuality(filing: Filing, calendar: Calendar) -> Punctuality:
    """Of a filing read `with_first_sent`."""
    sent_on: dt.date | None = filing.first_sent_on  # type: ignore[attr-defined]
    return Punctuality(filing.due_on, sent_on, timezone.localdate(), calendar)


COUNTS = ("due", "overdue", "sent", "returned", "received")


@dataclass(frozen=True)
class CountyRow:
    """How one county stands with its filings of a year."""

    county: Division
    due: int = 0
    overdue: int = 0
    sent: int = 0
    returned: int = 0
    received: int = 0
    late: int = 0

    @property
    def total(self) -> int:
        return self.due + self.sent + self.returned + self.received

    @property
    def in_words(self) -> str:
        if not self.total:
            return "没有经批准须备案的计划"
        if self.overdue:
            return f"逾期未报 {self.overdue} 件"
        return "已全部收讫" if self.received == self.total else "报送中"


def county_rows(user: User, year: int) -> list[CountyRow]:
    """Every county of the person's territory, also those of which nothing came. Three queries."""
    counties = Division.objects.visible_to(user).filter(level=Level.COUNTY).order_by("code")
    filings = Filing.objects.visible_to(user).filter(year=year).order_by()
    today = timezone.localdate()
    rows = filings.values("division").annotate(
        due=Count("pk", filter=Q(status=S.DUE)),
        overdue=Count("pk", filter=Q(status=S.DUE, due_on__lt=today)),
        sent=Count("pk", filter=Q(status=S.SENT)),
        returned=Count("pk", filter=Q(status=S.RETURNED)),
        received=Count("pk", filter=Q(status=S.RECEIVED)),
    )
    counted: dict[int, dict[str, int]] = {
        row["division"]: {name: row[name] for name in COUNTS}  # type: ignore[literal-required]
        for row in rows
    }
    late = late_by_county(filings)
    return [
        CountyRow(county, **counted.get(county.pk, {}), late=late.get(county.pk, 0))
        for county in counties
    ]


def late_by_county(filings: QuerySet[Filing]) -> dict[int, int]:
    """Sent after their day, or not sent at all."""
    first = Q(versions__version=1, versions__sent_on__gt=F("due_on"))
    now = Q(status=S.DUE, due_on__lt=timezone.localdate())
    rows = filings.filter(first | now).values_list("division")
    return dict(rows.annotate(Count("pk", distinct=True)))
