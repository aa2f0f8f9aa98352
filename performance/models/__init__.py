from .declarations import (
    MEASURED,
    Declaration,
    Measure,
    Target,
    TargetLine,
    TargetPublication,
)
from .indicators import Aspect, AspectGroup, Group, Indicator, Operator
from .monitorings import Actual, Level, Monitoring, PaymentHold

__all__ = [
    "MEASURED",
    "Actual",
    "Aspect",
    "AspectGroup",
    "Declaration",
    "Group",
    "Indicator",
    "Level",
    "Measure",
    "Monitoring",
    "Operator",
    "PaymentHold",
    "Target",
    "TargetLine",
    "TargetPublication",
]
