"""A line between two deployments that does to an answer what lines and receivers do: errors, lost,
slow, changed, cut off, another's. It passes every request on first, but for one kind of error."""

from __future__ import annotations

import http.client
import random
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from config.launch.ports import HOST

PATIENCE = 60  # seconds for the receiver itself


class Fault(StrEnum):
    NONE = "无"
    ERROR = "未转交即答复500"
    ERROR_AFTER = "转交后答复500"
    ELSEWHERE = "转向别处"
    LOST = "答复丢失"
    SLOW = "答复迟到"
    ENDLESS = "答复不完"
    CHANGED = "答复改动"
    TRUNCATED = "答复截断"
    ANOTHERS = "别人的答复"
    DOWN = "接收方不通"


# Of each hundred: 15 errors, 20 lost answers, 10 slow ones, 9 lies.
WEATHER = {
    Fault.ERROR: 6, Fault.ERROR_AFTER: 6, Fault.ELSEWHERE: 3, Fault.LOST: 20, Fault.SLOW: 9,
    Fault.ENDLESS: 1, Fault.CHANGED: 3, Fault.TRUNCATED: 3, Fault.ANOTHERS: 3,
}  # fmt: skip


def weather(seed: int) -> Callable[[], Fault]:
    source = random.Random(seed)
    weights = {Fault.NONE: 100 - sum(WEATHER.values()), **WEATHER}
    return lambda: source.choices(list(weights), list(weights.values()))[0]


def calm() -> Fault:
    return Fault.NONE


def do_nothing() -> None:
    """Nobody waits for the moment."""


class Line(ThreadingHTTPServer):
    """`port`: where the receiver is. `choose`: what befalls the next answer. `at_worst`: called
    when the receiver has taken something in and the sender has not heard of it."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, port: int, *, slow: float) -> None:
        super().__init__((HOST, 0), Passage)
        self.port, self.slow = port, slow
        self.choose: Callable[[], Fault] = calm
        self.at_worst: Callable[[], None] = do_nothing
        self.calls: Counter[Fault] = Counter()
        self.last_answers: dict[str, bytes] = {}  # by path, for whoever is to get another's
        self.lock = threading.Lock()

    @property
    def root(self) -> str:
        return f"http://{HOST}:{self.server_address[1]}"

    def count(self, fault: Fault) -> None:
        with self.lock:
            self.calls[fault] += 1

    def handle_error(self, *args: Any) -> None:
        """A sender that was killed hangs up; that is what this is for."""


@contextmanager
def faulty_line(port: int, *, slow: float = 1.0) -> Iterator[Line]:
    """`slow`: seconds, the longest that a late answer is held back."""
    line = Line(port, slow=slow)
    threading.Thread(target=line.serve_forever, daemon=True).start()
    try:
        yield line
    finally:
        line.shutdown()
        line.server_close()


class Passage(BaseHTTPRequestHandler):
    server: Line

    def do_POST(self) -> None:
        line = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with line.lock:
            fault = line.choose()
        if fault == Fault.ERROR:
            line.count(fault)
            self.send_error(500)
            return
        try:
            status, answer = self.pass_on(body)
        except (OSError, http.client.HTTPException):
            line.count(Fault.DOWN)
            self.close_connection = True
            return
        line.at_worst()
        line.count(fault)
        with suppress(OSError):
            self.answer_with(fault, status, answer)

    def pass_on(self, body: bytes) -> tuple[int, bytes]:
        onward = http.client.HTTPConnection(HOST, self.server.port, timeout=PATIENCE)
        try:
            onward.request("POST", self.path, body, dict(self.headers))
            response = onward.getresponse()
            return response.status, response.read()
        finally:
            onward.close()

    def answer_with(self, fault: Fault, status: int, answer: bytes) -> None:
        if fault == Fault.ERROR_AFTER:
            self.send_error(500)
        elif fault == Fault.ELSEWHERE:
            self.send_response(302)
            self.send_header("Location", f"http://{HOST}:{self.server.port}{self.path}")
            self.end_headers()
        elif fault == Fault.LOST:
            self.connection.shutdown(socket.SHUT_RDWR)
        elif fault == Fault.ENDLESS:
            self.drip()
        else:
            if fault == Fault.SLOW:
                threading.Event().wait(random.uniform(0, self.server.slow))
            self.give(status, self.lied(fault, answer))

    def lied(self, fault: Fault, answer: bytes) -> bytes:
        if fault == Fault.CHANGED:
            place = random.randrange(len(answer))
            return answer[:place] + bytes([answer[place] ^ 1]) + answer[place + 1 :]
        if fault == Fault.TRUNCATED:
            return answer[: random.randrange(len(answer))]
        with self.server.lock:
            others = self.server.last_answers.get(self.path, b"")
            self.server.last_answers[self.path] = answer
        return others if fault == Fault.ANOTHERS and others != answer else answer

    def drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        while True:  # until the sender hangs up
            self.wfile.write(b" ")
            threading.Event().wait(0.2)

    def give(self, status: int, answer: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args: Any) -> None:
        """Not on the screen."""
