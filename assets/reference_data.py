from __future__ import annotations

from pathlib import Path

from django.db import transaction

from organizations.reference_data import read_rows

from .models import AssetType

REFERENCE = Path(__file__).parent / "reference"


@transaction.atomic
def load_asset_types(path: Path = REFERENCE / "asset_types.csv") -> int:
    """Columns code, asset_class, name, valid_from, valid_until. Which there are is a default."""
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
