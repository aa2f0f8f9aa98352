"""九方面支出不得使用 (新扶贫领字〔2018〕76号 一): the rules as dated data, the words found in a
text, what a second person said of them, and what the leading group let pass."""

from __future__ import annotations

import datetime as dt

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from approvals.models import Decision, Meeting, Subject
from organizations.models import Division, Parameter, Post, User
from organizations.models.dated import DatedQuerySet
from organizations.models.divisions import under
from organizations.personal_data import refuse_personal_data

from .projects import Project


class NegativeRuleQuerySet(DatedQuerySet["NegativeRule"]):
    def of(self, regime: str, on: dt.date) -> NegativeRuleQuerySet:
        """The latest wording of each rule of the regime on a day."""
        that_day = self.in_force(on).filter(regime=regime)
        return that_day.order_by("code", "-valid_from").distinct("code")


class NegativeRule(models.Model):
    """What the money may not be used for, as one regime words it. Append-only: a new wording is
    a new row of a later day; which regime counts is the parameter `negative.regime`."""

    code = models.CharField("代码", max_length=10)
    regime = models.CharField("制度时期", max_length=20)
    text = models.CharField("不得用于", max_length=120)
    clause = models.CharField("依据", max_length=100, blank=True)
    source = models.CharField("来源", max_length=1, choices=Parameter.Source.choices)
    keywords = ArrayField(models.CharField(max_length=20), verbose_name="提示词", default=list)
    valid_from = models.DateField("生效日期")
    valid_until = models.DateField("失效日期", null=True, blank=True)

    objects = NegativeRuleQuerySet.as_manager()

    class Meta:
        verbose_name = "负面清单条目"
        ordering = ("code",)
        constraints = [
            models.UniqueConstraint(
                fields=("code", "regime", "valid_from"), name="negative_rule_once"
            )
        ]

    def __str__(self) -> str:
        return self.text


class NegativeHitQuerySet(models.QuerySet["NegativeHit"]):
    def visible_to(self, user: User) -> NegativeHitQuerySet:
        return self.filter(under("division__path", user.territory()))

    def with_answers(self) -> NegativeHitQuerySet:
        """With all that a page and a policy read of each."""
        return self.select_related(
            "rule", "division__parent", "decision__post", "review__by", "review__post__organization"
        )

    def about(self, subject: Subject) -> NegativeHitQuerySet:
        return self.filter(subject_type=subject.life(), subject_id=subject.pk)

    def standing(self) -> NegativeHitQuerySet:
        """Those whose subject has not moved on, forward or back, since they were found."""
        moved = Decision.objects.filter(
            subject_type=OuterRef("subject_type"),
            subject_id=OuterRef("subject_id"),
            id__gt=OuterRef("decision_id"),
        ).exclude(from_status=F("to_status"))
        return self.exclude(Exists(moved))


class NegativeHit(models.Model):
    """Words of a rule that stand in the text somebody answered “不涉及” about. Append-only."""

    subject_type = models.CharField("事项类别", max_length=60)
    subject_id = models.BigIntegerField("事项编号")
    subject_title = models.CharField("事项", max_length=160)
    division = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name="区划")
    stage = models.CharField("核查环节", max_length=40)
    rule = models.ForeignKey(
        NegativeRule, models.PROTECT, related_name="hits", verbose_name="负面清单条目"
    )
    words = ArrayField(models.CharField(max_length=20), verbose_name="命中词")
    places = ArrayField(models.CharField(max_length=40), verbose_name="所在栏目")
    decision = models.ForeignKey(
        Decision, models.PROTECT, related_name="negative_hits", verbose_name="首次核查"
    )

    objects = NegativeHitQuerySet.as_manager()

    class Meta:
        verbose_name = "负面清单命中"
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(fields=("decision", "rule"), name="negative_hit_once"),
            models.CheckConstraint(condition=Q(words__len__gt=0), name="negative_hit_has_words"),
        ]
        indexes = [models.Index(fields=("subject_type", "subject_id"), name="negative_hit_subject")]

    def __str__(self) -> str:
        return f"{self.subject_title}：{self.rule}"

    def get_absolute_url(self) -> str:
        return f"/negative/{self.pk}/"


