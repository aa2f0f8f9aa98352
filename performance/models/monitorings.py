"""双监控: what was reached and spent until a day, and the stop that a serious deviation brings."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from approvals.models import Subject
from organizations.models import Division, User
from organizations.models.divisions import under
from organizations.personal_data import refuse_personal_data
from projects.models import Project

from .declarations import Declaration, TargetLine


class Level(models.TextChoices):
    NONE = "none", "正常"
    YELLOW = "yellow", "偏离"
    RED = "red", "严重偏离"


class MonitoringQuerySet(models.QuerySet["Monitoring"]):
    def visible_to(self, user: User) -> MonitoringQuerySet:
        return self.filter(under("division__path", user.territory()))


class Monitoring(Subject):
    """绩效目标执行监控表 of a project until a day. Money is the ledger's, physical progress the
    monthly reports', both as of that day; the rest is reported with evidence."""

    class Status(models.TextChoices):
        DRAFT = "draft", "填报"
        REVIEW = "review", "主管部门审核"
        APPROVED = "approved", "审核通过"

    class Cause(models.TextChoices):
        FUNDS = "funds", "经费保障"
        SYSTEM = "system", "制度保障"
        STAFF = "staff", "人员保障"
        HARDWARE = "hardware", "硬件条件"
        OTHER = "other", "其他"

    class Likelihood(models.TextChoices):
        CERTAIN = "certain", "确定能完成"
        POSSIBLE = "possible", "有可能完成"
        IMPOSSIBLE = "impossible", "完全不可能完成"

    project = models.ForeignKey(
        Project, models.PROTECT, related_name="monitorings", verbose_name="项目"
    )
    declaration = models.ForeignKey(
        Declaration, models.PROTECT, related_name="monitorings", verbose_name="绩效目标版本"
    )
    division = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name="申报单位所在区划"
    )
    number = models.CharField("监控表编号", max_length=40, unique=True)
    status = models.CharField("状态", max_length=30, choices=Status.choices, default=Status.DRAFT)
    as_of = models.DateField("监控截止日")
    budget = models.DecimalField("预算数（元）", max_digits=18, decimal_places=2)
    spent = models.DecimalField("执行数（元）", max_digits=18, decimal_places=2)
    physical = models.PositiveSmallIntegerField("形象进度（%）", null=True, blank=True)
    elapsed = models.DecimalField("时间进度（%）", max_digits=7, decimal_places=2)
    expected_spending = models.DecimalField("全年预计执行数（元）", max_digits=18, decimal_places=2)
    level = models.CharField("偏离程度", max_length=8, choices=Level.choices)
    likelihood = models.CharField("完成目标可能性", max_length=12, choices=Likelihood.choices)
    causes = ArrayField(
        models.CharField(max_length=10, choices=Cause.choices),
        verbose_name="偏差原因",
        default=list,
        blank=True,
    )
    cause_note = models.CharField(
        "偏差原因说明", max_length=400, blank=True, validators=[refuse_personal_data]
    )
    correction = models.CharField(
        "纠偏措施", max_length=400, blank=True, validators=[refuse_personal_data]
    )
    corrected_by = models.CharField("纠偏责任人（职务）", max_length=60, blank=True)
    correct_until = models.DateField("纠偏时限", null=True, blank=True)
    started_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="填报人")
    started_at = models.DateTimeField("填报时间", default=timezone.now)

    author_field = "started_by"
    title_fields = ("number", "project__name", "project__pinyin")
    read_with = ("division__parent", "project")
    shown_by = "performance/_monitoring_shown.html"
    locked_with = ("division", "project", "declaration")

    objects = MonitoringQuerySet.as_manager()

    class Meta:
        verbose_name = "绩效监控"
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=("project", "as_of"),
                name="monitoring_once_a_day",
                violation_error_message="该项目这一截止日已有监控表",
            ),
            models.CheckConstraint(
                condition=Q(budget__gt=0, spent__gte=0, expected_spending__gte=0),
                name="monitoring_money",
            ),
            models.CheckConstraint(
                condition=~Q(level="red")
                | ~Q(cause_note="")
                & ~Q(correction="")
                & ~Q(corrected_by="")
                & Q(correct_until__isnull=False),
                name="monitoring_serious_is_corrected",
                violation_error_message="严重偏离的，须写明原因、纠偏措施、责任人和时限",
            ),
        ]
        indexes = [models.Index(fields=("division", "status"), name="monitoring_division_status")]

    def __str__(self) -> str:
        return f"{self.number} {self.project.name}"

    def get_absolute_url(self) -> str:
        return f"/monitorings/{self.pk}/"


