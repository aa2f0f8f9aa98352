"""绩效目标申报表: a project's targets on their way, and each approved version of them."""

from __future__ import annotations

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from approvals.models import Subject
from organizations.models import Division, User
from organizations.models.divisions import under
from organizations.personal_data import refuse_personal_data
from projects.models import Project

from .indicators import Aspect, Indicator, Operator


class DeclarationQuerySet(models.QuerySet["Declaration"]):
    def visible_to(self, user: User) -> DeclarationQuerySet:
        return self.filter(under("division__path", user.territory()))

    def latest_of(self, project: Project) -> Declaration | None:
        return self.filter(project=project).order_by("-number").first()

    def approved_of(self, project: Project) -> Declaration | None:
        """The version by which the project is measured."""
        rows = self.filter(project=project, status=Declaration.Status.APPROVED)
        return rows.order_by("-number").first()


class Declaration(Subject):
    """One version of a project's 绩效目标申报表. The indicators themselves are the project's; what
    they said when the version was approved stands in its lines. A version after the first says
    why there is one."""

    class Status(models.TextChoices):
        DRAFT = "draft", "填报"
        FINANCE_REVIEW = "finance_review", "财政审核"
        DEPARTMENT_REVIEW = "department_review", "主管部门审核"
        APPROVED = "approved", "审核通过"

    project = models.ForeignKey(
        Project, models.PROTECT, related_name="declarations", verbose_name="项目"
    )
    division = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name="申报单位所在区划"
    )
    number = models.PositiveSmallIntegerField("版本")
    status = models.CharField("状态", max_length=30, choices=Status.choices, default=Status.DRAFT)
    goal = models.TextField("年度总体目标", validators=[refuse_personal_data])
    reason = models.CharField(
        "调整原因", max_length=200, blank=True, validators=[refuse_personal_data]
    )
    started_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="填报人")
    started_at = models.DateTimeField("填报时间", default=timezone.now)

    author_field = "started_by"
    title_fields = ("project__name", "project__code", "project__pinyin")
    read_with = ("division__parent", "project")
    shown_by = "performance/_declaration_shown.html"
    locked_with = ("division", "project__type")

    objects = DeclarationQuerySet.as_manager()

    class Meta:
        verbose_name = "绩效目标申报表"
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(fields=("project", "number"), name="declaration_once"),
            models.UniqueConstraint(
                fields=("project",),
                condition=~Q(status="approved"),
                name="declaration_one_open",
                violation_error_message="该项目已有一份尚未审核通过的绩效目标申报表",
            ),
            models.CheckConstraint(
                condition=Q(number=1) | ~Q(reason=""), name="declaration_later_has_a_reason"
            ),
        ]
        indexes = [models.Index(fields=("division", "status"), name="declaration_division_status")]

    def __str__(self) -> str:
        return f"{self.project.name} 绩效目标申报表第{self.number}版"

    def get_absolute_url(self) -> str:
        return f"/declarations/{self.pk}/"


class Measure(models.Model):
    """What one indicator says."""

    aspect = models.CharField("二级指标", max_length=3, choices=Aspect.choices)
    name = models.CharField("三级指标", max_length=80, validators=[refuse_personal_data])
    operator = models.CharField("关系", max_length=2, choices=Operator.choices)
    value = models.DecimalField("目标值", max_digits=14, decimal_places=2)
    wording = models.CharField(
        "定性目标", max_length=80, blank=True, validators=[refuse_personal_data]
    )
    unit = models.CharField("计量单位", max_length=20, blank=True)
    weight = models.DecimalField("权重", max_digits=5, decimal_places=2, default=Decimal(10))
    explanation = models.CharField(
        "指标解释", max_length=200, blank=True, validators=[refuse_personal_data]
    )
    data_source = models.CharField("数据来源", max_length=100, blank=True)
    evidence = models.CharField("佐证材料", max_length=100, blank=True)
    indicator = models.ForeignKey(
        Indicator,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="指标库指标",
    )

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.name}{self.wanted}"

    @property
    def in_words(self) -> bool:
        return self.operator == Operator.IN_WORDS

    @property
    def wanted(self) -> str:
        """The target as it is read, with its sign and unit."""
        if self.in_words:
            return f"：{self.wording}"
        return f"{self.get_operator_display()}{self.value.normalize():f}{self.unit}"


# What of an indicator a version keeps.
MEASURED = (
    "aspect", "name", "operator", "value", "wording", "unit", "weight", "explanation",
    "data_source", "evidence", "indicator_id",
)  # fmt: skip


class TargetQuerySet(models.QuerySet["Target"]):
    def visible_to(self, user: User) -> TargetQuerySet:
        return self.filter(under("project__division__path", user.territory()))


class Target(Measure):
    """One indicator of a project as it stands now (FACTS §2.2); open to change while the
    project's declaration is being filled in."""

    Aspect = Aspect
    Operator = Operator

    project = models.ForeignKey(
        Project, models.PROTECT, related_name="targets", verbose_name="项目"
    )
    set_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="填报人")

    objects = TargetQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = "绩效目标"
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=("project", "aspect", "name"), name="target_once"),
            models.CheckConstraint(condition=Q(value__gte=0), name="target_value_not_negative"),
            models.CheckConstraint(condition=Q(weight__gt=0), name="target_weight_positive"),
            models.CheckConstraint(
                condition=Q(operator="ql", value=0) & ~Q(wording="")
                | ~Q(operator="ql") & Q(wording="") & ~Q(unit=""),
                name="target_in_words_or_numbers",
            ),
        ]


class TargetLine(Measure):
    """One indicator of an approved version, for ever."""

    declaration = models.ForeignKey(
        Declaration, models.PROTECT, related_name="lines", verbose_name="申报表"
    )

    class Meta:
        verbose_name = "已审核绩效指标"
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(
                fields=("declaration", "aspect", "name"), name="target_line_once"
            )
        ]


class TargetPublication(models.Model):
    """公开: where an approved version of the targets was made public, once."""

    declaration = models.OneToOneField(
        Declaration, models.PROTECT, related_name="publication", verbose_name="申报表"
    )
    published_on = models.DateField("公开日期")
    place = models.CharField("公开渠道", max_length=80, validators=[refuse_personal_data])
    address = models.URLField("公开网址", max_length=300, blank=True)
    papers = ArrayField(
        models.CharField(max_length=64), verbose_name="公开截图或照片", default=list, blank=True
    )
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")
    recorded_at = models.DateTimeField("登记时间", default=timezone.now)

    class Meta:
        verbose_name = "绩效目标公开"
        constraints = [
            models.CheckConstraint(
                condition=~Q(address="") | Q(papers__len__gte=1),
                name="target_publication_can_be_seen",
                violation_error_message="请填写公开网址，或上传公开的截图、照片",
            )
        ]

    def __str__(self) -> str:
        return f"{self.declaration} {self.published_on}"
