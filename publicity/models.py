from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from organizations.models import Parameter, User
from organizations.models.divisions import under
from organizations.personal_data import refuse_personal_data
from projects.models import Project


class NoticeQuerySet(models.QuerySet["Notice"]):
    def visible_to(self, user: User) -> NoticeQuerySet:
        return self.filter(under("project__division__path", user.territory()))


class Notice(models.Model):
    """A notice posted in the village, as a recorded fact: where, from when, what came of it.

    Append-only but for its end, which is recorded once, when it is taken down.
    """

    class Round(models.IntegerChoices):
        PROPOSAL = 1, "村级申报项目公示（一上）"
        REVISION = 2, "修改完善后公示（二上）"

    project = models.ForeignKey(
        Project, models.PROTECT, related_name="notices", verbose_name="项目"
    )
    round = models.PositiveSmallIntegerField("公示类型", choices=Round.choices)
    posted_on = models.DateField("张贴日期")
    place = models.CharField("张贴地点", max_length=120)
    posted_by_unit = models.CharField("张贴单位", max_length=80)
    hotline = models.CharField("监督举报电话", max_length=40)
    taken_down_on = models.DateField("撤下日期", null=True, blank=True)
    objections = models.PositiveIntegerField("收到异议（件）", null=True, blank=True)
    outcome = models.TextField("异议处理情况", blank=True, validators=[refuse_personal_data])
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")
    recorded_at = models.DateTimeField("登记时间", default=timezone.now)
    ended_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="办结登记人"
    )

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = "公示"
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    taken_down_on__isnull=True, objections__isnull=True, ended_by__isnull=True
                )
                | Q(
                    taken_down_on__gt=F("posted_on"),
                    objections__isnull=False,
                    ended_by__isnull=False,
                ),
                name="notice_end_is_complete",
            ),
            models.CheckConstraint(
                condition=Q(objections__isnull=True) | Q(objections=0) | ~Q(outcome=""),
                name="notice_objections_answered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project} {self.get_round_display()}"

    @property
    def may_end_on(self) -> dt.date:
        """The first day on which it may come down; the day of posting does not count."""
        days = Parameter.objects.number("notice.min_days", self.posted_on)
        return self.posted_on + dt.timedelta(days=days + 1)
