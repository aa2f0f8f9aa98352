"""How far a target is reached, and how many points that is worth. Pure sums: no database, no
floats. Percentages and points have two decimals, halves are rounded up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Protocol

from .models import Operator

ZERO, HUNDRED, CENT = Decimal(0), Decimal(100), Decimal("0.01")
WHOLE = Fraction(1)


class Measured(Protocol):
    @property
    def operator(self) -> str: ...
    @property
    def value(self) -> Decimal: ...


def rounded(number: Fraction) -> Decimal:
    exact = Decimal(number.numerator) / Decimal(number.denominator)
    return exact.quantize(CENT, ROUND_HALF_UP)


def percent(number: Fraction) -> Decimal:
    return rounded(number * 100)


def share(part: Decimal, whole: Decimal) -> Fraction:
    """Nothing of nothing is nothing."""
    return Fraction(part) / Fraction(whole) if whole else Fraction(0)


def completion(measure: Measured, actual: Decimal) -> Fraction:
    """1 is the target. Of an indicator in words `actual` is the percentage that was judged."""
    if measure.operator == Operator.IN_WORDS:
        return Fraction(actual) / 100
    there, wanted = Fraction(actual), Fraction(measure.value)
    if measure.operator == Operator.AT_MOST:
        return WHOLE if there <= wanted else wanted / there
    if not wanted:
        return WHOLE if measure.operator == Operator.AT_LEAST or not there else Fraction(0)
    if measure.operator == Operator.EQUAL and there > wanted:
        return wanted / there
    return there / wanted


@dataclass(frozen=True)
class Rules:
    """Of a day: the points of each group, what counts as too much of a low target, the grades."""

    execution: Decimal
    groups: Mapping[str, Decimal]
    excess_from: Fraction  # a target exceeded by more than this share was set too low
    excess_cap: Fraction  # of the points, that is taken off for it at most
    grades: Sequence[tuple[str, Decimal]]  # from the best down: from how many points

    def grade(self, total: Decimal) -> str:
        return next(grade for grade, least in self.grades if total >= least)


def earned(
    measure: Measured, actual: Decimal, points: Decimal, rules: Rules, *, is_low: bool = True
) -> Decimal:
    """Full points for a target that is reached, else its part of them. What exceeds a low target
    by more than the rules allow costs as much of the points as it goes beyond, up to the cap;
    `is_low` false: it was explained and accepted."""
    reached = completion(measure, actual)
    part = min(reached, WHOLE)
    beyond = reached - WHOLE - rules.excess_from
    if is_low and measure.operator == Operator.AT_LEAST and beyond > 0:
        part -= min(beyond, rules.excess_cap)
    return rounded(Fraction(points) * part)


def execution_score(spent: Decimal, budget: Decimal, rules: Rules) -> Decimal:
    return rounded(Fraction(rules.execution) * min(share(spent, budget), WHOLE))


def points_of(weights: Sequence[tuple[int, str, Decimal]], rules: Rules) -> dict[int, Decimal]:
    """The points of each line (key, group, weight): the group's, by weight; what rounding leaves
    over goes to the heaviest line of the group."""
    found: dict[int, Decimal] = {}
    for group, whole in rules.groups.items():
        lines = [(key, weight) for key, of, weight in weights if of == group]
        total = sum((weight for _, weight in lines), ZERO)
        if not lines:
            continue
        for key, weight in lines:
            found[key] = rounded(Fraction(whole) * share(weight, total))
        heaviest = max(lines, key=lambda line: line[1])[0]
        found[heaviest] += whole - sum((found[key] for key, _ in lines), ZERO)
    return found


def total_of(scores: Iterable[Decimal]) -> Decimal:
    return sum(scores, ZERO)
