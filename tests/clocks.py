"""What time it is, for code that asks Django; the database keeps its own clock."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone


def pin(monkeypatch: pytest.MonkeyPatch, local: str) -> dt.datetime:
    """`local` is ISO, by the clock on the wall of the county."""
    now = timezone.make_aware(dt.datetime.fromisoformat(local))
    monkeypatch.setattr(timezone, "now", lambda: now)
    return now
