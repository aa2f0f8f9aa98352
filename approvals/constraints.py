"""What a table's own rule refuses, in the words that the rule brings along."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import IntegrityError, models

from organizations.policies import Refused


@contextmanager
def naming_the_constraint(row: models.Model) -> Iterator[None]:
    """Raises Refused; the transaction around it is over, other errors pass."""
    try:
        yield
    except IntegrityError as error:
        broken = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        for rule in row._meta.constraints:
            if rule.name == broken:
                raise Refused(
                    str(rule.get_violation_error_message()), who_can_clear="办理人（改正后再提交）"
                ) from error
        raise
