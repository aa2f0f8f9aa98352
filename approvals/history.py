"""Who changed which field of a row, from what to what; read from django-simple-history.

A change of status is a decision and stands in the decision trail, so it is left out here.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import Field, ForeignKey, Model
from django.utils import timezone

# Decided, derived or internal; not what a person edited.
LEFT_OUT = frozenset({"id", "status", "status_since", "pinyin"})
SHA256 = re.compile("[0-9a-f]{64}")
Names = Mapping[type[Model], Mapping[Any, str]]


@dataclass(frozen=True)
class Change:
    at: dt.datetime
    by: str
    reason: str
    fields: Sequence[tuple[str, str, str]]  # label, old, new


def changes_of(instance: Model) -> list[Change]:
    """Newest first: the edits, and last the making of the row, which has no fields."""
    records = list(
        instance.history.select_related("history_user").order_by("history_date", "history_id")  # type: ignore[attr-defined]
    )
    if not records:
        return []
    fields = edited_by_hand(records[0])
    names = names_of(fields, records)
    changes = [
        Change(
            timezone.localtime(records[0].history_date),
            person(records[0]),
            records[0].history_change_reason or "新建",
            (),
        )
    ]
    for before, after in pairwise(records):
        edited = edited_fields(fields, before, after, names)
        if edited:
            at = timezone.localtime(after.history_date)
            changes.append(Change(at, person(after), after.history_change_reason or "", edited))
    return changes[::-1]


def edited_by_hand(record: Any) -> list[Field[Any, Any]]:
    return [f for f in record.tracked_fields if f.name not in LEFT_OUT]


def edited_fields(
    fields: Iterable[Field[Any, Any]], before: Any, after: Any, names: Names
) -> list[tuple[str, str, str]]:
    return [
        (str(f.verbose_name), shown(f, before, names), shown(f, after, names))
        for f in fields
        if getattr(before, f.attname) != getattr(after, f.attname)
    ]


def person(record: Any) -> str:
    return str(record.history_user) if record.history_user else ""


def names_of(fields: Iterable[Field[Any, Any]], records: Sequence[Any]) -> Names:
    """What the foreign keys of all records point to: one query for each model."""
    wanted: dict[type[Model], set[Any]] = defaultdict(set)
    for field in fields:
        if isinstance(field, ForeignKey):
            ids = {getattr(record, field.attname) for record in records} - {None}
            wanted[field.related_model].update(ids)
    return {
        model: {pk: str(row) for pk, row in model._default_manager.in_bulk(ids).items()}
        for model, ids in wanted.items()
    }


def shown(field: Field[Any, Any], record: Any, names: Names) -> str:
    value = getattr(record, field.attname)
    if isinstance(field, ForeignKey):
        return names[field.related_model].get(value, "")
    if isinstance(field, ArrayField):
        return "、".join(one(field.base_field, item) for item in value or ())
    return one(field, value)


def one(field: Field[Any, Any], value: Any) -> str:
    if value is None or value == "":
        return ""
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Decimal):
        return f"{value:,}"
    if isinstance(value, dt.datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    if isinstance(value, str) and SHA256.fullmatch(value):
        return f"校验码 {value[:12]}"
    return str(value)
