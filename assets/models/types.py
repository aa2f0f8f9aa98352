from __future__ import annotations

from django.db import models

from organizations.models.dated import DatedQuerySet


class AssetClass(models.TextChoices):
    """国办函〔2021〕51号: three classes of what a project leaves behind."""

    OPERATING = "JY", "经营性资产"
    PUBLIC = "GY", "公益性资产"
    HOUSEHOLD = "DH", "到户类资产"


class AssetType(models.Model):
    """A subclass as the regime of its years names it (FACTS §5.1). Which there are is a default."""

    code = models.CharField("代码", max_length=10)
    asset_class = models.CharField("类别", max_length=2, choices=AssetClass.choices)
    name = models.CharField("子类", max_length=40)
    valid_from = models.DateField("生效日期")
    valid_until = models.DateField("失效日期", null=True, blank=True)

    objects = DatedQuerySet["AssetType"].as_manager()

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
