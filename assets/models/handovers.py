from __future__ import annotations

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from approvals.models import Subject
from organizations.models import Division, User
from organizations.models.divisions import under
from organizations.personal_data import refuse_personal_data
from projects.models import Project

from .assets import Asset

OPEN = ("draft", "receipt", "supervision")


class HandoverQuerySet(models.QuerySet["Handover"]):
    def visible_to(self, user: User) -> HandoverQuerySet:
        return self.filter(under("division__path", user.territory()))


class Handover(Subject):
    """移交: the assets of a project go to their owner, with the signatures of who hands over, who
    receives and who supervises. The owner is that of the assets; nobody signs twice."""

    class Status(models.TextChoices):
        DRAFT = "draft", "移交方签署"
        RECEIPT = "receipt", "接收方签署"
        SUPERVISION = "supervision", "监交方签署"
        CLOSED = "closed", "已移交"
        CANCELLED = "cancelled", "作废"

    project = models.ForeignKey(
        Project, models.PROTECT, related_name="handovers", verbose_name="项目"
    )
    division = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name="资产所在区划"
    )
    number = models.CharField("移交单编号", max_length=40, unique=True)
    status = models.CharField("状态", max_length=30, choices=Status.choices, default=Status.DRAFT)
    giver_name = models.CharField("移交方", max_length=80)
    receiver_name = models.CharField("接收方（产权人）", max_length=80)
    receiver_code = models.CharField("接收方统一社会信用代码", max_length=18, blank=True)
    receiver_level = models.CharField("权属层级", max_length=10, choices=Asset.Level.choices)
    handed_on = models.DateField("移交日期")
    attachments = models.CharField(
        "附件清单", max_length=200, blank=True, validators=[refuse_personal_data]
    )
    papers = ArrayField(
        models.CharField(max_length=64), verbose_name="附件", default=list, blank=True
    )
    started_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="填报人")
    started_at = models.DateTimeField("填报时间", default=timezone.now)

    author_field = "started_by"
    title_fields = ("number", "project__name", "receiver_name")
    read_with = ("division__parent", "project")
    shown_by = "assets/_handover_items.html"
    locked_with = ("division", "project")

    objects = HandoverQuerySet.as_manager()

    class Meta:
        verbose_name = "资产移交"
        ordering = ("-id",)
        indexes = [models.Index(fields=("division", "status"), name="handover_division_status")]

    def __str__(self) -> str:
        return f"{self.number} {self.receiver_name}"

    def get_absolute_url(self) -> str:
        return f"/handovers/{self.pk}/"

    @property
    def total(self) -> Decimal:
        """Original values of its assets, in yuan."""
        return sum((item.asset.original_value for item in self.items.all()), Decimal(0))


class HandoverItem(models.Model):
    """One asset on a hand-over; of the open ones it stands on one at most."""

    handover = models.ForeignKey(
        Handover, models.PROTECT, related_name="items", verbose_name="移交单"
    )
    asset = models.ForeignKey(
        Asset, models.PROTECT, related_name="handover_items", verbose_name="资产"
    )

    class Meta:
        verbose_name = "移交资产"
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=("handover", "asset"), name="handover_item_once")
        ]

    def __str__(self) -> str:
        return f"{self.handover} {self.asset}"
