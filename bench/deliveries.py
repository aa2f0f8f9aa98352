"""Returns from one deployment to another, both real, while everything between them fails: answers
err, get lost, come late, lie; the receiver is down; the sender's worker is killed outright and
its broker wiped. Each return must be there once and as it was sealed, its receipt and the mark that
the prefecture set on it here once, nothing left to send."""

from __future__ import annotations

import json
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg

from bench.deployments import Deployment, deployment
from bench.faults import Line, do_nothing, faulty_line, weather
from bench.officials import PREFECTURES
from config.launch.home import ROOT
from config.launch.processes import die_with_parent
from config.launch.screen import tail

Row = dict[str, Any]
# Quicker than in an office, where the first pause is 30 s and an exchange may take 10.
HASTE = {
    "DELIVERY_SWEEP_SECONDS": "1",
    "DELIVERY_FIRST_PAUSE": "0.3",
    "DELIVERY_LONGEST_PAUSE": "5",
    "DELIVERY_DEADLINE": "2",
    "DELIVERY_ASK_PAUSE": "2",
}
SLOW = 3.0  # seconds; some of the late answers come after the deadline
DONE = (
    "SELECT (SELECT count(*) FROM reports_deliveryreceipt)"
    " + (SELECT count(*) FROM reports_returnmark)"
)
AGAIN = 1.0  # seconds until whoever watches the services starts a dead one again
STUCK = 180  # seconds without one more receipt


def deliveries(returns: int, *, down: float, seed: int) -> bool:
    """`down`: seconds for which the receiver is dead. Whether nothing was lost, doubled, altered
    or left."""
    with deployment("county", HASTE) as sender, deployment("prefecture", {}) as receiver:
        print(f"送达：{returns} 份月报，正在建立两套部署 …", flush=True)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda one: install(one, returns), (sender, receiver)))
        receiver.start("web", "worker", "beat")
        with faulty_line(receiver.port, slow=SLOW) as line:
            introduce(sender, receiver, line, returns)
            line.choose = weather(seed)
            sender.start("web", "worker", "beat")
            run = Run(sender, receiver, line, returns, down)
            seconds = run.go()
        return run.tell(seconds)


def install(one: Deployment, returns: int) -> None:
    one.install()
    step(one, "appoint", returns)


def step(one: Deployment, *words: object) -> str:
    return one.run([one.site.python, "-m", "bench.reporting", *map(str, words)])


def introduce(sender: Deployment, receiver: Deployment, line: Line, returns: int) -> None:
    """Keys and addresses, entered as administrators enter them."""
    counties = step(sender, "counties", returns).split()
    for here, there, codes in ((sender, receiver, counties), (receiver, sender, PREFECTURES)):
        made = step(here, "new-keys", *codes).split("\n")[1::2]
        pairs = [word for pair in zip(codes, made, strict=True) for word in pair]
        step(there, "add-keys", *pairs)
    for code in PREFECTURES:
        sender.manage("delivery", "addressee", code, "finance", f"{line.root}/api/deliveries/")


