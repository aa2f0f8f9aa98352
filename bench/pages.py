"""List pages with a county's volume: server time, queries, and what a web worker weighs."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from statistics import median

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench.volume import generate
from config.launch.home import ROOT
from config.launch.ports import HOST, free_port
from organizations.models import User

PATHS = ("/", "/projects/", "/ledger/", "/journal/", "/allotments/", "/inbox/", "/payments/")
TIMES = 20
LIMIT_MS, LIMIT_MB = 150, 250
BACKEND = "django.contrib.auth.backends.ModelBackend"
PEOPLE = {"财政记账": "朱砚清", "项目主管部门经办": "卫林深", "自治区级受理": "云天阔"}


def pages(projects: int, entries: int) -> bool:
    start = time.monotonic()
    there = generate(projects, entries)
    seconds = time.monotonic() - start
    print(f"页面：{there[0]:,} 个项目，{there[1]:,} 条分录（生成用时 {seconds:.0f} 秒）")
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    clients = {role: log_in(name) for role, name in PEOPLE.items()}
    fine = [measure(client, role, path) for role, client in clients.items() for path in PATHS]
    return weigh(clients["财政记账"]) and all(fine)


def log_in(name: str) -> Client:
    client = Client(SERVER_NAME=HOST)
    client.force_login(User.objects.get(real_name=name), backend=BACKEND)
    return client


def measure(client: Client, role: str, path: str, limit: int = LIMIT_MS) -> bool:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        response = client.get(path)
    if response.status_code != 200:
        print(f"  {role} {path:<14} 状态 {response.status_code}，未计时")
        return response.status_code in {403, 404}
    asked = len(queries)  # before the next request empties the log
    times = sorted(timed(client, path) for _ in range(TIMES))
    middle = median(times)
    print(
        f"  {role} {path:<14} 中位 {middle:6.1f} 毫秒  最慢 {times[-1]:6.1f} 毫秒"
        f"  查询 {asked:>3} 次  {len(response.content) / 1024:5.0f} KB"
        f" {'✓' if middle < limit else f'✗ 超过 {limit} 毫秒'}",
        flush=True,
    )
    return middle < limit


def timed(client: Client, path: str) -> float:
    """Milliseconds from the request's entry into the middleware to the last byte."""
    start = time.perf_counter()
    client.get(path).getvalue()
    return (time.perf_counter() - start) * 1000


def weigh(client: Client) -> bool:
    """The largest resident size of a gunicorn worker that served every page many times."""
    port = free_port(18800)
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "config.wsgi:application", f"--bind={HOST}:{port}",
         "--workers=1", "--worker-class=gthread", "--threads=4", "--no-control-socket",
         "--log-level=error"],
        cwd=ROOT, env=os.environ, start_new_session=True,
    )  # fmt: skip
    try:
        name = settings.SESSION_COOKIE_NAME
        cookie = f"{name}={client.cookies[name].value}"
        for _ in range(TIMES):
            for path in PATHS:
                fetch(port, path, cookie)
        sizes = [resident(pid) for pid in children(server.pid)]
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()
    largest = max(sizes)
    print(f"  网页进程常驻内存峰值 {largest:.0f} MB {'✓' if largest < LIMIT_MB else '✗'}")
    return largest < LIMIT_MB


def fetch(port: int, path: str, cookie: str, patience: float = 30) -> int:
    """The status; waits for a server that has just been started."""
    end = time.monotonic() + patience
    while True:
        with suppress(ConnectionRefusedError):
            web = http.client.HTTPConnection(HOST, port, timeout=60)
            web.request("GET", path, headers={"Cookie": cookie})
            response = web.getresponse()
            response.read()
            web.close()
            return response.status
        if time.monotonic() > end:
            raise TimeoutError(f"网页服务没有在 {patience:.0f} 秒内就绪")
        time.sleep(0.2)


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(child) for child in tasks.split()]


def resident(pid: int) -> float:
    """MB, the high-water mark."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
