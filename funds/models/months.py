from __future__ import annotations

from django.db import models
from django.db.models import Q

from approvals.models import Subject
from organizations.models import Division, User
from organizations.models.divisions import under


class MonthQuerySet(models.QuerySet["Month"]):
    def visible_to(self, user: User) -> MonthQuerySet:
        return self.filter(under("division__path", user.territory()))


class Month(Subject):
    """An accounting month of a county's ledger, and whether it is closed.

    What the ledger obeys is `Book.closed_through`, moved by the effects of this life.
    """

    class Status(models.TextChoices):
        OPEN = "open", "未结账"
        CLOSED = "closed", "已结账"
        REOPENING = "reopening", "申请反结账"

    division = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name="县（市）"
    )
    first_day = models.DateField("月份")
    status = models.CharField("状态", max_length=30, choices=Status.choices, default=Status.OPEN)

    objects = MonthQuerySet.as_manager()

    class Meta:
        verbose_name = "会计月份"
        ordering = ("-first_day",)
        constraints = [
            models.UniqueConstraint(fields=("division", "first_day"), name="month_once"),
            models.CheckConstraint(condition=Q(first_day__day=1), name="month_starts_on_first"),
        ]

    def __str__(self) -> str:
        return f"{self.division}{self.first_day:%Y年%m月}"

    def get_absolute_url(self) -> str:
        return f"/months/{self.pk}/"
