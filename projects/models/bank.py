from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from approvals.models import Decision
from organizations.models import Division, User
from organizations.models.divisions import under

from .payments import PaymentRequest


class BankLineQuerySet(models.QuerySet["BankLine"]):
    def visible_to(self, user: User) -> BankLineQuerySet:
        return self.filter(under("county__path", user.territory()))


class BankLine(models.Model):
    """银行已付款: one executed payment as the bank's sheet says it. Append-only; the bank's
    reference makes it one row for ever."""

    county = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name="县（市）")
    paid_on = models.DateField("付款日期")
    payee = models.CharField("收款户名", max_length=120)
    account = models.CharField("收款账号", max_length=40)
    amount = models.DecimalField("金额（元）", max_digits=18, decimal_places=2)
    reference = models.CharField("银行流水号", max_length=60)
    request_number = models.CharField("申请编号", max_length=40, blank=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="导入人")
    recorded_at = models.DateTimeField("导入时间", default=timezone.now)

    objects = BankLineQuerySet.as_manager()

    class Meta:
        verbose_name = "银行已付款"
        ordering = ("-paid_on", "-id")
        constraints = [
            models.UniqueConstraint(fields=("county", "reference"), name="bank_line_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="bank_line_amount_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.payee}"


class BankMatch(models.Model):
    """核对相符: what the bank paid is what a request's payment step says. Append-only."""

    line = models.OneToOneField(
        BankLine, models.PROTECT, related_name="match", verbose_name="银行已付款"
    )
    request = models.ForeignKey(
        PaymentRequest, models.PROTECT, related_name="bank_matches", verbose_name="拨付申请"
    )
    decision = models.OneToOneField(
        Decision, models.PROTECT, related_name="+", verbose_name="支付办理记录"
    )
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="核对人")
    at = models.DateTimeField("核对时间", default=timezone.now)

    class Meta:
        verbose_name = "银行核对"
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.line} {self.request}"
