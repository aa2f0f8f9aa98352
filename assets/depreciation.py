"""年限平均法: the same sum each month from the month after the asset was built, to nothing."""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal

FEN = Decimal("0.01")


def written_off(value: Decimal, built_on: dt.date, years: int, until: dt.date) -> Decimal:
    """In yuan, rounded to the fen; the last month takes what is left."""
    passed = (until.year - built_on.year) * 12 + until.month - built_on.month
    months = min(max(passed, 0), years * 12)
    return (value * months / (years * 12)).quantize(FEN, ROUND_HALF_UP)
