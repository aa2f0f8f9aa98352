"""Between two deployments over real HTTP: whatever the network and the other end do, each return
is there once and its receipt here."""

from __future__ import annotations

import http.client
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from django.utils import timezone

from config.launch.addresses import in_database
from config.launch.demo import is_healthy
from config.launch.home import ROOT
from config.launch.ports import HOST, free_listener
from config.launch.processes import describe, end, start_logged, wait_until
from config.launch.screen import tail
from organizations.models import Division
from reports.delivery_sending import sweep
from reports.keys import add_key, make_key
from reports.models import Addressee, Delivery, DeliveryReceipt, Office, ReceivedDelivery
from tests.cast import Cast
from tests.databases import cloned_database, default_database
from tests.reports import delivering

PORT_FROM = 8600


class Relay(BaseHTTPRequestHandler):
    """Stands between the two and does what the test wants to the answer."""

    port, mode, calls = 0, "pass", 0

    def do_POST(self) -> None:
        Relay.calls += 1
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if Relay.mode == "error":
            self.send_error(500)
        elif Relay.mode == "elsewhere":
            self.send_response(302)
            self.send_header("Location", f"http://{HOST}:{Relay.port}{self.path}")
            self.end_headers()
        elif Relay.mode == "endless":
            self.drip()
        else:
            self.pass_on(body)

    def drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        with suppress(OSError):
            while True:
                self.wfile.write(b" ")
                threading.Event().wait(0.2)

    def pass_on(self, body: bytes) -> None:
        onward = http.client.HTTPConnection(HOST, Relay.port, timeout=30)
        onward.request("POST", self.path, body, dict(self.headers))
        response = onward.getresponse()
        answer = response.read()
        onward.close()
        if Relay.mode == "lost":
            self.close_connection = True
            return
        if Relay.mode == "lying":
            answer = answer.replace(b'\\"number\\":0', b'\\"number\\":1')
        self.send_response(response.status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args: Any) -> None:
        """Not on the screen."""


@contextmanager
def relaying() -> Iterator[str]:
    server = ThreadingHTTPServer((HOST, 0), Relay)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{HOST}:{server.server_address[1]}{delivering.INBOX}"
    finally:
        server.shutdown()
        server.server_close()


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
    committed_cast: Cast, populated: str, settings: Any, tmp_path: Path,
) -> None:  # fmt: skip
    settings.DELIVERY_DEADLINE = 1
    there = tmp_path / "prefecture"
    there.mkdir()
    settings.HOME = tmp_path / "county"
    county, above = committed_cast.county, delivering.prefecture(committed_cast)
    own = make_key(county)
    with cloned_database(populated) as other:
        with default_database(other):
            settings.HOME = there
            known = make_key(Division.objects.get(pk=above.pk))
            add_key(Division.objects.get(pk=county.pk), own.public_key)
        settings.HOME = tmp_path / "county"
        add_key(above, known.public_key)
        with serving(other, there) as Relay.port, relaying() as address:
            for office in Office.values:
                Addressee.objects.create(division=above, office=office, address=address)
            delivering.sent(committed_cast)
            go_through_faults()
        with default_database(other):
            stored = dict(ReceivedDelivery.objects.values_list("office", "sha256"))
            assert ReceivedDelivery.objects.count() == 2
    sent = Delivery.objects.select_related("addressee")
    assert stored == {d.addressee.office: d.sha256 for d in sent}


def go_through_faults() -> None:
    words = {
        "error": "500", "elsewhere": "302", "endless": "", "lost": "没有得到答复", "lying": "签名",
    }  # fmt: skip
    for Relay.mode, word in words.items():
        assert sweep() == 0
        errors = list(Delivery.objects.values_list("last_error", flat=True))
        assert len(errors) == 2 and all(error and word in error for error in errors), Relay.mode
        calls = Relay.calls
        assert (sweep(), Relay.calls) == (0, calls)  # not before it is due
        Delivery.objects.update(next_at=timezone.now())
    Relay.mode = "pass"
    assert (sweep(), sweep()) == (2, 0)
    assert DeliveryReceipt.objects.count() == 2
    assert set(Delivery.objects.values_list("attempts", flat=True)) == {len(words) + 1}
