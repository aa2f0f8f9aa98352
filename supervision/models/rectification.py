"""What is written down while a problem is put right. All of it stands for ever."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from funds.models import Voucher
from organizations.models import User
from organizations.personal_data import refuse_personal_data

from .findings import Finding


class FindingProgress(models.Model):
    """整改进展: what the unit has done so far. Append-only."""

    finding = models.ForeignKey(
        Finding, models.PROTECT, related_name="progress", verbose_name="问题"
    )
    text = models.TextField("进展情况", validators=[refuse_personal_data])
    papers = ArrayField(
        models.CharField(max_length=64), verbose_name="佐证", default=list, blank=True
    )
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")
    recorded_at = models.DateTimeField("登记时间", default=timezone.now)

    class Meta:
        verbose_name = "整改进展"
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="finding_progress_says_something")
        ]

    def __str__(self) -> str:
        return f"{self.finding} {self.recorded_at:%Y-%m-%d}"


class RecoveryQuerySet(models.QuerySet["Recovery"]):
    def standing(self) -> RecoveryQuerySet:
        """Not struck, and the voucher not reversed."""
        return self.filter(struck_at__isnull=True, voucher__reversal__isnull=True)


class Recovery(models.Model):
    """追回资金: money that came back, by the voucher that says so. A wrong one is struck, once."""

    finding = models.ForeignKey(
        Finding, models.PROTECT, related_name="recoveries", verbose_name="问题"
    )
    voucher = models.ForeignKey(Voucher, models.PROTECT, related_name="+", verbose_name="追回凭证")
    amount = models.DecimalField("追回金额（元）", max_digits=18, decimal_places=2)
    channel = models.CharField("归还渠道", max_length=80, validators=[refuse_personal_data])
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")
    recorded_at = models.DateTimeField("登记时间", default=timezone.now)
    struck_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="划销人"
    )
    struck_at = models.DateTimeField("划销时间", null=True, blank=True)
    strike_reason = models.CharField(
        "划销事由", max_length=100, blank=True, validators=[refuse_personal_data]
    )

    objects = RecoveryQuerySet.as_manager()

    class Meta:
        verbose_name = "追回资金"
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="recovery_amount_positive"),
            models.CheckConstraint(
                condition=Q(struck_at__isnull=True, struck_by__isnull=True, strike_reason="")
                | Q(struck_at__isnull=False, struck_by__isnull=False) & ~Q(strike_reason=""),
                name="recovery_struck_with_a_reason",
            ),
            models.UniqueConstraint(
                fields=("finding", "voucher"),
                condition=Q(struck_at__isnull=True),
                name="recovery_voucher_once",
                violation_error_message="这张凭证已登记为本问题的追回资金",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.finding} {self.voucher}"


class Accountability(models.Model):
    """追责: what came of it for one person, without the particulars of the case. Append-only."""

    class Way(models.TextChoices):
        TALK = "talk", "谈话提醒"
        CRITICISM = "criticism", "批评教育"
        CIRCULAR = "circular", "通报"
        ADMONITION = "admonition", "诫勉"
        POSITION = "position", "组织调整"
        PARTY = "party", "党纪处分"
        OFFICE = "office", "政务处分"
        OTHER = "other", "其他"

    finding = models.ForeignKey(
        Finding, models.PROTECT, related_name="accountabilities", verbose_name="问题"
    )
    name = models.CharField("姓名", max_length=40, validators=[refuse_personal_data])
    unit = models.CharField("单位", max_length=80, validators=[refuse_personal_data])
    title = models.CharField("职务", max_length=40, validators=[refuse_personal_data])
    way = models.CharField("追责方式", max_length=12, choices=Way.choices)
    document = models.CharField("文号", max_length=80)
    decided_on = models.DateField("决定日期")
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")
    recorded_at = models.DateTimeField("登记时间", default=timezone.now)

    class Meta:
        verbose_name = "追责"
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(unit="") & ~Q(title="") & ~Q(document=""),
                name="accountability_by_real_name",
            ),
            models.UniqueConstraint(
                fields=("finding", "name", "way", "document"),
                name="accountability_once",
                violation_error_message="这次追责已登记",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.finding} {self.name} {self.get_way_display()}"


class Transfer(models.Model):
    """移送: handed to justice or to the discipline inspection. Append-only."""

    finding = models.ForeignKey(
        Finding, models.PROTECT, related_name="transfers", verbose_name="问题"
    )
    organ = models.CharField("移送机关", max_length=80, validators=[refuse_personal_data])
    document = models.CharField("移送文号", max_length=80)
    transferred_on = models.DateField("移送日期")
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")
    recorded_at = models.DateTimeField("登记时间", default=timezone.now)

    class Meta:
        verbose_name = "移送"
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(
                condition=~Q(organ="") & ~Q(document=""), name="transfer_to_an_organ"
            ),
            models.UniqueConstraint(
                fields=("finding", "organ", "document"),
                name="transfer_once",
                violation_error_message="这份移送已登记",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.finding} {self.organ}"


class Escalation(models.Model):
    """督办: the clock brought an overdue problem before the head of the unit, then before the
    leading group. Seen once by somebody who holds that post; nothing else of it changes."""

    class Level(models.IntegerChoices):
        UNIT = 1, "单位主要领导"
        GROUP = 2, "领导小组"

    finding = models.ForeignKey(
        Finding, models.PROTECT, related_name="escalations", verbose_name="问题"
    )
    level = models.PositiveSmallIntegerField("督办层级", choices=Level.choices)
    days_late = models.PositiveIntegerField("当时逾期天数")
    raised_at = models.DateTimeField("升级时间", default=timezone.now)
    seen_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="阅示人"
    )
    seen_at = models.DateTimeField("阅示时间", null=True, blank=True)

    class Meta:
        verbose_name = "督办"
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=("finding", "level"), name="escalation_once_a_level"),
            models.CheckConstraint(
                condition=Q(level__in=(1, 2), days_late__gt=0), name="escalation_of_what_is_late"
            ),
            models.CheckConstraint(
                condition=Q(seen_by__isnull=True, seen_at__isnull=True)
                | Q(seen_by__isnull=False, seen_at__isnull=False),
                name="escalation_seen_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.finding} {self.get_level_display()}"
