"""Roles and the database of the application, through roles.sql."""

import hashlib
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

from config.launch.addresses import APP, AUDIT, MIGRATE, Databases, as_role, database_name
from config.launch.home import ROOT, LaunchError

ROLES_SQL = Path(__file__).with_name("roles.sql")
MAY_NOT = 3


def version() -> str:
    return hashlib.sha256(ROLES_SQL.read_bytes()).hexdigest()


def provision(
    python: Path, url: str, secrets: Mapping[str, str], *, recreate: bool = False
) -> Databases:
    """Roles, extensions and rights on the server of this url, whose role may create roles."""
    passwords = {role: secrets[f"{role}_password"] for role in ("migrate", "app", "audit")}
    request = {
        "url": url,
        "database": database_name(url),
        "passwords": passwords,
        "recreate": recreate,
    }
    answer = subprocess.run(
        [python, "-m", "config.launch.roles"],
        input=json.dumps(request),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode == MAY_NOT:
        raise LaunchError(
            "DATABASE_URL 的角色不能建立其他角色，而 OWNER_DATABASE_URL 没有设置。\n"
            "请由数据库管理员在该库执行 config/launch/roles.sql，再设置：\n"
            "  DATABASE_URL        以 yichi_app 登录（程序日常使用，不能改表结构）\n"
            "  OWNER_DATABASE_URL  以 yichi_migrate 登录（建表、迁移使用）\n" + answer.stderr
        )
    if answer.returncode:
        raise LaunchError(f"数据库准备失败：\n{answer.stderr.strip()[-1500:]}")
    is_superuser = json.loads(answer.stdout)["superuser"]
    return role_addresses(url, secrets, is_superuser=is_superuser)


def role_addresses(url: str, secrets: Mapping[str, str], *, is_superuser: bool) -> Databases:
    return Databases(
        app=as_role(url, APP, secrets["app_password"]),
        owner=as_role(url, MIGRATE, secrets["migrate_password"]),
        audit=as_role(url, AUDIT, secrets["audit_password"]),
        superuser=url if is_superuser else None,
    )
