"""The four tables of a county's monthly return (FACTS §6.3), and their canonical bytes.

The bytes are JSON with sorted keys, no space and decimals as text, in UTF-8; the digest is
their SHA-256. The same month as known at the same moment gives the same bytes for ever.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from organizations.models import Division, Parameter

from .fund_figures import Target, added_up, fund_groups, fund_rows, read_money, share
from .names import names_at
from .periods import AsOf
from .project_figures import grouped, project_rows, summary

FORMAT = "YICHI-RETURN-1"
MILESTONES = "spend.milestones"


def county_figures(at: AsOf) -> dict[str, Any]:
    """In a handful of queries, however many vouchers there are."""
    money = read_money(at)
    projects = project_rows(at, money)
    held = {row["earmark"]: row["retention"] for row in projects}
    funds = fund_rows(at, money, held)
    return {
        "format": FORMAT,
        "unit": {
            "code": at.county.code,
            "name": names_at(Division, [at.county.pk], at.known_at)[at.county.pk],
            "level": at.county.level,
        },
        "period": f"{at.first_day:%Y-%m}",
        "cutoff": at.cutoff,
        "known_at": at.known_at,
        "ledger": {"sequence": at.sequence, "head": at.head},
        "funds": funds,
        "fund_groups": fund_groups(funds),
        "projects": projects,
        "types": grouped(projects, "type", "type_name"),
        "townships": grouped(projects, "township", "township_name"),
        "total": total_row(funds, projects),
        "target": against_target(at, funds),
    }


def total_row(funds: list[dict[str, Any]], projects: list[dict[str, Any]]) -> dict[str, Any]:
    """The row of the county in 表四: the projects' columns, and the money's over what came in."""
    total = summary(projects)
    own = {f"project_{name}": total[name] for name in ("surplus", "released_rate", "paid_rate")}
    return total | added_up(funds) | own


def against_target(at: AsOf, funds: list[dict[str, Any]]) -> dict[str, Any]:
    """Money of the year's own allotments, beside where its spending should have come."""
    year = [row for row in funds if row["fund_year"] == at.first_day.year]
    received = sum((row["received"] for row in year), Decimal("0.00"))
    paid = sum((row["paid"] for row in year), Decimal("0.00"))
    target = Target.of(Parameter.objects.value(MILESTONES, at.cutoff)).at(at.cutoff)
    rate = share(paid, received)
    return {
        "fund_year": at.first_day.year,
        "received": received,
        "paid": paid,
        "rate": rate,
        "target": target,
        "ahead": None if rate is None else rate - target,
    }


def canonical(figures: Mapping[str, Any]) -> str:
    return json.dumps(
        figures, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=as_text
    )


def as_text(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if isinstance(value, dt.date):
        return value.isoformat()
    raise TypeError(f"{value!r} has no place in a return")


def digest_of(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()
