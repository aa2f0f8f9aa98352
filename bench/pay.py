"""One payment through the whole Python service against the same rows written by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from bench import by_hand, service
from bench.clients import together
from bench.volume import find_ground, open_requests, owner_connection, without_rules

LEVELS = (1, 4, 8)
PROJECTS = 50
TABLES = {
    "办理记录": "approvals_decision",
    "历史": "projects_historicalpaymentrequest",
    "凭证": "funds_voucher",
    "分录": "funds_entry",
    "抄送": "approvals_carboncopy",
}


@dataclass
class Bench:
    """Hands out fresh requests, so that no run pays what another has paid."""

    connection: Connection[Any]
    transactions: int
    runs: int = 0

    def __post_init__(self) -> None:
        self.ground = find_ground()

    def fresh(self, count: int) -> list[int]:
        """Ids of waiting requests, without a gap."""
        self.runs += 1
        each = -(-count // PROJECTS)
        requests = open_requests(
            self.ground,
            projects=PROJECTS,
            each=each,
            amount=100,
            released=each * 100,
            mark=f"PAY{self.runs:02d}-",
        )[1]
        return sorted(requests)

    def through_service(self, clients: int) -> float:
        requests = self.fresh(self.transactions)[: self.transactions]
        shares = [(requests[n::clients],) for n in range(clients)]
        counted, seconds = together(service.pay, shares)
        if counted["成功"] != len(requests):
            raise RuntimeError(f"支付未全部成功：{counted}")
        return len(requests) / seconds

    def receipts_from_django(self, clients: int) -> float:
        self.runs += 1
        first = self.runs * 1_000_000
        numbers = list(range(first, first + self.transactions))
        shares = [(numbers[n::clients], self.ground.allotments[1]) for n in range(clients)]
        counted, seconds = together(service.receive, shares)
        return counted["成功"] / seconds

    def by_hand(self, script: str, clients: int) -> float:
        first = self.fresh(self.transactions * 2)[0]
        return by_hand.run_pgbench(
            script, clients=clients, transactions=self.transactions * 2, first=first
        )

    def receipts_by_hand(self, script: str, clients: int) -> float:
        self.runs += 1
        first = self.runs * 1_000_000
        return by_hand.run_pgbench(
            script, clients=clients, transactions=self.transactions * 2, first=first
        )

    def rows_of_one_payment(self) -> dict[str, int]:
        request = self.fresh(1)[0]
        before = self.count()
        service.pay([request])
        after = self.count()
        return {name: after[name] - before[name] for name in TABLES}

    def count(self) -> dict[str, int]:
        counts = ", ".join(f"(SELECT count(*) FROM {table})" for table in TABLES.values())
        row = self.connection.execute(f"SELECT {counts}").fetchone()
        assert row is not None
        return dict(zip(TABLES, row, strict=True))


def pay(transactions: int) -> bool:
    with owner_connection() as connection:
        bench = Bench(connection, transactions)
        rows = bench.rows_of_one_payment()
        script = by_hand.payment_script(
            connection, bench.ground, histories=rows["历史"], copies=rows["抄送"]
        )
        receipt = by_hand.receipt_script(connection, bench.ground)
        print("支付：一个县，每笔写入 " + "、".join(f"{n} {c} 行" for n, c in rows.items()))
        print("  客户端  服务  手写SQL  比值  手写(带触发器)  比值 | Django入账  手写入账  比值")
        for clients in LEVELS:
            measure(bench, script, receipt, clients)
    return True


def measure(bench: Bench, script: str, receipt: str, clients: int) -> None:
    served = bench.through_service(clients)
    ruled = bench.by_hand(script, clients)
    # The requests are made before the rules go off: making them switches the rules on again.
    first = bench.fresh(bench.transactions * 2)[0]
    with without_rules(bench.connection):
        bare = by_hand.run_pgbench(
            script, clients=clients, transactions=bench.transactions * 2, first=first
        )
    posted = bench.receipts_from_django(clients)
    received = bench.receipts_by_hand(receipt, clients)
    print(
        f"  {clients:>6}  {served:>8.0f}/秒 {bare:>6.0f}/秒  {served / bare:.2f}"
        f"  {ruled:>12.0f}/秒  {served / ruled:.2f} | {posted:>7.0f}/秒 {received:>6.0f}/秒"
        f"  {posted / received:.2f}",
        flush=True,
    )
