"""What came from another deployment and is marked here, and marks that came back from one."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from approvals.models import Decision, Subject
from organizations.models import Division

from .deliveries import Delivery, UnitKey
from .returns import ReturnDispatch, ReturnQuerySet, ReturnUnlock, Scope, summary_field


class ReceivedReturn(Subject):
    """收到的月报: a sealed version of a return or a roll-up that was made in another deployment,
    from its arrival to the region's receipt. One for both offices of the receiving unit; what it
    says never changes. A trigger writes when it arrived and whether that was late."""

    class Status(models.TextChoices):
        ARRIVED = "arrived", "待接收"
        SENT_BACK = "sent_back", "已退回"
        RECEIVED = "received", "已接收"
        ROLLED_UP = "rolled_up", "已汇总"
        REPORTED = "reported", "已报自治区"
        CLOSED = "closed", "自治区已接收"

    # What counts in a roll-up.
    ACCEPTED = (Status.RECEIVED, Status.ROLLED_UP, Status.REPORTED, Status.CLOSED)

    division = models.ForeignKey(
        Division, models.PROTECT, related_name="received_returns", verbose_name="报送单位"
    )
    to = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name="收报单位")
    first_day = models.DateField("所属月份")
    number = models.PositiveSmallIntegerField("更正序号")
    reason = models.TextField("更正事由", blank=True)
    is_roll_up = models.BooleanField("汇总")
    content = models.TextField("内容")
    summary = summary_field()
    sha256 = models.CharField("内容摘要", max_length=64)
    due_on = models.DateField("应报日期")
    arrived_at = models.DateTimeField("收到时间", default=timezone.now)
    came_late = models.BooleanField("迟报", default=False)
    status = models.CharField("状态", max_length=30, choices=Status.choices, default=Status.ARRIVED)

    title_fields = ("division__name",)
    read_with = ("division__parent", "to")
    locked_with = ("division", "to")

    objects = ReturnQuerySet.as_manager()

    class Meta:
        verbose_name = "收到的月报"
        ordering = ("-first_day", "division_id", "number")
        constraints = [
            models.UniqueConstraint(
                fields=("division", "to", "first_day", "number"), name="received_return_once"
            ),
            models.CheckConstraint(
                condition=Q(first_day__day=1), name="received_return_starts_on_first"
            ),
        ]
        indexes = [models.Index(fields=("to", "first_day"), name="received_return_month")]

    def __str__(self) -> str:
        return f"{self.division}{self.first_day:%Y年%m月}{self.kind}（{self.title}）"

    def get_absolute_url(self) -> str:
        return f"/monthly/received/{self.pk}/"

    @property
    def kind(self) -> str:
        return "汇总" if self.is_roll_up else "月报"

    @property
    def title(self) -> str:
        return f"更正第{self.number}号" if self.number else "首报"

    @property
    def figures(self) -> dict[str, Any]:
        """As they are written: amounts are text."""
        found: dict[str, Any] = json.loads(self.content)
        return found


class ReceivedUnlock(Subject):
    """收到的解锁申请: leave to correct what was received from another deployment, asked for there
    (`ref` is its number there) and given or refused here."""

    class Status(models.TextChoices):
        REQUESTED = "requested", "申请解锁"
        APPROVED = "approved", "已同意"
        REJECTED = "rejected", "不同意"

    arrived = models.ForeignKey(
        ReceivedReturn, models.PROTECT, related_name="unlocks", verbose_name="收到的月报"
    )
    division = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name="报送单位"
    )
    ref = models.PositiveBigIntegerField("对方编号")
    reason = models.CharField("解锁事由", max_length=2000)
    scope = ArrayField(
        models.CharField(max_length=12, choices=Scope.choices), verbose_name="更正范围"
    )
    valid_until = models.DateField("有效期至")
    asked_by = models.CharField("申请人", max_length=200)
    asked_at = models.DateTimeField("收到时间", default=timezone.now)
    status = models.CharField(
        "状态", max_length=30, choices=Status.choices, default=Status.REQUESTED
    )

    title_fields = ("division__name",)
    read_with = ("division__parent", "arrived__division")
    locked_with = ("division", "arrived__division", "arrived__to")

    objects = ReturnQuerySet.as_manager()

    class Meta:
        verbose_name = "收到的解锁申请"
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(fields=("arrived", "ref"), name="received_unlock_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="received_unlock_has_a_reason"),
            models.CheckConstraint(
                condition=Q(scope__len__gt=0), name="received_unlock_has_a_scope"
            ),
        ]

    def __str__(self) -> str:
        return f"解锁 {self.arrived}"

    def get_absolute_url(self) -> str:
        return f"/monthly/received/unlocks/{self.pk}/"

    @property
    def scope_labels(self) -> list[str]:
        return [str(Scope(code).label) for code in self.scope]


class ReturnMark(models.Model):
    """上级标记: what the receiving unit's deployment says that it did with a version, in its own
    signed words; each rests under the step that was taken here because of it. Append-only."""

    dispatch = models.ForeignKey(
        ReturnDispatch, models.PROTECT, related_name="marks", verbose_name="月报报送"
    )
    delivery = models.ForeignKey(
        Delivery, models.PROTECT, related_name="marks", verbose_name="月报送达"
    )
    unlock = models.ForeignKey(
        ReturnUnlock, models.PROTECT, null=True, related_name="marks", verbose_name="解锁"
    )
    action = models.CharField("标记", max_length=20)
    text = models.TextField("原文")
    key = models.ForeignKey(UnitKey, models.PROTECT, related_name="+", verbose_name="公钥")
    signature = models.CharField("签名", max_length=128)
    decision = models.OneToOneField(
        Decision, models.PROTECT, related_name="+", verbose_name="办理记录"
    )
    stored_at = models.DateTimeField("登记时间", default=timezone.now)

    class Meta:
        verbose_name = "上级标记"
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(
                fields=("dispatch", "action", "unlock"),
                nulls_distinct=False,
                name="return_mark_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.dispatch.version} {self.action}"
