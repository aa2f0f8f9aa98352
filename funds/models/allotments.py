from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from organizations.models import Division, Organization, User
from organizations.models.dated import DatedQuerySet
from organizations.models.divisions import under


class FundLevel(models.TextChoices):
    """The level of government that issued the money (FACTS §3.1)."""

    CENTRAL = "L1", "中央"
    REGION = "L2", "自治区"
    PREFECTURE = "L3", "地（州、市）"
    COUNTY = "L4", "县（市、区）本级"
    ASSISTANCE = "L5", "援疆与社会帮扶"


class FundCategory(models.Model):
    """A fund source as the regime of its years names it; the names change, the rows stay."""

    class Group(models.TextChoices):
        SPECIAL = "special", "财政专项"
        INTEGRATED = "integrated", "统筹整合涉农"
        BOND = "bond", "地方政府债券"
        OTHER = "other", "其他"

    code = models.CharField("代码", max_length=20)
    name = models.CharField("资金类别", max_length=80)
    group = models.CharField("大类", max_length=12, choices=Group.choices)
    regime = models.CharField("制度时期", max_length=40)
    valid_from = models.DateField("生效日期")
    valid_until = models.DateField("失效日期", null=True, blank=True)
    replaces = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="接替"
    )

    objects = DatedQuerySet["FundCategory"].as_manager()

    class Meta:
        verbose_name = "资金类别"
        ordering = ("code", "-valid_from")
        constraints = [
            models.UniqueConstraint(
                fields=("code", "valid_from"), name="fund_category_once_per_regime"
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="fund_category_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AllotmentQuerySet(models.QuerySet["Allotment"]):
    def visible_to(self, user: User) -> AllotmentQuerySet:
        return self.filter(under("county__path", user.territory()))


class Allotment(models.Model):
    """指标下达: one upper document that issues money. It is the tag that the money keeps.

    Once money has moved under it, a trigger keeps its amount, document, level, category and
    year as they are. `fund_year` is the budget year, which is not always the year of issue.
    """

    county = models.ForeignKey(
        Division, models.PROTECT, related_name="allotments", verbose_name="县（市）"
    )
    document_number = models.CharField("上级文号", max_length=60)
    document_text = models.CharField("文号原文", max_length=80)
    local_document_number = models.CharField("本级文号", max_length=60, blank=True)
    level = models.CharField("级次", max_length=2, choices=FundLevel.choices)
    category = models.ForeignKey(
        FundCategory, models.PROTECT, related_name="+", verbose_name="资金类别"
    )
    fund_year = models.PositiveSmallIntegerField("资金年度")
    issued_on = models.DateField("下达日期")
    amount = models.DecimalField("下达金额（元）", max_digits=18, decimal_places=2)
    is_integrated = models.BooleanField("统筹整合", default=False)
    integrating_department = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="资金整合部门",
    )
    using_unit = models.CharField("资金使用单位", max_length=80, blank=True)
    function_code = models.CharField("功能科目", max_length=7, blank=True)
    direction = models.CharField("支出方向", max_length=120, blank=True)
    note = models.CharField("备注", max_length=200, blank=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")
    recorded_at = models.DateTimeField("登记时间", default=timezone.now)

    objects = AllotmentQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = "指标下达"
        ordering = ("-issued_on", "-id")
        constraints = [
            models.UniqueConstraint(
                fields=("county", "document_number", "level", "category"), name="allotment_once"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="allotment_amount_positive"),
            models.CheckConstraint(
                condition=Q(fund_year__gte=2000, fund_year__lte=2100),
                name="allotment_fund_year_sane",
            ),
            models.CheckConstraint(
                condition=Q(is_integrated=False) | Q(integrating_department__isnull=False),
                name="allotment_integrated_names_department",
            ),
        ]
        indexes = [
            GinIndex(
                OpClass("document_number", name="gin_trgm_ops"), name="allotment_document_trgm"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document_number} {self.category}"

    def get_absolute_url(self) -> str:
        return f"/allotments/{self.pk}/"
