from .declarations import (
    MEASURED,
    Declaration,
    Measure,
    Target,
    TargetLine,
    TargetPublication,
)
from .evaluations import (
    Evaluation,
    Grade,
    ResultDone,
    ResultUse,
    ResultUseKind,
    Score,
    SpotCheck,
)
from .indicators import Aspect, AspectGroup, Group, Indicator, Operator
from .monitorings import Actual, Level, Monitoring, PaymentHold
from .samples import SampleDraw, SampleFrame

__all__ = [
    "MEASURED",
    "Actual",
    "Aspect",
    "AspectGroup",
    "Declaration",
    "Evaluation",
    "Grade",
    "Group",
    "Indicator",
    "Level",
    "Measure",
    "Monitoring",
    "Operator",
    "PaymentHold",
    "ResultDone",
    "ResultUse",
    "ResultUseKind",
    "SampleDraw",
    "SampleFrame",
    "Score",
    "SpotCheck",
    "Target",
    "TargetLine",
    "TargetPublication",
]
