"""What happens with a step of an objection besides the change of status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from approvals.models import Decision

from .models import Notice, Objection

Data = Mapping[str, Any]
Changed = tuple[str, ...]  # fields of the objection, saved with its status
Remedy = Objection.Remedy


def investigate(objection: Objection, decision: Decision, data: Data) -> Changed:
    objection.investigating_unit = data["investigating_unit"]
    return ("investigating_unit",)


def answer(objection: Objection, decision: Decision, data: Data) -> Changed:
    """Where the notice must be made anew, the version that stands today is void from now on."""
    objection.conclusion = data["conclusion"]
    objection.measures = data["measures"]
    objection.remedy = data["remedy"]
    objection.answered_on = timezone.localdate(decision.at)
    if objection.remedy != Remedy.NONE:
        standing = Notice.objects.filter(number=objection.notice.number).current()
        objection.voids = standing.get()
    return ("conclusion", "measures", "remedy", "answered_on", "voids")
