from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import Q
from django.utils import timezone

from organizations.models import Parameter, User
from organizations.models.dated import DatedQuerySet
from organizations.personal_data import refuse_personal_data

from .payments import PaymentRequest

CONTRACT, INVOICE, ACCEPTANCE = "contract", "invoice", "acceptance"


class PaymentPaperRuleQuerySet(DatedQuerySet["PaymentPaperRule"]):
    def asked_for(self, kind: str, on: dt.date | None = None) -> PaymentPaperRuleQuerySet:
        """What a kind of payment asks for on a day (default today)."""
        return self.in_force(on).filter(kind=kind)


class PaymentPaperRule(models.Model):
    """应附材料: a paper that a kind of payment asks for, from a day on.

    `number_label` is what its number is called, empty for a paper that has none. What stays
    `on_paper` has personal data in it: only its number and date are kept here.
    """

    kind = models.CharField("款项性质", max_length=2, choices=PaymentRequest.Kind.choices)
    code = models.CharField("材料代码", max_length=20)
    name = models.CharField("材料", max_length=60)
    number_label = models.CharField("编号名称", max_length=20, blank=True)
    is_required = models.BooleanField("必附", default=False)
    on_paper = models.BooleanField("纸质留存", default=False)
    position = models.PositiveSmallIntegerField("序号")
    source = models.CharField("来源", max_length=1, choices=Parameter.Source.choices)
    valid_from = models.DateField("生效日期")
    valid_until = models.DateField("失效日期", null=True, blank=True)

    objects = PaymentPaperRuleQuerySet.as_manager()

    class Meta:
        verbose_name = "应附材料"
        ordering = ("kind", "position", "id")
        constraints = [
            models.UniqueConstraint(
                fields=("kind", "code", "valid_from"), name="payment_paper_rule_once_per_day"
            )
        ]

    def __str__(self) -> str:
        return self.name


class PaymentPaperQuerySet(models.QuerySet["PaymentPaper"]):
    def standing(self) -> PaymentPaperQuerySet:
        return self.filter(struck_at__isnull=True)

    def invoices(self) -> PaymentPaperQuerySet:
        return self.standing().filter(rule__code=INVOICE)


class PaymentPaper(models.Model):
    """报账材料: one paper of a request, with its number and date. An invoice says besides what it
    is for: together they are the 支出明细 of the 报账单.

    Never changed: a wrong one is struck out while the request is a draft, and stays to be read.
    """

    request = models.ForeignKey(
        PaymentRequest, models.PROTECT, related_name="papers", verbose_name="拨付申请"
    )
    rule = models.ForeignKey(
        PaymentPaperRule, models.PROTECT, related_name="+", verbose_name="材料"
    )
    number = models.CharField("编号", max_length=60, blank=True, validators=[refuse_personal_data])
    dated_on = models.DateField("材料日期")
    sha256 = models.CharField("文件", max_length=64, blank=True)
    summary = models.CharField("摘要", max_length=80, blank=True, validators=[refuse_personal_data])
    quantity = models.DecimalField("数量", max_digits=14, decimal_places=4, null=True, blank=True)
    unit_price = models.DecimalField(
        "单价（元）", max_digits=18, decimal_places=2, null=True, blank=True
    )
    amount = models.DecimalField(
        "票面金额（元）", max_digits=18, decimal_places=2, null=True, blank=True
    )
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")
    recorded_at = models.DateTimeField("登记时间", default=timezone.now)
    struck_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="划去人"
    )
    struck_at = models.DateTimeField("划去时间", null=True, blank=True)

    objects = PaymentPaperQuerySet.as_manager()

    class Meta:
        verbose_name = "报账材料"
        ordering = ("rule__position", "id")
        constraints = [
            models.CheckConstraint(
                condition=Q(sha256="") | Q(sha256__regex=r"^[0-9a-f]{64}$"),
                name="payment_paper_sha256_hex",
            ),
            models.CheckConstraint(
                condition=Q(amount__isnull=True) | Q(amount__gt=0),
                name="payment_paper_amount_positive",
            ),
            models.CheckConstraint(
                condition=Q(struck_at__isnull=True, struck_by__isnull=True)
                | Q(struck_at__isnull=False, struck_by__isnull=False),
                name="payment_paper_struck_by_somebody",
            ),
            models.UniqueConstraint(
                fields=("request", "rule", "number", "dated_on", "sha256"),
                condition=Q(struck_at__isnull=True),
                name="payment_paper_once",
                violation_error_message="这份材料已经登记",
            ),
        ]

    def __str__(self) -> str:
        return " ".join(part for part in (self.rule.name, self.number) if part)

    @property
    def criterion_code(self) -> str:
        """Under which the compliance reviewer says that he has seen it."""
        return f"paper_{self.pk}"
