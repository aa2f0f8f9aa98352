"""What stands in the way of calling an alert settled."""

from __future__ import annotations

from organizations.policies import Refusal, role_names

from .evaluating import still_fires
from .models import Alert


def not_gone(alert: Alert) -> Refusal | None:
    """As long as the rule finds the fact, nothing was put right."""
    if not still_fires(alert):
        return None
    return Refusal(
        f"规则 {alert.code} 今天仍触发：{alert.explanation}",
        who_can_clear=f"{role_names((alert.owner,))}（消除事实、说明误报或转问题清单）",
    )
