from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from organizations.models import Parameter
from organizations.models.dated import DatedQuerySet

# Only these may be shown as 依据; the others are the house's own defaults.
SHOWN_SOURCES = (Parameter.Source.FOUNDING, Parameter.Source.VERIFIED)


class NoticeType(models.Model):
    """A kind of notice and its rule, as the regime of its years has it (FACTS §1.4)."""

    class CountMode(models.TextChoices):
        NATURAL = "natural", "自然日"
        WORKING = "working", "工作日"

    code = models.CharField("代码", max_length=10)
    name = models.CharField("名称", max_length=60)
    trigger = models.CharField("触发时点", max_length=80)
    responsible = models.CharField("责任主体", max_length=80)
    publishers = ArrayField(models.CharField(max_length=20), verbose_name="发布岗位")
    min_days = models.PositiveSmallIntegerField("最短天数", null=True, blank=True)
    count_mode = models.CharField(
        "计日方式", max_length=10, choices=CountMode.choices, default=CountMode.NATURAL
    )
    is_permanent = models.BooleanField("长期公开", default=False)
    publish_within_workdays = models.PositiveSmallIntegerField(
        "公开时限（工作日）", null=True, blank=True
    )
    gate = models.CharField("阻断规则", max_length=120, blank=True)
    clause = models.CharField("规则出处", max_length=120, blank=True)
    source = models.CharField("规则来源", max_length=1, choices=Parameter.Source.choices)
    days_clause = models.CharField("天数出处", max_length=120, blank=True)
    days_source = models.CharField("天数来源", max_length=1, choices=Parameter.Source.choices)
    valid_from = models.DateField("生效日期")
    valid_until = models.DateField("失效日期", null=True, blank=True)

    objects = DatedQuerySet["NoticeType"].as_manager()

    class Meta:
        verbose_name = "公告公示类型"
        ordering = ("code", "-valid_from")
        constraints = [
            models.UniqueConstraint(
                fields=("code", "valid_from"), name="notice_type_once_per_regime"
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="notice_type_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(is_permanent=False) | Q(min_days__isnull=True),
                name="notice_type_days_or_permanent",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def basis(self) -> str:
        """What may be shown as 依据 of the rule; empty for the house's own defaults."""
        return self.clause if self.source in SHOWN_SOURCES else ""

    @property
    def days_basis(self) -> str:
        return self.days_clause if self.days_source in SHOWN_SOURCES else ""

    @property
    def duration(self) -> str:
        if self.is_permanent:
            return "长期公开"
        if self.min_days is None:
            return "不设期限"
        return f"不少于 {self.min_days} 个{self.get_count_mode_display()}"
