"""Who may open what: every page × every member of the cast, as a table that people can read.

`permissions.csv` has a row for each page and a column for each person: 200 may, 302 is sent
elsewhere, 403 wrong post, 404 outside the territory, 405 only takes a POST. A page that is not in
the table fails; so does a row without a page.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from pytest_django.plugin import DjangoDbBlocker

from approvals.models import RefusedAttempt
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


def row_counts() -> dict[str, int]:
    """Of everything but what the test client's own log-in leaves behind, and refused attempts."""
    ours = (
        "organizations", "approvals", "funds", "projects", "publicity", "performance", "assets",
        "supervision", "reports",
    )  # fmt: skip
    return {
        m._meta.label: m._default_manager.count()
        for m in apps.get_models()
        if m._meta.app_label in ours and m.__name__ not in {"HistoricalUser", "RefusedAttempt"}
    }


PAGES = sorted({name for _, name in pages(get_resolver())})


def test_every_page_stands_in_the_table() -> None:
    assert set(read_table()) == set(PAGES)


def test_every_page_has_a_name() -> None:
    assert "" not in PAGES


@pytest.mark.parametrize("page", PAGES)
def test_who_may_open_it(world: World, page: str) -> None:
    expected = read_table().get(page, {})
    found = {who: ask(world, page, who) for who in expected}
    assert found == expected


@pytest.mark.parametrize("page", PAGES)
def test_who_may_not_see_it_may_not_send_to_it_either(world: World, page: str) -> None:
    denied = some_of_each(read_table().get(page, {}))
    strangers = [who for who, code in denied.items() if code == 404]
    attempts = RefusedAttempt.objects.filter(by__username__in=strangers)
    before, tried = row_counts(), attempts.count()
    found = {who: ask(world, page, who, "post") for who in denied}
    only_read = dict.fromkeys(denied, 405)
    assert found in (denied, only_read)
    assert row_counts() == before
    assert attempts.count() == tried, "what one may not even see, one did not try"


def some_of_each(row: dict[str, int]) -> dict[str, int]:
    """Three people for each way of being denied."""
    return {
        who: code
        for denial in (403, 404)
        for who, code in [(w, c) for w, c in row.items() if c == denial][:3]
    }


@pytest.mark.parametrize("page", sorted(set(PAGES) - OPEN_TO_ALL))
def test_nobody_gets_in_without_logging_in(world: World, page: str) -> None:
    """To the log-in page, or refused as the wrong verb by a page that only takes a POST."""
    assert ask(world, page, ANONYMOUS) in {302, 405}
