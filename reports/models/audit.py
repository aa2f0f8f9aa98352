"""What auditors and discipline inspectors take with them: every export with its purpose, and
取证单 as they were drawn up."""

from __future__ import annotations

import json
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from organizations.models import Division, User
from organizations.models.divisions import under
from organizations.personal_data import refuse_personal_data


class OfCountyQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: User) -> Any:
        return self.filter(under("county__path", user.territory()))


class ExportRecord(models.Model):
    """导出登记: who took which rows, for what purpose, and the digest of the very file.
    Append-only."""

    county = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name="县（市）")
    title = models.CharField("内容", max_length=160)
    asked = models.CharField("条件", max_length=500)
    purpose = models.CharField("用途", max_length=200, validators=[refuse_personal_data])
    row_count = models.PositiveIntegerField("行数")
    sha256 = models.CharField("文件校验码", max_length=64)
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="导出人")
    at = models.DateTimeField("时间", default=timezone.now)

    objects = OfCountyQuerySet.as_manager()

    class Meta:
        verbose_name = "导出登记"
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(condition=~Q(purpose=""), name="export_record_has_a_purpose"),
            models.CheckConstraint(
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="export_record_has_a_digest"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class AuditSheet(models.Model):
    """取证单: a fact as the system had it when the sheet was drawn up, in words and figures that
    never change, to be signed on paper by the auditor and the unit. Append-only."""

    county = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name="县（市）")
    year = models.PositiveSmallIntegerField("年度")
    number = models.PositiveIntegerField("序号")
    audited_unit = models.CharField("被审计（调查）单位", max_length=80)
    matter = models.CharField("审计（调查）事项", max_length=120, validators=[refuse_personal_data])
    summary = models.TextField("事项摘要", validators=[refuse_personal_data])
    kind = models.CharField("取证对象类别", max_length=20)
    subject_id = models.BigIntegerField("取证对象编号")
    content = models.TextField("系统记载")
    sha256 = models.CharField("内容校验码", max_length=64)
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="取证人")
    by_unit = models.CharField("取证单位", max_length=80)
    at = models.DateTimeField("取证时间", default=timezone.now)

    objects = OfCountyQuerySet.as_manager()

    class Meta:
        verbose_name = "取证单"
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(fields=("county", "year", "number"), name="audit_sheet_once"),
            models.CheckConstraint(condition=~Q(summary=""), name="audit_sheet_has_a_summary"),
        ]

    def __str__(self) -> str:
        return f"取证{self.year}-{self.number:03d}"

    def get_absolute_url(self) -> str:
        return f"/audit/sheets/{self.pk}/"

    @property
    def figures(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.content)
        return found
