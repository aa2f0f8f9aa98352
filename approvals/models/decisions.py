from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone

from organizations.models import Division, Post, User
from organizations.models.divisions import under


class Duty(models.TextChoices):
    """What a person does in a case; some pairs may not be done by one person."""

    PROPOSE = "propose", "提出"
    TOWNSHIP_REVIEW = "township_review", "乡镇审核"
    APPRAISE = "appraise", "论证"
    JOINT_REVIEW = "joint_review", "会审"
    DETERMINE = "determine", "审定"
    FEED_BACK = "feed_back", "反馈"
    IMPLEMENT = "implement", "实施"
    PRELIMINARY_ACCEPT = "preliminary_accept", "初验"
    ACCEPT = "accept", "验收"
    VERIFY_SETTLEMENT = "verify_settlement", "决算核定"
    SETTLE = "settle", "核定"
    APPLY = "apply", "申请"
    DEPARTMENT_REVIEW = "department_review", "主管部门审核"
    COMPLIANCE = "compliance", "合规审查"
    RELEASE = "release", "核拨"
    PAY = "pay", "支付"
    REFUND = "refund", "退回登记"
    WITHDRAW_RELEASE = "withdraw_release", "收回核拨"
    REVERSE = "reverse", "冲销"
    CLOSE = "close", "结账"
    REQUEST_REOPENING = "request_reopening", "申请反结账"
    REOPEN = "reopen", "反结账"
    COUNTERSIGN = "countersign", "会签"
    CONVENE = "convene", "会务"
    PRESIDE = "preside", "主持"
    KEEP_LIBRARY = "keep_library", "项目库管理"
    PLAN = "plan", "编制计划"
    FILE = "file", "报备"
    RECEIVE = "receive", "接收"
    INVESTIGATE = "investigate", "调查答复"
    FILL_IN = "fill_in", "填报"
    EXAMINE = "examine", "审核"
    SIGN = "sign", "签发"
    ROLL_UP = "roll_up", "汇总"


class IncompatibleDuties(models.Model):
    """Two duties that one person may not do in one case. Read by a trigger on decisions.

    A control, not a setting: rows come with migrations, the application's role cannot write.
    """

    case_kind = models.CharField("案件类别", max_length=30)
    first = models.CharField("职责一", max_length=30, choices=Duty.choices)
    second = models.CharField("职责二", max_length=30, choices=Duty.choices)

    class Meta:
        verbose_name = "不相容职责"
        constraints = [
            models.UniqueConstraint(
                fields=("case_kind", "first", "second"), name="incompatible_duties_once"
            )
        ]

    def __str__(self) -> str:
        return f"{Duty(self.first).label}×{Duty(self.second).label}"


class DecisionQuerySet(models.QuerySet["Decision"]):
    def about(self, life: str, subject_id: int) -> DecisionQuerySet:
        return self.filter(subject_type=life, subject_id=subject_id)

    def visible_to(self, user: User) -> DecisionQuerySet:
        return self.filter(under("division__path", user.territory()))


class Decision(models.Model):
    """Someone decided: one row for every step in a life, for ever.

    Append-only. A trigger overwrites `at`, `transaction_id`, `by_name`, `by_unit`, `by_title`
    and `for_name` from the server's clock and the tables. It refuses a step that the life does
    not have where the subject stands, a post that is neither the actor's own nor lent to him
    today, and a duty incompatible with what he, or the one he acts for, did in the case.
    """

    subject_type = models.CharField("事项类别", max_length=60)
    subject_id = models.BigIntegerField("事项编号")
    subject_title = models.CharField("事项", max_length=160)
    division = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name="所属区划"
    )
    cases = ArrayField(models.CharField(max_length=60), verbose_name="案件", default=list)
    action = models.CharField("动作", max_length=40)
    action_label = models.CharField("办理", max_length=40)
    duty = models.CharField("职责", max_length=30, choices=Duty.choices)
    from_status = models.CharField("原状态", max_length=30)
    to_status = models.CharField("新状态", max_length=30)
    by = models.ForeignKey(User, models.PROTECT, related_name="decisions", verbose_name="办理人")
    post = models.ForeignKey(
        Post, models.PROTECT, related_name="decisions", verbose_name="所任岗位"
    )
    by_name = models.CharField("姓名", max_length=40)
    by_unit = models.CharField("单位", max_length=80)
    by_title = models.CharField("职务", max_length=40)
    for_name = models.CharField("代", max_length=40, blank=True)
    comment = models.TextField("意见", blank=True)
    opinions = models.JSONField("逐项意见", default=list)
    amount = models.DecimalField(
        "金额（元）", max_digits=18, decimal_places=2, null=True, blank=True
    )
    evidence = ArrayField(models.CharField(max_length=64), verbose_name="佐证", default=list)
    at = models.DateTimeField("时间", default=timezone.now)
    transaction_id = models.BigIntegerField("数据库事务号", default=0)
    key = models.CharField("办理键", max_length=80, null=True, blank=True, unique=True)
    body_digest = models.CharField("内容摘要", max_length=64, blank=True)

    objects = DecisionQuerySet.as_manager()

    class Meta:
        verbose_name = "办理记录"
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__isnull=True) | Q(amount__gte=0),
                name="decision_amount_not_negative",
            ),
        ]
        indexes = [
            models.Index(fields=("subject_type", "subject_id"), name="decision_subject"),
            models.Index(fields=("by", "-id"), name="decision_by"),
            # Without a pending list: every decision looks here before it is written.
            GinIndex(fields=("cases",), name="decision_cases", fastupdate=False),
        ]

    def __str__(self) -> str:
        return f"{self.subject_title} {self.action_label}"

    @property
    def signed_by(self) -> str:
        """“甲代乙” where a delegate acted."""
        return f"{self.by_name}代{self.for_name}" if self.for_name else self.by_name


class CarbonCopy(models.Model):
    """抄送: a decision brought to the notice of someone who has nothing to do about it."""

    decision = models.ForeignKey(Decision, models.PROTECT, related_name="copies")
    user = models.ForeignKey(User, models.PROTECT, related_name="copies")
    read_at = models.DateTimeField("阅读时间", null=True, blank=True)

    class Meta:
        verbose_name = "抄送"
        ordering = ("-id",)
        constraints = [models.UniqueConstraint(fields=("decision", "user"), name="copy_once")]

    def __str__(self) -> str:
        return f"{self.decision} → {self.user}"
