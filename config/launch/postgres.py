"""A private PostgreSQL: initdb and postgres driven directly, on the loopback address only."""

import locale
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from config.launch.account import Account, can_pass, give, nobody
from config.launch.home import Home, LaunchError
from config.launch.ports import HOST
from config.launch.processes import birth, describe, end, ended_unless_kept, wait_until
from config.launch.screen import tail

SUPERUSER = "postgres"
DATABASE = "yichi"
# Where root keeps data that nobody could not reach in the data folder itself.
SYSTEM_DATA = Path("/var/lib/yichi")
CLEAN_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}


def data_folder(home: Home, *, as_root: bool, system: Path = SYSTEM_DATA) -> Path:
    """Within the data folder, unless root owns a private one: then in the system's.

    Data that exists in either place is what counts.
    """
    inside = home.path / "postgres" / "data"
    outside = system / home.mark / "data"
    if not as_root or (inside / "PG_VERSION").exists():
        return inside
    if (outside / "PG_VERSION").exists() or not can_pass(home.path):
        return outside
    return inside


def _make_parents(data: Path) -> None:
    for folder in (data.parent.parent, data.parent):
        if not folder.exists():
            folder.mkdir(parents=True)
            folder.chmod(0o711)


def initialise(programs: Path, data: Path, account: Account | None, password: str) -> None:
    if (data / "PG_VERSION").exists():
        _hand_over(data, account)
        return
    _make_parents(data)
    fresh = data.with_name(data.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    give(fresh, account)
    secret = data.with_name(data.name + ".password")
    secret.unlink(missing_ok=True)
    with os.fdopen(os.open(secret, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(password + "\n")
    give(secret, account)
    try:
        _initdb(programs, fresh, account, secret)
    finally:
        secret.unlink()
    fresh.rename(data)


def _hand_over(data: Path, account: Account | None) -> None:
    """Existing data that root copied, or that lie behind a door which has since been closed."""
    if account is None:
        return
    if data.stat().st_uid == 0:
        for path in (data, *data.rglob("*")):
            give(path, account)
    if account == nobody() and not can_pass(data.parent):
        raise LaunchError(
            f"内置数据库以 nobody 的身份运行，现在进不了 {data.parent}。\n"
            "请恢复上级目录的通行权限（chmod o+x），或用 YICHI_HOME=目录 另建一份。"
        )


def _initdb(programs: Path, data: Path, account: Account | None, secret: Path) -> None:
    # The built-in provider needs no ICU; the trigram index sees Chinese only in a UTF-8 ctype.
    places = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    ctype = [f"--lc-ctype={name}"] if (name := _utf8_ctype()) else []
    answer = subprocess.run(
        [
            programs / "initdb",
            f"--pgdata={data}",
            f"--username={SUPERUSER}",
            f"--pwfile={secret}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--data-checksums",
            "--no-instructions",
            *places,
            *ctype,
        ],
        env=CLEAN_ENVIRONMENT,
        cwd="/",
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        **(account.popen_arguments() if account else {}),
    )
    if answer.returncode:
        raise LaunchError(f"建立数据库失败：\n{answer.stdout[-2000:]}{answer.stderr[-2000:]}")


def _utf8_ctype() -> str | None:
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    except locale.Error:
        return None
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    return "C.UTF-8"


def settings(port: int) -> list[str]:
    """fsync, synchronous_commit and full_page_writes stay as they come: on."""
    given = {
        "listen_addresses": HOST,
        "port": str(port),
        "unix_socket_directories": "",
        "max_connections": "200",
        "shared_buffers": "256MB",
        "max_wal_size": "2GB",
        "log_line_prefix": "%m [%p] %u@%d ",
    }
    return [part for name, value in given.items() for part in ("-c", f"{name}={value}")]


def start(
    programs: Path, data: Path, port: int, account: Account | None, log: Path
) -> dict[str, Any] | None:
    """The running server's description, or None when it ended at once."""
    _drop_stale_pid_file(data)
    with log.open("ab") as output:
        process = subprocess.Popen(
            [programs / "postgres", "-D", data, *settings(port)],
            env=CLEAN_ENVIRONMENT,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=0o077,
            **(account.popen_arguments() if account else {}),
        )
    facts = describe(process.pid) | {"port": port, "data": str(data)}
    with ended_unless_kept(facts, signal.SIGINT) as keep:
        # Recovery after a crash replays the log first, which may take a while.
        wait_until(lambda: process.poll() is not None or _is_ready(data, process.pid), 120)
        if process.poll() is None and _is_ready(data, process.pid):
            keep()
            return facts
    return None


def failure(log: Path) -> LaunchError:
    return LaunchError(f"PostgreSQL 没有启动，日志 {log} 的末尾：\n{tail(log)}")


def _pid_file(data: Path) -> Sequence[str]:
    try:
        return (data / "postmaster.pid").read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return []


def _is_ready(data: Path, pid: int) -> bool:
    """By the server's own file, so that a stranger on the same port is not taken for it."""
    lines = _pid_file(data)
    return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _drop_stale_pid_file(data: Path) -> None:
    """After a kill -9 or a reboot the number in the file may belong to somebody else by now,
    whom PostgreSQL would take for a rival."""
    if _pid_file(data) and find_running(data) is None:
        (data / "postmaster.pid").unlink(missing_ok=True)


def find_running(data: Path) -> dict[str, Any] | None:
    """The server that holds this data according to its own file, if it is alive."""
    lines = _pid_file(data)
    # The second line: in a copied folder the file still speaks of the original.
    if len(lines) < 4 or not lines[0].isdigit() or lines[1] != str(data):
        return None
    pid = int(lines[0])
    if birth(pid) is None or not _is_postgres(pid):
        return None
    return describe(pid) | {"port": int(lines[3]), "data": str(data)}


def _is_postgres(pid: int) -> bool:
    command = subprocess.run(
        ["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    # Without ps nothing is known: leave the judgement to PostgreSQL.
    return command.returncode != 0 or "postgres" in command.stdout


def stop(facts: Mapping[str, Any]) -> None:
    end(facts, signal.SIGINT, 60)
