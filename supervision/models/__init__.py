from .findings import RECTIFIERS, Finding
from .rectification import Accountability, Escalation, FindingProgress, Recovery, Transfer

__all__ = [
    "RECTIFIERS",
    "Accountability",
    "Escalation",
    "Finding",
    "FindingProgress",
    "Recovery",
    "Transfer",
]
