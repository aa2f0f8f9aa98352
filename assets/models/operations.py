from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone

from organizations.models import User
from organizations.personal_data import refuse_personal_data


class Operation(models.Model):
    """经营主体: who runs an asset, in which way, from when to when, and the rent of a year.

    The rent of a contract year is due on its first day. One at a time, without an overlap;
    append-only but for being ended once before its time.
    """

    class Mode(models.TextChoices):
        OWN = "own", "自营"
        CONTRACT = "contract", "承包"
        LEASE = "lease", "租赁"
        SHARE = "share", "入股"
        ENTRUST = "entrust", "委托"
        COOPERATE = "cooperate", "合作"

    asset = models.ForeignKey(
        "assets.Asset", models.PROTECT, related_name="operations", verbose_name="资产"
    )
    operator_name = models.CharField("经营主体", max_length=80, validators=[refuse_personal_data])
    operator_code = models.CharField("经营主体统一社会信用代码", max_length=18, blank=True)
    mode = models.CharField("经营方式", max_length=10, choices=Mode.choices)
    contract_number = models.CharField("合同编号", max_length=60, blank=True)
    starts_on = models.DateField("起始日期")
    ends_on = models.DateField("终止日期", null=True, blank=True)
    yearly_rent = models.DecimalField(
        "年租金（收益，元）", max_digits=18, decimal_places=2, default=Decimal(0)
    )
    ended_on = models.DateField("提前终止日期", null=True, blank=True)
    end_reason = models.CharField(
        "终止事由", max_length=200, blank=True, validators=[refuse_personal_data]
    )
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")
    recorded_at = models.DateTimeField("登记时间", default=timezone.now)

    class Meta:
        verbose_name = "经营情况"
        ordering = ("starts_on",)
        constraints = [
            models.CheckConstraint(
                condition=Q(mode="own", contract_number="", yearly_rent=0)
                | ~Q(mode="own") & ~Q(contract_number="") & Q(ends_on__isnull=False),
                name="operation_by_contract",
                violation_error_message="自营的不填合同和租金；其他方式须填合同编号和终止日期",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="operation_ends_after_it_begins",
                violation_error_message="终止日期早于起始日期",
            ),
            models.CheckConstraint(condition=Q(yearly_rent__gte=0), name="operation_rent"),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True, end_reason="")
                | Q(ended_on__isnull=False, ended_on__gte=F("starts_on")) & ~Q(end_reason=""),
                name="operation_ended_for_a_reason",
            ),
            ExclusionConstraint(
                name="operation_one_at_a_time",
                expressions=[
                    ("asset", RangeOperators.EQUAL),
                    (
                        Func(
                            F("starts_on"),
                            Cast(Coalesce(F("ended_on"), F("ends_on")), models.DateField()),
                            Value("[]"),
                            function="daterange",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                violation_error_message="与已登记的经营期重叠，请先终止原经营",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operator_name} {self.get_mode_display()}"

    @property
    def last_day(self) -> dt.date | None:
        return self.ended_on or self.ends_on

    @property
    def is_over(self) -> bool:
        return self.last_day is not None and self.last_day < timezone.localdate()

    def due_days(self) -> list[dt.date]:
        """The first day of each contract year; none without a rent."""
        if not self.yearly_rent or self.last_day is None:
            return []
        years = range(self.last_day.year - self.starts_on.year + 1)
        days = (anniversary(self.starts_on, count) for count in years)
        return [day for day in days if day <= self.last_day]


def anniversary(day: dt.date, years: int) -> dt.date:
    """The 29th of February is the 28th in a common year."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
