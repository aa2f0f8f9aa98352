from .alerts import Alert, AlertRule
from .findings import RECTIFIERS, Finding
from .rectification import Accountability, Escalation, FindingProgress, Recovery, Transfer

__all__ = [
    "RECTIFIERS",
    "Accountability",
    "Alert",
    "AlertRule",
    "Escalation",
    "Finding",
    "FindingProgress",
    "Recovery",
    "Transfer",
]
