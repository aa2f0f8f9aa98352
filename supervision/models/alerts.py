from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from approvals.models import Subject
from organizations.models import Division, Parameter, Role, User
from organizations.models.dated import DatedQuerySet
from organizations.models.divisions import under

from .findings import Finding

DONE = ("dismissed", "settled", "finding")


class AlertRule(models.Model):
    """预警规则: dated reference data. A watch is evaluated; a refusal stands in a step elsewhere
    and is counted here; one without its facts says why it is not evaluated."""

    class Kind(models.TextChoices):
        WATCH = "watch", "监控"
        REFUSAL = "refusal", "拦截"
        LACKING = "lacking", "暂无数据"

    code = models.CharField("规则编号", max_length=8)
    name = models.CharField("规则", max_length=80)
    kind = models.CharField("方式", max_length=8, choices=Kind.choices)
    owner = models.CharField("处置岗位", max_length=24, choices=Role.choices, blank=True)
    clock_days = models.PositiveSmallIntegerField("处置时限（天）", default=0)
    parameters = ArrayField(
        models.CharField(max_length=60), verbose_name="阈值参数", default=list, blank=True
    )
    # Of a refusal: the words by which the refused attempts are known.
    words = ArrayField(
        models.CharField(max_length=40), verbose_name="拦截用语", default=list, blank=True
    )
    note = models.CharField("说明", max_length=200)
    source = models.CharField("来源", max_length=1, choices=Parameter.Source.choices)
    clause = models.CharField("依据", max_length=100, blank=True)
    valid_from = models.DateField("生效日期")
    valid_until = models.DateField("失效日期", null=True, blank=True)

    objects = DatedQuerySet["AlertRule"].as_manager()

    class Meta:
        verbose_name = "预警规则"
        ordering = ("code",)
        constraints = [
            models.UniqueConstraint(fields=("code", "valid_from"), name="alert_rule_once"),
            models.CheckConstraint(
                condition=~Q(kind="watch") | ~Q(owner="") & Q(clock_days__gt=0),
                name="alert_rule_watched_by_somebody",
            ),
            # A default is nobody's clause.
            models.CheckConstraint(
                condition=Q(clause="") | Q(source__in=("F", "V")), name="alert_rule_clause_verified"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    def get_absolute_url(self) -> str:
        return f"/alerts/rules/{self.code}/"


class AlertQuerySet(models.QuerySet["Alert"]):
    def visible_to(self, user: User) -> AlertQuerySet:
        return self.filter(under("division__path", user.territory()))

    def standing(self) -> AlertQuerySet:
        return self.exclude(status__in=DONE)


class Alert(Subject):
    """预警: one fact that a rule found, with the figures that fired it. Told once for ever; it may
    rise from yellow to red, and be marked as gone when the rule does not find it any more."""

    class Status(models.TextChoices):
        OPEN = "open", "待认领"
        CHECKING = "checking", "核实中"
        DISPUTED = "disputed", "误报待复核"
        DISMISSED = "dismissed", "误报"
        SETTLED = "settled", "已整改"
        FINDING = "finding", "已转问题清单"

    class Level(models.TextChoices):
        YELLOW = "yellow", "黄"
        RED = "red", "红"

    county = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name="县（市）")
    division = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name="所属区划"
    )
    rule = models.ForeignKey(AlertRule, models.PROTECT, related_name="alerts", verbose_name="规则")
    code = models.CharField("规则编号", max_length=8)
    fact = models.CharField("事实", max_length=160)
    status = models.CharField("状态", max_length=30, choices=Status.choices, default=Status.OPEN)
    level = models.CharField("级别", max_length=6, choices=Level.choices)
    subject_type = models.CharField("事项类别", max_length=60)
    subject_id = models.BigIntegerField("事项编号")
    subject_title = models.CharField("事项", max_length=160)
    explanation = models.CharField("触发情况", max_length=300)
    figures = models.JSONField("触发数值", default=list)
    thresholds = models.CharField("当时阈值", max_length=200, blank=True)
    owner = models.CharField("处置岗位", max_length=24, choices=Role.choices)
    due_on = models.DateField("处置时限")
    fired_at = models.DateTimeField("首次触发", default=timezone.now)
    raised_at = models.DateTimeField("升级时间", null=True, blank=True)
    cleared_on = models.DateField("不再触发自", null=True, blank=True)
    finding = models.OneToOneField(
        Finding, models.PROTECT, null=True, blank=True, related_name="alert", verbose_name="问题"
    )

    title_fields = ("subject_title", "code", "explanation")
    read_with = ("division__parent", "rule")
    shown_by = "supervision/_alert_facts.html"
    locked_with = ("division", "county")

    objects = AlertQuerySet.as_manager()

    class Meta:
        verbose_name = "预警"
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(fields=("county", "code", "fact"), name="alert_once_a_fact"),
            models.CheckConstraint(
                condition=Q(status="finding", finding__isnull=False)
                | ~Q(status="finding") & Q(finding__isnull=True),
                name="alert_became_a_finding",
            ),
        ]
        indexes = [
            models.Index(fields=("division", "status"), name="alert_division_status"),
            models.Index(fields=("subject_type", "subject_id"), name="alert_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.subject_title}"

    def get_absolute_url(self) -> str:
        return f"/alerts/{self.pk}/"

    @property
    def is_over(self) -> bool:
        return self.status in DONE

    @property
    def days_late(self) -> int:
        if self.is_over:
            return 0
        return max((timezone.localdate() - self.due_on).days, 0)
