"""表二 项目实施进度 and 表三 分类汇总: projects that money was allocated to, as far as they were
known to be at the cut-off.

A completion or an acceptance counts as long as the project was not sent back before it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.db import connection

from organizations.models import Division, Organization

from .fund_figures import NOTHING, ZERO, Money, by_earmark, parameters, share
from .names import documents_at, names_at
from .periods import AsOf

SENT_BACK = """NOT EXISTS (
    SELECT 1 FROM approvals_decision l
     WHERE l.subject_type = 'projects.project' AND l.subject_id = p.id
       AND l.id > {row}.decision_id AND l.at <= %(known)s AND l.to_status IN ({statuses}))"""
BEFORE_ACCEPTANCE = "'implementation', 'preliminary_acceptance', 'acceptance', 'rectification'"
COLUMNS = (
    "id", "earmark", "code", "name", "type", "type_name", "division_code", "place", "township",
    "township_name", "department", "unit", "owner", "planned_investment", "planned_end",
    "households", "people", "poor_households", "poor_people", "contracted", "started_on",
    "completed_on", "accepted_on", "conclusion", "audited_on", "audited_amount", "percent",
    "invested", "note", "assets", "retention",
)  # fmt: skip
PLACES = ("place", "township_name")
# Every name in it is ours; what is asked for comes as parameters.
PROJECTS = f"""
    SELECT p.id, p.earmark_id, p.code, coalesce(h.name, p.name), coalesce(ty2.code, ty.code),
           coalesce(ty2.name, ty.name), d.code, d.id,
           coalesce(tw.code, d.code), coalesce(tw.id, d.id), o.id,
           coalesce(h.implementing_unit, p.implementing_unit),
           coalesce(h.owner_name, p.owner_name),
           coalesce(h.total_investment, p.total_investment),
           coalesce(h.planned_end, p.planned_end),
           coalesce(h.households, p.households), coalesce(h.people, p.people),
           coalesce(h.poor_households, p.poor_households), coalesce(h.poor_people, p.poor_people),
           coalesce(k.contracts, 0) > 0,
           coalesce(st.started_on, co.started_on), co.completed_on,
           ac.accepted_on, coalesce(ac.conclusion, ''), se.audited_on, se.audited_amount,
           coalesce(pr.percent, 0), coalesce(pr.invested, 0.00), coalesce(pr.note, ''),
           asset.id IS NOT NULL,
           CASE WHEN ac.accepted_on IS NULL OR
                     ac.accepted_on + make_interval(months => k.months) > %(cutoff)s
                THEN greatest(coalesce(k.held, 0) - coalesce(r.paid, 0), 0) ELSE 0.00 END
      FROM projects_project p
      LEFT JOIN LATERAL (
           SELECT * FROM projects_historicalproject h
            WHERE h.id = p.id AND h.history_date <= %(known)s
            ORDER BY h.history_date DESC, h.history_id DESC LIMIT 1) h ON true
      JOIN projects_projecttype ty ON ty.id = coalesce(h.type_id, p.type_id)
      LEFT JOIN projects_projecttype ty2 ON ty2.id = ty.parent_id
      JOIN organizations_division d ON d.id = coalesce(h.division_id, p.division_id)
      LEFT JOIN organizations_division tw ON tw.id = d.parent_id AND d.level = 'village'
      JOIN organizations_organization o ON o.id = coalesce(h.department_id, p.department_id)
      LEFT JOIN projects_commencement st ON st.project_id = p.id
            AND st.started_on <= %(cutoff)s AND st.recorded_at <= %(known)s
      LEFT JOIN LATERAL (
           SELECT c.* FROM projects_completion c JOIN approvals_decision x ON x.id = c.decision_id
            WHERE c.project_id = p.id AND x.at <= %(known)s AND c.completed_on <= %(cutoff)s
              AND {SENT_BACK.format(row="c", statuses="'implementation'")}
            ORDER BY c.id DESC LIMIT 1) co ON true
      LEFT JOIN LATERAL (
           SELECT a.* FROM projects_acceptance a JOIN approvals_decision x ON x.id = a.decision_id
            WHERE a.project_id = p.id AND x.at <= %(known)s AND a.accepted_on <= %(cutoff)s
              AND a.stage = 'final' AND a.conclusion <> 'rectify'
              AND {SENT_BACK.format(row="a", statuses=BEFORE_ACCEPTANCE)}
            ORDER BY a.id DESC LIMIT 1) ac ON true
      LEFT JOIN LATERAL (
           SELECT s.* FROM projects_settlement s JOIN approvals_decision x ON x.id = s.decision_id
            WHERE s.project_id = p.id AND x.at <= %(known)s AND s.audited_on <= %(cutoff)s
            ORDER BY s.id DESC LIMIT 1) se ON true
      LEFT JOIN LATERAL (
           SELECT s.id FROM projects_assetstatement s
             JOIN approvals_decision x ON x.id = s.decision_id
            WHERE s.project_id = p.id AND x.at <= %(known)s
              AND (x.at AT TIME ZONE 'Asia/Shanghai')::date <= %(cutoff)s
            ORDER BY s.id DESC LIMIT 1) asset ON true
      LEFT JOIN LATERAL (
           SELECT g.percent, g.invested, g.note FROM projects_historicalprogressreport g
            WHERE g.project_id = p.id AND g.month <= %(first)s AND g.history_date <= %(known)s
            ORDER BY g.month DESC, g.history_date DESC, g.history_id DESC LIMIT 1) pr ON true
      LEFT JOIN LATERAL (
           SELECT count(*) AS contracts, max(z.retention_months)::int AS months,
                  sum(round(z.price * z.retention_percent / 100, 2)) AS held
             FROM (SELECT DISTINCT ON (z.id) z.* FROM projects_historicalcontract z
                    WHERE z.project_id = p.id AND z.history_date <= %(known)s
                    ORDER BY z.id, z.history_date DESC, z.history_id DESC) z
            WHERE z.signed_on <= %(cutoff)s AND z.cancelled_at IS NULL) k ON true
      LEFT JOIN LATERAL (
           SELECT sum(e.amount * ((t.kind = 'paid')::int - (s.kind = 'paid')::int)) AS paid
             FROM projects_paymentrequest q
             JOIN approvals_decision x ON x.subject_type = 'projects.paymentrequest'
                  AND x.subject_id = q.id
             JOIN funds_voucher v ON v.decision_id = x.id AND v.sequence <= %(sequence)s
                  AND v.occurred_on <= %(cutoff)s
             JOIN funds_entry e ON e.voucher_id = v.id
             JOIN funds_account s ON s.id = e.source_id
             JOIN funds_account t ON t.id = e.destination_id
            WHERE q.project_id = p.id AND q.kind = '40') r ON true
     WHERE p.earmark_id = ANY(%(earmarks)s)
     ORDER BY p.code
