"""Where a copy keeps its data, its secrets and its memory of ports and processes."""

import hashlib
import json
import os
import secrets
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

ROOT = Path(__file__).resolve().parents[2]
SECRETS = (
    "secret_key",
    "superuser_password",
    "migrate_password",
    "app_password",
    "audit_password",
    "broker_password",
)


class LaunchError(Exception):
    """The launcher cannot go on; the text, in Chinese, says why and what to do."""


@dataclass(frozen=True)
class Home:
    path: Path

    @property
    def mark(self) -> str:
        """Tells this data folder from the others of the machine."""
        return hashlib.sha256(os.fsencode(self.path)).hexdigest()[:16]

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def evidence(self) -> Path:
        return self.path / "evidence"

    def prepare(self) -> None:
        try:
            if not self.path.exists():
                self.path.mkdir(parents=True)
                # Root runs the servers as nobody, who must pass through but not look around.
                self.path.chmod(0o711 if is_root() else 0o700)
            self.logs.mkdir(exist_ok=True)
        except OSError as error:
            raise LaunchError(
                f"数据目录无法写入：{self.path}（{error.strerror}）。"
                "请换一个目录：YICHI_HOME=目录 ./run …"
            ) from error

    def secrets(self) -> dict[str, str]:
        """Passwords of this copy, made once. Call while holding the "start" lock."""
        known: dict[str, str] = read_json(self.path / "secrets.json")
        missing = [name for name in SECRETS if name not in known]
        if missing:
            known |= {name: secrets.token_urlsafe(32) for name in missing}
            write_json(self.path / "secrets.json", known)
        return known

    def remembered(self, name: str) -> dict[str, Any]:
        return read_json(self.path / f"{name}.json")

    def remember(self, name: str, facts: Mapping[str, Any]) -> None:
        write_json(self.path / f"{name}.json", facts)

    def forget(self, name: str) -> None:
        (self.path / f"{name}.json").unlink(missing_ok=True)

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def lock(self, name: str) -> "Lock":
        return Lock(self.path / f"{name}.lock")


def find_home(environ: Mapping[str, str], root: Path = ROOT) -> Home:
    given = environ.get("YICHI_HOME")
    return Home(Path(given).expanduser().absolute() if given else root / ".yichi")


def is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0


def read_json(path: Path) -> dict[str, Any]:
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return facts if isinstance(facts, dict) else {}


def write_json(path: Path, facts: Mapping[str, Any]) -> None:
    """Replace the file in one step, readable by its owner alone."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(facts, file, ensure_ascii=False, indent=1)
    Path(name).replace(path)


class Lock:
    """A lock on a file that the kernel lets go of when its holder dies, however it dies."""

    def __init__(self, path: Path, mode: str = "a") -> None:
        self.file: IO[str] = path.open(mode, encoding="utf-8")

    def take(self, *, shared: bool = False, wait: bool = True) -> bool:
        try:
            _lock(self.file.fileno(), shared=shared, wait=wait)
        except OSError:
            if wait:
                raise
            return False
        return True

    def release(self) -> None:
        self.file.close()

    @contextmanager
    def held(self) -> Iterator[None]:
        try:
            self.take()
            yield
        finally:
            self.release()


if sys.platform == "win32":

    def _lock(descriptor: int, *, shared: bool, wait: bool) -> None:
        # There are no shared locks and no shared servers here: being a user needs no mark.
        if not shared:
            msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)

else:

    def _lock(descriptor: int, *, shared: bool, wait: bool) -> None:
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        fcntl.flock(descriptor, kind if wait else kind | fcntl.LOCK_NB)
