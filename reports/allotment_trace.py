"""穿透 from allotments, whose money may have gone to thousands of projects: all that is added up
is added up in the database, and no more is read than is shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Count, Q, Sum, Value
from django.db.models.functions import Coalesce

from assets.models import Asset
from assets.queries import standing_values
from funds.models import Account, Allotment
from funds.queries import MADE_OF
from projects.models import Project

from .stages import (
    SHOWN,
    ZERO,
    K,
    Stage,
    allotment_line,
    asset_line,
    not_in_assets,
    payment_lines,
    project_line,
    receipt_stage,
    stage,
    village_lines,
)

Tags = Sequence[int]  # allotments


def trace_allotments(tags: Tags) -> list[Stage]:
    rows = Allotment.objects.filter(pk__in=tags).select_related("category")
    chosen = list(rows.order_by("issued_on", "pk"))
    balances, payments = balances_of(tags), largest_payments(tags)
    return [
        allotment_stage(chosen, balances),
        receipt_stage(chosen),
        project_stage(tags, balances),
        Stage(
            "payments", "支付", payment_lines(payments.largest), payments.count, payments.total,
            summed(balances, "paid"), "各项目累计支付（已扣退回和冲销）",
        ),
        asset_stage(tags, payments.total),
        village_stage(tags, payments.total),
    ]  # fmt: skip


Balances = Mapping[tuple[int, str], Decimal]  # by allotment and kind of account


def balances_of(tags: Tags) -> Balances:
    rows = Account.objects.filter(allotment__in=tags).order_by()
    found = rows.values_list("allotment_id", "kind").annotate(total=Sum("balance"))
    return {(tag, kind): total for tag, kind, total in found}


def summed(balances: Balances, figure: str, tag: int | None = None) -> Decimal:
    kinds = MADE_OF[figure]
    wanted = (b for (t, kind), b in balances.items() if kind in kinds and tag in (None, t))
    return sum(wanted, ZERO)


def allotment_stage(allotments: Sequence[Allotment], balances: Balances) -> Stage:
    """What was received, beside what the account of the upper level gave."""
    lines = [allotment_line(a, summed(balances, "received", a.pk)) for a in allotments]
    given = -sum((b for (_, kind), b in balances.items() if kind == K.OUTSIDE), ZERO)
    return stage("allotments", "指标", lines, given, "上级拨来")


@dataclass(frozen=True)
class Ranked:
    """The projects with the most money, by the balances of their accounts."""

    largest: Sequence[tuple[Project, Mapping[str, Decimal]]]  # with allocated, released, paid
    count: int
    total: Decimal


def rank_projects(tags: Tags, figure: str) -> Ranked:
    accounts = Account.objects.filter(allotment__in=tags, earmark__project__isnull=False).order_by()
    if figure == "paid":
        accounts = accounts.filter(kind=K.PAID).exclude(balance=0)
    sums = {
        name: Coalesce(Sum("balance", filter=Q(kind__in=MADE_OF[name])), Value(ZERO))
        for name in ("allocated", "released", "paid")
    }
    found = accounts.aggregate(count=Count("earmark", distinct=True), total=sums[figure])
    rows = accounts.values("earmark").annotate(**sums).order_by(f"-{figure}", "earmark")[:SHOWN]
    figures: dict[int, Any] = {row["earmark"]: row for row in rows}
    projects = Project.objects.filter(earmark__in=list(figures)).select_related("division__parent")
    by_mark = {project.earmark_id: project for project in projects}
    largest = [(by_mark[mark], row) for mark, row in figures.items()]
    return Ranked(largest, found["count"], found["total"])


def project_stage(tags: Tags, balances: Balances) -> Stage:
    ranked = rank_projects(tags, "allocated")
    lines = [
        project_line(
            project, row["allocated"], (("核拨", row["released"]), ("支付", row["paid"]))
        )
        for project, row in ranked.largest
    ]  # fmt: skip
    apart = (("池内未分配", summed(balances, "pool")), ("已上缴", summed(balances, "returned")))
    return Stage(
        "projects", "项目", lines, ranked.count, ranked.total, summed(balances, "received"),
        "累计到位", tuple(part for part in apart if part[1]), ("核拨", "支付"),
    )  # fmt: skip


def village_stage(tags: Tags, paid: Decimal) -> Stage:
    ranked = rank_projects(tags, "paid")
    lines = village_lines([(project, row["paid"]) for project, row in ranked.largest])
    label = "上列支付合计"
    return Stage("villages", "受益村户", lines, ranked.count, ranked.total, paid, label)


@dataclass(frozen=True)
class Payments:
    """What stands paid by the entries of the ledger: the largest payments, by the voucher that
    first paid them, how many there are and what all of them come to. Refunds and reversals are
    taken off the payment that they go back to."""

    largest: Sequence[tuple[int, Decimal]]
    count: int
    total: Decimal


# A voucher that refers to another or reverses it is a correction; there are few, and nothing else
# takes money out of what is paid.
LARGEST = """
WITH places AS MATERIALIZED (
    SELECT id FROM funds_account WHERE kind = 'paid' AND allotment_id = ANY(%(tags)s)
), corrections AS MATERIALIZED (
    SELECT v.id, coalesce(o.refers_to_id, v.refers_to_id, v.reverses_id) AS root
      FROM funds_voucher v LEFT JOIN funds_voucher o ON o.id = v.reverses_id
     WHERE v.refers_to_id IS NOT NULL OR v.reverses_id IS NOT NULL
), moved AS (
    SELECT e.voucher_id, e.amount FROM funds_entry e JOIN places p ON p.id = e.destination_id
     UNION ALL
    SELECT c.id, -e.amount FROM corrections c JOIN funds_entry e ON e.voucher_id = c.id
      JOIN places p ON p.id = e.source_id
)
SELECT coalesce(c.root, m.voucher_id) AS root, sum(m.amount), count(*) OVER (),
       sum(sum(m.amount)) OVER ()
  FROM moved m LEFT JOIN corrections c ON c.id = m.voucher_id
 GROUP BY 1 HAVING sum(m.amount) <> 0
 ORDER BY 2 DESC, 1 LIMIT %(shown)s
