from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from approvals.models import Subject
from funds.models import Allotment
from organizations.models import Division, Organization, Role, User
from organizations.models.divisions import under
from organizations.personal_data import refuse_personal_data

OVER = ("closed", "cancelled")
# Who puts right what a unit of this kind answers for.
RECTIFIERS: dict[str, Role] = {
    Organization.Kind.VILLAGE: Role.VILLAGE_CADRE,
    Organization.Kind.WORK_TEAM: Role.WORK_TEAM,
    Organization.Kind.TOWNSHIP: Role.TOWNSHIP_CLERK,
    Organization.Kind.PROJECT_DEPARTMENT: Role.PROJECT_CLERK,
    Organization.Kind.INDUSTRY: Role.INDUSTRY_REVIEWER,
    Organization.Kind.FINANCE: Role.FINANCE_CLERK,
}


class FindingQuerySet(models.QuerySet["Finding"]):
    def visible_to(self, user: User) -> FindingQuerySet:
        return self.filter(under("division__path", user.territory()))

    def standing(self) -> FindingQuerySet:
        """Neither closed nor cancelled."""
        return self.exclude(status__in=OVER)

    def overdue(self, on: dt.date | None = None) -> FindingQuerySet:
        """Of what was 交办 and not taken back."""
        given = self.standing().exclude(status=Finding.Status.REGISTERED)
        return given.filter(due_on__lt=on or timezone.localdate())


