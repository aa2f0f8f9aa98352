"""两本总台账: finance's, which is the ledger, against the project department's, which is what was
approved and applied for (新扶贫领字〔2018〕76号 三(二)). Each side is read from its own rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from funds.models import Earmark
from organizations.models import Division, Role
from organizations.policies import role_names

from .models import LedgerDifference

CLAUSE = "新扶贫领字〔2018〕76号 三(二)：财政资金总台账与主管部门项目总台账对应"
ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Kind:
    code: str
    label: str
    rule: str
    owners: tuple[Role, ...]

    @property
    def owner(self) -> str:
        return role_names(self.owners)


KINDS = (
    Kind("allocated", "分配不符", "财政分配净额 = 批准资金 − 已收回的结余",
         (Role.FINANCE_CLERK, Role.GROUP_SECRETARY)),
    Kind("released", "核拨不符", "财政核拨净额 = 拨付申请核拨 − 收回",
         (Role.FINANCE_HEAD, Role.PROJECT_CLERK)),
    Kind("paid", "支付不符", "财政支付净额 = 拨付申请支付 − 退回和冲销",
         (Role.TREASURY_CLERK, Role.PROJECT_CLERK)),
    Kind("named", "编号、名称不符", "两本台账的项目编号相同，名称不同的须说明",
         (Role.PROJECT_CLERK, Role.FINANCE_CLERK)),
    Kind("unknown", "项目台账无此项目", "资金总台账的每个用款项目都在项目总台账",
         (Role.PROJECT_CLERK,)),
)  # fmt: skip
BY_CODE: Mapping[str, Kind] = {kind.code: kind for kind in KINDS}

BOTH = """
    WITH ledger AS (
        SELECT earmark_id,
               sum(balance) AS allocated,
               sum(balance) FILTER (WHERE kind IN ('released', 'paid')) AS released,
               sum(balance) FILTER (WHERE kind = 'paid') AS paid
          FROM funds_account WHERE county_id = %(county)s AND earmark_id IS NOT NULL
         GROUP BY 1),
    asked AS (
        SELECT q.project_id,
               sum(CASE d.action WHEN 'release' THEN d.amount WHEN 'withdraw_release' THEN -d.amount
                   END) AS released,
               sum(CASE d.action WHEN 'pay' THEN d.amount WHEN 'refund' THEN -d.amount
                        WHEN 'reverse_payment' THEN -d.amount END) AS paid
          FROM approvals_decision d
          JOIN projects_paymentrequest q ON q.id = d.subject_id
          JOIN projects_project g ON g.id = q.project_id AND g.county_id = %(county)s
         WHERE d.subject_type = 'projects.paymentrequest' AND d.amount IS NOT NULL
         GROUP BY 1)
    SELECT m.id, m.code, m.title, p.id, p.code, p.name,
           coalesce(l.allocated, 0), coalesce(l.released, 0), coalesce(l.paid, 0),
           coalesce((SELECT sum(s.amount) FROM projects_projectsource s
                      WHERE s.project_id = p.id), 0)
           - coalesce((SELECT sum(t.surplus) FROM projects_settlement t
                        WHERE t.project_id = p.id), 0),
           coalesce(a.released, 0), coalesce(a.paid, 0)
      FROM funds_earmark m
      LEFT JOIN projects_project p ON p.earmark_id = m.id
      LEFT JOIN ledger l ON l.earmark_id = m.id
      LEFT JOIN asked a ON a.project_id = p.id
     WHERE m.county_id = %(county)s AND (l.earmark_id IS NOT NULL OR p.id IS NULL
           OR EXISTS (SELECT 1 FROM projects_projectsource s WHERE s.project_id = p.id))
     ORDER BY m.code
"""


@dataclass(frozen=True)
class Difference:
    """`finance` and `department` are what each ledger says; yuan, or words of a name."""

    kind: Kind
    code: str
    name: str
    url: str
    finance: Any
    department: Any

    @property
    def amount(self) -> Decimal | None:
        if isinstance(self.finance, Decimal) and isinstance(self.department, Decimal):
            return self.finance - self.department
        return None


def differences(county: Division) -> list[Difference]:
    """In one query."""
    with connection.cursor() as cursor:
        cursor.execute(BOTH, {"county": county.pk})
        return [found for row in cursor.fetchall() for found in differences_of(row)]


def differences_of(row: tuple[Any, ...]) -> Iterator[Difference]:
    _, code, title, pk, project_code, name, *sums = row
    if pk is None:
        yield Difference(BY_CODE["unknown"], code, title, "", sums[0], ZERO)
        return
    url = f"/projects/{pk}/"
    for kind, finance, department in zip(KINDS[:3], sums[:3], sums[3:], strict=True):
        if finance != department:
            yield Difference(kind, code, name, url, finance, department)
    if code != project_code:
        yield Difference(BY_CODE["named"], code, name, url, code, project_code)


def compared(county: Division) -> int:
    return Earmark.objects.filter(county=county, accounts__isnull=False).distinct().count()


@transaction.atomic
def reconcile(county: Division, today: dt.date) -> int:
    """Writes down what differs today, and what of before no longer does. Safe to run again."""
    found = {(d.kind.code, d.code): d for d in differences(county)}
    standing = LedgerDifference.objects.select_for_update().filter(
        county=county, cleared_on__isnull=True
    )
    for row in standing:
        still = found.pop((row.kind, row.code), None)
        if still is None:
            row.cleared_on = today
        else:
            row.finance, row.department = str(still.finance), str(still.department)
        row.last_on = today
        row.save(update_fields=["finance", "department", "last_on", "cleared_on"])
    LedgerDifference.objects.bulk_create(
        [
            LedgerDifference(
                county=county,
                kind=d.kind.code,
                code=d.code,
                name=d.name,
                finance=str(d.finance),
                department=str(d.department),
                found_on=today,
                last_on=today,
            )
            for d in found.values()
        ],
        ignore_conflicts=True,
    )
    return LedgerDifference.objects.filter(county=county, cleared_on__isnull=True).count()


def found_since(county: Division) -> dict[tuple[str, str], dt.date]:
    """By kind and code: the day on which what differs was first found."""
    rows = LedgerDifference.objects.filter(county=county, cleared_on__isnull=True)
    return {(row.kind, row.code): row.found_on for row in rows}
