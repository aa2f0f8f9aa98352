from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from approvals.models import Subject
from funds.models import Allotment, Voucher
from organizations.models import Division, User
from organizations.models.divisions import under
from organizations.personal_data import refuse_personal_data

from .contracts import Contract
from .projects import Project


class PaymentRequestQuerySet(models.QuerySet["PaymentRequest"]):
    def visible_to(self, user: User) -> PaymentRequestQuerySet:
        return self.filter(under("division__path", user.territory()))


class PaymentRequest(Subject):
    """拨付申请: money asked for one payee of an approved project, until it is paid.

    The payee is an organisation, or a bank's batch for payments to households (到户补助),
    of which only the count, the total and the batch number are kept.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", "填报"
        TOWNSHIP_REVIEW = "township_review", "乡镇审核"
        DEPARTMENT_REVIEW = "department_review", "主管部门审核"
        COMPLIANCE = "compliance", "财政合规审查"
        RELEASE = "release", "待核拨"
        PAYMENT = "payment", "待支付"
        PAID = "paid", "已支付"
        REFUNDED = "refunded", "已退回"
        WITHDRAWN = "withdrawn", "已收回核拨"
        CANCELLED = "cancelled", "作废"

    class Kind(models.TextChoices):
        ADVANCE = "10", "预付款"
        PROGRESS = "20", "进度款"
        FINAL = "30", "竣工（结算）款"
        RETENTION = "40", "质保金"
        HOUSEHOLD = "50", "到户补助"
        MANAGEMENT = "60", "项目管理费"
        INTEREST = "70", "贴息奖补"

    # Paid to the party of a contract, and to nobody else.
    BY_CONTRACT = (Kind.ADVANCE, Kind.PROGRESS, Kind.FINAL, Kind.RETENTION)

    project = models.ForeignKey(
        Project, models.PROTECT, related_name="payments", verbose_name="项目"
    )
    contract = models.ForeignKey(
        Contract,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="payments",
        verbose_name="合同",
    )
    division = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name="申请单位所在区划"
    )
    number = models.CharField("申请编号", max_length=40, unique=True)
    status = models.CharField("状态", max_length=30, choices=Status.choices, default=Status.DRAFT)
    kind = models.CharField("款项性质", max_length=2, choices=Kind.choices)
    amount = models.DecimalField("申请金额（元）", max_digits=18, decimal_places=2)
    payee_name = models.CharField("收款人全称", max_length=120, validators=[refuse_personal_data])
    payee_bank = models.CharField("开户行", max_length=120)
    payee_account = models.CharField("账号（单位账户或批次号）", max_length=40)
    contract_number = models.CharField("合同编号", max_length=60, blank=True)
    invoice_number = models.CharField("票据号", max_length=60, blank=True)
    progress = models.PositiveSmallIntegerField("形象进度（%）", default=0)
    # What progress payments are measured by: the value of the work done so far.
    work_done = models.DecimalField(
        "已完工程价款（元）", max_digits=18, decimal_places=2, null=True, blank=True
    )
    households = models.PositiveIntegerField("到户户数", default=0)
    basis = models.CharField("申请理由", max_length=200, validators=[refuse_personal_data])
    release_voucher = models.OneToOneField(
        Voucher, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="核拨凭证"
    )
    pay_voucher = models.OneToOneField(
        Voucher, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="支付凭证"
    )
    requested_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="申请人")
    requested_at = models.DateTimeField("申请时间", default=timezone.now)

    amount_field = "amount"
    author_field = "requested_by"
    title_fields = ("number", "payee_name", "project__name")
    read_with = ("division__parent", "project")
    shown_by = "projects/_payment_shown.html"
    locked_with = ("division", "project__county")

    objects = PaymentRequestQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = "拨付申请"
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_amount_positive"),
            models.CheckConstraint(condition=Q(progress__lte=100), name="payment_progress_percent"),
            models.CheckConstraint(
                condition=~Q(kind="50") | Q(households__gt=0), name="payment_household_batch_counts"
            ),
            models.CheckConstraint(
                condition=~Q(kind="20") | Q(work_done__isnull=False, work_done__gte=0),
                name="payment_progress_states_work_done",
            ),
            models.UniqueConstraint(
                fields=("project", "invoice_number"),
                condition=~Q(invoice_number="") & ~Q(status__in=("cancelled", "withdrawn")),
                name="payment_invoice_once",
            ),
            models.UniqueConstraint(
                fields=("project", "kind", "payee_name", "amount"),
                condition=Q(status="draft"),
                name="payment_draft_once",
                violation_error_message="同一项目已有款项性质、收款人和金额都相同的填报中申请，"
                "请先送审或作废那一份",
            ),
        ]
        indexes = [
            models.Index(fields=("project", "status"), name="payment_project_status"),
            models.Index(fields=("division", "status"), name="payment_division_status"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.payee_name}"

    def get_absolute_url(self) -> str:
        return f"/payments/{self.pk}/"

    def case_keys(self) -> list[str]:
        return [f"payment:{self.pk}", f"project:{self.project.earmark_id}"]


class PaymentSource(models.Model):
    """How much of a request each allotment bears."""

    request = models.ForeignKey(
        PaymentRequest, models.PROTECT, related_name="sources", verbose_name="拨付申请"
    )
    allotment = models.ForeignKey(
        Allotment, models.PROTECT, related_name="+", verbose_name="资金来源"
    )
    amount = models.DecimalField("金额（元）", max_digits=18, decimal_places=2)

    class Meta:
        verbose_name = "资金来源"
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=("request", "allotment"), name="payment_source_once"),
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="payment_source_amount_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request} {self.allotment}"
