"""审计工作台: exports that say what for, and 取证单. Both are written down for ever."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from approvals.models import Decision, Subject
from funds.models import Book, Voucher
from organizations.models import Division, Role, User
from organizations.policies import demand

from .figures import canonical, digest_of
from .models import AuditSheet, ExportRecord
from .return_workbook import Paper, write_tables
from .tables import Table
from .trace import Thing, trace

AUDITORS = (Role.AUDITOR, Role.DISCIPLINE_INSPECTOR)
FORMAT = "YICHI-AUDIT-SHEET-1"
VOUCHERS = 100


@transaction.atomic
def export_tables(
    *, county: Division, title: str, asked: str, tables: Sequence[Table], purpose: str, by: User
) -> tuple[ExportRecord, bytes]:
    """The workbook in yuan, and who took it for what. Raises Refused, ValidationError."""
    demand(by, AUDITORS, county)
    file = io.BytesIO()
    paper = Paper(
        unit=str(county), period=asked, signatures=[f"导出：{by.real_name}", f"用途：{purpose}"],
        in_wan=False,
    )  # fmt: skip
    write_tables(file, tables, paper)
    record = ExportRecord(
        county=county,
        title=title,
        asked=asked,
        purpose=purpose.strip(),
        row_count=sum(len(table.rows) for table in tables),
        sha256=hashlib.sha256(file.getvalue()).hexdigest(),
        by=by,
    )
    record.full_clean()
    record.save()
    return record, file.getvalue()


@transaction.atomic
def draw_up_sheet(
    *,
    county: Division,
    kind: str,
    thing: Thing,
    audited_unit: str,
    matter: str,
    summary: str,
    by: User,
) -> AuditSheet:
    """取证单, numbered without a gap in its county and year. Raises Refused, ValidationError."""
    post = demand(by, AUDITORS, county)
    year = timezone.localdate().year
    with connection.cursor() as cursor:
        name = f"audit sheet {county.code} {year}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
    content = canonical(recorded(county, thing))
    sheet = AuditSheet(
        county=county,
        year=year,
        number=AuditSheet.objects.filter(county=county, year=year).count() + 1,
        audited_unit=audited_unit.strip(),
        matter=matter.strip(),
        summary=summary.strip(),
        kind=kind,
        subject_id=thing.pk,
        content=content,
        sha256=digest_of(content),
        by=by,
        by_unit=post.organization.name,
    )
    sheet.full_clean()
    sheet.save()
    return sheet


def recorded(county: Division, thing: Thing) -> dict[str, Any]:
    """What the system has of it now: the money's way, the steps, the vouchers and their place in
    the chain."""
    book = Book.objects.filter(county=county).first()
    return {
        "format": FORMAT,
        "title": str(thing),
        "url": thing.get_absolute_url(),
        "known_at": timezone.now(),
        "ledger": {"sequence": book.sequence if book else 0, "head": book.head if book else ""},
        "stages": [
            {
                "label": stage.label,
                "left_out": stage.left_out,
                "total": stage.total,
                "lines": [
                    {"title": str(line.title), "note": str(line.note), "amount": line.amount}
                    for line in stage.lines
                ],
            }
            for stage in trace(thing)
        ],
        "decisions": decisions_about(thing),
        "vouchers": vouchers_about(thing),
        "voucher_count": len(voucher_ids(thing)),
    }


def decisions_about(thing: Any) -> list[dict[str, Any]]:
    if not isinstance(thing, Subject):
        return []
    taken = Decision.objects.about(thing.life(), thing.pk).order_by("pk")
    return [
        {
            "at": decision.at,
            "action": decision.action_label,
            "by": f"{decision.by_unit}{decision.by_title}{decision.signed_by}",
            "comment": decision.comment,
        }
        for decision in taken
    ]


def vouchers_about(thing: Any) -> list[dict[str, Any]]:
    rows = Voucher.objects.filter(pk__in=voucher_ids(thing)[:VOUCHERS])
    return [
        {
            "voucher": str(voucher),
            "kind": voucher.get_kind_display(),
            "occurred_on": voucher.occurred_on,
            "posted_at": voucher.posted_at,
            "memo": voucher.memo,
            "total": voucher.total,
            "sequence": voucher.sequence,
            "digest": voucher.digest,
        }
        for voucher in rows.select_related("county").order_by("sequence")
    ]


def voucher_ids(thing: Any) -> list[int]:
    if isinstance(thing, Voucher):
        return [thing.pk]
    earmark = getattr(thing, "earmark_id", None) or getattr(
        getattr(thing, "project", None), "earmark_id", None
    )
    touching = Q(entries__source__allotment=thing.pk)
    if earmark:
        touching = Q(entries__source__earmark=earmark) | Q(entries__destination__earmark=earmark)
    rows = Voucher.objects.filter(touching).order_by("sequence").distinct()
    return list(rows.values_list("pk", flat=True))
