from __future__ import annotations

from django.db import models
from django.utils import timezone

from organizations.models import Division, Post, User
from organizations.models.divisions import under


class RefusedAttemptQuerySet(models.QuerySet["RefusedAttempt"]):
    def visible_to(self, user: User) -> RefusedAttemptQuerySet:
        return self.filter(under("division__path", user.territory()))


class RefusedAttempt(models.Model):
    """被拒办理: somebody wanted to take a step and the rules did not let him.

    The same person, step and reason on one day are one row that counts up; nothing else of it
    ever changes.
    """

    class Kind(models.TextChoices):
        STATE = "state", "环节不符"
        POST = "post", "岗位不符"
        SEPARATION = "separation", "不相容职责"
        CONDITION = "condition", "条件未满足"
        OTHER = "other", "内容不符或账务不足"

    subject_type = models.CharField("事项类别", max_length=60)
    subject_id = models.BigIntegerField("事项编号")
    subject_title = models.CharField("事项", max_length=160)
    division = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name="区划")
    status = models.CharField("当时环节", max_length=30)
    action = models.CharField("动作", max_length=40)
    action_label = models.CharField("拟办理", max_length=60)
    kind = models.CharField("类别", max_length=12, choices=Kind.choices)
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="办理人")
    post = models.ForeignKey(
        Post, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="所任岗位"
    )
    reason = models.CharField("原因", max_length=500)
    clause = models.CharField("依据", max_length=200, blank=True)
    day = models.DateField("日期")
    first_at = models.DateTimeField("首次时间", default=timezone.now)
    last_at = models.DateTimeField("最近时间", default=timezone.now)
    count = models.PositiveIntegerField("次数", default=1)

    objects = RefusedAttemptQuerySet.as_manager()

    class Meta:
        verbose_name = "被拒办理"
        ordering = ("-last_at", "-id")
        constraints = [
            models.UniqueConstraint(
                fields=("by", "subject_type", "subject_id", "action", "reason", "day"),
                name="refused_attempt_once_a_day",
            )
        ]
        indexes = [
            models.Index(fields=("division", "-last_at"), name="refused_attempt_division"),
            models.Index(fields=("subject_type", "subject_id"), name="refused_attempt_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.subject_title} {self.action_label}"
