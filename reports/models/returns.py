"""A county's monthly return, the roll-up of a prefecture or the region, and what of them is
sealed, sent and received. What is sealed is a row of its own: bytes, digest, head of the ledger;
whoever delivers it needs nothing else."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Func, Q
from django.utils import timezone

from approvals.models import Decision, Subject
from organizations.models import Division, User
from organizations.models.divisions import under
from organizations.personal_data import refuse_personal_data


class WithoutLines(Func):
    """Of the content the totals alone: what is added up of many returns need not be read through
    all their projects."""

    template = "((%(expressions)s)::jsonb - ARRAY['funds', 'projects', 'townships'])"
    output_field = models.JSONField()


def summary_field() -> models.GeneratedField:
    return models.GeneratedField(
        expression=WithoutLines("content"), output_field=models.JSONField(), db_persist=True
    )


class ReturnQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: User) -> Any:
        return self.filter(under("division__path", user.territory()))


class MonthlyReturn(Subject):
    """月报: one county, one month, from the draft to the region's receipt
    (新扶贫领字〔2018〕76号 二(三)). What it says stands in its versions."""

    class Status(models.TextChoices):
        DRAFT = "draft", "草稿"
        REVIEW = "review", "县审核"
        SIGNING = "signing", "待签发"
        SEALED = "sealed", "已封存"
        SENT = "sent", "已报地州"
        RETURNED = "returned", "地州退回"
        RECEIVED = "received", "地州已接收"
        ROLLED_UP = "rolled_up", "地州已汇总"
        REPORTED = "reported", "已报自治区"
        CLOSED = "closed", "自治区已接收"

    # Whose next step is taken by a unit above.
    MARKED_AFAR = (Status.SENT, Status.RECEIVED, Status.ROLLED_UP, Status.REPORTED)

    division = models.ForeignKey(
        Division, models.PROTECT, related_name="monthly_returns", verbose_name="县（市）"
    )
    first_day = models.DateField("所属月份")
    due_on = models.DateField("应报日期")
    status = models.CharField("状态", max_length=30, choices=Status.choices, default=Status.DRAFT)
    opened_at = models.DateTimeField("建立时间", default=timezone.now)

    title_fields = ("division__name",)

    objects = ReturnQuerySet.as_manager()

    class Meta:
        verbose_name = "月报"
        ordering = ("-first_day", "division_id")
        constraints = [
            models.UniqueConstraint(
                fields=("division", "first_day"), name="monthly_return_once_a_month"
            ),
            models.CheckConstraint(
                condition=Q(first_day__day=1), name="monthly_return_starts_on_first"
            ),
            models.CheckConstraint(
                condition=Q(due_on__gt=models.F("first_day")), name="monthly_return_due_later"
            ),
        ]
        indexes = [models.Index(fields=("first_day", "status"), name="monthly_return_month")]

    def __str__(self) -> str:
        return f"{self.division}{self.first_day:%Y年%m月}月报"

    def get_absolute_url(self) -> str:
        return f"/monthly/{self.pk}/"


class RollUp(Subject):
    """汇总: what a prefecture, or the region, adds up of the returns that it received. A unit
    that has not reported stands in it as 未报, never as nothing."""

    class Status(models.TextChoices):
        DRAFT = "draft", "汇总"
        REVIEW = "review", "待签发"
        SEALED = "sealed", "已封存"
        SENT = "sent", "已上报"
        RETURNED = "returned", "退回"
        RECEIVED = "received", "上级已接收"
        PUBLISHED = "published", "已通报"

    division = models.ForeignKey(
        Division, models.PROTECT, related_name="roll_ups", verbose_name="汇总单位"
    )
    first_day = models.DateField("所属月份")
    due_on = models.DateField("应报日期")
    status = models.CharField("状态", max_length=30, choices=Status.choices, default=Status.DRAFT)
    opened_at = models.DateTimeField("建立时间", default=timezone.now)

    title_fields = ("division__name",)
    read_with = ("division__parent", "division__reports_to")

    objects = ReturnQuerySet.as_manager()

    class Meta:
        verbose_name = "月报汇总"
        ordering = ("-first_day", "division_id")
        constraints = [
            models.UniqueConstraint(fields=("division", "first_day"), name="roll_up_once_a_month"),
            models.CheckConstraint(condition=Q(first_day__day=1), name="roll_up_starts_on_first"),
        ]

    def __str__(self) -> str:
        return f"{self.division}{self.first_day:%Y年%m月}汇总"

    def get_absolute_url(self) -> str:
        return f"/roll-ups/{self.pk}/"


class Scope(models.TextChoices):
    """Which tables of a return a correction may change."""

    FUNDS = "funds", "表一 资金支出进度"
    PROJECTS = "projects", "表二 项目实施进度"
    GROUPS = "groups", "表三 分类汇总"
    TOTAL = "total", "表四 合计"


class ReturnUnlock(Subject):
    """解锁: leave to correct what was received, asked for with a reason, given by the receiving
    unit, for named tables and until a day."""

    class Status(models.TextChoices):
        REQUESTED = "requested", "申请解锁"
        APPROVED = "approved", "已同意"
        REJECTED = "rejected", "不同意"

    monthly = models.ForeignKey(
        MonthlyReturn, models.PROTECT, related_name="unlocks", verbose_name="月报"
    )
    division = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name="县（市）"
    )
    status = models.CharField(
        "状态", max_length=30, choices=Status.choices, default=Status.REQUESTED
    )
    reason = models.TextField("解锁事由", validators=[refuse_personal_data])
    scope = ArrayField(
        models.CharField(max_length=12, choices=Scope.choices), verbose_name="更正范围"
    )
    valid_until = models.DateField("有效期至")
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="申请人")
    asked_at = models.DateTimeField("申请时间", default=timezone.now)

    title_fields = ("division__name",)
    author_field = "asked_by"
    read_with = ("division__parent", "monthly__division")
    locked_with = ("division", "monthly__division")

    objects = ReturnQuerySet.as_manager()

    class Meta:
        verbose_name = "月报解锁"
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="return_unlock_has_a_reason"),
            models.CheckConstraint(condition=Q(scope__len__gt=0), name="return_unlock_has_a_scope"),
            models.UniqueConstraint(
                fields=("monthly",),
                condition=Q(status="requested"),
                name="return_unlock_asked_once",
                violation_error_message="这份月报的解锁申请正在办理，没有重复申请",
            ),
        ]

    def __str__(self) -> str:
        return f"解锁 {self.monthly}"

    def get_absolute_url(self) -> str:
        return f"/monthly/unlocks/{self.pk}/"

    @property
    def scope_labels(self) -> list[str]:
        return [str(Scope(code).label) for code in self.scope]


class ReturnVersion(models.Model):
    """What a return, or a roll-up, says: `number` 0 for the first, n for 更正第n号.

    A draft may be made anew until it is sealed; then nothing of it changes for ever. `content` is
    the canonical text of all figures, `sha256` of its bytes, `ledger_head` the digest that the
    county's chain had reached at `ledger_sequence`.
    """

    monthly = models.ForeignKey(
        MonthlyReturn,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="versions",
        verbose_name="月报",
    )
    rollup = models.ForeignKey(
        RollUp,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="versions",
        verbose_name="汇总",
    )
    number = models.PositiveSmallIntegerField("更正序号", default=0)
    reason = models.TextField("更正事由", blank=True, validators=[refuse_personal_data])
    unlock = models.OneToOneField(
        ReturnUnlock,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="version",
        verbose_name="解锁",
    )
    content = models.TextField("内容")
    summary = summary_field()
    sha256 = models.CharField("内容摘要", max_length=64)
    known_at = models.DateTimeField("取数时点")
    ledger_sequence = models.BigIntegerField("链上序号", default=0)
    ledger_head = models.CharField("链首", max_length=64, blank=True)
    computed_at = models.DateTimeField("取数时间", default=timezone.now)
    computed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="取数人"
    )
    checks = models.JSONField("核对结果", default=list, encoder=DjangoJSONEncoder)
    checked_at = models.DateTimeField("核对时间", null=True, blank=True)
    decision = models.OneToOneField(
        Decision, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="签发"
    )
    sealed_at = models.DateTimeField("封存时间", null=True, blank=True)

    class Meta:
        verbose_name = "月报版本"
        ordering = ("number",)
        constraints = [
            models.CheckConstraint(
                condition=Q(monthly__isnull=True) ^ Q(rollup__isnull=True),
                name="return_version_of_one",
            ),
            models.UniqueConstraint(
                fields=("monthly", "rollup", "number"),
                nulls_distinct=False,
                name="return_version_once",
            ),
            models.CheckConstraint(
                condition=Q(sealed_at__isnull=True) | Q(decision__isnull=False),
                name="return_version_sealed_by_decision",
            ),
            models.CheckConstraint(
                condition=Q(number=0) | ~Q(reason=""), name="return_version_correction_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject}（{self.title}）"

    def get_absolute_url(self) -> str:
        return f"/monthly/versions/{self.pk}/"

    @property
    def subject(self) -> MonthlyReturn | RollUp:
        found = self.monthly or self.rollup
        assert found
        return found

    @property
    def title(self) -> str:
        return f"更正第{self.number}号" if self.number else "首报"

    @property
    def figures(self) -> dict[str, Any]:
        """As they are written: amounts are text."""
        found: dict[str, Any] = json.loads(self.content)
        return found


class ReturnDispatch(models.Model):
    """报送: a sealed version on its way to the level above. Append-only; a trigger writes the
    server's day and whether it was late, which it stays."""

    version = models.OneToOneField(
        ReturnVersion, models.PROTECT, related_name="dispatch", verbose_name="月报版本"
    )
    to = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name="报送至")
    decision = models.OneToOneField(
        Decision, models.PROTECT, related_name="+", verbose_name="办理记录"
    )
    due_on = models.DateField("应报日期")
    sent_on = models.DateField("报送日期", default=timezone.localdate)
    sent_at = models.DateTimeField("报送时间", default=timezone.now)
    is_late = models.BooleanField("迟报", default=False)

    class Meta:
        verbose_name = "月报报送"
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.version} {self.sent_on}"


