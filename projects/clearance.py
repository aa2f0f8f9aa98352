"""结余资金清理表: every sum that came back from a project to the pool, and what became of it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from approvals.models import Decision
from funds.models import Allotment, Entry, Voucher
from organizations.models import User
from organizations.models.divisions import under

from .models import Completion, Project, SettlementAudit
from .queries import Figures, approved_amounts, figures_by_project

ZERO = Decimal(0)

# First in first out over the pool of one allotment: each sum that came in takes a stretch of the
# line of all that came in, each sum that went out a stretch of the same line; where the two
# overlap, the one was paid out of the other. By the order of posting, so that nothing goes out
# before it came in. Reversed vouchers and their reversals count as nothing.
BECAME = """
WITH standing AS (
    SELECT v.id, v.kind, v.sequence, v.document, v.occurred_on FROM funds_voucher v
     WHERE v.kind IN ('receive', 'recover', 'allocate', 'return')
       AND NOT EXISTS (SELECT 1 FROM funds_voucher r WHERE r.reverses_id = v.id)
), came AS (
    SELECT e.id, e.destination_id AS pool, e.amount,
           sum(e.amount) OVER (PARTITION BY e.destination_id ORDER BY s.sequence, e.id) AS upto
      FROM funds_entry e JOIN standing s ON s.id = e.voucher_id
     WHERE e.destination_id = ANY(%(pools)s)
), went AS (
    SELECT e.source_id AS pool, e.amount, s.kind, s.document, s.occurred_on, a.earmark_id,
           sum(e.amount) OVER (PARTITION BY e.source_id ORDER BY s.sequence, e.id) AS upto
      FROM funds_entry e JOIN standing s ON s.id = e.voucher_id
      JOIN funds_account a ON a.id = e.destination_id
     WHERE e.source_id = ANY(%(pools)s)
)
SELECT c.id, w.kind, w.document, w.occurred_on, p.id, p.code, p.name,
       least(c.upto, w.upto) - greatest(c.upto - c.amount, w.upto - w.amount)
  FROM came c JOIN went w ON w.pool = c.pool
  LEFT JOIN projects_project p ON p.earmark_id = w.earmark_id
 WHERE c.id = ANY(%(entries)s)
   AND least(c.upto, w.upto) > greatest(c.upto - c.amount, w.upto - w.amount)
 ORDER BY c.id, w.upto
"""


@dataclass(frozen=True)
class Use:
    """What a part of the recovered sum was given to. `project` is None for 上缴."""

    mode: str
    document: str
    on: dt.date
    project: int | None
    code: str
    name: str
    amount: Decimal


@dataclass(frozen=True)
class ClearanceRow:
    entry: Entry
    project: Project
    allotment: Allotment
    approved: Decimal | None
    completion: Completion | None
    audit: SettlementAudit | None
    figures: Figures
    uses: Sequence[Use]

    @property
    def surplus(self) -> Decimal:
        return self.entry.amount

    @property
    def voucher(self) -> Voucher:
        return self.entry.voucher

    @property
    def in_pool(self) -> Decimal:
        """Recovered and not given again."""
        return self.surplus - sum((use.amount for use in self.uses), ZERO)

    @property
    def mode(self) -> str:
        modes = dict.fromkeys(use.mode for use in self.uses)
        if self.in_pool:
            modes["收回资金池"] = None
        return "、".join(modes)

    @property
    def signed_by(self) -> Decision | None:
        """Finance's signature: 会签, or 收回资金 of an adjustment."""
        return self.voucher.decision


def recoveries(user: User) -> QuerySet[Entry]:
    """What came back, line by line; a line is one source of one project."""
    rows = Entry.objects.filter(
        under("source__earmark__project__division__path", user.territory()),
        voucher__kind=Voucher.Kind.RECOVER,
        voucher__reversal__isnull=True,
    )
    return rows.select_related(
        "voucher__decision", "destination__allotment__category",
        "source__earmark__project__county", "source__earmark__project__division__parent",
    ).order_by("-voucher__occurred_on", "-id")  # fmt: skip


def clearance_rows(entries: Sequence[Entry]) -> list[ClearanceRow]:
    """In a constant number of queries."""
    projects = [project_of(entry) for entry in entries]
    approved, figures = approved_amounts(projects), figures_by_project(projects)
    completions = latest(Completion.objects.filter(project__in=projects))
    audits = latest(SettlementAudit.objects.filter(project__in=projects).select_related("decision"))
    own = {entry.pk: project.pk for entry, project in zip(entries, projects, strict=True)}
    uses = uses_of(entries, own)
    return [
        ClearanceRow(
            entry=entry,
            project=project,
            allotment=entry.destination.allotment,
            approved=approved.get(project.pk),
            completion=completions.get(project.pk),
            audit=audits.get(project.pk),
            figures=figures[project.earmark_id],
            uses=uses[entry.pk],
        )
        for entry, project in zip(entries, projects, strict=True)
    ]


def project_of(entry: Entry) -> Project:
    assert entry.source.earmark
    project: Project = entry.source.earmark.project
    return project


def latest(rows: QuerySet[Any]) -> dict[int, Any]:
    """The last row of each project."""
    return {row.project_id: row for row in rows.order_by("id")}


def uses_of(entries: Iterable[Entry], own: dict[int, int]) -> dict[int, list[Use]]:
    """By entry. `own` is the project that each came from."""
    shown = list(entries)
    asked = {"pools": [e.destination_id for e in shown], "entries": [e.pk for e in shown]}
    with connection.cursor() as cursor:
        cursor.execute(BECAME, asked)
        rows: list[Any] = cursor.fetchall()
    found: dict[int, list[Use]] = defaultdict(list)
    for entry, kind, document, on, project, code, name, amount in rows:
        mode = "上缴" if kind == Voucher.Kind.RETURN else "跨项目再安排"
        if project == own[entry]:
            mode = "调剂同项目"
        found[entry].append(Use(mode, document, on, project, code or "", name or "", amount))
    return found
