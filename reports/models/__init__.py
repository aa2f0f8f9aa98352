from .deliveries import (
    Addressee,
    Delivery,
    DeliveryReceipt,
    Office,
    ReceivedDelivery,
    UnitKey,
)
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
    "Addressee",
    "CheckWaiver",
    "Delivery",
    "DeliveryReceipt",
    "LedgerDifference",
    "MonthlyReturn",
    "Office",
    "ReceivedDelivery",
    "ReturnDispatch",
    "ReturnReceipt",
    "ReturnUnlock",
    "ReturnVersion",
    "RollUp",
    "Scope",
    "UnitKey",
]
