"""The tree of indicators, as dated reference data: which there are, and what hangs from what."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import Q
from django.utils import timezone

from organizations.models.dated import DatedQuerySet


class Aspect(models.TextChoices):
    QUANTITY = "QTY", "数量指标"
    QUALITY = "QUA", "质量指标"
    TIMELINESS = "TIM", "时效指标"
    COST = "CST", "成本指标"
    ECONOMIC = "ECO", "经济效益"
    SOCIAL = "SOC", "社会效益"
    ECOLOGICAL = "ENV", "生态效益"
    SUSTAINED = "SUS", "可持续影响"
    SATISFACTION = "SAT", "服务对象满意度"


class Operator(models.TextChoices):
    AT_LEAST = "ge", "≥"
    AT_MOST = "le", "≤"
    EQUAL = "eq", "="
    IN_WORDS = "ql", "定性"


class Group(models.TextChoices):
    OUTPUT = "output", "产出指标"
    OUTCOME = "outcome", "效益指标"
    SATISFACTION = "satisfaction", "满意度指标"
    COST = "cost", "成本指标"


class AspectGroupQuerySet(models.QuerySet["AspectGroup"]):
    def tree(self, on: dt.date | None = None) -> dict[str, str]:
        """The first level by the second, as in force on a day (default today)."""
        day = on or timezone.localdate()
        rows = self.filter(valid_from__lte=day).order_by("valid_from")
        return {row.aspect: row.group for row in rows}


class AspectGroup(models.Model):
    """Which first-level indicator a second-level one belongs to, from a day on."""

    aspect = models.CharField("二级指标", max_length=3, choices=Aspect.choices)
    group = models.CharField("一级指标", max_length=12, choices=Group.choices)
    valid_from = models.DateField("生效日期")

    objects = AspectGroupQuerySet.as_manager()

    class Meta:
        verbose_name = "指标树"
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=("aspect", "valid_from"), name="aspect_group_once")
        ]

    def __str__(self) -> str:
        return f"{self.get_group_display()} {self.get_aspect_display()}"


class IndicatorQuerySet(DatedQuerySet["Indicator"]):
    def of_type(self, code: str) -> IndicatorQuerySet:
        """Those of this project type, of the ones above it, and those of every type."""
        return self.filter(type_code__in=["", *(code[:n] for n in range(1, len(code) + 1))])


class Indicator(models.Model):
    """指标库: one third-level indicator for a project type. `type_code` empty: for every type."""

    code = models.CharField("代码", max_length=20)
    type_code = models.CharField("适用项目类型代码", max_length=20, blank=True)
    aspect = models.CharField("二级指标", max_length=3, choices=Aspect.choices)
    name = models.CharField("三级指标", max_length=80)
    operator = models.CharField("关系", max_length=2, choices=Operator.choices)
    value = models.DecimalField(
        "参考目标值", max_digits=14, decimal_places=2, null=True, blank=True
    )
    wording = models.CharField("参考定性目标", max_length=80, blank=True)
    unit = models.CharField("计量单位", max_length=20, blank=True)
    weight = models.DecimalField("权重", max_digits=5, decimal_places=2)
    explanation = models.CharField("指标解释", max_length=200)
    data_source = models.CharField("数据来源", max_length=100)
    evidence = models.CharField("佐证材料", max_length=100)
    is_core = models.BooleanField("核心指标", default=False)
    valid_from = models.DateField("生效日期")
    valid_until = models.DateField("失效日期", null=True, blank=True)

    objects = IndicatorQuerySet.as_manager()

    class Meta:
        verbose_name = "绩效指标库"
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=("code", "valid_from"), name="indicator_once"),
            models.CheckConstraint(condition=Q(weight__gt=0), name="indicator_weight_positive"),
        ]

    def __str__(self) -> str:
        return self.name
