from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from pytest_django.plugin import DjangoDbBlocker

from tests.cast import Cast, make_cast
from tests.databases import committed_db, django_db_setup

__all__ = ["committed_db", "django_db_setup"]


@pytest.fixture(autouse=True, scope="session")
def quick_passwords() -> None:
    """Tests change only the password hasher; nobody attacks a test database."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True, scope="session")
def standing_cast(
    quick_passwords: None, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Cast:
    """Made once for each worker's database; every test finds it and rolls its own changes back."""
    with django_db_blocker.unblock():
        return make_cast()


@pytest.fixture
def cast(db: None, standing_cast: Cast) -> Cast:
    return standing_cast


@pytest.fixture
def committed_cast(committed_db: str) -> Iterator[Cast]:
    """The same people in a database where commits are real."""
    return make_cast()
