from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from funds.models import Voucher
from organizations.models import User
from organizations.personal_data import refuse_personal_data
from projects.models import Project

from .assets import Asset


class AssetValue(models.Model):
    """Why an asset is worth what it is: registered once, raised by a later payment (质保金 say),
    or corrected. Each row rests on a document; an asset's original value is their sum.

    Append-only. A trigger keeps the values of a project's assets within what was paid for it.
    """

    class Kind(models.TextChoices):
        INITIAL = "initial", "登记"
        CAPITALISED = "capitalised", "资本化追加"
        CORRECTED = "corrected", "更正"

    asset = models.ForeignKey(Asset, models.PROTECT, related_name="value_rows", verbose_name="资产")
    kind = models.CharField("种类", max_length=12, choices=Kind.choices)
    amount = models.DecimalField("金额（元）", max_digits=18, decimal_places=2)
    document = models.CharField("依据文号", max_length=80)
    paper = models.CharField("依据原件", max_length=64, blank=True)
    voucher = models.ForeignKey(
        Voucher,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="capitalised_in",
        verbose_name="支付凭证",
    )
    reason = models.CharField("事由", max_length=200, blank=True, validators=[refuse_personal_data])
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")
    recorded_at = models.DateTimeField("登记时间", default=timezone.now)

    class Meta:
        verbose_name = "资产原值"
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(
                fields=("asset",), condition=Q(kind="initial"), name="asset_value_initial_once"
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0) | Q(kind="corrected", amount__lt=0),
                name="asset_value_amount",
            ),
            models.CheckConstraint(condition=~Q(document=""), name="asset_value_on_a_document"),
            models.CheckConstraint(
                condition=Q(kind="capitalised", voucher__isnull=False)
                | ~Q(kind="capitalised") & Q(voucher__isnull=True),
                name="asset_value_capitalises_a_payment",
            ),
            models.CheckConstraint(
                condition=~Q(kind="corrected") | ~Q(paper="") & ~Q(reason=""),
                name="asset_value_corrected_with_paper",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asset} {self.get_kind_display()} {self.amount}"


class NoAssets(models.Model):
    """不形成资产的说明: why a project leaves nothing that is kept as an asset. Append-only; it
    counts while nothing of the project is registered."""

    project = models.ForeignKey(
        Project, models.PROTECT, related_name="no_assets", verbose_name="项目"
    )
    reason = models.CharField("不形成资产的理由", max_length=200, validators=[refuse_personal_data])
    stated_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="说明人")
    stated_at = models.DateTimeField("说明时间", default=timezone.now)

    class Meta:
        verbose_name = "不形成资产的说明"
        ordering = ("-id",)
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="no_assets_reason")]

    def __str__(self) -> str:
        return f"{self.project} {self.reason}"
