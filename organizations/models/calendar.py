from __future__ import annotations

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords


class CalendarDay(models.Model):
    """A day that is not what its weekday says: a weekday off, or a weekend day at work.

    Days that have passed stand as they are; the database refuses to change them, or to add one
    to a year that is entered already.
    """

    class Source(models.TextChoices):
        VERIFIED = "V", "国务院办公厅通知"
        ENTERED = "E", "系统管理员登记"

    day = models.DateField("日期", unique=True)
    is_working = models.BooleanField("上班")
    name = models.CharField("名称", max_length=40)
    document_number = models.CharField("通知文号", max_length=60, blank=True)
    source = models.CharField("来源", max_length=1, choices=Source.choices, default=Source.ENTERED)

    history = HistoricalRecords()

    class Meta:
        verbose_name = "工作日历"
        ordering = ("day",)
        constraints = [
            models.CheckConstraint(
                condition=Q(is_working=False, day__iso_week_day__lte=5)
                | Q(is_working=True, day__iso_week_day__gte=6),
                name="calendar_day_is_an_exception",
            )
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"
