from __future__ import annotations

from django.db import models
from django.db.models import Q

from approvals.models import AgendaItem, Decision
from organizations.personal_data import refuse_personal_data

from .projects import Project


class ChargeRule(models.TextChoices):
    """Which source of a project a payment is charged to."""

    FIFO = "fifo", "先下达先用"
    SHARES = "shares", "按批复比例分摊"


class ItemCharge(models.Model):
    """How the sources that an agenda item proposes are to be charged; part of what is voted on.
    An item without one proposes 先下达先用."""

    item = models.OneToOneField(
        AgendaItem, models.PROTECT, related_name="charge", verbose_name="议题"
    )
    rule = models.CharField("资金分摊规则", max_length=10, choices=ChargeRule.choices)
    reason = models.CharField("理由", max_length=100, validators=[refuse_personal_data])

    class Meta:
        verbose_name = "议题资金分摊规则"
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="item_charge_has_reason")
        ]

    def __str__(self) -> str:
        return f"{self.get_rule_display()}（{self.reason}）"


class ProjectCharge(models.Model):
    """The rule that the meeting decided with the money. Append-only; a project without one is
    charged 先下达先用."""

    project = models.OneToOneField(
        Project, models.PROTECT, related_name="charge", verbose_name="项目"
    )
    decision = models.OneToOneField(
        Decision, models.PROTECT, related_name="+", verbose_name="办理记录"
    )
    rule = models.CharField("资金分摊规则", max_length=10, choices=ChargeRule.choices)
    reason = models.CharField("理由", max_length=100, validators=[refuse_personal_data])

    class Meta:
        verbose_name = "资金分摊规则"
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="project_charge_has_reason")
        ]

    def __str__(self) -> str:
        return f"{self.get_rule_display()}（{self.reason}）"