@dataclass
class Run:
    sender: Deployment
    receiver: Deployment
    line: Line
    returns: int
    down: float
    counted: Counter[str] = field(default_factory=Counter)
    down_until: float = 0.0

    def go(self) -> float:
        """Seconds until each return had its receipt and its mark, or nothing moved any more."""
        began = moved = time.monotonic()
        last, blows, goal = 0, list(self.blows()), 2 * self.returns
        with self.at_work(self.sender, "report") as one, self.at_work(self.receiver, "mark") as two:
            while last < goal and time.monotonic() - moved < STUCK:
                time.sleep(0.2)
                self.start_dead_again()
                done = self.done()
                if done > last:
                    last, moved = done, time.monotonic()
                while blows and done >= blows[0][0] * goal:
                    blows.pop(0)[1]()
                for people in (one, two):
                    if people.poll():
                        raise RuntimeError(people.communicate()[1][-2000:].decode())
        return time.monotonic() - began

    def blows(self) -> Iterator[tuple[float, Callable[[], None]]]:
        """What happens when so large a part is done."""
        for part in (0.1, 0.25, 0.4, 0.6, 0.75, 0.9):
            yield part, self.kill_worker_at_worst if part in (0.1, 0.4, 0.75) else self.kill_worker
            yield part + 0.03, self.wipe_broker
            if part == 0.4:
                yield part + 0.05, self.take_receiver_down

    def kill_worker(self) -> None:
        self.counted["杀死后台任务"] += 1
        self.sender.kill("worker")

    def kill_worker_at_worst(self) -> None:
        """The receiver has it, and the sender has not written down that it has."""

        def strike() -> None:
            self.line.at_worst = do_nothing
            self.counted["其中回执在途时"] += 1
            self.kill_worker()

        self.line.at_worst = strike

    def wipe_broker(self) -> None:
        self.counted["清空任务队列"] += 1
        self.sender.wipe_broker()

    def take_receiver_down(self) -> None:
        self.counted["接收方中断"] += 1
        self.down_until = time.monotonic() + self.down
        self.receiver.kill("web")

    def start_dead_again(self) -> None:
        """As whoever watches the services does."""
        for name in self.sender.dead():
            time.sleep(AGAIN)
            self.sender.start(name)
        if time.monotonic() >= self.down_until:
            self.receiver.start(*self.receiver.dead())
            self.line.port = self.receiver.port

    def done(self) -> int:
        """Receipts and marks that the sender has."""
        with psycopg.connect(self.sender.site.addresses.database.app) as connection:
            row = connection.execute(DONE).fetchone()
        assert row
        return int(row[0])

    @contextmanager
    def at_work(self, one: Deployment, work: str) -> Iterator[subprocess.Popen[bytes]]:
        python = str(one.site.python)
        child = subprocess.Popen(
            [python, "-m", "bench.reporting", work, str(self.returns)], cwd=ROOT,
            env=one.site.env, stderr=subprocess.PIPE, preexec_fn=die_with_parent(),
        )  # fmt: skip
        try:
            yield child
        finally:
            child.kill()
            child.communicate()

    def tell(self, seconds: float) -> bool:
        sent, received = (
            [json.loads(line) for line in step(one, which).splitlines()]
            for one, which in ((self.sender, "sent"), (self.receiver, "received"))
        )
        found = compare(sent, received)
        attempts = sum(row["attempts"] for row in sent)
        calls = "，".join(f"{fault} {count}" for fault, count in self.line.calls.most_common())
        blows = "，".join(f"{name} {count} 次" for name, count in self.counted.items())
        print(f"  {seconds:.0f} 秒，记录 {attempts} 次发送；请求：{calls}；{blows}")
        print("  " + "，".join(f"{name} {count}" for name, count in found.items()))
        right = {"到达": self.returns, "重复": 0, "改动": 0, "未了": 0}
        fine = found == right | {"标记": self.returns, "标记重复": 0, "标记不符": 0}
        print(f"  {'✓' if fine else '✗'} 应到 {self.returns}")
        if not fine:
            print(tail(self.sender.site.home.log("worker")))
            print(*{row["error"] for row in sent if not row["receipt"]}, sep="\n")
        return fine


def compare(sent: list[Row], received: list[Row]) -> dict[str, int]:
    """What arrived once, what more often, what is not what was sealed, and what is on its way."""
    there: dict[tuple[Any, ...], list[Row]] = {}
    for row in received:
        there.setdefault(name_of(row), []).append(row)
    known = {name_of(row): row for row in sent}
    altered = [name for name, rows in there.items() if not is_same(known.get(name), rows[0])]
    return {
        "到达": sum(name in there for name in known),
        "重复": len(received) - len(there),
        "改动": len(altered),
        "未了": sum(not row["receipt"] or name not in there for name, row in known.items()),
        "标记": sum(bool(row["marks"]) for row in sent),
        "标记重复": sum(len(row["marks"]) > 1 for row in sent),
        "标记不符": sum(
            not is_marked_alike(row, there[name][0]) for name, row in known.items() if name in there
        ),
    }


def name_of(row: Row) -> tuple[Any, ...]:
    fields = json.loads(row["body"])
    return tuple(fields[name] for name in ("sender", "to", "office", "period", "number"))


def is_same(sent: Row | None, received: Row) -> bool:
    """To the byte: what was sent, what was sealed, and the receipt on both sides."""
    return (
        sent is not None
        and received["body"] == sent["body"]
        and json.loads(received["body"])["content"] == sent["sealed"]
        and sent["receipt"] in ("", received["receipt"])
    )


# By what stands above: what stands below, and by which mark.
ALIKE = {"received": ("received", "receive"), "sent_back": ("returned", "send_back")}


def is_marked_alike(sent: Row, received: Row) -> bool:
    status, action = ALIKE.get(received["status"], ("sent", ""))
    return sent["status"] == status and sent["marks"] in ([], [action])
