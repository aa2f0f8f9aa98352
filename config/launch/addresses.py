"""Addresses of databases and broker."""

from dataclasses import asdict, dataclass
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from config.launch.ports import HOST

APP, MIGRATE, AUDIT = "yichi_app", "yichi_migrate", "yichi_audit"


@dataclass(frozen=True)
class Databases:
    app: str
    owner: str | None = None
    audit: str | None = None
    superuser: str | None = None

    def as_json(self) -> dict[str, str | None]:
        return asdict(self)


@dataclass(frozen=True)
class Addresses:
    database: Databases
    broker: str


def database_url(user: str, password: str, port: int, database: str) -> str:
    return f"postgres://{user}:{quote(password, safe='')}@{HOST}:{port}/{database}"


def as_role(url: str, user: str, password: str) -> str:
    """The same server and database, entered by somebody else."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{user}:{quote(password, safe='')}@{place}"))


def database_name(url: str) -> str:
    return unquote(urlsplit(url).path.removeprefix("/"))


def on_shelf(broker: str, number: int) -> str:
    """The broker's address with another of its numbered databases."""
    parts = urlsplit(broker)
    return urlunsplit(parts._replace(path=f"/{number}")) if parts.scheme != "unix" else broker


def in_database(url: str, name: str) -> str:
    """The same server and role, in another database."""
    return urlunsplit(urlsplit(url)._replace(path="/" + quote(name, safe="")))
