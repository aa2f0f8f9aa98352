"""The lives beside those of a project and its payments, each in a module of its own."""

from .adjustment_life import ADJUSTMENT
from .filing_life import FILING
from .negative_life import WAIVER

__all__ = ["ADJUSTMENT", "FILING", "WAIVER"]
