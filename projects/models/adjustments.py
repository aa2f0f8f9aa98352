from __future__ import annotations

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from approvals.models import Subject
from organizations.models import Division, User
from organizations.models.divisions import under
from organizations.personal_data import refuse_personal_data

from .projects import Project

# Not decided yet, or money still to be taken back; of these a project has one at most.
OPEN = (
    "draft", "village_notice", "township_review", "appraisal", "department_review",
    "determination", "recovery",
)  # fmt: skip


class AdjustmentQuerySet(models.QuerySet["Adjustment"]):
    def visible_to(self, user: User) -> AdjustmentQuerySet:
        return self.filter(under("division__path", user.territory()))

    def open(self) -> AdjustmentQuerySet:
        return self.filter(status__in=OPEN)

    def awaited(self) -> AdjustmentQuerySet:
        """Open and put forward: the project waits for the answer."""
        return self.open().exclude(status=Adjustment.Status.DRAFT)


class Adjustment(Subject):
    """项目调整: a change of an approved project, decided by the procedure that approved it.

    `changes` are rows {name, label, before, after, value}: what people see, and in `value` what
    the project gets, column by column. They are settled when the adjustment is put forward; a
    trigger lets the project change on approval to exactly these values.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", "填报"
        VILLAGE_NOTICE = "village_notice", "村内公示"
        TOWNSHIP_REVIEW = "township_review", "乡镇审核"
        APPRAISAL = "appraisal", "县级论证"
        DEPARTMENT_REVIEW = "department_review", "主管部门审核"
        DETERMINATION = "determination", "领导小组审定"
        RECOVERY = "recovery", "收回资金"
        PUBLICATION = "publication", "再备案与公布"
        CLOSED = "closed", "办结"
        REJECTED = "rejected", "不同意"
        CANCELLED = "cancelled", "作废"

    class Kind(models.TextChoices):
        CONTENT = "content", "内容"
        PLACE = "place", "地点"
        SCALE = "scale", "规模"
        MONEY = "money", "资金"
        PERIOD = "period", "工期"
        UNIT = "unit", "实施单位"
        TERMINATION = "termination", "终止"

    APPROVED = (Status.RECOVERY, Status.PUBLICATION, Status.CLOSED)

    project = models.ForeignKey(
        Project, models.PROTECT, related_name="adjustments", verbose_name="项目"
    )
    division = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name="申报单位所在区划"
    )
    number = models.CharField("调整编号", max_length=40, unique=True)
    status = models.CharField("状态", max_length=30, choices=Status.choices, default=Status.DRAFT)
    kinds = ArrayField(
        models.CharField(max_length=12, choices=Kind.choices), verbose_name="调整类型"
    )
    reason = models.TextField("调整事由", validators=[refuse_personal_data])
    changes = models.JSONField("调整前后", default=list)
    # Yuan. The first is what stood approved when the adjustment was put forward.
    approved_before = models.DecimalField("调整前批准金额（元）", max_digits=18, decimal_places=2)
    money_change = models.DecimalField(
        "资金增减（元）", max_digits=18, decimal_places=2, default=Decimal(0)
    )
    is_marked_major = models.BooleanField("内容或地点属重大变更", default=False)
    major_reason = models.CharField("重大变更", max_length=200, blank=True)
    opinion_held_on = models.DateField("村级会议日期", null=True, blank=True)
    opinion = models.TextField("村级意见", blank=True, validators=[refuse_personal_data])
    minutes_files = ArrayField(
        models.CharField(max_length=64), verbose_name="会议纪要原件", default=list, blank=True
    )
    published_on = models.DateField("公布日期", null=True, blank=True)
    published_where = models.CharField(
        "公布渠道和地点", max_length=120, blank=True, validators=[refuse_personal_data]
    )
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="申请人")
    proposed_at = models.DateTimeField("申请时间", default=timezone.now)

    author_field = "proposed_by"
    title_fields = ("number", "project__name")
    read_with = ("division__parent", "project")
    shown_by = "projects/_changes.html"
    locked_with = ("division", "project__county")

    objects = AdjustmentQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = "项目调整"
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=("project",),
                condition=Q(status__in=OPEN),
                name="adjustment_one_open",
                violation_error_message="项目已有一项尚未办结的调整，请先办结或作废",
            ),
            models.CheckConstraint(
                condition=Q(kinds__len__gte=1)
                & (~Q(kinds__contains=["termination"]) | Q(kinds__len=1)),
                name="adjustment_kinds",
                violation_error_message="请选择调整类型；终止不与其他类型同时申请",
            ),
            models.CheckConstraint(
                condition=Q(
                    kinds__contained_by=[
                        "content",
                        "place",
                        "scale",
                        "money",
                        "period",
                        "unit",
                        "termination",
                    ]
                ),
                name="adjustment_kinds_known",
            ),
            models.CheckConstraint(
                condition=Q(kinds__contains=["money"]) & ~Q(money_change=0)
                | ~Q(kinds__contains=["money"]) & Q(money_change=0),
                name="adjustment_money_by_kind",
                violation_error_message="资金增减与调整类型不符",
            ),
            models.CheckConstraint(
                condition=Q(approved_before__gt=-F("money_change")),
                name="adjustment_leaves_money",
                violation_error_message="调整后的批准金额须大于零，全部收回的按终止办理",
            ),
            models.CheckConstraint(
                condition=Q(is_marked_major=False)
                | Q(kinds__contains=["content"])
                | Q(kinds__contains=["place"]),
                name="adjustment_marked_major_by_kind",
                violation_error_message="只有内容、地点的调整由申请人标明是否重大",
            ),
            models.CheckConstraint(
                condition=Q(status__in=("draft", "cancelled"))
                | Q(minutes_files__len__gte=1, opinion_held_on__isnull=False) & ~Q(opinion=""),
                name="adjustment_rests_on_the_village",
            ),
            models.CheckConstraint(
                condition=~Q(status="closed")
                | Q(published_on__isnull=False) & ~Q(published_where=""),
                name="adjustment_closed_when_published",
            ),
        ]
        indexes = [
            models.Index(fields=("division", "status"), name="adjustment_division_status"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.project.name}"

    def get_absolute_url(self) -> str:
        return f"/adjustments/{self.pk}/"

    def case_keys(self) -> list[str]:
        """The project's own case: who determines it determines its changes."""
        return [f"project:{self.project.earmark_id}"]

    @property
    def is_major(self) -> bool:
        return bool(self.major_reason)

    @property
    def is_termination(self) -> bool:
        return self.kinds == [self.Kind.TERMINATION]

    @property
    def takes_money_back(self) -> bool:
        return self.is_termination or self.money_change < 0

    @property
    def kind_names(self) -> str:
        return "、".join(str(self.Kind(kind).label) for kind in self.kinds)

    @property
    def approved_after(self) -> Decimal:
        """Yuan; of a termination only what it leaves is known, and that on approval."""
        return self.approved_before + self.money_change
