from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings

from tests.cast import Cast, make_cast
from tests.databases import committed_db, django_db_setup

__all__ = ["committed_db", "django_db_setup"]


@pytest.fixture(autouse=True, scope="session")
def quick_passwords() -> None:
    """Tests change only the password hasher; nobody attacks a test database."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def committed_cast(committed_db: str) -> Iterator[Cast]:
    """The same people in a database where commits are real."""
    return make_cast()
