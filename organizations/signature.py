from __future__ import annotations

from typing import TypeVar

from django.db.models import Model

from .models import User

M = TypeVar("M", bound=Model)


def sign(instance: M, by: User, reason: str = "") -> M:
    """Say who makes the next change of a tracked row, and why, for its history.

    The request's user is not enough: commands and the worker have no request.
    """
    instance._history_user = by  # type: ignore[attr-defined]
    if reason:
        instance._change_reason = reason[:100]  # type: ignore[attr-defined]
    return instance
