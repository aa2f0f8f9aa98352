from __future__ import annotations

from django.db import models
from simple_history.models import HistoricalRecords

from organizations.models import User
from organizations.models.divisions import under
from organizations.personal_data import refuse_personal_data
from projects.models import Project


class TargetQuerySet(models.QuerySet["Target"]):
    def visible_to(self, user: User) -> TargetQuerySet:
        return self.filter(under("project__division__path", user.territory()))


class Target(models.Model):
    """One indicator of a project's performance targets (FACTS §2.2)."""

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

    project = models.ForeignKey(
        Project, models.PROTECT, related_name="targets", verbose_name="项目"
    )
    aspect = models.CharField("二级指标", max_length=3, choices=Aspect.choices)
    name = models.CharField("三级指标", max_length=80, validators=[refuse_personal_data])
    operator = models.CharField("关系", max_length=2, choices=Operator.choices)
    value = models.DecimalField("目标值", max_digits=14, decimal_places=2)
    unit = models.CharField("计量单位", max_length=20)
    set_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="填报人")

    objects = TargetQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = "绩效目标"
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=("project", "aspect", "name"), name="target_once"),
            models.CheckConstraint(
                condition=models.Q(value__gte=0), name="target_value_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}{self.get_operator_display()}{self.value:g}{self.unit}"
