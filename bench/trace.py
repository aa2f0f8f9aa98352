"""资金穿透 in a county of 3,000 projects and 100,000 vouchers, from whatever it begins at."""

from __future__ import annotations

import time
from datetime import date

from bench.pages import PEOPLE, log_in, measure
from bench.volume import generate, owner_connection
from config.demo.people import YANQI
from funds.ledger import ARRIVALS_AT_ONCE, Arrival, receive_many
from funds.models import Allotment, Voucher
from organizations.models import Division, Post, Role
from projects.models import Project

PROJECTS, VOUCHERS, RECEIPTS, LIMIT_MS = 3_000, 100_000, 2_000, 200
LINES_OF_A_VOUCHER = 2

# Of each kind the one whose money went the most ways.
WIDEST = {
    "allotment": "SELECT allotment_id FROM funds_account GROUP BY 1 ORDER BY count(*) DESC, 1",
    "receipt": "SELECT id FROM funds_voucher WHERE kind = 'receive' ORDER BY total DESC, id",
    "project": "SELECT project_id FROM projects_paymentrequest"
    " GROUP BY 1 ORDER BY count(*) DESC, 1",
    "payment": "SELECT max(id) FROM projects_paymentrequest WHERE status = 'paid'",
    "asset": "SELECT max(id) FROM assets_asset WHERE project_id IS NOT NULL",
}


def trace() -> bool:
    start = time.monotonic()
    if Voucher.objects.count() < VOUCHERS:
        generate(PROJECTS, VOUCHERS * LINES_OF_A_VOUCHER, mark="TRC-")
    receive(Allotment.objects.filter(document_number__startswith="测财农").earliest("pk"))
    with owner_connection() as owner:
        owner.execute("VACUUM ANALYZE")
        pages = [
            f"/trace/{kind}/{owner.execute(query + ' LIMIT 1').fetchone()[0]}/"  # type: ignore[index]
            for kind, query in WIDEST.items()
        ]
    seconds = time.monotonic() - start
    projects, vouchers = Project.objects.count(), Voucher.objects.count()
    print(f"穿透：{projects:,} 个项目，{vouchers:,} 张凭证（生成用时 {seconds:.0f} 秒）")
    client = log_in(PEOPLE["财政记账"])
    fine = [measure(client, "财政记账", page, LIMIT_MS) for page in pages]
    return projects >= PROJECTS and vouchers >= VOUCHERS and all(fine)


def receive(tag: Allotment) -> None:
    """Many small receipts of one allotment."""
    county = Division.objects.get(code=YANQI)
    held = Post.objects.get(role=Role.FINANCE_CLERK, organization__division=county)
    for first in range(0, RECEIPTS, ARRIVALS_AT_ONCE):
        arrivals = [
            Arrival(tag.pk, tag.amount / 10**9, date.today(), "测量用", f"bench-trace-{number}")
            for number in range(first, first + ARRIVALS_AT_ONCE)
        ]
        receive_many(arrivals, county=county, by=held.user, held=held)
