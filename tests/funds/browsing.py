from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.cast import Cast


def log_in(client: Client, cast: Cast, who: str) -> None:
    client.force_login(cast[who], backend="django.contrib.auth.backends.ModelBackend")


def assert_same_queries(client: Client, url: str, grow: Callable[[], Any]) -> None:
    """As many queries before and after there are more rows."""
    few = _queries(client, url)
    grow()
    many = _queries(client, url)
    assert len(many) <= len(few), "\n".join(sql[:160] for sql in many)


def _queries(client: Client, url: str) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return [query["sql"] for query in queries.captured_queries]
