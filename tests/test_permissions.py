"""Who may open what: every page × every member of the cast, as a table that people can read.

`permissions.csv` has a row for each page and a column for each person: 200 may, 302 is sent
elsewhere, 403 wrong post, 404 outside the territory, 405 only takes a POST. A page that is not in
the table fails; so does a row without a page.

Every page is asked by every person, which decides the answer; what it says is then put on paper
for a few of them only, on each page for others.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection
from django.template.backends.django import Template
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from pytest_django.plugin import DjangoDbBlocker

from approvals.models import RefusedAttempt
from funds.views import sheets
from organizations.models import User
from tests.cast import read_cast
from tests.databases import cloned_database, default_database
from tests.permission_world import World, make_world

TABLE = Path(__file__).parent / "permissions.csv"
BACKEND = "django.contrib.auth.backends.ModelBackend"
ANONYMOUS = "anonymous"
# Pages for people who have not logged in. A frozen list: adding one is a decision.
OPEN_TO_ALL = {
    "login", "healthz", "demo_login", "public_notice", "public_notice_list", "public_objection",
}  # fmt: skip
OURS = (
    "organizations", "approvals", "funds", "projects", "publicity", "performance", "assets",
    "supervision", "reports",
)  # fmt: skip


def pages(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, str]]:
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from pages(entry, route)
        elif isinstance(entry, URLPattern) and not route.startswith("api/"):
            yield route, entry.name or ""


def read_table() -> dict[str, dict[str, int]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {
            row.pop("page"): {who: int(code) for who, code in row.items()}
            for row in csv.DictReader(file)
        }


@pytest.fixture(scope="module")
def world(populated: str, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with (
        cloned_database(populated) as name,
        django_db_blocker.unblock(),
        default_database(name),
    ):
        yield make_world(read_cast())


@cache
def client_of(who: str, database: str) -> Client:
    """Logged in once: what is asked here ends nobody's session."""
    client = Client(raise_request_exception=False)
    if who != ANONYMOUS:
        client.force_login(User.objects.get(username=who), backend=BACKEND)
    return client


def ask(world: World, page: str, who: str, method: str = "get") -> int:
    client = client_of(who, connection.settings_dict["NAME"])
    address = reverse(page, kwargs=world.path_arguments(page))
    response = getattr(client, method)(address)
    response.close()
    return int(response.status_code)


@contextmanager
def unrendered() -> Iterator[None]:
    """Whoever is let in is handed an empty sheet, or an empty workbook."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Template, "render", lambda *_: "")
        patch.setattr(sheets, "write", lambda *_, **__: None)
        yield


def row_counts() -> dict[str, int]:
    """Of everything but what the test client's own log-in leaves behind, and refused attempts."""
    tables = [
        m._meta.db_table
        for m in apps.get_models()
        if m._meta.app_label in OURS and m.__name__ not in {"HistoricalUser", "RefusedAttempt"}
    ]
    counts = ", ".join(f'(SELECT count(*) FROM "{table}")' for table in tables)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {counts}")
        return dict(zip(tables, cursor.fetchone(), strict=True))


PAGES = sorted({name for _, name in pages(get_resolver())})


def test_every_page_stands_in_the_table() -> None:
    assert set(read_table()) == set(PAGES)


def test_every_page_has_a_name() -> None:
    assert "" not in PAGES


@pytest.mark.parametrize("page", PAGES)
def test_who_may_open_it(world: World, page: str) -> None:
    expected = read_table().get(page, {})
    readers = [*some_with(200, expected, PAGES.index(page)), *some_with(403, expected)[:1]]
    found = {who: ask(world, page, who) for who in readers}
    with unrendered():
        found |= {who: ask(world, page, who) for who in expected if who not in found}
    assert found == expected


@pytest.mark.parametrize("page", PAGES)
def test_who_may_not_see_it_may_not_send_to_it_either(world: World, page: str) -> None:
    row = read_table().get(page, {})
    strangers = some_with(404, row)
    denied = dict.fromkeys(some_with(403, row), 403) | dict.fromkeys(strangers, 404)
    attempts = RefusedAttempt.objects.filter(by__username__in=strangers)
    before, tried = row_counts(), attempts.count()
    with unrendered():
        found = {who: ask(world, page, who, "post") for who in denied}
    only_read = dict.fromkeys(denied, 405)
    assert found in (denied, only_read)
    assert row_counts() == before
    assert attempts.count() == tried, "what one may not even see, one did not try"


def some_with(code: int, row: dict[str, int], turn: int = 0) -> list[str]:
    """Three people with this answer; with another turn, others."""
    people = [who for who, given in row.items() if given == code]
    return [people[(3 * turn + n) % len(people)] for n in range(min(3, len(people)))]


@pytest.mark.parametrize("page", sorted(set(PAGES) - OPEN_TO_ALL))
def test_nobody_gets_in_without_logging_in(world: World, page: str) -> None:
    """To the log-in page, or refused as the wrong verb by a page that only takes a POST."""
    assert ask(world, page, ANONYMOUS) in {302, 405}
