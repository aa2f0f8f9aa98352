from __future__ import annotations

import gc
from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.conf import settings
from pytest_django.plugin import DjangoDbBlocker

from organizations.models import User
from tests.cast import Cast, make_cast, read_cast
from tests.databases import cloned_database, committed_db, default_database, django_db_setup
from tests.walked import CLONE_OF

__all__ = ["committed_db", "django_db_setup"]

gc.set_threshold(100_000, 50, 100)  # a twelfth of the time went into looking for cycles


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
    """A test may name more people in it, for itself."""
    return replace(standing_cast, users=dict(standing_cast.users))


@pytest.fixture(scope="session")
def everyone(standing_cast: Cast, django_db_blocker: DjangoDbBlocker) -> dict[str, User]:
    """The cast as it stands, each with the posts of today read once: for tables in which each of
    them is asked thousands of times."""
    with django_db_blocker.unblock():
        found = {name: standing_cast[name] for name in standing_cast.users}
        assert [user.posts_today for user in found.values()]
    return found


@pytest.fixture(scope="session")
def populated(
    quick_passwords: None, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    """A database with the people in it, to be cloned."""
    with cloned_database() as name:
        with django_db_blocker.unblock(), default_database(name):
            make_cast()
        yield name


@pytest.fixture
def committed_cast(
    populated: str, django_db_blocker: DjangoDbBlocker, standing_cast: Cast
) -> Iterator[Cast]:
    """The same people in a database of this test's own, where commits are real."""
    with cloned_database(populated) as name, django_db_blocker.unblock(), default_database(name):
        CLONE_OF[name] = populated
        yield read_cast()
