from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from organizations.models import Division, User
from organizations.models.dated import DatedQuerySet
from organizations.models.divisions import under
from organizations.personal_data import refuse_personal_data

from .projects import Project

CENT = Decimal("0.01")
# Of a contract; defects are answered for two years at most (建质〔2017〕138号).
RETENTION_MONTHS_MAX = 24


def share_of(amount: Decimal, percent: Decimal) -> Decimal:
    """To the fen, half up, as the database rounds."""
    return (amount * percent / 100).quantize(CENT, ROUND_HALF_UP)


class ProcurementWay(models.Model):
    """组织方式 (FACTS §3.7): how the contractor was chosen. Dated reference data."""

    code = models.CharField("代码", max_length=20)
    name = models.CharField("组织方式", max_length=40)
    is_bidding = models.BooleanField("招标", default=False)
    valid_from = models.DateField("生效日期")
    valid_until = models.DateField("失效日期", null=True, blank=True)

    objects = DatedQuerySet["ProcurementWay"].as_manager()

    class Meta:
        verbose_name = "组织方式"
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=("code", "valid_from"), name="procurement_way_once")
        ]

    def __str__(self) -> str:
        return self.name


class ContractQuerySet(models.QuerySet["Contract"]):
    def visible_to(self, user: User) -> ContractQuerySet:
        return self.filter(under("division__path", user.territory()))

    def standing(self) -> ContractQuerySet:
        return self.filter(cancelled_at__isnull=True)


class Contract(models.Model):
    """合同: who builds or delivers what for an approved project, at which price. Its party is the
    payee of every advance, progress, final and retention payment.

    `papers` are the SHA-256 of the signed contract. `retention_percent` of the price is held back
    until `retention_months` after acceptance.
    """

    class Subject(models.TextChoices):
        WORKS = "works", "工程"
        GOODS = "goods", "货物"
        SERVICES = "services", "服务"

    project = models.ForeignKey(
        Project, models.PROTECT, related_name="contracts", verbose_name="项目"
    )
    division = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name="项目所在区划"
    )
    number = models.CharField("合同编号", max_length=60)
    name = models.CharField("合同名称", max_length=120, validators=[refuse_personal_data])
    subject = models.CharField("采购内容", max_length=10, choices=Subject.choices)
    way = models.ForeignKey(
        ProcurementWay, models.PROTECT, related_name="+", verbose_name="组织方式"
    )
    way_reason = models.CharField(
        "未招标的理由", max_length=200, blank=True, validators=[refuse_personal_data]
    )
    contractor_name = models.CharField(
        "承包（供货）单位", max_length=120, validators=[refuse_personal_data]
    )
    contractor_code = models.CharField("统一社会信用代码", max_length=18)
    code_note = models.CharField(
        "信用代码说明", max_length=100, blank=True, validators=[refuse_personal_data]
    )
    bank = models.CharField("开户行", max_length=120)
    account = models.CharField("单位账号", max_length=40)
    price = models.DecimalField("合同价（元）", max_digits=18, decimal_places=2)
    signed_on = models.DateField("签订日期")
    starts_on = models.DateField("工期起")
    ends_on = models.DateField("工期止")
    retention_percent = models.DecimalField("质保金比例（%）", max_digits=5, decimal_places=2)
    retention_months = models.PositiveSmallIntegerField(
        "质保期（月）", validators=[MaxValueValidator(RETENTION_MONTHS_MAX)]
    )
    supervision_unit = models.CharField("监理单位", max_length=80, blank=True)
    papers = ArrayField(models.CharField(max_length=64), verbose_name="合同原件")
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")
    recorded_at = models.DateTimeField("登记时间", default=timezone.now)
    cancelled_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="作废人"
    )
    cancelled_at = models.DateTimeField("作废时间", null=True, blank=True)
    cancel_reason = models.CharField(
        "作废事由", max_length=100, blank=True, validators=[refuse_personal_data]
    )

    objects = ContractQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = "合同"
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(condition=Q(price__gt=0), name="contract_price_positive"),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="contract_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(retention_percent__gte=0, retention_months__lte=RETENTION_MONTHS_MAX),
                name="contract_retention",
            ),
            models.CheckConstraint(
                condition=Q(contractor_code__regex=r"^[0-9A-HJ-NPQRTUWXY]{18}$"),
                name="contract_credit_code",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at__isnull=True, cancelled_by__isnull=True, cancel_reason="")
                | Q(cancelled_at__isnull=False, cancelled_by__isnull=False) & ~Q(cancel_reason=""),
                name="contract_cancelled_with_a_reason",
            ),
            models.UniqueConstraint(
                fields=("project", "number"),
                condition=Q(cancelled_at__isnull=True),
                name="contract_number_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"

    def get_absolute_url(self) -> str:
        return f"/contracts/{self.pk}/"

    @property
    def retention(self) -> Decimal:
        """Yuan held back, of the price as signed."""
        return share_of(self.price, self.retention_percent)