class ReturnReceipt(models.Model):
    """接收 or 退回, by the receiving unit alone. Append-only."""

    dispatch = models.OneToOneField(
        ReturnDispatch, models.PROTECT, related_name="receipt", verbose_name="月报报送"
    )
    decision = models.OneToOneField(
        Decision, models.PROTECT, related_name="+", verbose_name="办理记录"
    )
    is_received = models.BooleanField("接收")
    received_at = models.DateTimeField("接收（退回）时间", default=timezone.now)
    opinion = models.TextField("意见", blank=True, validators=[refuse_personal_data])

    class Meta:
        verbose_name = "月报回执"
        constraints = [
            models.CheckConstraint(
                condition=Q(is_received=True) | ~Q(opinion=""), name="return_receipt_says_why"
            )
        ]

    def __str__(self) -> str:
        return f"{self.dispatch} {'接收' if self.is_received else '退回'}"


class CheckWaiver(models.Model):
    """A red check let pass for one version, asked for by one person and agreed to by another;
    it is written on the return."""

    version = models.ForeignKey(
        ReturnVersion, models.PROTECT, related_name="waivers", verbose_name="月报版本"
    )
    code = models.CharField("核对代码", max_length=40)
    reason = models.CharField("放行事由", max_length=300, validators=[refuse_personal_data])
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="申请人")
    asked_at = models.DateTimeField("申请时间", default=timezone.now)
    agreed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="同意人"
    )
    agreed_at = models.DateTimeField("同意时间", null=True, blank=True)

    class Meta:
        verbose_name = "核对放行"
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=("version", "code"), name="check_waiver_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="check_waiver_has_a_reason"),
            models.CheckConstraint(
                condition=Q(agreed_by__isnull=True, agreed_at__isnull=True)
                | Q(agreed_by__isnull=False, agreed_at__isnull=False)
                & ~Q(agreed_by=models.F("asked_by")),
                name="check_waiver_by_a_second_person",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version} {self.code}"