"""


def largest_payments(tags: Tags) -> Payments:
    rows = ask(LARGEST, tags=list(tags), shown=SHOWN)
    count, total = rows[0][2:] if rows else (0, ZERO)
    return Payments([(root, amount) for root, amount, _, _ in rows], count, total)


# --- What of the payments stands in assets ----------------------------------------------------

# By the state of the project: paid of these allotments; and where its assets are worth a part of
# what was paid of all allotments, its earmark and that worth.
BY_STATE = """
WITH here AS (
    SELECT earmark_id, sum(balance) AS amount FROM funds_account
     WHERE kind = 'paid' AND balance <> 0 AND allotment_id = ANY(%(tags)s) GROUP BY 1
), everything AS (
    SELECT a.earmark_id, sum(a.balance) AS paid FROM funds_account a JOIN here USING (earmark_id)
     WHERE a.kind = 'paid' GROUP BY 1
), registered AS (
    SELECT s.project_id, coalesce(sum(v.amount), 0) AS worth
      FROM assets_asset s LEFT JOIN assets_assetvalue v ON v.asset_id = s.id
     WHERE s.project_id IS NOT NULL GROUP BY 1
), states AS (
    SELECT h.earmark_id, h.amount, p.status, r.worth IS NOT NULL AS has_assets,
           coalesce(r.worth, 0) AS worth, e.paid
      FROM here h JOIN everything e USING (earmark_id)
      JOIN projects_project p ON p.earmark_id = h.earmark_id
      LEFT JOIN registered r ON r.project_id = p.id
)
SELECT status, has_assets, worth >= paid AS is_whole, sum(amount),
       coalesce(array_agg(earmark_id) FILTER (WHERE worth > 0 AND worth < paid), '{}'),
       coalesce(array_agg(worth) FILTER (WHERE worth > 0 AND worth < paid), '{}')
  FROM states GROUP BY 1, 2, 3
