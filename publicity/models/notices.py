from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from organizations.models import Division, User
from organizations.models.divisions import under
from organizations.personal_data import refuse_personal_data
from projects.models import Project
from publicity.digest import CHECK_CODE_LENGTH, digest_of

from .types import NoticeType

HEX_DIGEST = r"^[0-9a-f]{64}$"


class NoticeQuerySet(models.QuerySet["Notice"]):
    def visible_to(self, user: User) -> NoticeQuerySet:
        return self.filter(under("division__path", user.territory()))

    def about(self, subject_type: str, subject_id: int) -> NoticeQuerySet:
        return self.filter(subject_type=subject_type, subject_id=subject_id)

    def current(self) -> NoticeQuerySet:
        """The latest version of each."""
        return self.filter(superseded_by__isnull=True)


class Notice(models.Model):
    """One published version of a notice: what was shown to the people, word for word, for ever.

    A subject has one notice of each type; whatever is published anew is its next version under
    the same number. Append-only: a version is superseded by the row that names it.
    """

    type = models.ForeignKey(NoticeType, models.PROTECT, related_name="+", verbose_name="公示类型")
    subject_type = models.CharField("事项类别", max_length=60)
    subject_id = models.BigIntegerField("事项编号")
    subject_title = models.CharField("事项", max_length=160)
    # The cases of the subject, in which some duties may not be joined.
    cases = ArrayField(models.CharField(max_length=60), verbose_name="案件", default=list)
    project = models.ForeignKey(
        Project,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="notices",
        verbose_name="项目",
    )
    county = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name="县（市）")
    division = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name="所属区划"
    )
    year = models.PositiveSmallIntegerField("年度")
    sequence = models.PositiveIntegerField("年度内序号")
    number = models.CharField("公示编号", max_length=40)
    version = models.PositiveSmallIntegerField("版次")
    supersedes = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="superseded_by",
        verbose_name="替代版次",
    )
    content = models.JSONField("公示内容")  # [{"label": …, "text": …}, …]
    content_sha256 = models.CharField("内容校验值", max_length=64)
    check_code = models.CharField("校验码", max_length=12, unique=True)
    published_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="发布人")
    published_at = models.DateTimeField("发布时间")
    # By the database's clock: to which round of its subject a version belongs is told from this.
    recorded_at = models.DateTimeField("登记时间", default=timezone.now)
    # Recorded before contents and photos were kept; no new row can say so.
    is_migrated = models.BooleanField("旧登记", default=False)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = "公示"
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(fields=("number", "version"), name="notice_version_once"),
            models.UniqueConstraint(
                fields=("county", "year", "sequence", "version"), name="notice_sequence_once"
            ),
            models.CheckConstraint(
                condition=Q(version=1, supersedes__isnull=True)
                | Q(version__gt=1, supersedes__isnull=False),
                name="notice_version_follows_another",
            ),
            models.CheckConstraint(
                condition=Q(content_sha256__regex=HEX_DIGEST)
                & Q(content_sha256__startswith=F("check_code")),
                name="notice_check_code_of_content",
            ),
        ]
        indexes = [
            models.Index(fields=("subject_type", "subject_id"), name="notice_subject"),
            models.Index(fields=("division", "-id"), name="notice_division"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.number} 第{self.version}版"

    def get_absolute_url(self) -> str:
        return f"/notices/{self.pk}/"

    @property
    def is_void(self) -> bool:
        """An answer to an objection demands that it be published anew."""
        return len(self.voided_by.all()) > 0

    @property
    def next_version(self) -> Notice | None:
        return getattr(self, "superseded_by", None)

    @property
    def is_intact(self) -> bool:
        """Whether the content is still what the check code was made of."""
        return (
            self.content_sha256 == digest_of(self)
            and self.check_code == (self.content_sha256[:CHECK_CODE_LENGTH])
        )

    @property
    def posting(self) -> Posting | None:
        """The first one: its period is the notice's."""
        return min(self.postings.all(), key=lambda p: (p.posted_on, p.pk), default=None)

    @property
    def ends_on(self) -> dt.date | None:
        """The last day of the period; None before the posting, and without a period."""
        posting = self.posting
        return posting.ends_on if posting else None

    @property
    def standing(self) -> str:
        posting = self.posting
        if self.next_version:
            return "已由新版替代"
        if self.is_void:
            return "须重新公示"
        if posting is None:
            return "待张贴"
        if posting.ends_on is None:
            return "公开中"
        return "公示中" if timezone.localdate() <= posting.ends_on else "公示期满"

    @property
    def hotline(self) -> str:
        return self.text_of("监督举报电话")

    def text_of(self, label: str) -> str:
        """Empty where the content has no such line."""
        lines: list[dict[str, Any]] = self.content
        return next((line["text"] for line in lines if line["label"] == label), "")


class Posting(models.Model):
    """Proof that a version hung on a board: where, from when, and two photos of that day.

    Append-only. `ends_on` is the last day of the period by the rule of the day it was recorded.
    """

    notice = models.ForeignKey(Notice, models.PROTECT, related_name="postings", verbose_name="公示")
    place = models.CharField("张贴地点", max_length=120, validators=[refuse_personal_data])
    posted_on = models.DateField("张贴日期")
    ends_on = models.DateField("公示期至", null=True, blank=True)
    poster_unit = models.CharField("张贴单位", max_length=80, validators=[refuse_personal_data])
    near_photo = models.CharField("近景照片", max_length=64, blank=True)
    far_photo = models.CharField("远景照片", max_length=64, blank=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")
    recorded_at = models.DateTimeField("登记时间", default=timezone.now)

    class Meta:
        verbose_name = "张贴记录"
        ordering = ("posted_on", "id")
        constraints = [
            models.UniqueConstraint(fields=("notice", "place"), name="posting_once_per_place"),
            # Without photos only what was recorded before they were kept; a trigger says so.
            models.CheckConstraint(
                condition=Q(near_photo="", far_photo="")
                | Q(near_photo__regex=HEX_DIGEST, far_photo__regex=HEX_DIGEST)
                & ~Q(near_photo=F("far_photo")),
                name="posting_two_photos",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gt=F("posted_on")),
                name="posting_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.notice} {self.place}"


class TakeDown(models.Model):
    """That a posting came down, once its period was over or its version superseded."""

    posting = models.OneToOneField(
        Posting, models.PROTECT, related_name="take_down", verbose_name="张贴记录"
    )
    taken_down_on = models.DateField("撤下日期")
    note = models.TextField("说明", blank=True, validators=[refuse_personal_data])
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")
    recorded_at = models.DateTimeField("登记时间", default=timezone.now)

    class Meta:
        verbose_name = "撤下记录"

    def __str__(self) -> str:
        return f"{self.posting} {self.taken_down_on}"
