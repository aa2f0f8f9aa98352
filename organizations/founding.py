"""制度对照: which screen, rule and test carries each clause of 新扶贫领字〔2018〕76号.

Each app declares beside its code, in `clauses.py`, what it carries; the page and a test read
the declarations. A clause that nobody declares is shown as not carried.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CLAUSES = Path(__file__).parent / "reference" / "founding_clauses.csv"


@dataclass(frozen=True)
class Clause:
    code: str
    part: str
    words: str


@dataclass(frozen=True)
class Carried:
    """`screen` is the name of an address, `test` a file and a function in it."""

    clause: str
    screen: str
    rule: str
    test: str


DECLARED: list[Carried] = []


def carries(clause: str, *, screen: str, rule: str, test: str) -> None:
    """Declare it. LookupError when the document has no such clause."""
    if clause not in {known.code for known in clauses()}:
        raise LookupError(f"no clause {clause}")
    DECLARED.append(Carried(clause, screen, rule, test))


@cache
def clauses() -> tuple[Clause, ...]:
    with CLAUSES.open(encoding="utf-8", newline="") as file:
        return tuple(Clause(**row) for row in csv.DictReader(file))


def correspondence() -> Sequence[tuple[Clause, Sequence[Carried]]]:
    """Every clause in the order of the document, with what carries it, perhaps nothing."""
    return [
        (clause, [carried for carried in DECLARED if carried.clause == clause.code])
        for clause in clauses()
    ]
