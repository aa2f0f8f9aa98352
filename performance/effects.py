"""What happens with a step of these lives besides the change of status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from approvals.models import Decision

from .models import MEASURED, Declaration, PaymentHold, Target, TargetLine

Data = Mapping[str, Any]
Changed = tuple[str, ...]  # fields of the subject, saved with its status


def keep_lines(declaration: Declaration, decision: Decision, data: Data) -> Changed:
    """With the approval: what each indicator says, for ever."""
    rows = Target.objects.filter(project_id=declaration.project_id)
    TargetLine.objects.bulk_create(
        TargetLine(declaration=declaration, **{name: getattr(row, name) for name in MEASURED})
        for row in rows
    )
    return ()


def keep_mended(hold: PaymentHold, decision: Decision, data: Data) -> Changed:
    hold.mended, hold.papers = data["mended"], data["papers"]
    return ("mended", "papers")
