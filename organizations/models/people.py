from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from .dated import covering
from .divisions import Division, under
from .organizations import Organization

PEER = "peer-"  # begins the name of the account of a unit that works in another deployment


class User(AbstractUser):
    """A person. Rights come only from dated posts; who acted is disabled, never deleted."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    real_name = models.CharField("姓名", max_length=40)
    office_phone = models.CharField("办公电话", max_length=20, blank=True)
    must_change_password = models.BooleanField("须修改密码", default=False)
    last_seen_login = models.DateTimeField("上次登录", null=True, blank=True)

    history = HistoricalRecords(excluded_fields=["last_login", "password", "last_seen_login"])

    REQUIRED_FIELDS = ["real_name"]

    class Meta:
        verbose_name = "用户"
        ordering = ("username",)
        constraints = [
            models.CheckConstraint(
                condition=~Q(username__startswith=PEER) | Q(("password__startswith", "!")),
                name="peer_never_logs_in",
                violation_error_message="这是其他系统的单位账号，不能设置密码",
            )
        ]

    def __str__(self) -> str:
        return self.real_name

    @cached_property
    def posts_today(self) -> list[Post]:
        """Posts in force today, own ones before those lent by a delegation; read once for each
        request's user object. A lent post counts while he has one of his own in its division."""
        rows = Post.objects.in_force().held_by(self)
        posts = list(rows.select_related("organization__division", "user"))
        own = {post.organization.division_id for post in posts if post.user_id == self.pk}
        beside = [post for post in posts if post.organization.division_id in own]
        return sorted(beside, key=lambda post: (post.user_id != self.pk, -post.pk))

    def territory(self) -> list[str]:
        """Reporting paths of the divisions that this person's posts of today cover."""
        return sorted({post.division.path for post in self.posts_today})

    def roles(self) -> set[str]:
        return {post.role for post in self.posts_today}


class Role(models.TextChoices):
    VILLAGE_CADRE = "village_cadre", "村“两委”经办"
    WORK_TEAM = "work_team", "驻村工作队"
    TOWNSHIP_CLERK = "township_clerk", "乡镇经办"
    TOWNSHIP_REVIEWER = "township_reviewer", "乡镇审核"
    PROJECT_CLERK = "project_clerk", "项目主管部门经办"
    PROJECT_REVIEWER = "project_reviewer", "项目主管部门审核"
    INDUSTRY_REVIEWER = "industry_reviewer", "行业部门会审"
    GROUP_SECRETARY = "group_secretary", "领导小组办公室"
    GROUP_MEMBER = "group_member", "领导小组成员"
    FINANCE_CLERK = "finance_clerk", "财政记账"
    FINANCE_REVIEWER = "finance_reviewer", "财政合规审查"
    FINANCE_HEAD = "finance_head", "财政局负责人"
    TREASURY_CLERK = "treasury_clerk", "国库支付"
    PREFECTURE_CLERK = "prefecture_clerk", "地（州）级受理"
    REGION_CLERK = "region_clerk", "自治区级受理"
    AUDITOR = "auditor", "审计"
    DISCIPLINE_INSPECTOR = "discipline_inspector", "纪检监察"
    SYSTEM_ADMIN = "system_admin", "系统管理"


class PostQuerySet(models.QuerySet["Post"]):
    def in_force(self) -> PostQuerySet:
        """Accepted posts that cover today, of people who are not disabled."""
        return self.filter(covering(), accepted_at__isnull=False, user__is_active=True)

    def held_by(self, user: User) -> PostQuerySet:
        """The user's own, and those whose holder lets the user act for him today: which counts
        only beside a post of his own, see `posts_today`."""
        delegations: Any = self.model.delegations.rel.related_model._default_manager
        lent = delegations.in_force().filter(delegate=user)
        return self.filter(Q(user=user) | Q(pk__in=lent.values("post")))

    def over(self, division: Division) -> PostQuerySet:
        """Posts whose territory contains the division."""
        return self.filter(organization__division__path__in=division.paths_above())

    def visible_to(self, user: User) -> PostQuerySet:
        return self.filter(under("organization__division__path", user.territory()))


def days_held() -> Func:
    """From the first to the last day of a post, both included."""
    return Func(
        "valid_from",
        "valid_until",
        models.Value("[]"),
        function="daterange",
        output_field=DateRangeField(),
    )


class Post(models.Model):
    """A user holding a role in an organisation from a day to a day (both included).

    Append-only: the database lets a post be accepted once and ended once, nothing else,
    so that 倒查 shows who was responsible on any day.
    """

    user = models.ForeignKey(User, models.PROTECT, related_name="posts", verbose_name="人员")
    role = models.CharField("岗位", max_length=24, choices=Role.choices)
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="posts", verbose_name="单位"
    )
    title = models.CharField("职务", max_length=40)
    valid_from = models.DateField("任职自")
    valid_until = models.DateField("任职至", null=True, blank=True)
    appointment_document = models.CharField("任职文号", max_length=60, blank=True)
    predecessor = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="successors",
        verbose_name="接替",
    )
    accepted_at = models.DateTimeField("接任确认时间", null=True, blank=True)
    end_reason = models.CharField("卸任原因", max_length=80, blank=True)
    is_administration = models.GeneratedField(
        expression=models.Case(
            models.When(role="system_admin", then=1), default=0, output_field=models.IntegerField()
        ),
        output_field=models.IntegerField(),
        db_persist=True,
    )

    objects = PostQuerySet.as_manager()

    class Meta:
        verbose_name = "岗位任职"
        ordering = ("-valid_from", "id")
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("valid_from")),
                name="post_ends_after_it_begins",
            ),
            ExclusionConstraint(
                name="post_held_once_at_a_time",
                expressions=[
                    ("user", RangeOperators.EQUAL),
                    ("role", RangeOperators.EQUAL),
                    ("organization", RangeOperators.EQUAL),
                    (
                        days_held(),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
            # Whoever hands out accounts and posts may not hold one that moves money or votes.
            ExclusionConstraint(
                name="administrator_holds_no_other_post",
                expressions=[
                    ("user", RangeOperators.EQUAL),
                    ("is_administration", RangeOperators.NOT_EQUAL),
                    (
                        days_held(),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization} {self.title} {self.user}"

    @property
    def division(self) -> Division:
        return self.organization.division

    @property
    def is_in_force(self) -> bool:
        """What `in_force` asks of rows, of one whose user is at hand."""
        today = timezone.localdate()
        ended = self.valid_until is not None and self.valid_until < today
        began = self.accepted_at is not None and self.valid_from <= today
        return began and not ended and self.user.is_active
