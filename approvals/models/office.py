"""What an office does around a step: seats to sign, hand-overs, reminders."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from organizations.models import Organization, Post, Role, User
from organizations.personal_data import refuse_personal_data

from .decisions import Decision


class OfSubject(models.Model):
    """A row about one stay of a subject at one status. `stay` is the decision that brought it
    there, none for a subject that never moved."""

    subject_type = models.CharField("事项类别", max_length=60)
    subject_id = models.BigIntegerField("事项编号")
    status = models.CharField("环节", max_length=30)
    stay = models.ForeignKey(
        Decision, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="进入本环节"
    )
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="办理人")
    # Own, or lent to him. Rows of before it was asked for have none.
    by_post = models.ForeignKey(
        Post, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="所任岗位"
    )
    at = models.DateTimeField("时间", default=timezone.now)

    class Meta:
        abstract = True


class Seat(OfSubject):
    """会签席位: a unit whose signature the step waits for. Signed once, never taken away."""

    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="seats", verbose_name="会签单位"
    )
    role = models.CharField("会签岗位", max_length=24, choices=Role.choices)
    reason = models.CharField("事由", max_length=200, validators=[refuse_personal_data])
    signature = models.OneToOneField(
        Decision,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="seat",
        verbose_name="会签意见",
    )

    class Meta:
        verbose_name = "会签席位"
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(
                fields=("subject_type", "subject_id", "status", "stay", "organization"),
                name="seat_once",
                nulls_distinct=False,
            )
        ]
        indexes = [
            models.Index(fields=("subject_type", "subject_id"), name="seat_subject"),
            models.Index(
                fields=("organization", "subject_type"),
                condition=Q(signature__isnull=True),
                name="seat_unsigned",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization}会签"


class Assignment(OfSubject):
    """转办: from now on this step is the named post's. Append-only, the latest counts."""

    post = models.ForeignKey(
        Post, models.PROTECT, related_name="assignments", verbose_name="转交给"
    )
    reason = models.CharField("事由", max_length=200, validators=[refuse_personal_data])

    class Meta:
        verbose_name = "转办"
        ordering = ("-id",)
        indexes = [models.Index(fields=("subject_type", "subject_id"), name="assignment_subject")]

    def __str__(self) -> str:
        return f"转办给{self.post}"


class Reminder(OfSubject):
    """催办: somebody asked whoever holds the thing to take the step; once a day. Append-only."""

    message = models.CharField("催办事由", max_length=200, validators=[refuse_personal_data])
    day = models.DateField("催办日期", default=timezone.localdate)

    class Meta:
        verbose_name = "催办"
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=("subject_type", "subject_id", "by", "day"),
                name="reminder_once_a_day",
                violation_error_message="您今天已催办过，每人每天一次",
            )
        ]
        indexes = [models.Index(fields=("subject_type", "subject_id"), name="reminder_subject")]

    def __str__(self) -> str:
        return f"催办：{self.message}"
