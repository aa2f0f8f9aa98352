"""What a trigger refuses, in the words that it says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, transaction

from .policies import Refused


@contextmanager
def naming_the_trigger(who_can_clear: str) -> Iterator[None]:
    """Raises Refused for the database's rules about posts (YC021); other errors pass."""
    try:
        with transaction.atomic():
            yield
    except DatabaseError as error:
        if getattr(error.__cause__, "sqlstate", None) != "YC021":
            raise
        message = error.__cause__.diag.message_primary  # type: ignore[union-attr]
        raise Refused(message, who_can_clear=who_can_clear) from error
