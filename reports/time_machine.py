"""时光机: any list or balance as of a business date, as it was known at a moment.

The four tables come from the same queries as the monthly return, for any day; what was written
down later, for whatever day, is left out and shown apart.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Max, OuterRef, QuerySet, Subquery
from django.utils import timezone

from approvals.models import Decision
from approvals.workflow import WORKFLOWS
from funds.models import Voucher
from organizations.models import Division
from projects.models import PaymentRequest, Project

from .differences import Change, row_changes
from .figures import canonical, county_figures
from .models import Scope
from .names import words_at
from .periods import AsOf
from .tables import AMOUNT, COUNT, DATE, UNITS, Column, Table, tables_of

SHOWN = 500


def as_of(county: Division, on: dt.date, known: dt.datetime) -> AsOf:
    """What had happened by `on` and stood in the books at `known`."""
    posted = Voucher.objects.filter(county=county, posted_at__lte=known)
    last = posted.aggregate(last=Max("sequence"))["last"] or 0
    return AsOf(county, on.replace(day=1), known, last, on)


@dataclass(frozen=True)
class Listing:
    label: str
    tables: Callable[[AsOf, int | None], list[Table]]


def figures_at(at: AsOf) -> dict[str, Any]:
    """As they are written: amounts are text."""
    found: dict[str, Any] = json.loads(canonical(county_figures(at)))
    return found


def figures_of(at: AsOf, most: int | None) -> list[Table]:
    return tables_of(figures_at(at))


PROJECTS = (
    Column(("项目编号",), "code", width=18),
    Column(("项目名称",), "name", width=34),
    Column(("地点",), "place", width=16),
    Column(("状态",), "status", width=14),
    Column(("进入时间",), "since", width=18),
    Column(("办理人",), "by", width=18),
)
PAYMENTS = (
    Column(("申请编号",), "code", width=18),
    Column(("项目",), "name", width=34),
    Column(("收款人",), "payee", width=28),
    Column(("金额",), "amount", AMOUNT, width=17),
    Column(("状态",), "status", width=14),
    Column(("进入时间",), "since", width=18),
    Column(("办理人",), "by", width=18),
)
VOUCHERS = (
    Column(("链上序号",), "sequence", COUNT, width=9),
    Column(("凭证号",), "voucher", width=14),
    Column(("凭证种类",), "kind", width=10),
    Column(("业务日期",), "occurred_on", DATE, width=12),
    Column(("入账时间",), "posted", width=18),
    Column(("摘要",), "memo", width=40),
    Column(("金额",), "total", AMOUNT, width=17),
    Column(("经办人",), "by_name", width=12),
)


def stood_at(rows: QuerySet[Any], life: str, known: dt.datetime) -> QuerySet[Any]:
    """With the last step that had been taken on each by then."""
    taken = Decision.objects.filter(
        subject_type=life, subject_id=OuterRef("pk"), at__lte=known
    ).order_by("-id")
    found: QuerySet[Any] = rows.annotate(
        stood=Subquery(taken.values("to_status")[:1]),
        stood_since=Subquery(taken.values("at")[:1]),
        stood_by=Subquery(taken.values("by_name")[:1]),
    )
    return found


def standing(row: Any, life: str) -> dict[str, Any]:
    workflow = WORKFLOWS[life]
    return {
        "status": workflow.label_of(row.stood or workflow.start),
        "since": in_minutes(row.stood_since) if row.stood_since else "",
        "by": row.stood_by or "",
    }


def in_minutes(at: dt.datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"


def moment_of(at: AsOf) -> dt.datetime:
    """The end of the business date, or before it what was known."""
    following = at.cutoff + dt.timedelta(days=1)
    return min(at.known_at, timezone.make_aware(dt.datetime.combine(following, dt.time.min)))


def projects_of(at: AsOf, most: int | None) -> list[Table]:
    life = Project.life()
    moment = moment_of(at)
    known = Project.objects.filter(county=at.county, proposed_at__lte=moment)
    rows = stood_at(known.select_related("division"), life, moment).order_by("code")[:most]
    names = words_at(Project, "name", [p.pk for p in rows], at.known_at)
    found = [
        {
            "code": p.code,
            "name": names[p.pk],
            "place": str(p.division),
            "id": p.pk,
            **standing(p, life),
        }
        for p in rows
    ]
    return [
        Table("projects", "项目及其状态", PROJECTS, found, url_of=to("/projects/{id}/", "name"))
    ]


def payments_of(at: AsOf, most: int | None) -> list[Table]:
    life = PaymentRequest.life()
    moment = moment_of(at)
    rows = PaymentRequest.objects.filter(
        project__county=at.county, requested_at__lte=moment
    ).select_related("project")
    found = [
        {
            "code": p.number, "name": p.project.name, "payee": p.payee_name, "amount": p.amount,
            "id": p.pk, **standing(p, life),
        }
        for p in stood_at(rows, life, moment).order_by("number")[:most]
    ]  # fmt: skip
    return [
        Table("payments", "拨付申请及其状态", PAYMENTS, found, url_of=to("/payments/{id}/", "code"))
    ]


def vouchers_of(at: AsOf, most: int | None) -> list[Table]:
    rows = Voucher.objects.filter(
        county=at.county, sequence__lte=at.sequence, occurred_on__lte=at.cutoff
    )
    return [voucher_table("vouchers", "凭证", rows.order_by("-sequence")[:most])]


def posted_later(at: AsOf, most: int | None = SHOWN) -> Table:
    """For a day until then, but written down since."""
    rows = Voucher.objects.filter(
        county=at.county, sequence__gt=at.sequence, occurred_on__lte=at.cutoff
    )
    return voucher_table("later", "此后补记的凭证", rows.order_by("sequence")[:most])


def voucher_table(key: str, title: str, rows: QuerySet[Voucher]) -> Table:
    fields = ("pk", "sequence", "occurred_on", "memo", "total", "by_name", "year", "number")
    found = [
        {
            **row, "id": row["pk"], "kind": Voucher.Kind(row["voucher_kind"]).label,
            "voucher": f"{row['year']}-{row['number']:04d}", "posted": in_minutes(row["posted_at"]),
            "occurred_on": row["occurred_on"].isoformat(),
        }
        for row in rows.values(*fields, "posted_at", voucher_kind=F("kind"))
    ]  # fmt: skip
    return Table(key, title, VOUCHERS, found, url_of=to("/vouchers/{id}/", "voucher"))


def to(address: str, field: str) -> Callable[[Any, Column], str]:
    return lambda row, column: address.format(**row) if column.field == field else ""


LISTINGS: dict[str, Listing] = {
    "figures": Listing("资金、项目和汇总（四张表）", figures_of),
    "projects": Listing("项目及其状态", projects_of),
    "payments": Listing("拨付申请及其状态", payments_of),
    "vouchers": Listing("凭证", vouchers_of),
}


def changed_since(at: AsOf, now: AsOf) -> Iterator[Change]:
    """表四 then and now, for the same day: the columns that differ."""
    before, after = figures_at(at)["total"], figures_at(now)["total"]
    return row_changes(Scope.TOTAL, "表四", str(at.county), before, after, UNITS)
