from __future__ import annotations

from pathlib import Path
from typing import Any

from django.db import transaction

from organizations.models import Role
from organizations.reference_data import read_rows

from .models import NoticeType

REFERENCE = Path(__file__).parent / "reference"
TEXTS = (
    "name", "trigger", "responsible", "count_mode", "gate", "clause", "source", "days_clause",
    "days_source",
)  # fmt: skip


@transaction.atomic
def load_notice_types(path: Path = REFERENCE / "notice_types.csv") -> int:
    """Rows are matched by code and valid_from; publishers are roles, parted by blanks.

    Raises ValueError for a role that does not exist.
    """
    added = 0
    for row in read_rows(path):
        added += NoticeType.objects.get_or_create(
            code=row["code"], valid_from=row["valid_from"], defaults=facts_of(row)
        )[1]
    return added


def facts_of(row: dict[str, str]) -> dict[str, Any]:
    return {
        **{name: row[name] for name in TEXTS},
        "publishers": [Role(role) for role in row["publishers"].split()],
        "min_days": number(row["min_days"]),
        "publish_within_workdays": number(row["publish_within_workdays"]),
        "is_permanent": row["is_permanent"] == "yes",
        "valid_until": row["valid_until"] or None,
    }


def number(text: str) -> int | None:
    return int(text) if text else None
