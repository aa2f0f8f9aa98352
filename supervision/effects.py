from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from approvals.models import Decision
from approvals.workflow import Effect


def kept(*names: str) -> Effect:
    """An effect that puts what the step's form asked for into the subject."""

    def keep(subject: Any, decision: Decision, data: Mapping[str, Any]) -> tuple[str, ...]:
        for name in names:
            setattr(subject, name, data[name])
        return names

    return keep
