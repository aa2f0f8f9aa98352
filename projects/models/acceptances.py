"""What a finished project is measured by: 完工, 初验 and 验收, 整改, 决算审定.

Plain facts of the steps, append-only; a step that is taken again adds a row, earlier ones stay.
"""

from __future__ import annotations

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from organizations.models import Post
from organizations.personal_data import refuse_personal_data

from .steps import StepRecord


class Completion(StepRecord):
    started_on = models.DateField("开工日期")
    completed_on = models.DateField("完工日期")
    contractor = models.CharField("承建（供货）单位", max_length=80)
    contract_number = models.CharField("合同编号", max_length=60)
    contract_price = models.DecimalField("合同价（元）", max_digits=18, decimal_places=2)

    class Meta(StepRecord.Meta):
        verbose_name = "完工情况"
        constraints = [
            models.CheckConstraint(
                condition=Q(completed_on__gte=F("started_on")), name="completion_after_start"
            ),
            models.CheckConstraint(
                condition=Q(contract_price__gt=0), name="completion_price_positive"
            ),
        ]


class AcceptanceQuerySet(models.QuerySet["Acceptance"]):
    def passed(self, stage: str) -> AcceptanceQuerySet:
        return self.filter(stage=stage).exclude(conclusion=Acceptance.Conclusion.RECTIFY)


