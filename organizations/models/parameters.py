from __future__ import annotations

import datetime as dt
from fractions import Fraction

from django.db import models
from django.utils import timezone


class ParameterQuerySet(models.QuerySet["Parameter"]):
    def row(self, key: str, on: dt.date | None = None) -> Parameter:
        """What is in force on a day (default today). KeyError where none is loaded."""
        day = on or timezone.localdate()
        row = self.filter(key=key, valid_from__lte=day).order_by("-valid_from").first()
        if row is None:
            raise KeyError(f"参数 {key} 在 {day} 没有生效值，请先装载参考数据")
        return row

    def value(self, key: str, on: dt.date | None = None) -> str:
        return self.row(key, on).setting

    def number(self, key: str, on: dt.date | None = None) -> int:
        return int(self.value(key, on))

    def fraction(self, key: str, on: dt.date | None = None) -> Fraction:
        """For shares such as 2/3, which no decimal says exactly."""
        return Fraction(self.value(key, on))


class Parameter(models.Model):
    """A dated setting. `source` says how sure it is; only F and V may be shown as 依据."""

    class Source(models.TextChoices):
        FOUNDING = "F", "新扶贫领字〔2018〕76号"
        VERIFIED = "V", "已核实的上级文件"
        LOCAL = "L", "外地样例"
        KNOWLEDGE = "K", "可配置的默认值"
        DESIGN = "D", "可配置的默认值（设计）"

    key = models.CharField("参数", max_length=60)
    setting = models.CharField("取值", max_length=200)
    name = models.CharField("含义", max_length=100)
    source = models.CharField("来源", max_length=1, choices=Source.choices)
    clause = models.CharField("依据", max_length=100, blank=True)
    valid_from = models.DateField("生效日期")

    objects = ParameterQuerySet.as_manager()

    class Meta:
        verbose_name = "参数"
        ordering = ("key", "-valid_from")
        constraints = [
            models.UniqueConstraint(fields=("key", "valid_from"), name="parameter_once_per_day")
        ]

    def __str__(self) -> str:
        return f"{self.key}={self.setting}"