class Finding(Subject):
    """问题: what is wrong, by which clause, who answers for it on three levels, and how it was put
    right. Never deleted; what was registered stands, a wrong one is cancelled.

    What it is about is named by type and number only: project, payment request, voucher, asset.
    """

    class Status(models.TextChoices):
        REGISTERED = "registered", "待交办"
        ASSIGNED = "assigned", "制定方案"
        RECTIFYING = "rectifying", "整改中"
        REVIEW = "review", "待复核"
        CLOSED = "closed", "已销号"
        CANCELLED = "cancelled", "已撤销"

    class Source(models.TextChoices):
        MONITORING = "monitoring", "动态监控"
        INSPECTION = "inspection", "日常检查"
        AUDIT = "audit", "审计"
        DISCIPLINE = "discipline", "纪委监委"
        SUPERIOR = "superior", "上级督查考核"
        HOTLINE = "hotline", "12317与信访"
        MEDIA = "media", "媒体"
        SELF = "self", "自查"
        EVALUATION = "evaluation", "绩效评价"

    class Category(models.TextChoices):
        IDLE_MONEY = "idle_money", "资金闲置滞留"
        DIVERTED = "diverted", "挤占挪用"
        FALSE_CLAIM = "false_claim", "虚报冒领套取"
        NEGATIVE_LIST = "negative_list", "负面清单支出"
        OVERPAID = "overpaid", "超标准超进度支付"
        PROCUREMENT = "procurement", "未招标或招投标违规"
        PROCEDURE = "procedure", "项目未经程序"
        CHANGED = "changed", "擅自变更"
        QUALITY = "quality", "质量问题"
        DELAY = "delay", "进度滞后"
        ACCEPTANCE = "acceptance", "验收不规范"
        PUBLICITY = "publicity", "公示不到位"
        TARGETS = "targets", "绩效目标缺失或造假"
        SURPLUS = "surplus", "结余未清理"
        ASSETS = "assets", "资产未登记、闲置或流失"
        INCOME = "income", "收益未兑现"
        RECORDS = "records", "档案不全或资料造假"
        OVERSIGHT = "oversight", "监管失职"
        NOT_REPORTED = "not_reported", "发现问题不报告"
        NOT_RECTIFIED = "not_rectified", "发现问题不整改"

    class Severity(models.TextChoices):
        MINOR = "minor", "一般"
        SERIOUS = "serious", "较重"
        GRAVE = "grave", "重大"

    class Term(models.TextChoices):
        AT_ONCE = "at_once", "立行立改"
        BY_DATE = "by_date", "限期整改"
        LASTING = "lasting", "长期坚持"

    county = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name="县（市）")
    division = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name="所属区划"
    )
    year = models.PositiveSmallIntegerField("年度")
    sequence = models.PositiveIntegerField("序号")
    number = models.CharField("问题编号", max_length=40, unique=True)
    status = models.CharField(
        "状态", max_length=30, choices=Status.choices, default=Status.REGISTERED
    )
    source = models.CharField("问题来源", max_length=12, choices=Source.choices)
    category = models.CharField("问题类别", max_length=16, choices=Category.choices)
    severity = models.CharField("严重程度", max_length=8, choices=Severity.choices)
    description = models.TextField("问题描述", validators=[refuse_personal_data])
    clause = models.CharField("定性依据", max_length=200, validators=[refuse_personal_data])
    amount = models.DecimalField(
        "涉及金额（元）", max_digits=18, decimal_places=2, default=Decimal(0)
    )
    allotment = models.ForeignKey(
        Allotment, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="资金来源"
    )
    subject_type = models.CharField("涉及事项类别", max_length=60, blank=True)
    subject_id = models.BigIntegerField("涉及事项", null=True, blank=True)
    subject_title = models.CharField("涉及事项名称", max_length=160, blank=True)
    found_on = models.DateField("发现日期")
    found_unit = models.CharField("发现单位", max_length=80)
    found_by = models.CharField("发现人", max_length=40, validators=[refuse_personal_data])
    # By the parameter of the day of registration: later is 发现问题不报告.
    report_due_on = models.DateField("应登记日期")
    # Three levels, each compulsory (新扶贫领字〔2018〕76号 三(四)).
    responsible_unit = models.ForeignKey(
        Organization, models.PROTECT, related_name="findings", verbose_name="责任部门"
    )
    leader_name = models.CharField("责任领导", max_length=40, validators=[refuse_personal_data])
    leader_title = models.CharField("责任领导职务", max_length=40)
    owner_name = models.CharField("责任人", max_length=40, validators=[refuse_personal_data])
    owner_title = models.CharField("责任人职务", max_length=40)
    # Who of the unit puts it right, and who looks at it afterwards.
    rectifier = models.CharField("整改岗位", max_length=24, choices=Role.choices)
    reviewer = models.CharField("复核岗位", max_length=24, choices=Role.choices)
    # With 交办.
    term = models.CharField("整改类型", max_length=8, choices=Term.choices, blank=True)
    due_on = models.DateField("整改时限", null=True, blank=True)
    to_recover = models.DecimalField(
        "应追回金额（元）", max_digits=18, decimal_places=2, default=Decimal(0)
    )
    # With the plan, and when it is put right.
    measures = models.TextField("整改措施", blank=True, validators=[refuse_personal_data])
    result = models.TextField("整改结果", blank=True, validators=[refuse_personal_data])
    result_papers = ArrayField(
        models.CharField(max_length=64), verbose_name="整改佐证", default=list, blank=True
    )
    registered_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")
    registered_at = models.DateTimeField("登记时间", default=timezone.now)

    amount_field = "amount"
    author_field = "registered_by"
    title_fields = ("number", "description", "subject_title")
    read_with = ("division__parent", "responsible_unit")
    shown_by = "supervision/_finding_facts.html"
    locked_with = ("division", "responsible_unit")

    objects = FindingQuerySet.as_manager()

    class Meta:
        verbose_name = "问题"
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=("county", "year", "sequence"), name="finding_number_once"
            ),
            models.CheckConstraint(
                condition=~Q(leader_name="")
                & ~Q(leader_title="")
                & ~Q(owner_name="")
                & ~Q(owner_title=""),
                name="finding_names_three_levels",
                violation_error_message="责任部门、责任领导、责任人须逐级写明",
            ),
            models.CheckConstraint(
                condition=~Q(description="") & ~Q(clause="") & ~Q(found_unit="") & ~Q(found_by=""),
                name="finding_says_what_by_which_clause",
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=0, to_recover__gte=0, to_recover__lte=models.F("amount")),
                name="finding_recovers_within_its_amount",
                violation_error_message="应追回金额不能超过涉及金额",
            ),
            models.CheckConstraint(
                condition=Q(subject_type="", subject_id__isnull=True, subject_title="")
                | ~Q(subject_type="") & Q(subject_id__isnull=False) & ~Q(subject_title=""),
                name="finding_subject_whole",
            ),
            models.CheckConstraint(
                condition=Q(report_due_on__gte=models.F("found_on")), name="finding_report_due"
            ),
            models.CheckConstraint(
                condition=Q(status__in=("registered", "cancelled"))
                | Q(due_on__isnull=False) & ~Q(term=""),
                name="finding_assigned_with_a_day",
            ),
            models.CheckConstraint(
                condition=Q(status__in=("registered", "assigned", "cancelled")) | ~Q(measures=""),
                name="finding_rectified_by_a_plan",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=("review", "closed"))
                | ~Q(result="") & Q(result_papers__len__gte=1),
                name="finding_reviewed_with_evidence",
            ),
        ]
        indexes = [
            models.Index(fields=("division", "status"), name="finding_division_status"),
            models.Index(fields=("subject_type", "subject_id"), name="finding_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.get_category_display()}"

    def get_absolute_url(self) -> str:
        return f"/findings/{self.pk}/"

    @property
    def is_over(self) -> bool:
        return self.status in OVER

    @property
    def days_late(self) -> int:
        """Days since the day by which it should have been put right; 0 before, or when it is over
        or was taken back from the unit."""
        if self.is_over or self.due_on is None or self.status == self.Status.REGISTERED:
            return 0
        return max((timezone.localdate() - self.due_on).days, 0)

    @property
    def was_reported_late(self) -> bool:
        return timezone.localdate(self.registered_at) > self.report_due_on
