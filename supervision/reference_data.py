from __future__ import annotations

from pathlib import Path

from django.db import transaction

from organizations.reference_data import read_rows

from .models import AlertRule

REFERENCE = Path(__file__).parent / "reference"


@transaction.atomic
def load_alert_rules(path: Path = REFERENCE / "alert_rules.csv") -> int:
    """Lists are parted by semicolons. Safe to run again."""
    added = 0
    for row in read_rows(path):
        lists = {name: row[name].split(";") if row[name] else [] for name in LISTS}
        added += AlertRule.objects.get_or_create(
            code=row["code"],
            valid_from=row["valid_from"],
            defaults={
                **{name: row[name] for name in PLAIN},
                **lists,
                "clock_days": int(row["clock_days"]),
                "valid_until": row["valid_until"] or None,
            },
        )[1]
    return added


LISTS = ("parameters", "words")
PLAIN = ("name", "kind", "owner", "note", "source", "clause")
