from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from organizations.models import Division, Post, User
from organizations.models.divisions import under
from organizations.personal_data import refuse_personal_data

from .decisions import Decision
from .subjects import Subject


class MeetingQuerySet(models.QuerySet["Meeting"]):
    def visible_to(self, user: User) -> MeetingQuerySet:
        return self.filter(under("division__path", user.territory()))


class Meeting(Subject):
    """A meeting of the county leading group: agenda, roster, votes, and what its chair closed.

    Money may be allocated only by what such a meeting decided (新扶贫领字〔2018〕76号 二(二)).
    The counts, the chair's name and the number of the minutes are written when it closes.
    """

    class Status(models.TextChoices):
        PREPARING = "preparing", "拟定议程"
        OPEN = "open", "会议进行"
        CLOSED = "closed", "已闭会"
        CANCELLED = "cancelled", "已取消"

    division = models.ForeignKey(
        Division, models.PROTECT, related_name="meetings", verbose_name="县（市）"
    )
    status = models.CharField(
        "状态", max_length=30, choices=Status.choices, default=Status.PREPARING
    )
    name = models.CharField("会议名称", max_length=80)
    held_on = models.DateField("会议日期")
    place = models.CharField("会议地点", max_length=80, blank=True)
    agenda = models.TextField("议程说明", blank=True, validators=[refuse_personal_data])
    minutes_document = models.CharField("纪要文号", max_length=60, blank=True)
    chair = models.CharField("主持人", max_length=40, blank=True)
    members_due = models.PositiveSmallIntegerField("应到人数", null=True, blank=True)
    members_present = models.PositiveSmallIntegerField("实到人数", null=True, blank=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="会务人")
    recorded_at = models.DateTimeField("登记时间", default=timezone.now)

    author_field = "recorded_by"
    title_fields = ("name",)
    read_with = ("division__parent",)

    objects = MeetingQuerySet.as_manager()

    class Meta:
        verbose_name = "领导小组会议"
        ordering = ("-held_on", "-id")
        constraints = [
            models.UniqueConstraint(
                fields=("division", "minutes_document"),
                condition=~Q(minutes_document=""),
                name="meeting_minutes_document_once",
                violation_error_message="本县已有同号会议纪要",
            ),
            models.CheckConstraint(
                condition=Q(members_present__lte=F("members_due"), members_present__gte=1)
                | Q(members_present__isnull=True),
                name="meeting_present_within_due",
            ),
            # The quorum is a parameter; a simple majority is the floor.
            models.CheckConstraint(
                condition=Q(members_due__lt=2 * F("members_present"))
                | Q(members_present__isnull=True),
                name="meeting_has_majority",
            ),
            models.CheckConstraint(
                condition=~Q(status="closed")
                | Q(members_present__isnull=False, members_due__isnull=False)
                & ~Q(minutes_document="")
                & ~Q(chair=""),
                name="meeting_closed_with_minutes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}（{self.minutes_document}）" if self.minutes_document else self.name

    def get_absolute_url(self) -> str:
        return f"/meetings/{self.pk}/"


class MeetingMember(models.Model):
    """应到人员: a seat of the leading group in this meeting. Present once checked in."""

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="members")
    post = models.ForeignKey(Post, models.PROTECT, related_name="+", verbose_name="岗位")
    is_chair = models.BooleanField("主持人", default=False)
    checked_in_at = models.DateTimeField("签到时间", null=True, blank=True)
    checked_in_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="签到登记人"
    )

    class Meta:
        verbose_name = "参会成员"
        ordering = ("-is_chair", "id")
        constraints = [
            models.UniqueConstraint(fields=("meeting", "post"), name="meeting_member_once"),
            models.UniqueConstraint(
                fields=("meeting",), condition=Q(is_chair=True), name="meeting_one_chair"
            ),
            models.CheckConstraint(
                condition=Q(checked_in_at__isnull=True, checked_in_by__isnull=True)
                | Q(checked_in_at__isnull=False, checked_in_by__isnull=False),
                name="meeting_member_check_in_complete",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.post.user} {self.post.title}"

    @property
    def is_present(self) -> bool:
        return self.checked_in_at is not None


class AgendaItem(models.Model):
    """议题: one subject before the meeting. `digest` is the SHA-256 of what the members see (its
    latest AgendaVersion); a vote counts only for the digest that it was cast on. The outcome comes
    when the meeting closes."""

    class Outcome(models.TextChoices):
        AGREED = "agreed", "同意"
        AMENDED = "amended", "修改后同意"
        DEFERRED = "deferred", "暂缓"
        REJECTED = "rejected", "不同意"

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="items")
    position = models.PositiveSmallIntegerField("序号")
    subject_type = models.CharField("事项类别", max_length=60)
    subject_id = models.BigIntegerField("事项编号")
    title = models.CharField("议题", max_length=160)
    digest = models.CharField("议题内容摘要", max_length=64)
    is_amended = models.BooleanField("会上修改", default=False)
    amendment = models.CharField(
        "修改内容", max_length=300, blank=True, validators=[refuse_personal_data]
    )
    is_removed = models.BooleanField("撤出议程", default=False)
    removal_reason = models.CharField(
        "撤出事由", max_length=200, blank=True, validators=[refuse_personal_data]
    )
    reply_document = models.CharField("批复文号", max_length=60, blank=True)
    outcome = models.CharField("决议", max_length=10, choices=Outcome.choices, blank=True)
    decision = models.OneToOneField(
        Decision, models.PROTECT, null=True, blank=True, related_name="agenda_item"
    )

    class Meta:
        verbose_name = "议题"
        ordering = ("position", "id")
        constraints = [
            models.UniqueConstraint(
                fields=("meeting", "subject_type", "subject_id"), name="agenda_item_once"
            ),
            models.UniqueConstraint(
                fields=("subject_type", "subject_id"),
                condition=Q(outcome="", is_removed=False),
                name="agenda_item_before_one_meeting",
                violation_error_message="该事项已列入另一次尚未闭会的会议议程",
            ),
            models.CheckConstraint(
                condition=Q(outcome="", decision__isnull=True)
                | ~Q(outcome="") & Q(decision__isnull=False),
                name="agenda_item_outcome_by_decision",
            ),
            models.CheckConstraint(
                condition=Q(digest__regex=r"^[0-9a-f]{64}$"), name="agenda_item_digest_hex"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.title}"


class AgendaVersion(models.Model):
    """What the members of a meeting see of an item, word for word: `digest` is the SHA-256 of
    `text`, so that anybody can say for ever what a vote was cast on. Append-only."""

    item = models.ForeignKey(AgendaItem, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField("版次")
    text = models.TextField("内容")
    digest = models.CharField("内容摘要", max_length=64)
    made_at = models.DateTimeField("时间", default=timezone.now)

    class Meta:
        verbose_name = "议题版本"
        ordering = ("number",)
        constraints = [
            models.UniqueConstraint(fields=("item", "number"), name="agenda_version_number_once"),
            models.UniqueConstraint(fields=("item", "digest"), name="agenda_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.item} 第{self.number}版"


class Recusal(models.Model):
    """回避: the member takes no part in this item. Append-only."""

    item = models.ForeignKey(AgendaItem, models.PROTECT, related_name="recusals")
    member = models.ForeignKey(MeetingMember, models.PROTECT, related_name="recusals")
    reason = models.CharField("回避事由", max_length=200, validators=[refuse_personal_data])
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")
    at = models.DateTimeField("时间", default=timezone.now)

    class Meta:
        verbose_name = "回避"
        constraints = [
            models.UniqueConstraint(fields=("item", "member"), name="recusal_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="recusal_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.member} 回避 {self.item}"


class Vote(models.Model):
    """表决: one member's vote on one version of an item. It rests on a decision about the
    subject, so that voting is a duty in its case; the decision does not say what the vote was,
    because others learn that only when the meeting closes. Append-only."""

    class Choice(models.TextChoices):
        AGREE = "agree", "同意"
        DEFER = "defer", "暂缓"
        REJECT = "reject", "不同意"

    item = models.ForeignKey(AgendaItem, models.PROTECT, related_name="votes")
    member = models.ForeignKey(MeetingMember, models.PROTECT, related_name="votes")
    choice = models.CharField("表决", max_length=10, choices=Choice.choices)
    comment = models.CharField(
        "意见", max_length=200, blank=True, validators=[refuse_personal_data]
    )
    digest = models.CharField("议题内容摘要", max_length=64)
    decision = models.OneToOneField(Decision, models.PROTECT, related_name="vote")

    class Meta:
        verbose_name = "表决"
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=("item", "member", "digest"), name="vote_once")
        ]

    def __str__(self) -> str:
        return f"{self.member} {self.get_choice_display()}"
