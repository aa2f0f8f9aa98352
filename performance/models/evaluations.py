"""自评、复评 and what becomes of the result."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from approvals.models import Subject
from organizations.models import Division, User
from organizations.models.dated import DatedQuerySet
from organizations.models.divisions import under
from organizations.personal_data import refuse_personal_data
from projects.models import Project

from .declarations import Declaration, TargetLine


class Grade(models.TextChoices):
    EXCELLENT = "excellent", "优"
    GOOD = "good", "良"
    FAIR = "fair", "中"
    POOR = "poor", "差"


def text(label: str) -> models.TextField[Any, Any]:
    return models.TextField(label, validators=[refuse_personal_data])


def score_field(label: str, *, null: bool = False) -> models.DecimalField[Any, Any]:
    return models.DecimalField(label, max_digits=5, decimal_places=2, null=null, blank=null)


class EvaluationQuerySet(models.QuerySet["Evaluation"]):
    def visible_to(self, user: User) -> EvaluationQuerySet:
        return self.filter(under("division__path", user.territory()))

    def reviewed(self) -> EvaluationQuerySet:
        return self.filter(status__in=("result_use", "closed"))


class Evaluation(Subject):
    """绩效自评 of a project for a year: points computed from what was reached, looked at again by
    the county (复评), and put to use. `final_total` is the county's, or the spot check's."""

    class Status(models.TextChoices):
        DRAFT = "draft", "自评"
        REVIEW = "review", "县级复评"
        RESULT_USE = "result_use", "结果应用"
        CLOSED = "closed", "已办结"

    project = models.ForeignKey(
        Project, models.PROTECT, related_name="evaluations", verbose_name="项目"
    )
    declaration = models.ForeignKey(
        Declaration, models.PROTECT, related_name="evaluations", verbose_name="绩效目标版本"
    )
    division = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name="申报单位所在区划"
    )
    number = models.CharField("评价编号", max_length=40, unique=True)
    status = models.CharField("状态", max_length=30, choices=Status.choices, default=Status.DRAFT)
    year = models.PositiveSmallIntegerField("评价年度")
    budget = models.DecimalField("全年预算数（元）", max_digits=18, decimal_places=2)
    spent = models.DecimalField("全年执行数（元）", max_digits=18, decimal_places=2)
    execution_score = score_field("预算执行率得分")
    self_total = score_field("自评总分")
    self_grade = models.CharField("自评等级", max_length=10, choices=Grade.choices)
    review_total = score_field("复评总分", null=True)
    review_grade = models.CharField("复评等级", max_length=10, choices=Grade.choices, blank=True)
    organized = text("自评开展情况")
    analysis = text("目标完成情况分析")
    deviation = text("偏离原因和改进措施")
    intended_use = text("结果拟应用和公开情况")
    started_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="填报人")
    started_at = models.DateTimeField("填报时间", default=timezone.now)

    author_field = "started_by"
    title_fields = ("number", "project__name", "project__pinyin")
    read_with = ("division__parent", "project")
    shown_by = "performance/_evaluation_shown.html"
    locked_with = ("division", "project", "declaration")

    objects = EvaluationQuerySet.as_manager()

    class Meta:
        verbose_name = "绩效评价"
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=("project", "year"),
                name="evaluation_once_a_year",
                violation_error_message="该项目本年度已有绩效自评",
            ),
            models.CheckConstraint(
                condition=Q(self_total__range=(0, 100), budget__gt=0, spent__gte=0),
                name="evaluation_of_a_hundred",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=("result_use", "closed"))
                | Q(review_total__range=(0, 100)) & ~Q(review_grade=""),
                name="evaluation_reviewed_before_use",
            ),
        ]
        indexes = [models.Index(fields=("division", "status"), name="evaluation_division_status")]

    def __str__(self) -> str:
        return f"{self.number} {self.project.name}"

    def get_absolute_url(self) -> str:
        return f"/evaluations/{self.pk}/"

    @property
    def spot_check(self) -> SpotCheck | None:
        return getattr(self, "check_row", None)

    @property
    def final_total(self) -> Decimal | None:
        total: Decimal | None = self.spot_check.total if self.spot_check else self.review_total
        return total

    @property
    def final_grade(self) -> str:
        return self.spot_check.grade if self.spot_check else self.review_grade

    @property
    def final_grade_label(self) -> str:
        return str(Grade(self.final_grade).label) if self.final_grade else ""


class Score(models.Model):
    """One indicator's points: what the unit claims, and what the county found."""

    evaluation = models.ForeignKey(
        Evaluation, models.PROTECT, related_name="scores", verbose_name="绩效评价"
    )
    line = models.ForeignKey(TargetLine, models.PROTECT, related_name="+", verbose_name="指标")
    actual = models.DecimalField("实际完成值", max_digits=14, decimal_places=2)
    points = score_field("分值")
    score = score_field("得分")
    cause = models.CharField(
        "偏差原因及改进措施", max_length=200, blank=True, validators=[refuse_personal_data]
    )
    excess_reason = models.CharField(
        "超额完成的原因（非目标偏低）", max_length=200, blank=True,
        validators=[refuse_personal_data],
    )  # fmt: skip
    papers = ArrayField(models.CharField(max_length=64), verbose_name="佐证", default=list)
    review_actual = models.DecimalField(
        "复评完成值", max_digits=14, decimal_places=2, null=True, blank=True
    )
    review_score = score_field("复评得分", null=True)
    review_note = models.CharField(
        "复评说明", max_length=200, blank=True, validators=[refuse_personal_data]
    )

    class Meta:
        verbose_name = "指标得分"
        ordering = ("line",)
        constraints = [
            models.UniqueConstraint(fields=("evaluation", "line"), name="score_once"),
            models.CheckConstraint(
                condition=Q(actual__gte=0, score__gte=0, score__lte=models.F("points")),
                name="score_within_points",
            ),
            models.CheckConstraint(
                condition=Q(review_score__isnull=True)
                | Q(review_score__gte=0, review_score__lte=models.F("points")),
                name="score_reviewed_within_points",
            ),
            models.CheckConstraint(condition=Q(papers__len__gte=1), name="score_with_evidence"),
            models.CheckConstraint(
                condition=Q(review_score__isnull=True)
                | Q(review_score=models.F("score"))
                | ~Q(review_note=""),
                name="score_changed_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line} {self.score}"


class ResultUseKind(models.Model):
    """A–J: what may follow from a result. `default_grades` are those for which it is due unless a
    reason is given."""

    code = models.CharField("代码", max_length=2)
    name = models.CharField("结果应用", max_length=40)
    default_grades = models.CharField("默认适用等级", max_length=60, blank=True)
    valid_from = models.DateField("生效日期")
    valid_until = models.DateField("失效日期", null=True, blank=True)

    objects = DatedQuerySet["ResultUseKind"].as_manager()

    class Meta:
        verbose_name = "结果应用方式"
        ordering = ("code", "-valid_from")
        constraints = [
            models.UniqueConstraint(fields=("code", "valid_from"), name="result_use_kind_once")
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def grades(self) -> list[str]:
        return self.default_grades.split()


class ResultUse(models.Model):
    """What was decided to follow from one result; `amount` (yuan) for 调减或收回资金."""

    evaluation = models.ForeignKey(
        Evaluation, models.PROTECT, related_name="uses", verbose_name="绩效评价"
    )
    kind = models.ForeignKey(
        ResultUseKind, models.PROTECT, related_name="+", verbose_name="结果应用"
    )
    detail = models.CharField("具体意见", max_length=640, validators=[refuse_personal_data])
    amount = models.DecimalField(
        "调减（收回）金额（元）", max_digits=18, decimal_places=2, default=Decimal(0)
    )
    due_on = models.DateField("落实时限")

    class Meta:
        verbose_name = "结果应用"
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=("evaluation", "kind"), name="result_use_once"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="result_use_amount"),
        ]

    def __str__(self) -> str:
        return f"{self.evaluation.number} {self.kind}"


class ResultDone(models.Model):
    """落实: once for each use."""

    use = models.OneToOneField(
        ResultUse, models.PROTECT, related_name="done", verbose_name="结果应用"
    )
    done_on = models.DateField("落实日期")
    note = models.CharField("落实情况", max_length=400, validators=[refuse_personal_data])
    papers = ArrayField(models.CharField(max_length=64), verbose_name="佐证", default=list)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")
    recorded_at = models.DateTimeField("登记时间", default=timezone.now)

    class Meta:
        verbose_name = "结果应用落实"
        constraints = [
            models.CheckConstraint(
                condition=Q(papers__len__gte=1), name="result_done_with_evidence"
            )
        ]

    def __str__(self) -> str:
        return f"{self.use} {self.done_on}"


class SpotCheck(models.Model):
    """抽查: what finance found with others; its points stand instead of the county's."""

    evaluation = models.OneToOneField(
        Evaluation, models.PROTECT, related_name="check_row", verbose_name="绩效评价"
    )
    total = score_field("抽查得分")
    grade = models.CharField("抽查等级", max_length=10, choices=Grade.choices)
    partners = models.CharField("会同单位", max_length=80)
    finding = models.CharField("抽查情况", max_length=400, validators=[refuse_personal_data])
    papers = ArrayField(models.CharField(max_length=64), verbose_name="抽查底稿", default=list)
    checked_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="抽查人")
    checked_at = models.DateTimeField("登记时间", default=timezone.now)

    class Meta:
        verbose_name = "绩效抽查"
        constraints = [
            models.CheckConstraint(
                condition=Q(total__range=(0, 100), papers__len__gte=1), name="spot_check_total"
            )
        ]

    def __str__(self) -> str:
        return f"{self.evaluation} {self.total}"
