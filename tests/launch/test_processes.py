import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from config.launch import ports
from config.launch.home import ROOT, LaunchError
from config.launch.ports import HOST, free_listener, free_port, listen_on
from config.launch.processes import (
    Interrupted,
    describe,
    end,
    handling,
    is_running,
    raise_interrupted,
    start_logged,
)

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("on", flush=True)
time.sleep(60)
"""


def test_a_taken_port_is_passed_over() -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert listen_on(port) is None
        assert free_port(port) > port


def test_a_port_that_is_held_cannot_be_taken() -> None:
    with free_listener(20000) as held:
        assert free_port(20000) > held.getsockname()[1] - 1
        assert listen_on(held.getsockname()[1]) is None


def test_a_port_that_failed_is_not_tried_again() -> None:
    first = free_port(20000)
    assert free_port(first, avoid={first}) > first


def test_running_out_of_ports_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "listen_on", lambda port: None)
    with pytest.raises(LaunchError, match="--port"):
        free_port(8000)


def test_a_later_process_with_the_same_id_is_not_ours() -> None:
    with subprocess.Popen(SLEEP) as process:
        facts = describe(process.pid)
        assert is_running(facts)
        assert not is_running(facts | {"birth": "1"})
        end(facts | {"birth": "1"}, signal.SIGKILL, 1)
        assert process.poll() is None
        end(facts, signal.SIGTERM, 5)
        assert not is_running(facts)


def test_nothing_remembered_is_not_running() -> None:
    assert not is_running({})
    assert not is_running({"pid": 2**22 + 1, "birth": None})


def test_a_group_ends_although_its_leader_will_not_listen(tmp_path: Path) -> None:
    log = tmp_path / "日 志.log"
    process = start_logged([sys.executable, "-c", STUBBORN], log, {}, ROOT)
    while "on" not in log.read_text():
        time.sleep(0.02)
    end(describe(process.pid), signal.SIGTERM, 0.2, group=True)
    assert process.wait(5) is not None


def test_sigterm_is_an_interruption() -> None:
    with pytest.raises(Interrupted) as caught, handling(raise_interrupted):
        signal.raise_signal(signal.SIGTERM)
    assert caught.value.signum == signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
