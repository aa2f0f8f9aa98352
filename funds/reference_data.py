from __future__ import annotations

from pathlib import Path

from django.db import transaction

from organizations.reference_data import read_rows

from .models import FundCategory

REFERENCE = Path(__file__).parent / "reference"


@transaction.atomic
def load_fund_categories(path: Path = REFERENCE / "fund_categories.csv") -> int:
    """Columns code, name, group, regime, valid_from, valid_until; older regimes first."""
    added = 0
    for row in read_rows(path):
        code, since = row.pop("code"), row.pop("valid_from")
        facts = {**row, "valid_until": row["valid_until"] or None}
        older = FundCategory.objects.filter(code=code, valid_from__lt=since).first()
        added += FundCategory.objects.get_or_create(
            code=code, valid_from=since, defaults={**facts, "replaces": older}
        )[1]
    return added
