"""修改记录 of everything that is tracked: who changed which field of what, from what to what,
over all rows of a kind that a person may see."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db.models import Model, OuterRef, QuerySet, Subquery
from django.utils import timezone

from approvals.history import Change, edited_by_hand, edited_fields, names_of, person
from organizations.models import User

SHOWN = 200
CHUNKS = 50  # of the history at most


def tracked() -> dict[str, type[Model]]:
    """By label, the kinds whose rows tell who may see them."""
    return {
        model._meta.label_lower: model
        for model in apps.get_models()
        if hasattr(model, "history") and hasattr(model._default_manager.all(), "visible_to")
    }


def choices() -> list[tuple[str, str]]:
    return sorted((label, str(m._meta.verbose_name)) for label, m in tracked().items())


@dataclass(frozen=True)
class Edit:
    title: str
    url: str
    change: Change


@dataclass(frozen=True)
class Asked:
    kind: str
    since: dt.date | None = None
    until: dt.date | None = None
    person: str = ""


def records_of(user: User, asked: Asked) -> QuerySet[Any]:
    model: Any = tracked()[asked.kind]
    visible = model._default_manager.visible_to(user).values("pk")
    rows = model.history.filter(id__in=visible).order_by("-history_date", "-history_id")
    if asked.since:
        rows = rows.filter(history_date__date__gte=asked.since)
    if asked.until:
        rows = rows.filter(history_date__date__lte=asked.until)
    if asked.person:
        rows = rows.filter(history_user__real_name__contains=asked.person)
    return rows.select_related("history_user")  # type: ignore[no-any-return]


def edits_of(user: User, asked: Asked, most: int = SHOWN) -> list[Edit]:
    """The newest first. A constant number of queries for each SHOWN rows of history; steps, which
    stand in the trail, leave rows there too."""
    model: Any = tracked()[asked.kind]
    earlier = model.history.filter(
        id=OuterRef("id"), history_id__lt=OuterRef("history_id")
    ).order_by("-history_id")
    rows = records_of(user, asked).annotate(before=Subquery(earlier.values("history_id")[:1]))
    found: list[Edit] = []
    for start in range(0, CHUNKS * SHOWN, SHOWN):
        records = list(rows[start : start + SHOWN])
        found += edits_in(model, records)
        if len(found) >= most or len(records) < SHOWN:
            break
    return found[:most]


def edits_in(model: Any, records: list[Any]) -> list[Edit]:
    if not records:
        return []
    befores = model.history.in_bulk([r.before for r in records if r.before])
    subjects = model._default_manager.in_bulk({record.id for record in records})
    fields = edited_by_hand(records[0])
    names = names_of(fields, [*records, *befores.values()])
    found = []
    for record in records:
        before, subject = befores.get(record.before), subjects.get(record.id)
        fields_changed = edited_fields(fields, before, record, names) if before else []
        if before and not fields_changed:
            continue
        reason = record.history_change_reason or ("" if before else "新建")
        at = timezone.localtime(record.history_date)
        change = Change(at, person(record), reason, fields_changed)
        found.append(Edit(str(subject or record), address_of(subject), change))
    return found


def address_of(subject: Any) -> str:
    return subject.get_absolute_url() if hasattr(subject, "get_absolute_url") else ""
