from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from approvals.models import Meeting, Subject
from funds.models import Allotment
from organizations.models import Division, User
from organizations.models.divisions import under
from organizations.personal_data import refuse_personal_data

from .projects import Project


class AnnualPlanQuerySet(models.QuerySet["AnnualPlan"]):
    def visible_to(self, user: User) -> AnnualPlanQuerySet:
        return self.filter(under("division__path", user.territory()))


class AnnualPlan(Subject):
    """年度项目计划和实施方案: a batch of determined projects that may start once the leading
    group has approved it (新扶贫领字〔2018〕76号 二(三))."""

    class Status(models.TextChoices):
        DRAFT = "draft", "编制"
        DEPARTMENT_REVIEW = "department_review", "主管部门审核"
        DETERMINATION = "determination", "领导小组审定"
        APPROVED = "approved", "已批准"

    division = models.ForeignKey(
        Division, models.PROTECT, related_name="plans", verbose_name="县（市）"
    )
    status = models.CharField("状态", max_length=30, choices=Status.choices, default=Status.DRAFT)
    year = models.PositiveSmallIntegerField("年度")
    batch = models.PositiveSmallIntegerField("批次")
    title = models.CharField("计划名称", max_length=120, validators=[refuse_personal_data])
    document_number = models.CharField("计划文号", max_length=60)
    objectives = models.TextField("目标任务", validators=[refuse_personal_data])
    funding = models.TextField("资金安排", validators=[refuse_personal_data])
    schedule = models.TextField("实施步骤", validators=[refuse_personal_data])
    safeguards = models.TextField("保障措施", validators=[refuse_personal_data])
    meeting = models.ForeignKey(
        Meeting,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="plans",
        verbose_name="审定会议",
    )
    drawn_up_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="编制人")
    drawn_up_at = models.DateTimeField("编制时间", default=timezone.now)

    author_field = "drawn_up_by"
    title_fields = ("title",)

    objects = AnnualPlanQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = "年度项目计划"
        ordering = ("-year", "-batch", "division_id")
        constraints = [
            models.UniqueConstraint(
                fields=("division", "year", "batch"), name="annual_plan_batch_once"
            ),
            models.UniqueConstraint(
                fields=("division", "document_number"),
                name="annual_plan_document_once",
                violation_error_message="本县已有同一文号的年度项目计划",
            ),
            models.CheckConstraint(condition=Q(batch__gte=1), name="annual_plan_batch_from_one"),
            models.CheckConstraint(
                condition=~Q(status="approved") | Q(meeting__isnull=False),
                name="annual_plan_approved_in_meeting",
            ),
        ]
        indexes = [models.Index(fields=("status", "year"), name="annual_plan_status_year")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return f"/plans/{self.pk}/"


class PlanItem(models.Model):
    """A project of a plan; no project stands in two."""

    plan = models.ForeignKey(
        AnnualPlan, models.PROTECT, related_name="items", verbose_name="年度项目计划"
    )
    project = models.OneToOneField(
        Project, models.PROTECT, related_name="plan_item", verbose_name="项目"
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = "计划项目"
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.plan} {self.project}"


class PlanItemSource(models.Model):
    """What the leading group gave the project out of one allotment, as it stood when the plan
    was approved. Append-only."""

    item = models.ForeignKey(
        PlanItem, models.PROTECT, related_name="sources", verbose_name="计划项目"
    )
    allotment = models.ForeignKey(
        Allotment, models.PROTECT, related_name="+", verbose_name="资金来源"
    )
    amount = models.DecimalField("计划金额（元）", max_digits=18, decimal_places=2)

    class Meta:
        verbose_name = "计划资金来源"
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=("item", "allotment"), name="plan_item_source_once"),
            models.CheckConstraint(
                condition=Q(amount__gt=0), name="plan_item_source_amount_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item} {self.allotment}"
