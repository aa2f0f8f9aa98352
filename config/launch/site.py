"""One running copy, as the commands see it."""

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from config.launch.addresses import Addresses
from config.launch.home import ROOT, Home, LaunchError


@dataclass(frozen=True)
class Site:
    home: Home
    python: Path
    addresses: Addresses
    env: dict[str, str]

    def manage(self, *arguments: str) -> None:
        command: list[str | Path] = [self.python, "manage.py", *arguments]
        if subprocess.run(command, cwd=ROOT, env=self.env, check=False).returncode:
            raise LaunchError(f"manage {arguments[0]} 失败，原因见上面的输出。")


def child_environment(
    home: Home, addresses: Addresses, caller: Mapping[str, str]
) -> dict[str, str]:
    """The caller's environment, without what would lead our processes astray."""
    env = {k: v for k, v in caller.items() if k not in {"PYTHONPATH", "PYTHONHOME"}}
    env.setdefault("ALLOWED_HOSTS", "127.0.0.1,localhost")
    env.setdefault("SESSION_COOKIE_NAME", f"yichi_{home.mark}")
    env.setdefault("SECRET_KEY", home.secrets()["secret_key"])
    given = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONUTF8": "1",
        "PYTHONUNBUFFERED": "1",
        "YICHI_HOME": str(home.path),
        "DATABASE_URL": addresses.database.app,
        "OWNER_DATABASE_URL": addresses.database.owner,
        "AUDIT_DATABASE_URL": addresses.database.audit,
        "REDIS_URL": addresses.broker,
    }
    return env | {name: value for name, value in given.items() if value is not None}
