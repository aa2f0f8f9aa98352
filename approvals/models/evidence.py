from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from organizations.models import Division, User
from organizations.models.divisions import under


class EvidenceQuerySet(models.QuerySet["Evidence"]):
    def visible_to(self, user: User) -> EvidenceQuerySet:
        return self.filter(Q(uploaded_by=user) | under("division__path", user.territory()))


class Evidence(models.Model):
    """A paper or photo, named by its SHA-256 and written once."""

    sha256 = models.CharField(max_length=64)
    division = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name="所属区划"
    )
    name = models.CharField("文件名", max_length=200)
    content_type = models.CharField("类型", max_length=100)
    size = models.PositiveIntegerField("字节")
    uploaded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="上传人")
    uploaded_at = models.DateTimeField("上传时间", default=timezone.now)

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        verbose_name = "佐证材料"
        constraints = [
            models.UniqueConstraint(
                fields=("sha256", "division"), name="evidence_once_per_division"
            ),
            models.CheckConstraint(
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="evidence_sha256_hex"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> Path:
        return Path(settings.EVIDENCE_ROOT) / self.sha256[:2] / self.sha256


class PhotoUse(models.Model):
    """A photo proves one thing, once: the same picture of two occasions is no proof of either.

    Append-only; the hash is unique over everything that photos are shown for.
    """

    sha256 = models.CharField(max_length=64, unique=True)
    subject_type = models.CharField("事项类别", max_length=60)
    subject_id = models.BigIntegerField("事项编号")
    shown_for = models.CharField("用于", max_length=160)
    used_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="使用人")
    used_at = models.DateTimeField("使用时间", default=timezone.now)

    class Meta:
        verbose_name = "照片使用"
        indexes = [models.Index(fields=("subject_type", "subject_id"), name="photo_use_subject")]
        constraints = [
            models.CheckConstraint(
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="photo_use_sha256_hex"
            )
        ]

    def __str__(self) -> str:
        return self.shown_for
