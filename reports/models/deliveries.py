"""Returns on their way to another deployment, and those that came from one: whose keys are known,
where a unit takes returns, what waits to be delivered, what was received and answered."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from organizations.models import Division, User
from organizations.models.divisions import under

from .returns import ReturnDispatch


class Office(models.TextChoices):
    """The two to whom each level reports."""

    POVERTY = "poverty", "扶贫办"
    FINANCE = "finance", "财政部门"


class UnitKey(models.Model):
    """签名公钥 of a unit, a peer's or our own. It is never changed; it may be ended once."""

    division = models.ForeignKey(
        Division, models.PROTECT, related_name="delivery_keys", verbose_name="单位"
    )
    key_id = models.CharField("公钥编号", max_length=16, unique=True)
    public_key = models.CharField("公钥", max_length=64)
    valid_from = models.DateField("启用日期")
    valid_until = models.DateField("停用日期", null=True, blank=True)
    added_at = models.DateTimeField("登记时间", default=timezone.now)

    class Meta:
        verbose_name = "签名公钥"
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(
                condition=Q(public_key__regex=r"^[0-9a-f]{64}$"), name="unit_key_is_ed25519"
            ),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="unit_key_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.division} {self.key_id}"


class Addressee(models.Model):
    """Where one office of a receiving unit takes returns, if not in this deployment. Without an
    address they are carried by hand."""

    division = models.ForeignKey(
        Division, models.PROTECT, related_name="addressees", verbose_name="收报单位"
    )
    office = models.CharField("收报部门", max_length=10, choices=Office.choices)
    address = models.CharField("接收地址", max_length=200, blank=True)
    is_current = models.BooleanField("现行", default=True)

    class Meta:
        verbose_name = "收报部门"
        ordering = ("division__code", "office")
        constraints = [
            models.UniqueConstraint(fields=("division", "office"), name="addressee_once")
        ]

    def __str__(self) -> str:
        return f"{self.division}{self.get_office_display()}"


class DeliveryQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: User) -> Any:
        return self.filter(under("sender__path", user.territory()))

    def waiting(self) -> Any:
        return self.filter(receipt__isnull=True)


class Delivery(models.Model):
    """待送: one sealed version for one addressee, written with the step that reports it. `body`
    is what is sent, byte for byte, however often; only the record of the attempts changes."""

    dispatch = models.ForeignKey(
        ReturnDispatch, models.PROTECT, related_name="deliveries", verbose_name="月报报送"
    )
    addressee = models.ForeignKey(
        Addressee, models.PROTECT, related_name="deliveries", verbose_name="收报部门"
    )
    sender = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name="报送单位")
    body = models.TextField("报文")
    sha256 = models.CharField("报文摘要", max_length=64)
    queued_at = models.DateTimeField("列入时间", default=timezone.now)
    attempts = models.PositiveIntegerField("已试次数", default=0)
    next_at = models.DateTimeField("下次发送", default=timezone.now)
    last_error = models.CharField("上次未成原因", max_length=300, blank=True)
    ask_at = models.DateTimeField("下次询问标记", default=timezone.now)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = "月报送达"
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=("dispatch", "addressee"), name="delivery_once")
        ]

    def __str__(self) -> str:
        return f"{self.dispatch.version} → {self.addressee}"


class DeliveryReceipt(models.Model):
    """送达回执: the addressee's signed word that it has this very envelope. Append-only."""

    delivery = models.OneToOneField(
        Delivery, models.PROTECT, related_name="receipt", verbose_name="月报送达"
    )
    text = models.TextField("回执")
    key = models.ForeignKey(UnitKey, models.PROTECT, related_name="+", verbose_name="公钥")
    signature = models.CharField("签名", max_length=128)
    stored_at = models.DateTimeField("登记时间", default=timezone.now)

    class Meta:
        verbose_name = "送达回执"

    def __str__(self) -> str:
        return f"{self.delivery} 回执"


class ReceivedDelivery(models.Model):
    """收到的月报: an envelope that passed every check, and the receipt that was answered.
    Append-only. In a line for each sender and office: each names the one before it."""

    sender = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name="报送单位")
    to = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name="收报单位")
    office = models.CharField("收报部门", max_length=10, choices=Office.choices)
    first_day = models.DateField("所属月份")
    number = models.PositiveSmallIntegerField("更正序号")
    content_sha256 = models.CharField("内容摘要", max_length=64)
    ledger_sequence = models.BigIntegerField("链上序号")
    ledger_head = models.CharField("链首", max_length=64)
    body = models.TextField("报文")
    sha256 = models.CharField("报文摘要", max_length=64)
    key = models.ForeignKey(UnitKey, models.PROTECT, related_name="+", verbose_name="公钥")
    signature = models.CharField("签名", max_length=128)
    received_at = models.DateTimeField("收到时间", default=timezone.now)
    imported_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="导入人"
    )
    receipt = models.TextField("回执")
    receipt_key = models.ForeignKey(
        UnitKey, models.PROTECT, related_name="+", verbose_name="回执公钥"
    )
    receipt_signature = models.CharField("回执签名", max_length=128)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = "收到的月报"
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(
                fields=("sender", "to", "office", "first_day", "number"), name="received_once"
            )
        ]

    def __str__(self) -> str:
        title = f"更正第{self.number}号" if self.number else "首报"
        return f"{self.sender}{self.first_day:%Y年%m月}月报（{title}）"
