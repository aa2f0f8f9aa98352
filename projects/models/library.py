from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from organizations.models import User
from organizations.personal_data import refuse_personal_data

from .projects import Project
from .steps import StepRecord


class LibraryExit(StepRecord):
    """出库 before the leading group decided: why. What is centralised in one quarter of the year
    needs a special reason outside it. Append-only."""

    class Reason(models.TextChoices):
        POLICY = "policy", "政策调整"
        CONDITIONS = "conditions", "条件不具备"
        DUPLICATE = "duplicate", "重复"
        FUNDING = "funding", "资金不落实"
        OTHER = "other", "其他"

    reason = models.CharField("出库原因", max_length=12, choices=Reason.choices)
    note = models.CharField("情况说明", max_length=300, validators=[refuse_personal_data])
    special_reason = models.CharField(
        "集中调整期外出库的特殊事由", max_length=300, blank=True, validators=[refuse_personal_data]
    )

    class Meta(StepRecord.Meta):
        verbose_name = "出库"
        constraints = [models.CheckConstraint(condition=~Q(note=""), name="library_exit_says_why")]


class LibraryEntry(models.Model):
    """入库文号, recorded by the project department after the joint review; the latest counts.
    The day of entry is the decision's. Append-only."""

    project = models.ForeignKey(
        Project, models.PROTECT, related_name="library_entries", verbose_name="项目"
    )
    document_number = models.CharField("入库文号", max_length=60)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")
    recorded_at = models.DateTimeField("登记时间", default=timezone.now)

    class Meta:
        verbose_name = "入库"
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                condition=~Q(document_number=""), name="library_entry_has_number"
            )
        ]

    def __str__(self) -> str:
        return f"{self.project} {self.document_number}"


class CarryOver(models.Model):
    """转入下年: a project that was not determined stays in the library for another year.
    Append-only."""

    project = models.ForeignKey(
        Project, models.PROTECT, related_name="carry_overs", verbose_name="项目"
    )
    from_year = models.PositiveSmallIntegerField("原年度")
    to_year = models.PositiveSmallIntegerField("转入年度")
    reason = models.CharField("转入事由", max_length=200, validators=[refuse_personal_data])
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="办理人")
    at = models.DateTimeField("时间", default=timezone.now)

    class Meta:
        verbose_name = "转入下年"
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=("project", "from_year"), name="carry_over_once_a_year"),
            models.CheckConstraint(
                condition=Q(to_year=F("from_year") + 1), name="carry_over_to_the_next_year"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project} {self.from_year}→{self.to_year}"
