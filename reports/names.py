"""Names as they were known at a moment: whoever was renamed since keeps the old name in what is
made again of the time before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from funds.models import Allotment
from organizations.models import Division, Organization


def names_at(
    model: type[Division] | type[Organization], ids: Iterable[int], known: dt.datetime
) -> Mapping[int, str]:
    return words_at(model, "name", ids, known)


def documents_at(allotments: Iterable[int], known: dt.datetime) -> Mapping[int, str]:
    return words_at(Allotment, "document_number", allotments, known)


def words_at(model: Any, field: str, ids: Iterable[int], known: dt.datetime) -> Mapping[int, str]:
    """By id. Of one whose history begins later, its first word. In one query, or two."""
    rows = model.history.filter(id__in=set(ids)).order_by("history_date", "history_id")
    found: dict[int, str] = {}
    for pk, word, since in rows.values_list("id", field, "history_date"):
        if since <= known or pk not in found:
            found[pk] = word
    if unwritten := set(ids) - set(found):
        found |= dict(model.objects.filter(pk__in=unwritten).values_list("pk", field))
    return found
