from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from tests.cast import Cast

Api = Callable[[str], "Caller"]


class Caller:
    """One person of the cast, who sends and gets JSON."""

    def __init__(self, client: APIClient) -> None:
        self.client = client

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"/api/{path}", query)

    def post(self, path: str, body: Any = None, key: str | None = None) -> Any:
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        return self.client.post(f"/api/{path}", body or {}, format="json", headers=headers)

    def put(self, path: str, body: Any) -> Any:
        return self.client.put(f"/api/{path}", body, format="json")


def caller(user: Any = None) -> Caller:
    client = APIClient()
    if user is not None:
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return Caller(client)


@pytest.fixture
def api(cast: Cast) -> Api:
    """`api("finance_clerk").get("allotments/")`; a fresh session for each call."""
    return lambda name: caller(cast[name])
