from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from organizations.models import User


class Digest(models.Model):
    """提醒邮件: what one person is told on one day. The row is the duty; it is sent once."""

    user = models.ForeignKey(User, models.PROTECT, related_name="digests", verbose_name="收件人")
    day = models.DateField("日期")
    subject = models.CharField("标题", max_length=120)
    body = models.TextField("正文")
    queued_at = models.DateTimeField("写成时间", default=timezone.now)
    sent_at = models.DateTimeField("发出时间", null=True, blank=True)
    error = models.CharField("最近一次未发出的原因", max_length=200, blank=True)

    class Meta:
        verbose_name = "提醒邮件"
        ordering = ("-day", "user_id")
        constraints = [
            models.UniqueConstraint(fields=("user", "day"), name="digest_once_a_day"),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(error=""), name="digest_sent_without_error"
            ),
        ]
        indexes = [
            models.Index(fields=("day",), condition=Q(sent_at__isnull=True), name="digest_unsent")
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.user}"