class NegativeReview(models.Model):
    """复核: a second person's word on a hit. A trigger asks that he holds the post today and is
    neither who answered first nor acts for him. Append-only, once for each hit."""

    class Conclusion(models.TextChoices):
        NOT_INVOLVED = "not_involved", "不涉及"
        INVOLVED = "involved", "涉及"

    hit = models.OneToOneField(
        NegativeHit, models.PROTECT, related_name="review", verbose_name="命中"
    )
    conclusion = models.CharField("复核结论", max_length=12, choices=Conclusion.choices)
    note = models.CharField("复核说明", max_length=500, validators=[refuse_personal_data])
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="复核人")
    post = models.ForeignKey(Post, models.PROTECT, related_name="+", verbose_name="所任岗位")
    at = models.DateTimeField("时间", default=timezone.now)

    class Meta:
        verbose_name = "负面清单复核"
        constraints = [
            models.CheckConstraint(condition=~Q(note=""), name="negative_review_has_words")
        ]

    def __str__(self) -> str:
        return f"{self.hit} {self.get_conclusion_display()}"


class NegativeWaiverQuerySet(models.QuerySet["NegativeWaiver"]):
    def visible_to(self, user: User) -> NegativeWaiverQuerySet:
        return self.filter(under("division__path", user.territory()))

    def in_force(self, on: dt.date | None = None) -> NegativeWaiverQuerySet:
        """Authorised, published, and neither too early nor expired."""
        day = on or timezone.localdate()
        return self.filter(
            status=NegativeWaiver.Status.PUBLISHED,
            published_on__lte=day,
            valid_from__lte=day,
            valid_until__gte=day,
        )


class NegativeWaiver(Subject):
    """豁免: the leading group lets one rule pass for one project, for a time, in public."""

    class Status(models.TextChoices):
        DRAFT = "draft", "拟请豁免"
        DETERMINATION = "determination", "领导小组审定"
        APPROVED = "approved", "已批准，待公告"
        PUBLISHED = "published", "已公告"
        REJECTED = "rejected", "不予豁免"
        CANCELLED = "cancelled", "作废"

    project = models.ForeignKey(
        Project, models.PROTECT, related_name="waivers", verbose_name="项目"
    )
    division = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name="项目所在区划"
    )
    status = models.CharField("状态", max_length=30, choices=Status.choices, default=Status.DRAFT)
    rule = models.ForeignKey(
        NegativeRule, models.PROTECT, related_name="waivers", verbose_name="豁免条目"
    )
    reason = models.TextField("豁免理由", validators=[refuse_personal_data])
    valid_from = models.DateField("起始日期")
    valid_until = models.DateField("截止日期")
    meeting = models.ForeignKey(
        Meeting, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="审定会议"
    )
    notice_number = models.CharField("公告文号", max_length=60, blank=True)
    published_on = models.DateField("公告日期", null=True, blank=True)
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="提请人")
    proposed_at = models.DateTimeField("提请时间", default=timezone.now)

    author_field = "proposed_by"
    title_fields = ("project__name",)
    read_with = ("division__parent", "project", "rule")
    locked_with = ("division", "project", "rule")

    objects = NegativeWaiverQuerySet.as_manager()

    class Meta:
        verbose_name = "负面清单豁免"
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until__gte=F("valid_from")), name="waiver_ends_after_it_starts"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="waiver_has_a_reason"),
            models.CheckConstraint(
                condition=~Q(status="published")
                | ~Q(notice_number="") & Q(published_on__isnull=False, meeting__isnull=False),
                name="waiver_published_with_its_notice",
            ),
            models.UniqueConstraint(
                fields=("project", "rule"),
                condition=Q(status__in=("draft", "determination", "approved")),
                name="waiver_asked_for_once",
                violation_error_message="该项目这一条的豁免正在办理，没有重复提请",
            ),
        ]
        indexes = [models.Index(fields=("project", "status"), name="waiver_project_status")]

    def __str__(self) -> str:
        return f"豁免 {self.project.name}：{self.rule}"

    def get_absolute_url(self) -> str:
        return f"/waivers/{self.pk}/"

    def case_keys(self) -> list[str]:
        return [f"waiver:{self.pk}"]

    @property
    def is_in_force(self) -> bool:
        """As `in_force` says of many."""
        today = timezone.localdate()
        if self.status != self.Status.PUBLISHED or self.published_on is None:
            return False
        return self.published_on <= today and self.valid_from <= today <= self.valid_until
