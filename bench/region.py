"""The region's 汇总: every county of every prefecture, twelve months, from returns as they came."""

from __future__ import annotations

import datetime as dt
import time
from typing import Any

from django.utils import timezone
from psycopg import Connection

from bench.volume import owner_connection
from organizations.models import Division
from organizations.models.divisions import Level
from reports.figures import canonical, digest_of
from reports.fund_figures import ADDED, rates
from reports.periods import month_before
from reports.project_figures import COUNTED, PEOPLE, SUMMED, summary_rates
from reports.rollups import FORMAT, roll_up_figures, summed

MONTHS, PROJECTS, GROUPS, TYPES = 12, 300, 6, 12
LIMIT_SECONDS = 5
ARRIVE = """
    INSERT INTO reports_receivedreturn (status, status_since, division_id, to_id, first_day, number,
        reason, is_roll_up, content, sha256, due_on, arrived_at, came_late)
    VALUES ('received', now(), %s, %s, %s, 0, '', %s, %s, %s, %s, now(), false)
"""


def region() -> bool:
    counties = list(Division.objects.filter(level=Level.COUNTY).select_related("reports_to"))
    above = list(Division.objects.filter(level=Level.PREFECTURE).order_by("-path"))
    months = last_months()
    with owner_connection() as sql:
        sql.execute("SET session_replication_role = replica")
        for month in months:
            for county in counties:
                assert county.reports_to
                arrive(sql, county, county.reports_to, month, county_content(county, month), False)
        sql.execute("ANALYZE reports_receivedreturn")
        start, prefectures = time.monotonic(), 0.0
        for month in months:
            begun = time.monotonic()
            made = [(unit, canonical(roll_up_figures(unit, month))) for unit in above]
            prefectures += time.monotonic() - begun
            for unit, content in made:
                assert unit.reports_to
                arrive(sql, unit, unit.reports_to, month, content, True)
        top = Division.objects.get(level=Level.REGION)
        start = time.monotonic()
        rows = sum(len(roll_up_figures(top, month)["units"]) for month in months)
        whole = time.monotonic() - start
    print(
        f"汇总：{len(counties)} 个县（市）× {MONTHS} 个月，每份 {PROJECTS} 个项目；"
        f"各地州 {prefectures:.2f} 秒，自治区 {whole:.2f} 秒"
        f"（{rows} 行，合计上限 {LIMIT_SECONDS} 秒）"
    )
    return prefectures + whole <= LIMIT_SECONDS


def last_months() -> list[dt.date]:
    months = [month_before(timezone.localdate().replace(day=1))]
    while len(months) < MONTHS:
        months.append(month_before(months[-1]))
    return months


def arrive(
    sql: Connection[Any], unit: Division, to: Division, month: dt.date, content: str, whole: bool
) -> None:
    sql.execute(ARRIVE, [unit.pk, to.pk, month, whole, content, digest_of(content), month])


def county_content(county: Division, month: dt.date) -> str:
    """As a county of the middle size writes it; what its lines say is not looked at."""
    amounts = dict.fromkeys((*ADDED, *SUMMED, "project_surplus"), "1234567.89")
    counts = dict.fromkeys((*COUNTED, *PEOPLE), 25)
    total = summed([{**amounts, **counts}])
    money = {name: total[name] for name in ADDED}
    line = {**amounts, **counts, "name": "某村某某建设项目（二期）", "code": "652826-2026-0001"}
    return canonical(
        {
            "format": FORMAT,
            "period": f"{month:%Y-%m}",
            "unit": {"code": county.code, "name": county.name},
            "ledger": {"sequence": 100, "head": "0" * 64},
            "funds": [line] * GROUPS * 3,
            "projects": [line] * PROJECTS,
            "townships": [line] * 10,
            "total": total,
            "fund_groups": [
                {"category": f"C{n}", "category_name": f"类别{n}", "level": "L1",
                 "level_name": "中央", **money, **rates(money)}
                for n in range(GROUPS)
            ],
            "types": [
                {"code": f"T{n}", "name": f"类型{n}", **counts,
                 **{name: total[name] for name in SUMMED}, **summary_rates(counts, total)}
                for n in range(TYPES)
            ],
        }
    )  # fmt: skip
