"""Separation of duties, as the trigger on decisions holds it, for reasons and for lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from organizations.models import User

from .models import Decision, Duty, IncompatibleDuties


@dataclass(frozen=True)
class DutiesDone:
    """What one person did in some cases, beside the pairs that may not be joined."""

    pairs: Sequence[IncompatibleDuties]
    done: Sequence[tuple[str, list[str]]]  # duty, cases

    def clash(self, duty: str, keys: Iterable[str]) -> Duty | None:
        """The duty already done in one of these cases that may not be joined with `duty`."""
        for pair in self.pairs:
            if duty not in (pair.first, pair.second):
                continue
            other = pair.second if pair.first == duty else pair.first
            shared = {key for key in keys if key.startswith(f"{pair.case_kind}:")}
            if any(d == other and shared.intersection(cases) for d, cases in self.done):
                return Duty(other)
        return None


def duties_done(by: User, keys: Iterable[str]) -> DutiesDone:
    """One query, however many cases."""
    done = Decision.objects.filter(by=by, cases__overlap=list(keys)).values_list("duty", "cases")
    return DutiesDone(incompatible_pairs(), list(done))


@cache
def incompatible_pairs() -> Sequence[IncompatibleDuties]:
    """They come with migrations and nobody may write them, so one reading lasts."""
    return tuple(IncompatibleDuties.objects.all())
