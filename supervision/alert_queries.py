"""The rules with what they found, and what was refused by them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone

from approvals.models import RefusedAttempt
from organizations.models import Parameter, User

from .models import Alert, AlertRule
from .models.alerts import DONE

K = RefusedAttempt.Kind
BY_A_RULE = (K.CONDITION, K.OTHER)


@dataclass(frozen=True)
class RuleRow:
    rule: AlertRule
    limits: list[Parameter]
    total: int = 0
    standing: int = 0
    dismissed: int = 0
    refused: int = 0


def rule_rows(user: User) -> list[RuleRow]:
    """Three queries, however many rules."""
    rules = list(AlertRule.objects.in_force())
    limits = limits_of({key for rule in rules for key in rule.parameters})
    counts = {
        row["code"]: row
        for row in Alert.objects.visible_to(user).order_by().values("code").annotate(
            total=Count("pk"),
            standing=Count("pk", filter=~Q(status__in=DONE)),
            dismissed=Count("pk", filter=Q(status="dismissed")),
        )
    }  # fmt: skip
    refused = refused_counts(rules, user)
    found = []
    for rule in rules:
        row: Mapping[str, Any] = counts.get(rule.code, {})
        found.append(
            RuleRow(
                rule,
                [limits[key] for key in rule.parameters if key in limits],
                row.get("total", 0),
                row.get("standing", 0),
                row.get("dismissed", 0),
                refused.get(rule.code) or 0,
            )
        )
    return found


def limits_of(keys: set[str]) -> Mapping[str, Parameter]:
    """As in force today."""
    rows = Parameter.objects.filter(key__in=keys, valid_from__lte=timezone.localdate())
    return {row.key: row for row in rows.order_by("valid_from")}


def refused_by(rule: AlertRule) -> Q:
    words = Q(pk__in=[])
    for word in rule.words:
        words |= Q(reason__contains=word)
    return words & Q(kind__in=BY_A_RULE)


def refused_counts(rules: list[AlertRule], user: User) -> Mapping[str, int]:
    """How often, all days together."""
    wanted = {
        rule.code: Sum("count", filter=refused_by(rule))
        for rule in rules
        if rule.kind == AlertRule.Kind.REFUSAL
    }
    return RefusedAttempt.objects.visible_to(user).aggregate(**wanted) if wanted else {}


def attempts_of(rule: AlertRule, user: User) -> QuerySet[RefusedAttempt]:
    rows = RefusedAttempt.objects.visible_to(user).filter(refused_by(rule))
    return rows.select_related("by", "division")
