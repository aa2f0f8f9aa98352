from __future__ import annotations

from pathlib import Path
from typing import Any

from organizations.models import Role
from organizations.reference_data import load_dated

from .models import NoticeType

REFERENCE = Path(__file__).parent / "reference"
TEXTS = (
    "name", "trigger", "responsible", "count_mode", "gate", "clause", "source", "days_clause",
    "days_source",
)  # fmt: skip


def load_notice_types(path: Path = REFERENCE / "notice_types.csv") -> int:
    """Rows are matched by code and valid_from; publishers are roles, parted by blanks.

    Raises ValueError for a role that does not exist.
    """
    return load_dated(path, NoticeType, ("code",), facts_of)


def facts_of(row: dict[str, str]) -> dict[str, Any]:
    return {
        **{name: row[name] for name in TEXTS},
        "publishers": [Role(role) for role in row["publishers"].split()],
        "min_days": number(row["min_days"]),
        "publish_within_workdays": number(row["publish_within_workdays"]),
        "is_permanent": row["is_permanent"] == "yes",
    }


def number(text: str) -> int | None:
    return int(text) if text else None
