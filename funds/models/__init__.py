from .allotments import Allotment, FundCategory, FundLevel
from .ledger import Account, Book, Earmark, Entry, NumberSeries, Voucher
from .months import Month

__all__ = [
    "Account",
    "Allotment",
    "Book",
    "Earmark",
    "Entry",
    "FundCategory",
    "FundLevel",
    "Month",
    "NumberSeries",
    "Voucher",
]
