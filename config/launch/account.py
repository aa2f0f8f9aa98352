"""Under whose name the embedded servers run, and whether that person can reach their files."""

import os
import shutil
import stat
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from config.launch.home import is_root

if sys.platform != "win32":
    import pwd


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int

    def popen_arguments(self) -> dict[str, Any]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def server_account(data: Path) -> Account | None:
    """None: the servers run as whoever starts them. PostgreSQL refuses root, so root lends
    them the owner of existing data, or else nobody."""
    if not is_root():
        return None
    if data.exists() and data.stat().st_uid != 0:
        return Account(data.stat().st_uid, data.stat().st_gid)
    return nobody()


def nobody() -> Account:
    entry = pwd.getpwnam("nobody")
    return Account(entry.pw_uid, entry.pw_gid)


def is_open_to_others(path: Path) -> bool:
    """Whether a stranger may walk to the path and read it. No folder is ever opened for him."""
    try:
        modes = [step.stat().st_mode for step in (path, *path.parents)]
    except OSError:
        return False
    return bool(modes[0] & stat.S_IROTH) and can_pass(path)


def can_pass(path: Path) -> bool:
    """Whether a stranger may walk through the folder, or run the file."""
    return all(step.stat().st_mode & stat.S_IXOTH for step in (path, *path.parents))


def copy_for_strangers(source: Path, destination: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, destination, ignore=shutil.ignore_patterns("include", "*.a"))
    else:
        shutil.copy2(source, destination)
    for path in (destination, *destination.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | 0o444 | (0o111 if mode & stat.S_IXUSR else 0))


def new_public_folder() -> Path:
    """A folder of ours with an unguessable name, where a stranger may read and run."""
    folder = Path(tempfile.mkdtemp(prefix="yichi-", dir="/tmp"))  # noqa: S108 mkdtemp is safe there
    folder.chmod(0o755)
    return folder


def give(path: Path, account: Account | None) -> None:
    if account is not None:
        os.chown(path, account.uid, account.gid)
