from __future__ import annotations

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from approvals.models import Subject
from organizations.models import Division, User
from organizations.models.divisions import under
from organizations.personal_data import refuse_personal_data

from .assets import Asset


class Inspection(models.Model):
    """巡查: somebody went there, what he found, with photos of that day. Append-only."""

    asset = models.ForeignKey(
        Asset, models.PROTECT, related_name="inspections", verbose_name="资产"
    )
    inspected_on = models.DateField("巡查日期")
    condition = models.CharField("使用状况", max_length=10, choices=Asset.Condition.choices)
    finding = models.CharField("巡查情况", max_length=500, validators=[refuse_personal_data])
    photos = ArrayField(models.CharField(max_length=64), verbose_name="现场照片", default=list)
    inspected_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="巡查人")
    unit = models.CharField("巡查单位", max_length=80)
    recorded_at = models.DateTimeField("登记时间", default=timezone.now)

    class Meta:
        verbose_name = "资产巡查"
        ordering = ("-inspected_on", "-id")
        constraints = [
            models.CheckConstraint(
                condition=Q(photos__len__gte=1) & ~Q(finding=""), name="inspection_shows_something"
            )
        ]

    def __str__(self) -> str:
        return f"{self.asset} {self.inspected_on}"


class StocktakeQuerySet(models.QuerySet["Stocktake"]):
    def visible_to(self, user: User) -> StocktakeQuerySet:
        """The sheet is the county's; whoever works in one of its townships reads it too."""
        paths = user.territory()
        inside = models.Exists(
            Division.objects.filter(
                under("path", paths), path__startswith=models.OuterRef("division__path")
            )
        )
        return self.filter(under("division__path", paths) | Q(inside))


class Stocktake(Subject):
    """资产清查: a county's sheet of a year. Every operating and public asset in the register on the
    day is a line, to be counted in its place; the sheet closes when all are."""

    class Status(models.TextChoices):
        COUNTING = "counting", "盘点"
        REVIEW = "review", "监盘审核"
        CLOSED = "closed", "办结"

    division = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name="县（市）"
    )
    year = models.PositiveSmallIntegerField("年度")
    as_of = models.DateField("清查时点")
    status = models.CharField(
        "状态", max_length=30, choices=Status.choices, default=Status.COUNTING
    )
    started_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="发起人")
    started_at = models.DateTimeField("发起时间", default=timezone.now)

    author_field = "started_by"
    title_fields = ("division__name",)

    objects = StocktakeQuerySet.as_manager()

    class Meta:
        verbose_name = "资产清查"
        ordering = ("-year", "-id")
        constraints = [
            models.UniqueConstraint(
                fields=("division", "year"),
                name="stocktake_once_a_year",
                violation_error_message="本县本年度的清查已发起",
            )
        ]

    def __str__(self) -> str:
        return f"{self.division.name}{self.year}年度资产清查"

    def get_absolute_url(self) -> str:
        return f"/stocktakes/{self.pk}/"


class StocktakeLine(models.Model):
    """One asset of the sheet: what the book says and what was found."""

    stocktake = models.ForeignKey(
        Stocktake, models.PROTECT, related_name="lines", verbose_name="清查"
    )
    asset = models.ForeignKey(
        Asset, models.PROTECT, related_name="stocktake_lines", verbose_name="资产"
    )
    book_quantity = models.DecimalField("账面数", max_digits=14, decimal_places=3)
    counted_quantity = models.DecimalField(
        "实盘数", max_digits=14, decimal_places=3, null=True, blank=True
    )
    condition = models.CharField("状况", max_length=10, choices=Asset.Condition.choices, blank=True)
    photo = models.CharField("照片", max_length=64, blank=True)
    reason = models.CharField(
        "差异或非在用的原因", max_length=200, blank=True, validators=[refuse_personal_data]
    )
    opinion = models.CharField("处理意见", max_length=10, choices=Asset.Remedy.choices, blank=True)
    counted_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="盘点人"
    )
    counted_at = models.DateTimeField("盘点时间", null=True, blank=True)

    class Meta:
        verbose_name = "清查明细"
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=("stocktake", "asset"), name="stocktake_line_once"),
            models.CheckConstraint(
                condition=Q(counted_quantity__isnull=True, counted_by__isnull=True, photo="")
                & Q(counted_at__isnull=True, condition="", reason="", opinion="")
                | Q(counted_quantity__isnull=False, counted_quantity__gte=0)
                & Q(counted_by__isnull=False, counted_at__isnull=False)
                & ~Q(condition="")
                & ~Q(photo=""),
                name="stocktake_line_whole",
            ),
            models.CheckConstraint(
                condition=Q(counted_quantity__isnull=True)
                | Q(counted_quantity=models.F("book_quantity"), condition="in_use")
                | ~Q(reason="") & ~Q(opinion=""),
                name="stocktake_line_explained",
                violation_error_message="实盘数与账面数不符或不在用的，须写明原因和处理意见",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asset}"

    @property
    def difference(self) -> Decimal | None:
        if self.counted_quantity is None:
            return None
        return self.counted_quantity - self.book_quantity

    @property
    def result(self) -> str:
        difference = self.difference
        if difference is None:
            return "未盘点"
        return "账实相符" if not difference else "盘盈" if difference > 0 else "盘亏"