class Actual(models.Model):
    """What one indicator had reached; of one in words `actual` is a judged percentage. Nothing
    yet: then `note` says why."""

    monitoring = models.ForeignKey(
        Monitoring, models.PROTECT, related_name="actuals", verbose_name="监控表"
    )
    line = models.ForeignKey(TargetLine, models.PROTECT, related_name="+", verbose_name="指标")
    actual = models.DecimalField("执行情况", max_digits=14, decimal_places=2, null=True, blank=True)
    expected = models.DecimalField(
        "全年预计完成", max_digits=14, decimal_places=2, null=True, blank=True
    )
    note = models.CharField("说明", max_length=200, blank=True, validators=[refuse_personal_data])
    papers = ArrayField(
        models.CharField(max_length=64), verbose_name="佐证", default=list, blank=True
    )

    class Meta:
        verbose_name = "指标执行情况"
        ordering = ("line",)
        constraints = [
            models.UniqueConstraint(fields=("monitoring", "line"), name="actual_once"),
            models.CheckConstraint(
                condition=Q(actual__isnull=True) & ~Q(note="")
                | Q(actual__gte=0, papers__len__gte=1),
                name="actual_with_evidence",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line} {self.actual}"


class PaymentHoldQuerySet(models.QuerySet["PaymentHold"]):
    def visible_to(self, user: User) -> PaymentHoldQuerySet:
        return self.filter(under("division__path", user.territory()))

    def in_force(self) -> PaymentHoldQuerySet:
        return self.filter(status__in=PaymentHold.IN_FORCE)


class PaymentHold(Subject):
    """暂缓、停止拨款: decided on a serious deviation, in force until it is lifted. 暂缓 stops
    release and payment, 停止 every step of a request."""

    class Status(models.TextChoices):
        DRAFT = "draft", "拟定"
        DECISION = "decision", "财政决定"
        HELD = "held", "执行中"
        LIFTING = "lifting", "申请解除"
        CLOSED = "closed", "已解除"
        CANCELLED = "cancelled", "作废"

    class Kind(models.TextChoices):
        SLOW = "slow", "暂缓拨款"
        STOP = "stop", "停止拨款"

    IN_FORCE = (Status.HELD, Status.LIFTING)

    monitoring = models.ForeignKey(
        Monitoring, models.PROTECT, related_name="holds", verbose_name="监控表"
    )
    project = models.ForeignKey(
        Project, models.PROTECT, related_name="payment_holds", verbose_name="项目"
    )
    division = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name="申报单位所在区划"
    )
    number = models.CharField("决定编号", max_length=40, unique=True)
    status = models.CharField("状态", max_length=30, choices=Status.choices, default=Status.DRAFT)
    kind = models.CharField("处理", max_length=6, choices=Kind.choices)
    reason = models.CharField("事由", max_length=400, validators=[refuse_personal_data])
    demand = models.CharField("整改要求", max_length=400, validators=[refuse_personal_data])
    mended = models.TextField("整改情况", blank=True, validators=[refuse_personal_data])
    papers = ArrayField(
        models.CharField(max_length=64), verbose_name="整改佐证", default=list, blank=True
    )
    started_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="拟定人")
    started_at = models.DateTimeField("拟定时间", default=timezone.now)

    author_field = "started_by"
    title_fields = ("number", "project__name", "project__pinyin")
    read_with = ("division__parent", "project")
    shown_by = "performance/_hold_shown.html"
    locked_with = ("division", "project")

    objects = PaymentHoldQuerySet.as_manager()

    class Meta:
        verbose_name = "暂缓、停止拨款"
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=("project",),
                condition=~Q(status__in=("closed", "cancelled")),
                name="payment_hold_one_open",
                violation_error_message="该项目已有一项尚未解除的暂缓（停止）拨款决定",
            ),
            models.CheckConstraint(
                condition=~Q(status="lifting") | ~Q(mended="") & Q(papers__len__gte=1),
                name="payment_hold_lifted_when_mended",
            ),
        ]
        indexes = [models.Index(fields=("division", "status"), name="hold_division_status")]

    def __str__(self) -> str:
        return f"{self.number} {self.get_kind_display()}"

    def get_absolute_url(self) -> str:
        return f"/payment-holds/{self.pk}/"
