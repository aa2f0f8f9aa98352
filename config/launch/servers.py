"""PostgreSQL and Valkey for one data folder, shared by every command that runs on it.

Whoever comes first starts them; whoever leaves last ends them. Being a user is a shared lock
on a file, which the kernel lets go of even after a kill -9.
"""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from config.launch import postgres, valkey
from config.launch.account import Account, server_account
from config.launch.addresses import Addresses, Databases, database_url
from config.launch.binaries import Binaries, find_binaries, within_reach
from config.launch.environment import VENV, site_packages
from config.launch.home import Home, LaunchError, is_root
from config.launch.ports import HOST, POSTGRES, VALKEY, free_port
from config.launch.processes import be_deaf, handling, is_running
from config.launch.provision import provision, role_addresses, version

ATTEMPTS = 3
Failure = Callable[[], LaunchError]
Start = Callable[[int], dict[str, Any] | None]


@contextmanager
def servers(home: Home, python: Path, environ: Mapping[str, str]) -> Iterator[Addresses]:
    """Addresses of running servers; those that the environment names are taken as they are."""
    users = home.lock("users")
    try:
        with home.lock("start").held():
            users.take(shared=True)
            addresses = Starter(home, python, environ).addresses()
        yield addresses
    finally:
        with handling(be_deaf), home.lock("start").held():
            users.release()
            _end_if_unused(home)


def _end_if_unused(home: Home) -> None:
    users = home.lock("users")
    if users.take(wait=False):
        _end_all(home)
    users.release()


def _end_all(home: Home) -> None:
    known = remembered_servers(home)
    if is_running(known.get("postgres", {})):
        postgres.stop(known["postgres"])
    if is_running(known.get("valkey", {})):
        valkey.stop(known["valkey"])
    for copy in known.pop("copies", []):
        shutil.rmtree(copy, ignore_errors=True)
    if known:
        home.remember("servers", known)


def remembered_servers(home: Home) -> dict[str, Any]:
    """Nothing when the folder was copied from elsewhere: those servers are the other copy's."""
    known = home.remembered("servers")
    return known if known.get("home") == str(home.path) else {}


def expected_addresses(home: Home, environ: Mapping[str, str]) -> Addresses:
    """Where things are, or would be after the next start; starts nothing."""
    known = remembered_servers(home)
    secrets = home.secrets()
    database = given_databases(environ)
    if not database and (url := environ.get("DATABASE_URL")):
        database = role_addresses(url, secrets, is_superuser=False)
    if not database:
        port = known.get("postgres", {}).get("port") or free_port(POSTGRES)
        database = role_addresses(_superuser_url(secrets, port), secrets, is_superuser=True)
    port = known.get("valkey", {}).get("port") or free_port(VALKEY)
    return Addresses(database, environ.get("REDIS_URL") or _broker_url(secrets, port))


def given_databases(environ: Mapping[str, str]) -> Databases | None:
    app, owner = environ.get("DATABASE_URL"), environ.get("OWNER_DATABASE_URL")
    if not (app and owner):
        return None
    return Databases(
        app, owner, environ.get("AUDIT_DATABASE_URL"), environ.get("SUPERUSER_DATABASE_URL")
    )


def _superuser_url(secrets: Mapping[str, str], port: int) -> str:
    return database_url(postgres.SUPERUSER, secrets["superuser_password"], port, postgres.DATABASE)


def _broker_url(secrets: Mapping[str, str], port: int) -> str:
    return f"redis://:{secrets['broker_password']}@{HOST}:{port}/0"


class Starter:
    """Starts what is missing. Used while holding the "start" lock."""

    def __init__(self, home: Home, python: Path, environ: Mapping[str, str]) -> None:
        self.home, self.python, self.environ = home, python, environ
        self.secrets = home.secrets()
        self.known = remembered_servers(home) or {"home": str(home.path)}
        self.data = postgres.data_folder(home, as_root=is_root())
        self.account: Account | None = server_account(self.data)
        self.programs: Binaries | None = None

    def addresses(self) -> Addresses:
        return Addresses(self.database(), self.environ.get("REDIS_URL") or self.valkey())

    def database(self) -> Databases:
        if given := given_databases(self.environ):
            return given
        if url := self.environ.get("DATABASE_URL"):
            return provision(self.python, url, self.secrets)
        return self.postgres()

    def postgres(self) -> Databases:
        if not is_running(self.known.get("postgres", {})):
            self.known.pop("provisioned", None)
            if running := postgres.find_running(self.data):
                self.remember("postgres", running)
            else:
                self.start_postgres()
        url = _superuser_url(self.secrets, self.known["postgres"]["port"])
        if self.known.get("provisioned") != version():
            provision(self.python, url, self.secrets)
            self.remember("provisioned", version())
        return role_addresses(url, self.secrets, is_superuser=True)

    def start_postgres(self) -> None:
        programs, log = self.binaries().postgres, self.home.log("postgres")
        password = self.secrets["superuser_password"]
        postgres.initialise(programs, self.data, self.account, password)
        self.start(
            "postgres",
            POSTGRES,
            lambda port: postgres.start(programs, self.data, port, self.account, log),
            lambda: postgres.failure(log),
        )

    def valkey(self) -> str:
        if not is_running(self.known.get("valkey", {})):
            program, log = self.binaries().valkey, self.home.log("valkey")
            password = self.secrets["broker_password"]
            self.start(
                "valkey",
                VALKEY,
                lambda port: valkey.start(program, port, password, self.account, log),
                lambda: valkey.failure(log),
            )
        return _broker_url(self.secrets, self.known["valkey"]["port"])

    def start(self, name: str, first_port: int, start: Start, failure: Failure) -> None:
        """On the port of last time if it is free; another program may take one at any moment."""
        wanted, tried = self.known.get(name, {}).get("port") or first_port, set[int]()
        for _ in range(ATTEMPTS):
            port = free_port(wanted, avoid=tried)
            if facts := start(port):
                self.remember(name, facts)
                return
            tried.add(port)
        raise failure()

    def binaries(self) -> Binaries:
        if self.programs is None:
            self.programs = within_reach(find_binaries(site_packages(VENV)), self.account)
            if self.programs.copied_to:
                self.remember(
                    "copies", [*self.known.get("copies", []), str(self.programs.copied_to)]
                )
        return self.programs

    def remember(self, name: str, fact: Any) -> None:
        self.known[name] = fact
        self.home.remember("servers", self.known)


def empty(home: Home, python: Path, environ: Mapping[str, str]) -> None:
    """Drop and remake the database of our own server, with the evidence, the keys that
    it knew and the queue."""
    if environ.get("DATABASE_URL"):
        raise LaunchError("--fresh 只清空内置数据库。DATABASE_URL 指向的数据库请由其管理员处理。")
    known, secrets = remembered_servers(home), home.secrets()
    url = _superuser_url(secrets, known["postgres"]["port"])
    provision(python, url, secrets, recreate=True)
    if not environ.get("REDIS_URL"):
        valkey.forget_everything(known["valkey"]["port"], secrets["broker_password"])
    for folder in (home.evidence, home.path / "keys"):
        shutil.rmtree(folder, ignore_errors=True)
