from __future__ import annotations

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from approvals.models import Subject
from funds.models import Voucher
from organizations.models import Division, User
from organizations.models.divisions import under
from organizations.personal_data import refuse_personal_data

from .assets import Asset

OVER = ("closed", "cancelled")


class DisposalQuerySet(models.QuerySet["Disposal"]):
    def visible_to(self, user: User) -> DisposalQuerySet:
        return self.filter(under("division__path", user.territory()))


class Disposal(Subject):
    """处置: an asset leaves the register by its owner's decision, a notice, the township, the
    department and finance. What it brought goes into the pool as a receipt; the row stays."""

    class Status(models.TextChoices):
        DRAFT = "draft", "产权人决策"
        NOTICE = "notice", "处置公示"
        TOWNSHIP_REVIEW = "township_review", "乡镇审核"
        DEPARTMENT_REVIEW = "department_review", "主管部门审核"
        FINANCE_REVIEW = "finance_review", "财政审核"
        EXECUTION = "execution", "实施处置"
        PROCEEDS = "proceeds", "登记收入"
        CLOSED = "closed", "已处置"
        CANCELLED = "cancelled", "作废"

    class Cause(models.TextChoices):
        DISASTER = "disaster", "自然灾害"
        ACCIDENT = "accident", "事故"
        PLANNING = "planning", "规划调整"
        AGE = "age", "达到使用年限"
        OTHER = "other", "其他"

    class Way(models.TextChoices):
        SALE = "sale", "转让"
        LEASE = "lease", "出租转让"
        EXCHANGE = "exchange", "置换"
        DEMOLITION = "demolition", "拆除"
        SCRAP = "scrap", "报废"
        LOSS = "loss", "报损"
        TRANSFER = "transfer", "划转"

    asset = models.ForeignKey(Asset, models.PROTECT, related_name="disposals", verbose_name="资产")
    division = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name="资产所在区划"
    )
    number = models.CharField("处置编号", max_length=40, unique=True)
    status = models.CharField("状态", max_length=30, choices=Status.choices, default=Status.DRAFT)
    cause = models.CharField("处置情形", max_length=10, choices=Cause.choices)
    way = models.CharField("处置方式", max_length=12, choices=Way.choices)
    reason = models.TextField("处置事由", validators=[refuse_personal_data])
    assessed_value = models.DecimalField(
        "评估价（元）", max_digits=18, decimal_places=2, default=Decimal(0)
    )
    assessment_document = models.CharField("评估报告文号", max_length=80, blank=True)
    decided_on = models.DateField("决策会议日期", null=True, blank=True)
    opinion = models.TextField("决策意见", blank=True, validators=[refuse_personal_data])
    minutes_files = ArrayField(
        models.CharField(max_length=64), verbose_name="会议纪要原件", default=list, blank=True
    )
    disposed_on = models.DateField("处置日期", null=True, blank=True)
    sold_price = models.DecimalField(
        "成交价（元）", max_digits=18, decimal_places=2, null=True, blank=True
    )
    buyer = models.CharField(
        "受让单位", max_length=80, blank=True, validators=[refuse_personal_data]
    )
    sale_document = models.CharField("成交（处置）凭据", max_length=80, blank=True)
    voucher = models.OneToOneField(
        Voucher, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="到账凭证"
    )
    started_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="填报人")
    started_at = models.DateTimeField("填报时间", default=timezone.now)

    amount_field = "assessed_value"
    author_field = "started_by"
    title_fields = ("number", "asset__name", "asset__number")
    read_with = ("division__parent", "asset")
    shown_by = "assets/_disposal_facts.html"
    locked_with = ("division", "asset__county")

    objects = DisposalQuerySet.as_manager()

    class Meta:
        verbose_name = "资产处置"
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=("asset",),
                condition=~Q(status__in=OVER),
                name="disposal_one_open",
                violation_error_message="该资产已有一项尚未办结的处置",
            ),
            models.CheckConstraint(
                condition=Q(assessed_value=0, assessment_document="")
                | Q(assessed_value__gt=0) & ~Q(assessment_document=""),
                name="disposal_assessed_by_report",
                violation_error_message="评估价和评估报告文号须同时填写",
            ),
            models.CheckConstraint(
                condition=~Q(way__in=("sale", "lease", "exchange")) | Q(assessed_value__gt=0),
                name="disposal_sold_after_assessment",
                violation_error_message="转让、出租转让和置换须先评估",
            ),
            models.CheckConstraint(
                condition=Q(status__in=("draft", "cancelled"))
                | Q(decided_on__isnull=False, minutes_files__len__gte=1) & ~Q(opinion=""),
                name="disposal_rests_on_the_owner",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=("proceeds", "closed"))
                | Q(disposed_on__isnull=False, sold_price__isnull=False, sold_price__gte=0)
                & ~Q(sale_document=""),
                name="disposal_has_a_result",
            ),
            models.CheckConstraint(
                condition=~Q(status="closed")
                | Q(sold_price=0, voucher__isnull=True)
                | Q(sold_price__gt=0, voucher__isnull=False),
                name="disposal_proceeds_in_the_pool",
            ),
        ]
        indexes = [models.Index(fields=("division", "status"), name="disposal_division_status")]

    def __str__(self) -> str:
        return f"{self.number} {self.asset.name}"

    def get_absolute_url(self) -> str:
        return f"/disposals/{self.pk}/"
