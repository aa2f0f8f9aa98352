"""Deployments beside one another on this machine, each with its own data folder, PostgreSQL,
Valkey, keys, web server and workers, and gone afterwards."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from config.launch.demo import commands, is_healthy
from config.launch.home import ROOT, Home
from config.launch.ports import free_listener
from config.launch.processes import KILL, describe, end, send, start_logged, wait_until
from config.launch.screen import tail
from config.launch.servers import remembered_servers, servers
from config.launch.site import Site, child_environment
from config.launch.valkey import forget_everything

PORT_FROM = 8700
# The caller's deployment is not this one.
OTHERS = ("DATABASE_URL", "OWNER_DATABASE_URL", "SUPERUSER_DATABASE_URL", "AUDIT_DATABASE_URL",
          "REDIS_URL", "SECRET_KEY", "YICHI_HOME")  # fmt: skip


class Deployment:
    def __init__(self, site: Site) -> None:
        self.site, self.port = site, PORT_FROM
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def manage(self, *words: str) -> str:
        """What the command says. Raises RuntimeError."""
        return self.run([self.site.python, "manage.py", *words])

    def install(self) -> None:
        """As an administrator does."""
        self.manage("migrate", "--verbosity=0")
        self.manage("load_divisions")
        self.manage("load_reference")

    def run(self, command: list[str | Path]) -> str:
        answer = subprocess.run(
            command, cwd=ROOT, env=self.site.env, check=False, capture_output=True, text=True
        )
        if answer.returncode:
            raise RuntimeError(answer.stderr[-2000:])
        return answer.stdout

    def start(self, *names: str) -> None:
        """Of "web", "worker" and "beat", as the demonstration starts them."""
        for name in names:
            with free_listener(self.port) as listener:
                command = commands(self.site, listener)[name]
                self.running[name] = self.started(name, command, listener)
                if name == "web":
                    self.port = listener.getsockname()[1]
        if "web" in names and not wait_until(lambda: is_healthy(self.port), 60, step=0.1):
            raise RuntimeError(tail(self.site.home.log("web")))

    def started(
        self, name: str, command: list[str | Path], listener: socket.socket
    ) -> subprocess.Popen[bytes]:
        fds = [listener.fileno()] if name == "web" else []
        return start_logged(command, self.site.home.log(name), self.site.env, ROOT, fds)

    def kill(self, name: str) -> None:
        """At once and with all its children; nothing is tidied up."""
        child = self.running[name]
        send(child.pid, KILL, group=True)
        child.wait()

    def dead(self) -> list[str]:
        return [name for name, child in self.running.items() if child.poll() is not None]

    def wipe_broker(self) -> None:
        port = remembered_servers(self.site.home)["valkey"]["port"]
        forget_everything(port, self.site.home.secrets()["broker_password"])

    def stop(self) -> None:
        for child in self.running.values():
            end(describe(child.pid), signal.SIGTERM, 15, group=True)
            child.wait()


@contextmanager
def deployment(name: str, settings: Mapping[str, str]) -> Iterator[Deployment]:
    """With no tables yet. `settings`: of its environment."""
    with tempfile.TemporaryDirectory(prefix=f"yichi-{name}-") as folder:
        Path(folder).chmod(0o711)  # the database may run as somebody else
        home = Home(Path(folder) / "home")
        home.prepare()
        python = Path(sys.executable)
        caller = {k: v for k, v in os.environ.items() if k not in OTHERS} | dict(settings)
        with servers(home, python, caller) as addresses:
            site = Site(home, python, addresses, child_environment(home, addresses, caller))
            made = Deployment(site)
            try:
                yield made
            finally:
                made.stop()
