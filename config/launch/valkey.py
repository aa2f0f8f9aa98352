"""A private Valkey: it only hurries work along, so it keeps nothing on disk."""

import contextlib
import signal
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from config.launch.account import Account
from config.launch.home import LaunchError
from config.launch.ports import HOST
from config.launch.postgres import CLEAN_ENVIRONMENT
from config.launch.processes import describe, end, ended_unless_kept, wait_until
from config.launch.screen import tail


def configuration(port: int, password: str) -> str:
    return "\n".join(
        [
            f"bind {HOST}",
            f"port {port}",
            f"requirepass {password}",
            'save ""',
            "appendonly no",
            "daemonize no",
            "maxmemory-policy noeviction",
            "",
        ]
    )


def start(
    program: Path, port: int, password: str, account: Account | None, log: Path
) -> dict[str, Any] | None:
    """The running server's description, or None when it ended at once."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            # From standard input, so that neither a file nor the process list shows the password.
            [program, "-"],
            env=CLEAN_ENVIRONMENT,
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **(account.popen_arguments() if account else {}),
        )
    facts = describe(process.pid) | {"port": port}
    with ended_unless_kept(facts, signal.SIGTERM) as keep:
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError), process.stdin as pipe:
            pipe.write(configuration(port, password).encode())
        wait_until(lambda: process.poll() is not None or answers(port, password), 20)
        if process.poll() is None and answers(port, password):
            keep()
            return facts
    return None


def answers(port: int, password: str) -> bool:
    return command(port, password, "PING").endswith(b"+PONG\r\n")


def forget_everything(port: int, password: str) -> None:
    command(port, password, "FLUSHALL")


def command(port: int, password: str, words: str) -> bytes:
    """The server's raw answers to AUTH and to one command; empty when nobody answers."""
    try:
        with socket.create_connection((HOST, port), timeout=5) as connection:
            connection.sendall(f"AUTH {password}\r\n{words}\r\nQUIT\r\n".encode())
            answer = b""
            while part := connection.recv(4096):
                answer += part
    except OSError:
        return b""
    return answer.removesuffix(b"+OK\r\n")


def failure(log: Path) -> LaunchError:
    return LaunchError(f"Valkey 没有启动，日志 {log} 的末尾：\n{tail(log)}")


def stop(facts: Mapping[str, Any]) -> None:
    end(facts, signal.SIGTERM, 10)
