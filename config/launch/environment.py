"""The virtual environment in the checkout, kept in step with requirements.lock."""

import hashlib
import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from config.launch.home import ROOT, LaunchError, Lock
from config.launch.screen import say

VENV = ROOT / ".venv"
Command = Sequence[str | Path]
LOCK = ROOT / "requirements.lock"
PIN = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)\s*(?P<marker>;)?", re.MULTILINE
)


def python_in(venv: Path) -> Path:
    return venv / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def site_packages(venv: Path) -> Path | None:
    if sys.platform == "win32":
        return venv / "Lib" / "site-packages"
    return next(iter(sorted(venv.glob("lib/python3*/site-packages"))), None)


def stamp_of(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def satisfies(site: Path, lock_text: str) -> bool:
    """Whether everything pinned is installed; a pin for other platforms may be absent."""
    installed = {
        canonical(found.name): found.version
        for found in importlib.metadata.distributions(path=[str(site)])
    }
    for pin in PIN.finditer(lock_text):
        version = installed.get(canonical(pin["name"]))
        if version != pin["version"] and not (version is None and pin["marker"]):
            return False
    return True


def ensure_environment(venv: Path = VENV, lock: Path = LOCK) -> Path:
    """Make or mend the virtual environment where it differs from the lock; its Python."""
    stamp = venv / "yichi.stamp"
    wanted = stamp_of(lock)
    if is_current(venv, stamp, wanted):
        return python_in(venv)
    # Locking the requirements file itself: every copy's data folder may differ, this does not.
    with Lock(lock, mode="r").held():
        if not is_current(venv, stamp, wanted):
            _bring_up_to_date(venv, lock)
            stamp.write_text(wanted + "\n", encoding="utf-8")
    return python_in(venv)


def is_current(venv: Path, stamp: Path, wanted: str) -> bool:
    try:
        return python_in(venv).exists() and stamp.read_text(encoding="utf-8").strip() == wanted
    except OSError:
        return False


def _bring_up_to_date(venv: Path, lock: Path) -> None:
    works = _python_works(python_in(venv))
    site = site_packages(venv)
    if works and site and satisfies(site, lock.read_text(encoding="utf-8")):
        return
    uv = shutil.which("uv")
    if not works:
        say("正在建立 Python 环境 .venv …")
        shutil.rmtree(venv, ignore_errors=True)
        _create(venv, uv)
    say("正在安装依赖（仅首次需要联网）…")
    _install(python_in(venv), lock, uv)


def _python_works(python: Path) -> bool:
    probe = "import sys; sys.exit(sys.version_info < (3, 11))"
    try:
        return subprocess.run([python, "-c", probe], check=False, timeout=30).returncode == 0
    except OSError:
        return False


def _create(venv: Path, uv: str | None) -> None:
    if uv:
        _demand([uv, "venv", "--quiet", "--python", sys.executable, venv], "建立 .venv")
        return
    if importlib.util.find_spec("ensurepip") is None:
        raise LaunchError(
            "这台机器的 Python 缺少 venv 组件。请先运行：apt-get install python3-venv，再重试。"
        )
    _demand([sys.executable, "-m", "venv", venv], "建立 .venv")


def _install(python: Path, lock: Path, uv: str | None) -> None:
    if uv:
        command: Command = [uv, "pip", "install", "--quiet", "--python", python]
        _demand([*command, "--require-hashes", "-r", lock], "安装依赖")
        return
    if subprocess.run([python, "-m", "pip", "--version"], capture_output=True).returncode:
        _demand([python, "-m", "ensurepip", "--upgrade"], "安装 pip")
    command = [python, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    _demand([*command, "--require-hashes", "-r", lock], "安装依赖")


def _demand(command: Command, deed: str) -> None:
    # PYTHONPATH and friends of the caller would make the installer look in the wrong place.
    env = {k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "PYTHONHOME"}}
    if subprocess.run(command, env=env, cwd=ROOT, check=False, stdout=sys.stderr).returncode:
        raise LaunchError(f"{deed}失败，原因见上面的输出。首次安装需要能访问 Python 软件源。")
