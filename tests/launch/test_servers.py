"""The real servers, started in a folder of their own beside those that serve this very run."""

import shutil
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config.launch import valkey
from config.launch.account import new_public_folder
from config.launch.home import Home
from config.launch.processes import is_running
from config.launch.servers import remembered_servers, servers

PYTHON = Path(sys.executable)


@pytest.fixture
def home() -> Iterator[Home]:
    folder = new_public_folder()
    home = Home(folder / "数 据")
    home.prepare()
    yield home
    shutil.rmtree(folder)


def running(home: Home) -> list[bool]:
    known = remembered_servers(home)
    return [is_running(known[name]) for name in ("postgres", "valkey")]


# The launcher lets go of servers on purpose: they may outlive whoever started them.
@pytest.mark.filterwarnings("ignore:.*Popen.__del__:pytest.PytestUnraisableExceptionWarning")
def test_the_last_to_leave_ends_what_the_first_started(home: Home) -> None:
    outside = stat.S_IMODE(home.path.parent.stat().st_mode)
    with servers(home, PYTHON, {}) as first:
        with servers(home, PYTHON, {}) as second:
            assert first == second
        assert running(home) == [True, True]
        port = remembered_servers(home)["valkey"]["port"]
        assert valkey.answers(port, home.secrets()["broker_password"])
        assert not valkey.answers(port, "wrong")
        with psycopg.connect(first.database.superuser or "") as connection:
            assert settings(connection) == SAFE
        with psycopg.connect(first.database.app, autocommit=True) as connection:
            assert show(connection, "lock_timeout") == "5s"
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("CREATE TABLE mine ()")
        with psycopg.connect(first.database.owner or "") as connection:
            assert show(connection, "role") == "yichi_owner"
    assert running(home) == [False, False]
    assert stat.S_IMODE(home.path.parent.stat().st_mode) == outside


SAFE = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "data_checksums": "on",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "server_encoding": "UTF8",
    "max_connections": "200",
}


def settings(connection: psycopg.Connection[tuple[str]]) -> dict[str, str]:
    return {name: show(connection, name) for name in SAFE}


def show(connection: psycopg.Connection[tuple[str]], name: str) -> str:
    row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
    assert row is not None
    return row[0]
