from .assets import Asset
from .operations import Operation
from .types import AssetClass, AssetType
from .values import AssetValue, NoAssets

__all__ = ["Asset", "AssetClass", "AssetType", "AssetValue", "NoAssets", "Operation"]