"""  # noqa: S608


def project_rows(at: AsOf, money: Money) -> list[dict[str, Any]]:
    """A row for each project that has money, whoever keeps it now."""
    sums = by_earmark(money)
    given = sorted(e for e, s in sums.items() if s.cumulative["allocated"] or s.cumulative["paid"])
    with connection.cursor() as cursor:
        cursor.execute(PROJECTS, parameters(at) | {"earmarks": given})
        found = [dict(zip(COLUMNS, row, strict=True)) for row in cursor.fetchall()]
    name(found, at)
    sources = sources_by_earmark(money, at)
    return [finished(row, sums.get(row["earmark"], NOTHING), sources) for row in found]


def name(rows: list[dict[str, Any]], at: AsOf) -> None:
    """In place of the ids of divisions and departments."""
    places = {row[field] for row in rows for field in PLACES}
    divisions = names_at(Division, places, at.known_at)
    departments = names_at(Organization, {row["department"] for row in rows}, at.known_at)
    for row in rows:
        row.update({field: divisions[row[field]] for field in PLACES})
        row["department"] = departments[row["department"]]


def finished(row: dict[str, Any], sums: Any, sources: Mapping[int, Any]) -> dict[str, Any]:
    """With its money beside the facts. Retention money is at most what is not paid."""
    total, month = sums.cumulative, sums.month
    earmark = row.pop("earmark")
    unpaid = total["allocated"] - total["paid"]
    money = {name: total[name] for name in ("allocated", "released", "paid")}
    return {
        **row,
        **money,
        "earmark": earmark,
        "sources": sources.get(earmark, []),
        "released_month": month["released"],
        "paid_month": month["paid"],
        "paid_rate": share(total["paid"], total["allocated"]),
        "retention": min(row["retention"], max(unpaid, ZERO)),
        "surplus": surplus_of(row, total["allocated"]),
    }


def surplus_of(row: Mapping[str, Any], allocated: Decimal) -> Decimal:
    """结余: what stays allocated above the audited amount."""
    if row["audited_amount"] is None:
        return ZERO
    audited: Decimal = row["audited_amount"]
    return max(allocated - audited, ZERO)


def sources_by_earmark(money: Money, at: AsOf) -> dict[int, list[list[Any]]]:
    """Document and amount of each allotment that a project's money is of."""
    numbers = documents_at({tag for tag, _ in money}, at.known_at)
    found: dict[int, list[list[Any]]] = defaultdict(list)
    for (allotment, earmark), sums in sorted(money.items(), key=lambda item: item[0][0]):
        amount = sums.cumulative["allocated"]
        if earmark is not None and amount:
            found[earmark].append([numbers[allotment], amount])
    return found


COUNTED: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "projects": lambda row: True,
    "started": lambda row: row["started_on"],
    "completed": lambda row: row["completed_on"],
    "accepted": lambda row: row["accepted_on"],
}
SUMMED = (
    "planned_investment", "invested", "allocated", "released", "released_month", "paid",
    "paid_month", "retention", "surplus",
)  # fmt: skip
PEOPLE = ("households", "people", "poor_households", "poor_people")


def summary(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The columns of 表三. 验收率 is over completed projects (FACTS §6.1)."""
    there = list(rows)
    counts = {name: sum(1 for row in there if is_(row)) for name, is_ in COUNTED.items()}
    sums = {name: sum((row[name] for row in there), ZERO) for name in SUMMED}
    people = {name: sum(row[name] for row in there) for name in PEOPLE}
    return {**counts, **sums, **people, **summary_rates(counts, sums)}


def summary_rates(
    counts: Mapping[str, int], sums: Mapping[str, Decimal]
) -> dict[str, Decimal | None]:
    return {
        "start_rate": share(counts["started"], counts["projects"]),
        "completion_rate": share(counts["completed"], counts["projects"]),
        "acceptance_rate": share(counts["accepted"], counts["completed"]),
        "invested_rate": share(sums["invested"], sums["planned_investment"]),
        "released_rate": share(sums["released"], sums["allocated"]),
        "paid_rate": share(sums["paid"], sums["allocated"]),
    }


def grouped(rows: Iterable[Mapping[str, Any]], code: str, name: str) -> list[dict[str, Any]]:
    groups: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row[code]].append(row)
    return [
        {"code": key, "name": group[0][name], **summary(group)}
        for key, group in sorted(groups.items())
    ]
