from .declarations import (
    MEASURED,
    Declaration,
    Measure,
    Target,
    TargetLine,
    TargetPublication,
)
from .indicators import Aspect, AspectGroup, Group, Indicator, Operator

__all__ = [
    "MEASURED",
    "Aspect",
    "AspectGroup",
    "Declaration",
    "Group",
    "Indicator",
    "Measure",
    "Operator",
    "Target",
    "TargetLine",
    "TargetPublication",
]