class CheckRule(models.Model):
    """核对规则 as the database knows it: which checks stop a seal, and which may be let pass. Rows
    come with migrations; a test holds them beside the list in `checks.py`."""

    code = models.CharField("核对代码", max_length=40, unique=True)
    is_hint = models.BooleanField("仅提示")
    is_waivable = models.BooleanField("可以放行")

    class Meta:
        verbose_name = "核对规则"
        ordering = ("id",)

    def __str__(self) -> str:
        return self.code


class LedgerDifference(models.Model):
    """A difference between the two 总台账, from the day on which it was first found to the day on
    which it was gone; one that comes back is another row."""

    county = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name="县（市）")
    kind = models.CharField("类别", max_length=12)
    code = models.CharField("项目编号", max_length=40)
    name = models.CharField("项目名称", max_length=120)
    finance = models.CharField("资金总台账", max_length=60)
    department = models.CharField("项目总台账", max_length=60)
    found_on = models.DateField("首次发现")
    last_on = models.DateField("最近核对")
    cleared_on = models.DateField("消除日期", null=True, blank=True)

    class Meta:
        verbose_name = "总台账差异"
        ordering = ("found_on", "code")
        constraints = [
            models.UniqueConstraint(
                fields=("county", "kind", "code"),
                condition=Q(cleared_on__isnull=True),
                name="ledger_difference_open_once",
            ),
            models.CheckConstraint(
                condition=Q(last_on__gte=models.F("found_on")), name="ledger_difference_days"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.county} {self.code} {self.kind}"
