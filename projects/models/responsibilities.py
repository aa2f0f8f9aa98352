from __future__ import annotations

import datetime as dt

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from approvals.models import Decision
from organizations.models import Post, User
from organizations.models.dated import covering, not_over
from organizations.models.divisions import under
from organizations.personal_data import refuse_personal_data

from .projects import Project


class MajorRating(models.Model):
    """重大项目: whether what stands approved reaches the threshold of that day. One row for each
    decision that gave money; a project that was major once is major for life."""

    project = models.ForeignKey(
        Project, models.PROTECT, related_name="major_ratings", verbose_name="项目"
    )
    decision = models.OneToOneField(
        Decision, models.PROTECT, related_name="+", verbose_name="办理记录"
    )
    amount = models.DecimalField("批准金额（元）", max_digits=18, decimal_places=2)
    threshold = models.DecimalField("重大项目起点（元）", max_digits=18, decimal_places=2)
    is_major = models.BooleanField("重大项目")

    class Meta:
        verbose_name = "重大项目认定"
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(
                condition=Q(is_major=True, amount__gte=F("threshold"))
                | Q(is_major=False, amount__lt=F("threshold")),
                name="major_rating_follows_threshold",
            )
        ]

    def __str__(self) -> str:
        return f"{self.project} {self.amount}"


class ResponsibilityQuerySet(models.QuerySet["Responsibility"]):
    def visible_to(self, user: User) -> ResponsibilityQuerySet:
        return self.filter(under("project__division__path", user.territory()))

    def in_force(self, day: dt.date | None = None) -> ResponsibilityQuerySet:
        """By their days; whether the hand-over was accepted does not matter."""
        return self.filter(covering(day))

    def answering(self, day: dt.date | None = None) -> ResponsibilityQuerySet:
        """Those in force, and those whose successor had not accepted by the end of the day."""
        on = day or timezone.localdate()
        unaccepted = Q(successor__accepted_at__isnull=True) | Q(successor__accepted_at__date__gt=on)
        still = Q(successor__valid_until__isnull=True) | Q(successor__valid_until__gte=on)
        handing_over = (
            unaccepted & still & Q(successor__person__isnull=False, successor__valid_from__lte=on)
        )
        return self.filter(not_over(on) | handing_over, valid_from__lte=on)

    def to_be_accepted_by(self, user: User) -> ResponsibilityQuerySet:
        return self.filter(person=user, accepted_at__isnull=True, valid_until__isnull=True)


def chain() -> models.Func:
    """Where there may be several at a time they are told apart by their units. A function, as the
    constraint takes no bare CASE."""
    single = models.When(
        duty__in=("LEAD_CHIEF", "PROJ_LEADER", "FIN_REVIEWER"), then=models.Value("")
    )
    return Coalesce(
        models.Case(single, default=F("unit"), output_field=models.CharField()), models.Value("")
    )


class Responsibility(models.Model):
    """责任实名: a person answers for a project in one duty, from a day to a day (both included).

    Append-only: the database lets it be ended once and accepted once, nothing else. Name, unit
    and title are those of the day on which it was written down; `person` is who has an account.
    """

    class Duty(models.TextChoices):
        LEAD_CHIEF = "LEAD_CHIEF", "单位主要领导"
        PROJ_LEADER = "PROJ_LEADER", "项目责任领导"
        PROJ_OWNER = "PROJ_OWNER", "项目责任人"
        FIN_REVIEWER = "FIN_REVIEWER", "财政合规审查人"
        DEPT_SUPERVISOR = "DEPT_SUPERVISOR", "主管部门监管责任人"
        TOWN_OWNER = "TOWN_OWNER", "乡镇责任人"
        VILLAGE_OWNER = "VILLAGE_OWNER", "村责任人"
        ASSET_KEEPER = "ASSET_KEEPER", "资产管护责任人"

    project = models.ForeignKey(
        Project, models.PROTECT, related_name="responsibilities", verbose_name="项目"
    )
    duty = models.CharField("责任", max_length=20, choices=Duty.choices)
    person = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="responsibilities",
        verbose_name="系统内人员",
    )
    name = models.CharField("姓名", max_length=40, validators=[refuse_personal_data])
    # Empty only where the proposal named a leader without his unit.
    unit = models.CharField("单位", max_length=80, blank=True, validators=[refuse_personal_data])
    title = models.CharField("职务", max_length=40, validators=[refuse_personal_data])
    office_phone = models.CharField(
        "办公电话", max_length=20, blank=True, validators=[refuse_personal_data]
    )
    valid_from = models.DateField("自")
    valid_until = models.DateField("至", null=True, blank=True)
    reason = models.CharField("确定（变更）原因", max_length=100, validators=[refuse_personal_data])
    predecessor = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="successor",
        verbose_name="前任",
    )
    accepted_at = models.DateTimeField("接受交接时间", null=True, blank=True)
    # By whom it was written down: with a post over the project, or with the decision on it.
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")
    recorded_as = models.ForeignKey(
        Post, models.PROTECT, related_name="+", verbose_name="登记人岗位"
    )
    decision = models.ForeignKey(
        Decision,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="办理记录",
    )
    recorded_at = models.DateTimeField("登记时间", default=timezone.now)
    objects = ResponsibilityQuerySet.as_manager()

    class Meta:
        verbose_name = "责任实名"
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="responsibility_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(title="") & ~Q(reason=""),
                name="responsibility_by_real_name",
            ),
            models.CheckConstraint(
                condition=~Q(unit="") | Q(duty="PROJ_LEADER", decision__isnull=False),
                name="responsibility_of_a_unit",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | Q(person__isnull=False),
                name="responsibility_accepted_by_somebody",
            ),
            ExclusionConstraint(
                name="responsibility_held_by_one_at_a_time",
                expressions=[
                    ("project", RangeOperators.EQUAL),
                    ("duty", RangeOperators.EQUAL),
                    (chain(), RangeOperators.EQUAL),
                    (
                        Func(
                            "valid_from",
                            "valid_until",
                            models.Value("[]"),
                            function="daterange",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                violation_error_message="这项责任在这段时间已有人承担，请办理交接",
            ),
        ]
        indexes = [models.Index(fields=("name", "unit"), name="responsibility_by_name")]

    def __str__(self) -> str:
        return f"{self.get_duty_display()} {self.name}"

    @property
    def awaits_acceptance(self) -> bool:
        """He has an account and has not said yes; until then his predecessor answers as well."""
        return self.person_id is not None and self.accepted_at is None
