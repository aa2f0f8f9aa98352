from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import Q
from django.utils import timezone


class AssetClass(models.TextChoices):
    """国办函〔2021〕51号: three classes of what a project leaves behind."""

    OPERATING = "JY", "经营性资产"
    PUBLIC = "GY", "公益性资产"
    HOUSEHOLD = "DH", "到户类资产"


class AssetTypeQuerySet(models.QuerySet["AssetType"]):
    def in_force(self, on: dt.date | None = None) -> AssetTypeQuerySet:
        day = on or timezone.localdate()
        return self.filter(
            Q(valid_until__isnull=True) | Q(valid_until__gte=day), valid_from__lte=day
        )


class AssetType(models.Model):
    """A subclass as the regime of its years names it (FACTS §5.1). Which there are is a default."""

    code = models.CharField("代码", max_length=10)
    asset_class = models.CharField("类别", max_length=2, choices=AssetClass.choices)
    name = models.CharField("子类", max_length=40)
    valid_from = models.DateField("生效日期")
    valid_until = models.DateField("失效日期", null=True, blank=True)

    objects = AssetTypeQuerySet.as_manager()

    class Meta:
        verbose_name = "资产子类"
        ordering = ("code", "-valid_from")
        constraints = [
            models.UniqueConstraint(fields=("code", "valid_from"), name="asset_type_once"),
            models.UniqueConstraint(
                fields=("asset_class", "name", "valid_from"), name="asset_type_name_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name
