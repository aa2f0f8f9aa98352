"""What each step of the life records besides the decision: plain facts, append-only.

A step that is taken again after a return adds a row; the latest one counts.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from approvals.models import Decision
from organizations.models import User
from organizations.personal_data import refuse_personal_data

from .projects import Project


class StepRecord(models.Model):
    project = models.ForeignKey(
        Project, models.PROTECT, related_name="%(class)ss", verbose_name="项目"
    )
    decision = models.OneToOneField(
        Decision, models.PROTECT, related_name="+", verbose_name="办理记录"
    )

    class Meta:
        abstract = True
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.project} {self._meta.verbose_name}"


class VillageMeeting(StepRecord):
    """村民代表会议: two thirds present, more than half of those in favour (村组法 §26)."""

    held_on = models.DateField("会议日期")
    due = models.PositiveIntegerField("应到人数")
    present = models.PositiveIntegerField("实到人数")
    in_favour = models.PositiveIntegerField("同意人数")
    chair = models.CharField("主持人", max_length=40)
    minutes = models.TextField("会议纪要", validators=[refuse_personal_data])
    proposal = models.TextField("立项意见", validators=[refuse_personal_data])
    minutes_file = models.CharField("会议纪要原件", max_length=64, blank=True)
    photos = ArrayField(models.CharField(max_length=64), verbose_name="会议照片", default=list)

    class Meta(StepRecord.Meta):
        verbose_name = "村民代表会议"
        constraints = [
            models.CheckConstraint(
                condition=Q(present__lte=F("due")), name="village_meeting_present_within_due"
            ),
            models.CheckConstraint(
                condition=Q(in_favour__lte=F("present"), present__lt=2 * F("in_favour")),
                name="village_meeting_majority",
            ),
        ]


class Feedback(StepRecord):
    """反馈意见书: what the county's appraisal asks the township to change."""

    letter_number = models.CharField("反馈意见书编号", max_length=40)
    issued_on = models.DateField("反馈日期")
    text = models.TextField("反馈意见", validators=[refuse_personal_data])

    class Meta(StepRecord.Meta):
        verbose_name = "反馈意见书"


class Revision(StepRecord):
    """逐条采纳说明: the answer to the feedback, before the second notice."""

    answer = models.TextField("逐条采纳说明", validators=[refuse_personal_data])

    class Meta(StepRecord.Meta):
        verbose_name = "修改完善"


class FeedbackItem(models.Model):
    """One opinion of the letter, so that the township can answer it for itself."""

    feedback = models.ForeignKey(
        Feedback, models.PROTECT, related_name="items", verbose_name="反馈意见书"
    )
    position = models.PositiveSmallIntegerField("序号")
    text = models.CharField("意见", max_length=500, validators=[refuse_personal_data])

    class Meta:
        verbose_name = "反馈意见"
        ordering = ("position",)
        constraints = [
            models.UniqueConstraint(fields=("feedback", "position"), name="feedback_item_once")
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.text}"


class Answer(models.Model):
    """采纳情况: what was done about one opinion; one not adopted needs its reason."""

    class Adoption(models.TextChoices):
        ADOPTED = "adopted", "采纳"
        PARTLY = "partly", "部分采纳"
        NOT_ADOPTED = "not_adopted", "未采纳"

    revision = models.ForeignKey(
        Revision, models.PROTECT, related_name="answers", verbose_name="修改完善"
    )
    item = models.ForeignKey(
        FeedbackItem, models.PROTECT, related_name="answers", verbose_name="反馈意见"
    )
    adoption = models.CharField("采纳情况", max_length=12, choices=Adoption.choices)
    text = models.CharField("修改内容或理由", max_length=500, validators=[refuse_personal_data])

    class Meta:
        verbose_name = "采纳说明"
        ordering = ("item__position",)
        constraints = [
            models.UniqueConstraint(fields=("revision", "item"), name="answer_once"),
            models.CheckConstraint(condition=~Q(text=""), name="answer_has_words"),
        ]

    def __str__(self) -> str:
        return f"{self.item} {self.get_adoption_display()}"


class ProjectVersion(StepRecord):
    """The text as it was sent up: 一上 and 二上. `content` is a list of {name, label, text}."""

    class Round(models.IntegerChoices):
        FIRST = 1, "一上"
        SECOND = 2, "二上"

    round = models.PositiveSmallIntegerField("上报", choices=Round.choices)
    content = models.JSONField("内容")
    sha256 = models.CharField("内容摘要", max_length=64)

    class Meta(StepRecord.Meta):
        verbose_name = "上报文本"


class DifferenceReading(models.Model):
    """Somebody opened the differences between 一上 and this 二上. Append-only."""

    version = models.ForeignKey(ProjectVersion, models.PROTECT, related_name="readings")
    user = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="查阅人")
    at = models.DateTimeField("时间", default=timezone.now)

    class Meta:
        verbose_name = "差异查阅"
        constraints = [
            models.UniqueConstraint(fields=("version", "user"), name="difference_read_once")
        ]

    def __str__(self) -> str:
        return f"{self.user} {self.version}"


class AssetStatement(StepRecord):
    """What the project leaves behind, or why it leaves nothing that is kept as an asset."""

    leaves_assets = models.BooleanField("形成资产", default=True)
    asset_name = models.CharField("资产名称", max_length=80, blank=True)
    original_value = models.DecimalField(
        "原值（元）", max_digits=18, decimal_places=2, null=True, blank=True
    )
    owner_unit = models.CharField("产权单位", max_length=80, blank=True)
    keeper_unit = models.CharField("管护单位", max_length=80, blank=True)
    reason = models.CharField("不形成资产的理由", max_length=200, blank=True)

    class Meta(StepRecord.Meta):
        verbose_name = "资产登记"
        constraints = [
            models.CheckConstraint(
                condition=Q(leaves_assets=False) & ~Q(reason="")
                | Q(leaves_assets=True, original_value__isnull=False)
                & ~Q(asset_name="")
                & ~Q(owner_unit="")
                & ~Q(keeper_unit=""),
                name="asset_statement_complete",
            )
        ]
