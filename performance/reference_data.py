from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from django.db import transaction

from organizations.reference_data import read_rows

from .models import AspectGroup, Indicator, ResultUseKind

REFERENCE = Path(__file__).parent / "reference"
AS_WRITTEN = (
    "type_code", "aspect", "name", "operator", "wording", "unit", "weight", "explanation",
    "data_source", "evidence",
)  # fmt: skip


def load_indicators() -> int:
    """The tree and the library of indicators, and what may follow from a result: all of them
    defaults. Safe to run again."""
    return load_aspect_groups() + load_indicator_library() + load_result_uses()


@transaction.atomic
def load_aspect_groups(path: Path = REFERENCE / "aspect_groups.csv") -> int:
    """Columns aspect, group, valid_from."""
    added = 0
    for row in read_rows(path):
        added += AspectGroup.objects.get_or_create(
            aspect=row["aspect"],
            valid_from=row["valid_from"],
            defaults={"group": row["group"]},
        )[1]
    return added


@transaction.atomic
def load_indicator_library(path: Path = REFERENCE / "indicators.csv") -> int:
    """A row for each indicator and day from which it is so; `is_core` is yes or empty."""
    added = 0
    for row in read_rows(path):
        added += Indicator.objects.get_or_create(
            code=row["code"],
            valid_from=row["valid_from"],
            defaults={
                **{name: row[name] for name in AS_WRITTEN},
                "value": Decimal(row["value"]) if row["value"] else None,
                "is_core": row["is_core"] == "yes",
                "valid_until": row["valid_until"] or None,
            },
        )[1]
    return added


@transaction.atomic
def load_result_uses(path: Path = REFERENCE / "result_uses.csv") -> int:
    """Columns code, name, default_grades (parted by blanks), valid_from, valid_until."""
    added = 0
    for row in read_rows(path):
        added += ResultUseKind.objects.get_or_create(
            code=row["code"],
            valid_from=row["valid_from"],
            defaults={
                "name": row["name"],
                "default_grades": row["default_grades"],
                "valid_until": row["valid_until"] or None,
            },
        )[1]
    return added
