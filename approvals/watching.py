"""What is watched: rules that look over a county and say what they found. An app registers its
own in its `alerts.py`; what becomes of what was found is the supervision's business."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from organizations.models import Division

YELLOW, RED = "yellow", "red"


@dataclass(frozen=True)
class Fired:
    """A fact that a rule found. `fact` is what makes it this one: the same words of one rule in
    one county are never told twice. `figures` are labels with values, as a person reads them."""

    fact: str
    subject_type: str
    subject_id: int
    title: str
    division_id: int
    level: str
    explanation: str
    figures: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Look:
    """A county on a day, with the parameters in force, and what each of them is called."""

    county: Division
    today: dt.date
    settings: Mapping[str, str]
    names: Mapping[str, str] = field(default_factory=dict)

    def number(self, key: str) -> int:
        return int(self.settings[key])

    def day_before(self, key: str) -> dt.date:
        """So many days ago as the parameter says."""
        return self.today - dt.timedelta(days=self.number(key))


Watch = Callable[[Look], Iterable[Fired]]
WATCHES: dict[str, Watch] = {}


def watches(code: str) -> Callable[[Watch], Watch]:
    def keep(watch: Watch) -> Watch:
        WATCHES[code] = watch
        return watch

    return keep
