"""How the work goes on: when it began, how far it is each month, what was found on the site."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from organizations.models import User
from organizations.models.divisions import under
from organizations.personal_data import refuse_personal_data

from .projects import Project


class Commencement(models.Model):
    """开工: the first fact of a project's progress. Once, append-only."""

    project = models.OneToOneField(
        Project, models.PROTECT, related_name="commencement", verbose_name="项目"
    )
    started_on = models.DateField("开工日期")
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")
    recorded_at = models.DateTimeField("登记时间", default=timezone.now)

    class Meta:
        verbose_name = "开工"

    def __str__(self) -> str:
        return f"{self.project} {self.started_on}"


class ProgressReportQuerySet(models.QuerySet["ProgressReport"]):
    def visible_to(self, user: User) -> ProgressReportQuerySet:
        return self.filter(under("project__division__path", user.territory()))


class ProgressReport(models.Model):
    """One month of a project. `invested` (yuan) and `percent` are cumulative; they fall only with
    a `correction`, which says why. `photos` are SHA-256, each shown for this month alone."""

    project = models.ForeignKey(
        Project, models.PROTECT, related_name="progress_reports", verbose_name="项目"
    )
    month = models.DateField("月份")
    percent = models.PositiveSmallIntegerField("形象进度（%）")
    invested = models.DecimalField("累计完成投资（元）", max_digits=18, decimal_places=2)
    note = models.CharField(
        "进展和问题", max_length=200, blank=True, validators=[refuse_personal_data]
    )
    correction = models.CharField(
        "更正说明", max_length=100, blank=True, validators=[refuse_personal_data]
    )
    photos = ArrayField(
        models.CharField(max_length=64), verbose_name="照片", default=list, blank=True
    )
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")
    recorded_at = models.DateTimeField("登记时间", default=timezone.now)

    objects = ProgressReportQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = "进度月报"
        ordering = ("-month",)
        constraints = [
            models.UniqueConstraint(fields=("project", "month"), name="progress_once_a_month"),
            models.CheckConstraint(condition=Q(percent__lte=100), name="progress_percent"),
            models.CheckConstraint(condition=Q(invested__gte=0), name="progress_invested"),
            models.CheckConstraint(condition=Q(month__day=1), name="progress_of_a_month"),
        ]

    def __str__(self) -> str:
        return f"{self.project} {self.month:%Y-%m}"


class QualityCheckQuerySet(models.QuerySet["QualityCheck"]):
    def visible_to(self, user: User) -> QualityCheckQuerySet:
        return self.filter(under("project__division__path", user.territory()))


class QualityCheck(models.Model):
    """质量检查. A problem has a day by which it is put right; that it was is written once."""

    project = models.ForeignKey(
        Project, models.PROTECT, related_name="quality_checks", verbose_name="项目"
    )
    checked_on = models.DateField("检查日期")
    checked_by = models.CharField("检查单位和人员", max_length=80)
    found = models.CharField("检查情况", max_length=200, validators=[refuse_personal_data])
    problem = models.CharField(
        "存在问题", max_length=200, blank=True, validators=[refuse_personal_data]
    )
    rectify_by = models.DateField("整改期限", null=True, blank=True)
    rectified_on = models.DateField("整改完成日期", null=True, blank=True)
    rectification = models.CharField(
        "整改情况", max_length=200, blank=True, validators=[refuse_personal_data]
    )
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")
    recorded_at = models.DateTimeField("登记时间", default=timezone.now)
    rectified_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="整改登记人"
    )

    objects = QualityCheckQuerySet.as_manager()

    class Meta:
        verbose_name = "质量检查"
        ordering = ("-checked_on", "-id")
        constraints = [
            models.CheckConstraint(
                condition=Q(problem="", rectify_by__isnull=True, rectified_on__isnull=True)
                | ~Q(problem="") & Q(rectify_by__isnull=False),
                name="quality_problem_has_a_day",
            ),
            models.CheckConstraint(
                condition=Q(rectified_on__isnull=True, rectified_by__isnull=True, rectification="")
                | Q(rectified_on__isnull=False, rectified_by__isnull=False) & ~Q(rectification=""),
                name="quality_rectified_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project} {self.checked_on}"
