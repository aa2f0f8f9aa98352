from .returns import (
    CheckWaiver,
    MonthlyReturn,
    ReturnDispatch,
    ReturnReceipt,
    ReturnUnlock,
    ReturnVersion,
    RollUp,
    Scope,
)

__all__ = [
    "CheckWaiver",
    "MonthlyReturn",
    "ReturnDispatch",
    "ReturnReceipt",
    "ReturnUnlock",
    "ReturnVersion",
    "RollUp",
    "Scope",
]
