"""50 clients try 20,000 times to pay 100 out of 100 projects that have 1,000 each.

Exactly 1,000 tries may succeed, whether they come through the service or as plain SQL of the
application's own database role.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import psycopg

from bench.clients import together
from bench.service import pay_in_threads
from bench.volume import find_ground, open_requests, owner_connection

PROJECTS, TRIES, CLIENTS, PROCESSES = 100, 20_000, 50, 5
REFUSED_FOR_BALANCE, DEADLOCK, BUSY = "YC010", "40P01", "55P03"

DECIDE = """
    INSERT INTO approvals_decision (subject_type, subject_id, subject_title, division_id, cases,
        action, action_label, duty, from_status, to_status, by_id, post_id, by_name, by_unit,
        by_title, comment, opinions, amount, evidence, at, transaction_id, body_digest)
    SELECT 'bench', p.id, p.name, p.division_id,
        ARRAY['payment:' || p.id, 'project:' || p.earmark_id], 'pay', '支付',
        'pay', 'payment', 'paid', d.by_id, d.post_id, '', '', '', '', '[]', 100, '{}', now(), 0, ''
      FROM projects_project p, approvals_decision d
     WHERE p.earmark_id = %s AND d.id = %s
    RETURNING id, by_id, post_id
"""
POST = """
    SELECT id FROM ledger_post(%s::bigint, 'pay', %s, %s, '风暴', '', '', '{}', %s, %s, %s, NULL,
        NULL, ARRAY[%s]::bigint[], ARRAY[%s]::bigint[], ARRAY[100]::numeric[])
"""


def storm(tries: int = TRIES) -> bool:
    """Both storms; whether each ended with exactly what there was to pay."""
    ground = find_ground()
    by_sql = open_requests(
        ground, projects=PROJECTS, each=0, amount=100, released=1000, mark="SQL-"
    )[0]
    print(f"风暴：{CLIENTS} 个客户端，{tries:,} 次，100 个项目各有 1,000 元，每次支付 100 元")
    start = time.time()
    counted = plain_sql(by_sql, ground.county, ground.allotments[0], tries)
    fine = report("应用角色直接执行 SQL", counted, time.time() - start, "SQL-")
    requests = open_requests(
        ground, projects=PROJECTS, each=tries // PROJECTS, amount=100, released=1000, mark="SVC-"
    )[1]
    random.Random(1).shuffle(requests)
    shares = [(requests[n::PROCESSES], CLIENTS // PROCESSES) for n in range(PROCESSES)]
    counted, seconds = together(pay_in_threads, shares)
    return report(f"Python 服务（{PROCESSES} 个进程）", counted, seconds, "SVC-") and fine


def plain_sql(earmarks: list[int], county: int, allotment: int, tries: int) -> Counter[str]:
    with owner_connection() as connection:
        row = connection.execute(
            "SELECT decision_id FROM bench_model WHERE duty = 'pay'"
        ).fetchone()
    assert row is not None
    wanted = [earmarks[n % len(earmarks)] for n in range(tries)]
    random.Random(2).shuffle(wanted)

    def client(number: int) -> Counter[str]:
        counted: Counter[str] = Counter()
        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
            for earmark in wanted[number::CLIENTS]:
                counted[pay_once(connection, county, allotment, earmark, row[0])] += 1
        return counted

    with ThreadPoolExecutor(CLIENTS) as pool:
        return sum(pool.map(client, range(CLIENTS)), Counter())


def pay_once(
    connection: psycopg.Connection[Any], county: int, allotment: int, earmark: int, model: int
) -> str:
    """成功, or the SQLSTATE of the refusal."""
    try:
        with connection.transaction():
            decided = connection.execute(DECIDE, [earmark, model]).fetchone()
            assert decided is not None
            decision, by, post = decided
            arguments = [county, f"decision:{decision}", date.today(), by, post, decision]
            connection.execute(POST, [*arguments, allotment, earmark])
        return "成功"
    except psycopg.Error as error:
        return error.sqlstate or type(error).__name__


def report(title: str, counted: Counter[str], seconds: float, mark: str) -> bool:
    """Prints what happened and asks the balances: nothing left, nothing below zero."""
    with owner_connection() as connection:
        row = connection.execute(
            "SELECT count(*) FILTER (WHERE a.balance < 0), sum(a.balance)"
            " FILTER (WHERE a.kind = 'released'), sum(a.balance) FILTER (WHERE a.kind = 'paid')"
            " FROM funds_account a JOIN funds_earmark e ON e.id = a.earmark_id"
            " WHERE starts_with(e.code, %s)",
            [mark],
        ).fetchone()
    assert row is not None
    overspent, left, paid = row
    others = {k: n for k, n in counted.items() if k not in {"成功", REFUSED_FOR_BALANCE}}
    fine = counted["成功"] == PROJECTS * 10 and overspent == 0 and left == 0 and not others
    print(
        f"  {title}：成功 {counted['成功']:,}，余额不足被拒 {counted[REFUSED_FOR_BALANCE]:,}，"
        f"死锁 {counted[DEADLOCK]}，等锁超时 {counted[BUSY]}，其他 {others or '无'}；"
        f"透支项目 {overspent}，已支付 {paid:,} 元，余 {left:,} 元；{seconds:.1f} 秒"
        f"（{counted.total() / seconds:,.0f} 次/秒）{'✓' if fine else '✗ 不符'}"
    )
    return fine
