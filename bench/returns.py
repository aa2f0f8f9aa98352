"""月报 of a county with many projects and entries, beside the bare SQL that fetches its figures."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.utils import timezone

from bench.volume import generate, owner_connection
from config.demo.people import YANQI
from funds.models import Entry
from organizations.models import Division
from projects.models import Project
from reports.figures import canonical, county_figures
from reports.fund_figures import ALLOTMENTS, MONEY, parameters
from reports.periods import as_known_now
from reports.project_figures import PROJECTS
from reports.reconciliation import differences

TIMES, RATIO = 3, 2
LIMIT_SECONDS = 5


def returns(projects: int, entries: int) -> bool:
    if Entry.objects.count() < entries:
        generate(projects, entries, mark="RET-")
    with owner_connection() as owner:
        owner.execute("VACUUM ANALYZE")
    county = Division.objects.get(code=YANQI)
    at = as_known_now(county, timezone.localdate().replace(day=1))
    earmarks = list(Project.objects.filter(county=county).values_list("earmark_id", flat=True))
    asked = parameters(at) | {"earmarks": earmarks, "moved": []}

    def by_hand() -> None:
        with connection.cursor() as cursor:
            for statement in (MONEY, ALLOTMENTS, PROJECTS):
                cursor.execute(statement, asked)
                cursor.fetchall()

    bare = best(by_hand)
    ours = best(lambda: canonical(county_figures(at)))
    ledgers = best(lambda: differences(county))
    rows = len(county_figures(at)["projects"])
    print(
        f"月报：{rows:,} 个项目，{Entry.objects.count():,} 条分录；"
        f"SQL {bare:.2f} 秒，月报 {ours:.2f} 秒（{ours / bare:.2f} 倍，上限 {RATIO} 倍）；"
        f"两本总台账对账 {ledgers:.2f} 秒"
    )
    return ours <= RATIO * bare and ledgers <= LIMIT_SECONDS


def best(work: Callable[[], Any]) -> float:
    found = []
    for _ in range(TIMES):
        start = time.monotonic()
        work()
        found.append(time.monotonic() - start)
    return min(found)
