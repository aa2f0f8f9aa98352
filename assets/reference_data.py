from __future__ import annotations

from pathlib import Path

from django.db import transaction

from organizations.reference_data import read_rows

from .models import AssetType, IncomeUse

REFERENCE = Path(__file__).parent / "reference"


def load_asset_data() -> int:
    """Subclasses and uses of income; which there are is a default. Safe to run again."""
    return load_asset_types() + load_income_uses()


@transaction.atomic
def load_asset_types(path: Path = REFERENCE / "asset_types.csv") -> int:
    """Columns code, asset_class, name, valid_from, valid_until."""
    added = 0
    for row in read_rows(path):
        added += AssetType.objects.get_or_create(
            code=row["code"],
            valid_from=row["valid_from"],
            defaults={
                "asset_class": row["asset_class"],
                "name": row["name"],
                "valid_until": row["valid_until"] or None,
            },
        )[1]
    return added


@transaction.atomic
def load_income_uses(path: Path = REFERENCE / "income_uses.csv") -> int:
    """Columns code, name, is_allowed (yes or empty), priority, valid_from, valid_until."""
    added = 0
    for row in read_rows(path):
        added += IncomeUse.objects.get_or_create(
            code=row["code"],
            valid_from=row["valid_from"],
            defaults={
                "name": row["name"],
                "is_allowed": row["is_allowed"] == "yes",
                "priority": int(row["priority"]),
                "valid_until": row["valid_until"] or None,
            },
        )[1]
    return added
