from __future__ import annotations

from pathlib import Path
from typing import Any

from organizations.reference_data import load_dated

from .models import FundCategory

REFERENCE = Path(__file__).parent / "reference"


def load_fund_categories(path: Path = REFERENCE / "fund_categories.csv") -> int:
    """Columns code, name, group, regime, valid_from, valid_until; older regimes first."""

    def facts(row: dict[str, str]) -> dict[str, Any]:
        older = FundCategory.objects.filter(code=row["code"], valid_from__lt=row["valid_from"])
        texts = {name: row[name] for name in ("name", "group", "regime")}
        return texts | {"replaces": older.first()}

    return load_dated(path, FundCategory, ("code",), facts)
