from .audit import AuditSheet, ExportRecord
from .deliveries import (
    Addressee,
    Delivery,
    DeliveryReceipt,
    Office,
    ReceivedDelivery,
    UnitKey,
)
from .received import ReceivedReturn, ReceivedUnlock, ReturnMark
from .returns import (
    CheckRule,
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
    "Addressee",
    "AuditSheet",
    "CheckRule",
    "CheckWaiver",
    "Delivery",
    "DeliveryReceipt",
    "ExportRecord",
    "LedgerDifference",
    "MonthlyReturn",
    "Office",
    "ReceivedDelivery",
    "ReceivedReturn",
    "ReceivedUnlock",
    "ReturnDispatch",
    "ReturnMark",
    "ReturnReceipt",
    "ReturnUnlock",
    "ReturnVersion",
    "RollUp",
    "Scope",
    "UnitKey",
]