"""

# Of some projects the stretches of their payments' line that an asset takes, and what of these
# allotments lies in each. First paid, first put into an asset, as in `payments_used`.
OVERLAP = """
WITH stretch AS (
    SELECT * FROM unnest(%(marks)s::bigint[], %(names)s::bigint[], %(lows)s::numeric[],
                         %(highs)s::numeric[]) AS t (mark, name, low, high)
), back AS (
    SELECT v.refers_to_id AS voucher_id, a.allotment_id, sum(e.amount) AS amount
      FROM funds_account a JOIN funds_entry e ON e.source_id = a.id
      JOIN funds_voucher v ON v.id = e.voucher_id
     WHERE a.kind = 'paid' AND a.earmark_id = ANY(%(marks)s) AND v.kind = 'refund'
       AND NOT EXISTS (SELECT 1 FROM funds_voucher x WHERE x.reverses_id = v.id)
     GROUP BY 1, 2
), standing AS (
    SELECT a.earmark_id AS mark, a.allotment_id AS tag, v.sequence, e.line,
           e.amount - coalesce(b.amount, 0) AS amount
      FROM funds_account a JOIN funds_entry e ON e.destination_id = a.id
      JOIN funds_voucher v ON v.id = e.voucher_id
      LEFT JOIN back b ON b.voucher_id = v.id AND b.allotment_id = a.allotment_id
     WHERE a.kind = 'paid' AND a.earmark_id = ANY(%(marks)s) AND v.kind = 'pay'
       AND NOT EXISTS (SELECT 1 FROM funds_voucher x WHERE x.reverses_id = v.id)
), line AS (
    SELECT mark, tag, amount, sum(amount) OVER (PARTITION BY mark ORDER BY sequence, line) AS upto
      FROM standing
)
SELECT s.name, sum(least(l.upto, s.high) - greatest(l.upto - l.amount, s.low))
  FROM stretch s JOIN line l ON l.mark = s.mark AND l.upto > s.low AND l.upto - l.amount < s.high
 WHERE l.tag = ANY(%(tags)s) GROUP BY 1
"""
Stretch = tuple[int, int, Decimal, Decimal]  # earmark, name, from, to


def overlap(tags: Tags, stretches: Iterable[Stretch]) -> dict[int, Decimal]:
    """By the names of the stretches."""
    marks, names, lows, highs = [list(c) for c in zip(*stretches, strict=True)] or [[]] * 4
    if not marks:
        return {}
    return dict(ask(OVERLAP, tags=list(tags), marks=marks, names=names, lows=lows, highs=highs))


def asset_stage(tags: Tags, paid: Decimal) -> Stage:
    total, rest = ZERO, defaultdict[str, Decimal](Decimal)
    for status, has_assets, is_whole, amount, marks, worths in ask(BY_STATE, tags=list(tags)):
        partly = overlap(tags, ((m, m, ZERO, w) for m, w in zip(marks, worths, strict=True)))
        inside = amount if is_whole else sum(partly.values(), ZERO)
        total += inside
        rest[not_in_assets(status, has_assets)] += amount - inside
    of_tags = Account.objects.filter(allotment__in=tags, kind=K.PAID).exclude(balance=0)
    assets = Asset.objects.filter(project__earmark__in=of_tags.values("earmark"))
    by_worth = assets.annotate(total=Sum("value_rows__amount")).order_by("-total", "pk")
    largest = list(by_worth.select_related("project")[:SHOWN])
    amounts = overlap(tags, stretches_of(largest))
    lines = [asset_line(asset, amounts[asset.pk]) for asset in largest if amounts.get(asset.pk)]
    lines.sort(key=lambda line: (-line.amount, line.pk))
    count = len(lines) + assets.count() - len(largest)
    left = tuple(part for part in rest.items() if part[1])
    return Stage("assets", "资产", lines, count, total, paid, "上列支付合计", left)


def stretches_of(assets: Sequence[Asset]) -> list[Stretch]:
    marks = {a.project_id: a.project.earmark_id for a in assets if a.project_id and a.project}
    found, shown = [], {asset.pk for asset in assets}
    for project, values in standing_values(marks).items():
        low = ZERO
        for asset, amount in values:
            if asset in shown:
                found.append((marks[project], asset, low, low + amount))
            low += amount
    return found


def ask(query: str, **values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        rows: list[Any] = cursor.fetchall()
        return rows
