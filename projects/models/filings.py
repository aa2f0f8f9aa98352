from __future__ import annotations

import datetime as dt

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Min, Q
from django.utils import timezone

from approvals.models import Decision, Subject
from organizations.models import Division, User
from organizations.models.divisions import under
from organizations.personal_data import refuse_personal_data


class FilingQuerySet(models.QuerySet["Filing"]):
    def visible_to(self, user: User) -> FilingQuerySet:
        return self.filter(under("division__path", user.territory()))

    def with_first_sent(self) -> FilingQuerySet:
        """`first_sent_on`: when it was sent for the first time, none before."""
        return self.annotate(first_sent_on=Min("versions__sent_on"))

    def overdue(self, on: dt.date | None = None) -> FilingQuerySet:
        """Not sent to this day although it should have been."""
        return self.filter(status=Filing.Status.DUE, due_on__lt=on or timezone.localdate())

    def ever_late(self, on: dt.date | None = None) -> FilingQuerySet:
        """Overdue now, or sent after its day; being received does not change that."""
        now_late = Q(status=Filing.Status.DUE, due_on__lt=on or timezone.localdate())
        return self.with_first_sent().filter(now_late | Q(first_sent_on__gt=F("due_on")))


class Filing(Subject):
    """备案: what the county reports to the prefecture's leading group because it was approved
    (新扶贫领字〔2018〕76号 二(三)). It holds up nothing, but it has a day by which it is due."""

    class Status(models.TextChoices):
        DUE = "due", "未报"
        SENT = "sent", "已报"
        RETURNED = "returned", "退回补正"
        RECEIVED = "received", "已收讫"

    class Kind(models.TextChoices):
        PLAN = "plan", "年度项目计划和实施方案"
        ADJUSTMENT = "adjustment", "项目调整"

    division = models.ForeignKey(
        Division, models.PROTECT, related_name="filings", verbose_name="县（市）"
    )
    status = models.CharField("状态", max_length=30, choices=Status.choices, default=Status.DUE)
    kind = models.CharField("备案种类", max_length=12, choices=Kind.choices)
    year = models.PositiveSmallIntegerField("年度")
    title = models.CharField("备案事项", max_length=160)
    subject_type = models.CharField("事项类别", max_length=60)
    subject_id = models.BigIntegerField("事项编号")
    decision = models.OneToOneField(
        Decision, models.PROTECT, related_name="filing", verbose_name="批准"
    )
    approved_on = models.DateField("批准日期")
    due_on = models.DateField("应报日期")
    opened_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="批准人")

    read_with = ("division__parent",)
    title_fields = ("title",)

    objects = FilingQuerySet.as_manager()

    class Meta:
        verbose_name = "备案"
        ordering = ("-approved_on", "-id")
        constraints = [
            models.CheckConstraint(
                condition=Q(due_on__gte=F("approved_on")), name="filing_due_after_approval"
            )
        ]
        indexes = [
            models.Index(fields=("division", "year"), name="filing_division_year"),
            models.Index(fields=("status", "due_on"), name="filing_status_due"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return f"/filings/{self.pk}/"


class FilingVersion(models.Model):
    """What was sent: the letter, its papers, and every word and figure as they were then, with
    their SHA-256. `sent_on` is the server's day, whatever the letter is dated. Append-only."""

    filing = models.ForeignKey(Filing, models.PROTECT, related_name="versions", verbose_name="备案")
    version = models.PositiveSmallIntegerField("第几次报送")
    decision = models.OneToOneField(
        Decision, models.PROTECT, related_name="+", verbose_name="办理记录"
    )
    letter_number = models.CharField("报备文号", max_length=60)
    dated_on = models.DateField("报备日期")
    sent_on = models.DateField("报送日期", default=timezone.localdate)
    projects = models.PositiveIntegerField("项目数")
    amount = models.DecimalField("总资金（元）", max_digits=18, decimal_places=2)
    papers = ArrayField(models.CharField(max_length=64), verbose_name="报备材料", default=list)
    note = models.CharField(
        "补正说明", max_length=300, blank=True, validators=[refuse_personal_data]
    )
    content = models.TextField("报备内容")
    sha256 = models.CharField("内容摘要", max_length=64)

    class Meta:
        verbose_name = "备案报送"
        ordering = ("version",)
        constraints = [
            models.UniqueConstraint(fields=("filing", "version"), name="filing_version_once"),
            models.CheckConstraint(
                condition=Q(version=1) | ~Q(note=""), name="filing_correction_says_what"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="filing_amount_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.filing} {self.letter_number}"


class FilingReceipt(models.Model):
    """收讫 or 退回补正, by the prefecture alone. Append-only."""

    version = models.OneToOneField(
        FilingVersion, models.PROTECT, related_name="receipt", verbose_name="备案报送"
    )
    decision = models.OneToOneField(
        Decision, models.PROTECT, related_name="+", verbose_name="办理记录"
    )
    is_received = models.BooleanField("收讫")
    receipt_number = models.CharField("收讫编号", max_length=60, blank=True)
    received_on = models.DateField("收讫（退回）日期", default=timezone.localdate)
    opinion = models.TextField("反馈意见", blank=True, validators=[refuse_personal_data])

    class Meta:
        verbose_name = "备案回执"
        constraints = [
            models.CheckConstraint(
                condition=Q(is_received=True) & ~Q(receipt_number="")
                | Q(is_received=False, receipt_number="") & ~Q(opinion=""),
                name="filing_receipt_complete",
            )
        ]

    def __str__(self) -> str:
        return f"{self.version} {'收讫' if self.is_received else '退回补正'}"
