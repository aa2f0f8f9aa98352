"""Shares of money, compared exactly."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction


def over(amount: Decimal, share: Fraction, whole: Decimal) -> bool:
    """Whether an amount lies above a share of another."""
    return Fraction(amount) > share * Fraction(whole)


def percent_of(share: Fraction) -> str:
    value = Decimal(share.numerator) * 100 / Decimal(share.denominator)
    return f"{value.normalize():f}%"
