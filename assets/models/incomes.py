from __future__ import annotations

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from approvals.models import Subject
from organizations.models import Division, User
from organizations.models.dated import DatedQuerySet
from organizations.models.divisions import under
from organizations.personal_data import refuse_personal_data

from .assets import Asset

OPEN = ("draft", "notice")


class IncomeUse(models.Model):
    """What the income of an asset may be used for, in which order, and what it may not. Which
    there are is a default of other places' rules (FACTS §5.3)."""

    code = models.CharField("代码", max_length=10)
    name = models.CharField("用途", max_length=60)
    is_allowed = models.BooleanField("允许", default=True)
    priority = models.PositiveSmallIntegerField("优先序")
    valid_from = models.DateField("生效日期")
    valid_until = models.DateField("失效日期", null=True, blank=True)

    objects = DatedQuerySet["IncomeUse"].as_manager()

    class Meta:
        verbose_name = "收益用途"
        ordering = ("priority", "code")
        constraints = [
            models.UniqueConstraint(fields=("code", "valid_from"), name="income_use_once")
        ]

    def __str__(self) -> str:
        return self.name


class Income(models.Model):
    """收益到账: a sum that came in for the use of an asset, of which year. Append-only; a wrong row
    is turned round once."""

    asset = models.ForeignKey(Asset, models.PROTECT, related_name="incomes", verbose_name="资产")
    year = models.PositiveSmallIntegerField("所属年度")
    amount = models.DecimalField("金额（元）", max_digits=18, decimal_places=2)
    received_on = models.DateField("到账日期")
    document = models.CharField("收款凭据", max_length=80)
    note = models.CharField("说明", max_length=120, blank=True, validators=[refuse_personal_data])
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="reversal",
        verbose_name="冲销",
    )  # fmt: skip
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")
    recorded_at = models.DateTimeField("登记时间", default=timezone.now)

    class Meta:
        verbose_name = "收益到账"
        ordering = ("received_on", "id")
        constraints = [
            models.CheckConstraint(
                condition=Q(reverses__isnull=True, amount__gt=0)
                | Q(reverses__isnull=False, amount__lt=0) & ~Q(note=""),
                name="income_amount",
            ),
            models.CheckConstraint(condition=~Q(document=""), name="income_on_a_document"),
            models.UniqueConstraint(
                fields=("asset", "document", "amount"),
                name="income_once",
                violation_error_message="同一收款凭据、同一金额已登记过",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asset} {self.year}年度 {self.amount}"


class DistributionQuerySet(models.QuerySet["Distribution"]):
    def visible_to(self, user: User) -> DistributionQuerySet:
        return self.filter(under("division__path", user.territory()))

    def standing(self) -> DistributionQuerySet:
        return self.exclude(status=Distribution.Status.CANCELLED)


class Distribution(Subject):
    """收益分配: what the village's representatives decide to do with a year's income, announced
    before it counts as done. What is not distributed is kept for the owner (留存)."""

    class Status(models.TextChoices):
        DRAFT = "draft", "拟定分配方案"
        NOTICE = "notice", "分配公示"
        CLOSED = "closed", "已分配"
        CANCELLED = "cancelled", "作废"

    asset = models.ForeignKey(
        Asset, models.PROTECT, related_name="distributions", verbose_name="资产"
    )
    division = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name="资产所在区划"
    )
    number = models.CharField("分配编号", max_length=40, unique=True)
    year = models.PositiveSmallIntegerField("收益年度")
    status = models.CharField("状态", max_length=30, choices=Status.choices, default=Status.DRAFT)
    held_on = models.DateField("村民代表会议日期", null=True, blank=True)
    due = models.PositiveIntegerField("应到人数", null=True, blank=True)
    present = models.PositiveIntegerField("实到人数", null=True, blank=True)
    in_favour = models.PositiveIntegerField("同意人数", null=True, blank=True)
    minutes_files = ArrayField(
        models.CharField(max_length=64), verbose_name="会议纪要原件", default=list, blank=True
    )
    started_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="拟定人")
    started_at = models.DateTimeField("拟定时间", default=timezone.now)

    author_field = "started_by"
    title_fields = ("number", "asset__name", "asset__number")
    read_with = ("division__parent", "asset")
    shown_by = "assets/_distribution_lines.html"
    locked_with = ("division", "asset__county")

    objects = DistributionQuerySet.as_manager()

    class Meta:
        verbose_name = "收益分配"
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=("asset",),
                condition=Q(status__in=OPEN),
                name="distribution_one_open",
                violation_error_message="该资产已有一项尚未办结的收益分配",
            ),
            models.CheckConstraint(
                condition=Q(status__in=("draft", "cancelled"))
                | Q(held_on__isnull=False, minutes_files__len__gte=1)
                & Q(in_favour__isnull=False, in_favour__lte=models.F("present"))
                & Q(present__isnull=False, present__lte=models.F("due"))
                & Q(due__isnull=False, present__lt=2 * models.F("in_favour")),
                name="distribution_by_a_majority",
            ),
        ]
        indexes = [models.Index(fields=("division", "status"), name="distribution_division")]

    def __str__(self) -> str:
        return f"{self.number} {self.asset.name}{self.year}年度收益分配"

    def get_absolute_url(self) -> str:
        return f"/distributions/{self.pk}/"

    @property
    def total(self) -> Decimal:
        return sum((line.amount for line in self.lines.all()), Decimal(0))


class DistributionLine(models.Model):
    """So much for one purpose, and how many households and persons have something of it."""

    distribution = models.ForeignKey(
        Distribution, models.PROTECT, related_name="lines", verbose_name="收益分配"
    )
    use = models.ForeignKey(IncomeUse, models.PROTECT, related_name="+", verbose_name="用途")
    amount = models.DecimalField("金额（元）", max_digits=18, decimal_places=2)
    households = models.PositiveIntegerField("受益户数", default=0)
    people = models.PositiveIntegerField("受益人数", default=0)
    note = models.CharField("说明", max_length=120, blank=True, validators=[refuse_personal_data])

    class Meta:
        verbose_name = "分配明细"
        ordering = ("use__priority", "id")
        constraints = [
            models.UniqueConstraint(fields=("distribution", "use"), name="distribution_use_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="distribution_line_amount"),
            models.CheckConstraint(
                condition=Q(households__lte=models.F("people")), name="distribution_line_counts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.use} {self.amount}"
