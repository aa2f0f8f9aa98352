from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from organizations.models import Division, User
from organizations.models.divisions import under


class MeetingQuerySet(models.QuerySet["Meeting"]):
    def visible_to(self, user: User) -> MeetingQuerySet:
        return self.filter(under("county__path", user.territory()))


class Meeting(models.Model):
    """A meeting of the county leading group, as recorded in its minutes.

    Money may be allocated only by what such a meeting decided (新扶贫领字〔2018〕76号 二(二)).
    """

    county = models.ForeignKey(
        Division, models.PROTECT, related_name="meetings", verbose_name="县（市）"
    )
    name = models.CharField("会议名称", max_length=80)
    minutes_document = models.CharField("纪要文号", max_length=60)
    held_on = models.DateField("会议日期")
    chair = models.CharField("主持人", max_length=40)
    members_due = models.PositiveSmallIntegerField("应到人数")
    members_present = models.PositiveSmallIntegerField("实到人数")
    agenda = models.TextField("议题")
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="记录人")
    recorded_at = models.DateTimeField("记录时间", default=timezone.now)

    objects = MeetingQuerySet.as_manager()

    class Meta:
        verbose_name = "领导小组会议"
        ordering = ("-held_on", "-id")
        constraints = [
            models.UniqueConstraint(
                fields=("county", "minutes_document"), name="meeting_minutes_document_once"
            ),
            models.CheckConstraint(
                condition=Q(members_present__lte=F("members_due"), members_present__gte=1),
                name="meeting_present_within_due",
            ),
            # The quorum is a parameter of the form; a simple majority is the floor.
            models.CheckConstraint(
                condition=Q(members_due__lt=2 * F("members_present")), name="meeting_has_majority"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}（{self.minutes_document}）"
