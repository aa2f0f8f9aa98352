"""Between two deployments over real HTTP: whatever the network, the other end and the sender's own
machine do, each return is there once, its receipt and its mark here once."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from redis import Redis

from bench.faults import Fault, Line, calm, do_nothing, faulty_line
from config.launch.addresses import in_database, on_shelf
from config.launch.demo import is_healthy
from config.launch.home import ROOT
from config.launch.ports import free_listener
from config.launch.processes import KILL, describe, end, send, start_logged, wait_until
from config.launch.screen import tail
from organizations.models import Division
from reports.delivery_sending import sweep
from reports.keys import add_key, make_key
from reports.models import (
    Addressee,
    Delivery,
    DeliveryReceipt,
    MonthlyReturn,
    Office,
    ReceivedDelivery,
    ReceivedReturn,
    ReturnMark,
    ReturnReceipt,
)
from reports.periods import month_before
from tests import factories as make
from tests.cast import Cast, read_cast
from tests.databases import cloned_database, default_database
from tests.reports import delivering, reporting

PORT_FROM = 8600
# Nobody else's queue; wiping it is part of the test.
SHELF = 9
HASTE = {
    "DELIVERY_SWEEP_SECONDS": "0.3", "DELIVERY_FIRST_PAUSE": "0.1", "DELIVERY_ASK_PAUSE": "0.3",
    "DELIVERY_DEADLINE": "2",
}  # fmt: skip
S = MonthlyReturn.Status


@contextmanager
def serving(database: str, home: Path) -> Iterator[int]:
    names = ("DATABASE_URL", "OWNER_DATABASE_URL", "AUDIT_DATABASE_URL")
    urls = {n: in_database(os.environ[n], database) for n in names if n in os.environ}
    env = {**os.environ, **urls, "DEMO": "1", "DEBUG": "0", "YICHI_HOME": str(home)}
    with free_listener(PORT_FROM) as listener:
        port: int = listener.getsockname()[1]
        web = [sys.executable, "-m", "gunicorn", "config.wsgi:application"]
        web += [f"--bind=fd://{listener.fileno()}", "--workers=1", "--no-control-socket"]
        log = home / "web.log"
        child = start_logged(web, log, env, ROOT, [listener.fileno()])
        listener.close()
        try:
            assert wait_until(lambda: is_healthy(port), 60, step=0.1), tail(log)
            yield port
        finally:
            end(describe(child.pid), signal.SIGTERM, 10, group=True)
            child.wait()


def test_every_fault_ends_with_one_effect(
    committed_cast: Cast, populated: str, settings: Any, tmp_path: Path
) -> None:
    settings.DELIVERY_DEADLINE = 1
    there, here = tmp_path / "prefecture", tmp_path / "county"
    for home in (there, here):
        home.mkdir()
    settings.HOME = here
    county, above = committed_cast.county, delivering.prefecture(committed_cast)
    own = make_key(county)
    with cloned_database(populated) as other:
        with default_database(other):
            settings.HOME = there
            known = make_key(Division.objects.get(pk=above.pk))
            add_key(Division.objects.get(pk=county.pk), own.public_key)
        settings.HOME = here
        add_key(above, known.public_key)
        with serving(other, there) as port, faulty_line(port) as line:
            for office in Office.values:
                address = f"{line.root}{delivering.INBOX}"
                Addressee.objects.create(division=above, office=office, address=address)
            delivering.sent(committed_cast)
            go_through_faults(line)
            with Sender(line, here) as sender:
                deliver_through_a_kill(committed_cast, sender)
                settings.HOME = there
                hear_through_a_kill(sender, other)


def go_through_faults(line: Line) -> None:
    words = {
        Fault.ERROR: "500", Fault.ERROR_AFTER: "500", Fault.ELSEWHERE: "302", Fault.ENDLESS: "",
        Fault.LOST: "没有得到答复", Fault.CHANGED: "",
    }  # fmt: skip
    for fault, word in words.items():
        line.choose = lambda fault=fault: fault  # type: ignore[misc]
        assert sweep() == 0
        errors = list(Delivery.objects.values_list("last_error", flat=True))
        assert len(errors) == 2 and all(error and word in error for error in errors), fault
        calls = line.calls.total()
        assert (sweep(), line.calls.total()) == (0, calls)  # not before it is due
        Delivery.objects.update(next_at=timezone.now())
    line.choose = calm
    assert (sweep(), sweep()) == (2, 0)
    assert DeliveryReceipt.objects.count() == 2
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {len(words) + 1}


class Sender:
    """The sender's real worker with its clock, to be killed."""

    def __init__(self, line: Line, home: Path) -> None:
        self.line, self.log = line, home / "worker.log"
        self.broker = on_shelf(os.environ["REDIS_URL"], SHELF)
        self.env = {**os.environ, **HASTE, "REDIS_URL": self.broker, "YICHI_HOME": str(home)}
        self.command = [sys.executable, "-m", "celery", "-A", "config.celery", "worker", "--beat"]
        self.command += ["--pool=solo", "--without-mingle", f"--schedule={home / 'schedule'}"]

    def __enter__(self) -> Sender:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.die()

    def start(self) -> None:
        self.child = start_logged(self.command, self.log, self.env, ROOT)

    def die(self) -> None:
        if self.child.poll() is None:
            send(self.child.pid, KILL, group=True)
            self.child.wait()

    def work_through(self, rows: QuerySet[Any], count: int, *faults: Fault) -> None:
        """Killed once the other end has acted on the first request and before that is known here;
        the broker is wiped; these faults befall what follows."""
        befalling = iter(faults)
        self.line.choose = lambda: next(befalling, Fault.NONE)
        self.line.at_worst = self.strike
        assert wait_until(lambda: self.child.poll() is not None, 60), tail(self.log)
        assert rows.count() < count
        Redis.from_url(self.broker).flushdb()
        self.start()
        assert wait_until(lambda: rows.count() == count, 60), tail(self.log)

    def strike(self) -> None:
        self.line.at_worst = do_nothing
        self.die()


def deliver_through_a_kill(cast: Cast, sender: Sender) -> None:
    first_day = reporting.last_month()
    for _ in range(2):
        first_day = month_before(first_day)
        reporting.return_at(cast, S.SENT, first_day)
    receipts = DeliveryReceipt.objects.all()
    sender.work_through(receipts, 6, Fault.LOST, Fault.ANOTHERS, Fault.TRUNCATED)


def hear_through_a_kill(sender: Sender, other: str) -> None:
    sent = {d.sha256: (d.body, d.receipt.text) for d in Delivery.objects.all()}
    sender.line.choose = lambda: Fault.ERROR  # nothing is asked while it is being marked
    with default_database(other):
        arrived = {r.sha256: (r.body, r.receipt) for r in ReceivedDelivery.objects.all()}
        there = read_cast()
        for number, monthly in enumerate(ReceivedReturn.objects.order_by("first_day")):
            action = "receive" if number else "send_back"
            make.do(monthly, action, there, "prefecture_clerk", comment="已核对")
        assert ReceivedReturn.objects.count() == 3
    assert arrived == sent and len(sent) == 6
    marks = ReturnMark.objects.all()
    sender.work_through(marks, 3, Fault.LOST, Fault.CHANGED, Fault.ANOTHERS, Fault.TRUNCATED)
    states = MonthlyReturn.objects.order_by("first_day").values_list("status", flat=True)
    assert list(states) == [S.RETURNED, S.RECEIVED, S.RECEIVED]
    assert len(set(marks.values_list("dispatch", flat=True))) == 3
    assert ReturnReceipt.objects.count() == 3
