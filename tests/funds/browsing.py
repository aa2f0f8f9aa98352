from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.test import Client

from tests.cast import Cast
from tests.pages import queries_of


def log_in(client: Client, cast: Cast, who: str) -> None:
    client.force_login(cast[who], backend="django.contrib.auth.backends.ModelBackend")


def assert_same_queries(client: Client, url: str, grow: Callable[[], Any]) -> None:
    """As many queries before and after there are more rows."""
    few = queries_of(client, url)
    grow()
    many = queries_of(client, url)
    assert len(many) <= len(few), "\n".join(sql[:160] for sql in many)
