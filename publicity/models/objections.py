from __future__ import annotations

import secrets

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from approvals.models import Subject
from organizations.models import Division, User
from organizations.models.divisions import under
from organizations.personal_data import refuse_personal_data

from .notices import Notice

RECEIPT_BYTES = 6  # nobody finds another's objection by guessing


def new_receipt() -> str:
    return secrets.token_hex(RECEIPT_BYTES).upper()


class ObjectionQuerySet(models.QuerySet["Objection"]):
    def visible_to(self, user: User) -> ObjectionQuerySet:
        return self.filter(under("division__path", user.territory()))

    def open(self) -> ObjectionQuerySet:
        return self.exclude(status=Objection.Status.ANSWERED)


class Objection(Subject):
    """异议: what somebody holds against a notice, and what came of it.

    Who spoke is never stored: a named one is sealed on paper under a file number.
    `voids` is the version that has to be published anew because of the answer.
    """

    class Status(models.TextChoices):
        RECEIVED = "received", "受理"
        INVESTIGATING = "investigating", "调查中"
        ANSWERED = "answered", "已答复"

    class Channel(models.TextChoices):
        PHONE = "phone", "来电"
        LETTER = "letter", "来信"
        VISIT = "visit", "现场"
        HOTLINE = "12317", "12317转办"
        WEB = "web", "网络"

    class Conclusion(models.TextChoices):
        UPHELD = "upheld", "属实"
        PARTLY = "partly", "部分属实"
        UNFOUNDED = "unfounded", "不属实"

    class Remedy(models.TextChoices):
        NONE = "none", "不重新公示"
        RESTART = "restart", "内容不变，重新公示"
        CORRECT = "correct", "更正内容后重新公示"

    notice = models.ForeignKey(
        Notice, models.PROTECT, related_name="objections", verbose_name="公示"
    )
    division = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name="所属区划"
    )
    receipt = models.CharField("回执号", max_length=12, unique=True, default=new_receipt)
    status = models.CharField(
        "状态", max_length=30, choices=Status.choices, default=Status.RECEIVED
    )
    channel = models.CharField("渠道", max_length=10, choices=Channel.choices)
    received_on = models.DateField("收到日期")
    is_named = models.BooleanField("实名", default=False)
    paper_file_number = models.CharField("封存原件编号", max_length=40, blank=True)
    summary = models.TextField("内容摘要", validators=[refuse_personal_data])
    # By the parameter of the day it was received; only who gave his name waits for a reply.
    reply_due_on = models.DateField("应答复日期", null=True, blank=True)
    registered_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="登记人"
    )
    registered_at = models.DateTimeField("登记时间", default=timezone.now)
    investigating_unit = models.CharField("调查单位", max_length=80, blank=True)
    conclusion = models.CharField("调查结论", max_length=10, choices=Conclusion.choices, blank=True)
    measures = models.TextField("处理措施", blank=True, validators=[refuse_personal_data])
    remedy = models.CharField("重新公示", max_length=10, choices=Remedy.choices, blank=True)
    answered_on = models.DateField("答复日期", null=True, blank=True)
    voids = models.ForeignKey(
        Notice,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="voided_by",
        verbose_name="须重新公示的版次",
    )

    author_field = "registered_by"
    title_fields = ("notice__subject_title", "receipt")
    read_with = ("division__parent", "notice__type")
    locked_with = ("division", "notice")

    objects = ObjectionQuerySet.as_manager()

    class Meta:
        verbose_name = "异议"
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                condition=Q(registered_by__isnull=False) | Q(channel="web", is_named=False),
                name="objection_registered_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(is_named=False) | ~Q(paper_file_number=""),
                name="objection_named_is_sealed",
            ),
            models.CheckConstraint(
                condition=~Q(conclusion="unfounded") | Q(remedy__in=("", "none")),
                name="objection_unfounded_restarts_nothing",
            ),
            models.CheckConstraint(
                condition=Q(voids__isnull=True, remedy__in=("", "none"))
                | Q(voids__isnull=False, remedy__in=("restart", "correct")),
                name="objection_restarts_a_version",
            ),
            models.CheckConstraint(condition=~Q(summary=""), name="objection_says_something"),
            models.CheckConstraint(
                condition=Q(is_named=True, reply_due_on__gte=F("received_on"))
                | Q(is_named=False, reply_due_on__isnull=True),
                name="objection_named_is_replied_to",
            ),
        ]
        indexes = [models.Index(fields=("division", "status"), name="objection_division_status")]

    def __str__(self) -> str:
        return f"{self.notice.subject_title} 异议 {self.receipt}"

    def get_absolute_url(self) -> str:
        return f"/objections/{self.pk}/"

    def case_keys(self) -> list[str]:
        """Those of what the notice is about: who proposed it does not look into himself."""
        return [*self.notice.cases, f"objection:{self.pk}"]

    @property
    def reply_is_late(self) -> bool:
        due = self.reply_due_on
        return due is not None and (self.answered_on or timezone.localdate()) > due
