from .returns import (
    CheckWaiver,
    LedgerDifference,
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
    "LedgerDifference",
    "MonthlyReturn",
    "ReturnDispatch",
    "ReturnReceipt",
    "ReturnUnlock",
    "ReturnVersion",
    "RollUp",
    "Scope",
]
