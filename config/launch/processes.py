"""Starting, recognising and ending processes, always by their id."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

Handler = Callable[[int, FrameType | None], Any]
PR_SET_PDEATHSIG = 1
KILL = signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL


class Interrupted(BaseException):
    """Ctrl+C, SIGTERM or a closed terminal."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum


def birth(pid: int) -> str | None:
    """When the process was born, to tell it from a later one with the same id.

    None for a process that has ended, also when nobody has buried it yet.
    """
    if sys.platform == "linux":
        try:
            text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
        fields = text.rpartition(")")[2].split()
        return None if fields[0] in "ZX" else fields[19]
    answer = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return answer.stdout.strip() or None


def describe(pid: int) -> dict[str, Any]:
    return {"pid": pid, "birth": birth(pid)}


def is_running(facts: Mapping[str, Any]) -> bool:
    """Whether the process that describe() wrote down still runs."""
    pid = facts.get("pid")
    return isinstance(pid, int) and facts.get("birth") is not None and birth(pid) == facts["birth"]


def wait_until(condition: Callable[[], bool], seconds: float, step: float = 0.05) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(step)
    return True


def end(facts: Mapping[str, Any], signum: int, seconds: float, *, group: bool = False) -> None:
    """Ask a process (or the group it leads) to end; insist when it does not."""
    if not is_running(facts):
        return
    pid = facts["pid"]
    send(pid, signum, group=group)
    if not wait_until(lambda: not is_running(facts), seconds) or group:
        # Also what a leader that has gone left behind in its group.
        send(pid, KILL, group=group)
        wait_until(lambda: not is_running(facts), 5)
    _bury(pid)


@contextlib.contextmanager
def ended_unless_kept(facts: Mapping[str, Any], signum: int) -> Iterator[Callable[[], None]]:
    """A process that is still getting ready ends with whatever interrupts the wait for it."""
    kept = threading.Event()
    try:
        yield kept.set
    finally:
        if not kept.is_set():
            end(facts, signum, 10)


def _bury(pid: int) -> None:
    """Collect a child of ours that has ended; a stranger's is his own affair."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, getattr(os, "WNOHANG", 0))


def send(pid: int, signum: int, *, group: bool) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if group and sys.platform != "win32":
            os.killpg(pid, signum)
        else:
            os.kill(pid, signum)


def die_with_parent() -> Callable[[], None] | None:
    """A preexec function: the child is told to end when its parent is killed outright."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)

    def ask_kernel() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

    return ask_kernel


def start_logged(
    command: Sequence[str | Path],
    log: Path,
    env: Mapping[str, str],
    cwd: Path,
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a process that leads its own group, so that Ctrl+C reaches only the launcher."""
    with log.open("wb") as output:
        return subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=pass_fds,
            preexec_fn=die_with_parent(),
        )


def attend(command: Sequence[str | Path], env: Mapping[str, str], cwd: Path) -> int:
    """Run a command in the foreground, handing signals on to it; its exit status."""
    process = subprocess.Popen(command, cwd=cwd, env=dict(env), preexec_fn=die_with_parent())

    def hand_on(signum: int, frame: FrameType | None) -> None:
        # At a terminal the kernel has already given Ctrl+C to the whole group.
        if signum != signal.SIGINT or not sys.stdin.isatty():
            process.send_signal(signum)

    with handling(hand_on):
        status = process.wait()
    return 128 - status if status < 0 else status


def raise_interrupted(signum: int, frame: FrameType | None) -> None:
    raise Interrupted(signum)


def be_deaf(signum: int, frame: FrameType | None) -> None:
    """While things are being ended, a second Ctrl+C must not leave half of them behind."""


@contextlib.contextmanager
def handling(handler: Handler) -> Iterator[None]:
    names = ("SIGINT", "SIGTERM", "SIGHUP")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    # Started by nohup: hanging up is to be ignored, and stays so.
    heard = [n for n in numbers if n == signal.SIGINT or before[n] != signal.SIG_IGN]
    for number in heard:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number in heard:
            signal.signal(number, before[number])
