from __future__ import annotations

from pathlib import Path
from typing import Any

from organizations.reference_data import load_dated

from .models import AssetType, IncomeUse

REFERENCE = Path(__file__).parent / "reference"


def load_asset_data() -> int:
    """Subclasses and uses of income; which there are is a default. Safe to run again."""
    return load_asset_types() + load_income_uses()


def load_asset_types(path: Path = REFERENCE / "asset_types.csv") -> int:
    """Columns code, asset_class, name, valid_from, valid_until."""

    def facts(row: dict[str, str]) -> dict[str, Any]:
        return {"asset_class": row["asset_class"], "name": row["name"]}

    return load_dated(path, AssetType, ("code",), facts)


def load_income_uses(path: Path = REFERENCE / "income_uses.csv") -> int:
    """Columns code, name, is_allowed (yes or empty), priority, valid_from, valid_until."""

    def facts(row: dict[str, str]) -> dict[str, Any]:
        return {
            "name": row["name"],
            "is_allowed": row["is_allowed"] == "yes",
            "priority": int(row["priority"]),
        }

    return load_dated(path, IncomeUse, ("code",), facts)
