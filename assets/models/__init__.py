from .assets import Asset
from .disposals import Disposal
from .handovers import Handover, HandoverItem
from .incomes import Distribution, DistributionLine, Income, IncomeUse
from .operations import Operation
from .stocktakes import Inspection, Stocktake, StocktakeLine
from .types import AssetClass, AssetType
from .values import AssetValue, NoAssets

__all__ = [
    "Asset",
    "AssetClass",
    "AssetType",
    "AssetValue",
    "Disposal",
    "Distribution",
    "DistributionLine",
    "Handover",
    "HandoverItem",
    "Income",
    "IncomeUse",
    "Inspection",
    "NoAssets",
    "Operation",
    "Stocktake",
    "StocktakeLine",
]