class Acceptance(StepRecord):
    """One inspection: 初验 by the township, then 验收 by the county, each numbered by itself.
    `due_on` is until when its items are to be put right."""

    class Stage(models.TextChoices):
        PRELIMINARY = "preliminary", "初验"
        FINAL = "final", "验收"

    class Conclusion(models.TextChoices):
        QUALIFIED = "qualified", "合格"
        RECTIFIED = "rectified", "整改后合格"
        RECTIFY = "rectify", "整改"

    stage = models.CharField("阶段", max_length=12, choices=Stage.choices, default=Stage.FINAL)
    number = models.PositiveSmallIntegerField("第几次", default=1)
    accepted_on = models.DateField("验收日期")
    lead_unit = models.CharField("牵头单位", max_length=80)
    conclusion = models.CharField("验收结论", max_length=10, choices=Conclusion.choices)
    quality = models.TextField("质量与资料核对情况", validators=[refuse_personal_data])
    due_on = models.DateField("整改期限", null=True, blank=True)
    report_file = models.CharField("验收报告", max_length=64, blank=True)
    photos = ArrayField(models.CharField(max_length=64), verbose_name="验收照片", default=list)

    objects = AcceptanceQuerySet.as_manager()

    class Meta(StepRecord.Meta):
        verbose_name = "竣工验收"
        constraints = [
            models.UniqueConstraint(
                fields=("project", "stage", "number"), name="acceptance_number_once"
            ),
            models.CheckConstraint(
                condition=Q(conclusion="rectify", due_on__gte=F("accepted_on"))
                | (~Q(conclusion="rectify") & Q(due_on__isnull=True)),
                name="acceptance_due_day_with_rectification",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project} {self.title}"

    @property
    def title(self) -> str:
        return f"第{self.number}次{self.get_stage_display()}"


class AcceptanceMember(models.Model):
    """验收组成员: somebody in a post, or somebody told by unit and title alone. A trigger writes
    name, unit and title of that day for a post, and refuses whoever implements the project."""

    acceptance = models.ForeignKey(
        Acceptance, models.PROTECT, related_name="members", verbose_name="验收"
    )
    position = models.PositiveSmallIntegerField("序号")
    post = models.ForeignKey(
        Post, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="岗位"
    )
    name = models.CharField("姓名", max_length=40, blank=True)
    unit = models.CharField("单位", max_length=80)
    title = models.CharField("职务", max_length=40)

    class Meta:
        verbose_name = "验收组成员"
        ordering = ("position",)
        constraints = [
            models.UniqueConstraint(
                fields=("acceptance", "position"), name="acceptance_member_position_once"
            ),
            models.UniqueConstraint(
                fields=("acceptance", "name", "unit", "title"), name="acceptance_member_once"
            ),
            models.CheckConstraint(
                condition=Q(post__isnull=False) | (Q(name="") & ~Q(unit="") & ~Q(title="")),
                name="acceptance_member_told",
            ),
        ]

    def __str__(self) -> str:
        return " ".join(word for word in (self.unit, self.title, self.name) if word)


class AcceptanceLine(models.Model):
    """A line of the bill of quantities as it stood then: planned against done."""

    acceptance = models.ForeignKey(
        Acceptance, models.PROTECT, related_name="lines", verbose_name="验收"
    )
    position = models.PositiveSmallIntegerField("序号")
    name = models.CharField("工程内容", max_length=80)
    unit = models.CharField("单位", max_length=20)
    planned = models.DecimalField("计划数量", max_digits=14, decimal_places=3)
    done = models.DecimalField("完成数量", max_digits=14, decimal_places=3)
    reason = models.CharField(
        "差异原因", max_length=200, blank=True, validators=[refuse_personal_data]
    )

    class Meta:
        verbose_name = "工程量核对"
        ordering = ("position",)
        constraints = [
            models.UniqueConstraint(fields=("acceptance", "position"), name="acceptance_line_once"),
            models.CheckConstraint(condition=Q(done__gte=0), name="acceptance_line_not_negative"),
            models.CheckConstraint(
                condition=Q(done=F("planned")) | ~Q(reason=""), name="acceptance_line_says_why"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def difference(self) -> Decimal:
        return self.done - self.planned


class RectificationItem(models.Model):
    """One thing that an inspection asks to be put right."""

    acceptance = models.ForeignKey(
        Acceptance, models.PROTECT, related_name="items", verbose_name="验收"
    )
    position = models.PositiveSmallIntegerField("序号")
    text = models.CharField("整改事项", max_length=500, validators=[refuse_personal_data])

    class Meta:
        verbose_name = "整改事项"
        ordering = ("position",)
        constraints = [
            models.UniqueConstraint(
                fields=("acceptance", "position"), name="rectification_item_once"
            ),
            models.CheckConstraint(condition=~Q(text=""), name="rectification_item_has_words"),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.text}"


class Rectification(StepRecord):
    """整改完成情况: the answer to what one inspection asked for."""

    acceptance = models.OneToOneField(
        Acceptance, models.PROTECT, related_name="rectification", verbose_name="验收"
    )
    finished_on = models.DateField("整改完成日期")

    class Meta(StepRecord.Meta):
        verbose_name = "整改情况"


class RectificationAnswer(models.Model):
    """What was done about one item, with photos that show it."""

    rectification = models.ForeignKey(
        Rectification, models.PROTECT, related_name="answers", verbose_name="整改情况"
    )
    item = models.OneToOneField(
        RectificationItem, models.PROTECT, related_name="answer", verbose_name="整改事项"
    )
    text = models.CharField("整改情况", max_length=500, validators=[refuse_personal_data])
    photos = ArrayField(models.CharField(max_length=64), verbose_name="整改照片")

    class Meta:
        verbose_name = "逐条整改情况"
        ordering = ("item__position",)
        constraints = [
            models.CheckConstraint(
                condition=~Q(text="") & Q(photos__len__gte=1), name="rectification_answer_shows"
            )
        ]

    def __str__(self) -> str:
        return f"{self.item} {self.text}"


class SettlementAudit(StepRecord):
    """主管部门核定: the audited final amount and the report that it stands in. `allocated` and
    `paid` are what the ledger said then."""

    audit_unit = models.CharField("审计机构", max_length=80)
    report_number = models.CharField("审计报告文号", max_length=60)
    audited_on = models.DateField("审定日期")
    audited_amount = models.DecimalField("决算审定额（元）", max_digits=18, decimal_places=2)
    allocated = models.DecimalField("已分配（元）", max_digits=18, decimal_places=2)
    paid = models.DecimalField("已支付（元）", max_digits=18, decimal_places=2)
    report_file = models.CharField("审计报告", max_length=64)

    class Meta(StepRecord.Meta):
        verbose_name = "决算核定"
        constraints = [
            models.CheckConstraint(
                condition=Q(audited_amount__gte=0, audited_amount__lte=F("allocated")),
                name="settlement_audit_within_allocated",
            ),
            models.CheckConstraint(
                condition=~Q(report_file="") & ~Q(audit_unit="") & ~Q(report_number=""),
                name="settlement_audit_names_report",
            ),
        ]

    @property
    def surplus(self) -> Decimal:
        return self.allocated - self.audited_amount


class Settlement(StepRecord):
    """决算审定 as finance signed it: what was allocated above the audited amount goes back to
    the pool. `audit` is the department's signature before it."""

    audit = models.OneToOneField(
        SettlementAudit,
        models.PROTECT,
        null=True,
        related_name="settlement",
        verbose_name="决算核定",
    )
    audited_on = models.DateField("审定日期")
    report_number = models.CharField("审计报告文号", max_length=60)
    audited_amount = models.DecimalField("决算审定额（元）", max_digits=18, decimal_places=2)
    surplus = models.DecimalField("结余（元）", max_digits=18, decimal_places=2)

    class Meta(StepRecord.Meta):
        verbose_name = "结算审定"
        constraints = [
            models.CheckConstraint(
                condition=Q(audited_amount__gte=0, surplus__gte=0), name="settlement_not_negative"
            )
        ]
