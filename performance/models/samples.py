"""抽查: the list and the draw, which anybody can recompute."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from organizations.models import Division, User
from organizations.personal_data import refuse_personal_data


class SampleFrame(models.Model):
    """抽查名单: the reviewed evaluations of a county and year, fixed before the seed is known."""

    county = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name="县（市）")
    year = models.PositiveSmallIntegerField("评价年度")
    seed_source = models.CharField("种子来源", max_length=120, validators=[refuse_personal_data])
    draw_on = models.DateField("抽取日期")
    ratio = models.CharField("抽查比例", max_length=12)
    numbers = ArrayField(models.CharField(max_length=40), verbose_name="评价编号")
    prepared_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")
    prepared_at = models.DateTimeField("登记时间", default=timezone.now)

    class Meta:
        verbose_name = "绩效抽查名单"
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=("county", "year"),
                name="sample_frame_once",
                violation_error_message="本年度已登记抽查名单",
            ),
            models.CheckConstraint(condition=Q(numbers__len__gte=1), name="sample_frame_not_empty"),
        ]

    def __str__(self) -> str:
        return f"{self.county.name}{self.year}年度绩效抽查"

    def get_absolute_url(self) -> str:
        return f"/samples/{self.pk}/"


class SampleDraw(models.Model):
    """The seed as it became public, and what it picks; the database recomputes it."""

    frame = models.OneToOneField(
        SampleFrame, models.PROTECT, related_name="draw", verbose_name="抽查名单"
    )
    seed = models.CharField("种子", max_length=120)
    picked = ArrayField(models.CharField(max_length=40), verbose_name="抽中编号")
    drawn_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="抽取人")
    drawn_at = models.DateTimeField("抽取时间", default=timezone.now)

    class Meta:
        verbose_name = "绩效抽查抽取"

    def __str__(self) -> str:
        return f"{self.frame} {self.seed}"
