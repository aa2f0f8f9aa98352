"""What the last step of a project writes down of its assets. Their register is kept by an app
further up, which says here how it is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from approvals.models import Decision

from .models import AssetStatement, Project

# The fields of a statement, of one project.
Reading = Callable[[Project], Mapping[str, Any]]
REGISTERS: list[Reading] = []


def read_assets_with(reading: Reading) -> None:
    REGISTERS.append(reading)


def state_assets(project: Project, decision: Decision, data: Mapping[str, Any]) -> tuple[str, ...]:
    """An effect: nothing of it is typed a second time."""
    for reading in REGISTERS:
        AssetStatement.objects.create(project=project, decision=decision, **reading(project))
    return ()
