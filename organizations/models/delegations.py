from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from organizations.personal_data import refuse_personal_data

from .divisions import under
from .people import Post, User, days_held


class DelegationQuerySet(models.QuerySet["Delegation"]):
    def standing(self) -> DelegationQuerySet:
        """Not taken back, and not over: in force today or from a later day on."""
        return self.filter(valid_until__gte=timezone.localdate(), revoked_at__isnull=True)

    def in_force(self) -> DelegationQuerySet:
        return self.standing().filter(valid_from__lte=timezone.localdate())

    def visible_to(self, user: User) -> DelegationQuerySet:
        return self.filter(under("post__organization__division__path", user.territory()))


class Delegation(models.Model):
    """委派: the holder of a post lets a colleague act for him from a day to a day (both included).

    The decision shows “甲代乙”; what either did before in the case counts for the separation of
    duties. Append-only but for being taken back once. A vote, and the handing out of accounts, can
    not be delegated; nor can a post be lent on by whom it was lent to; a step that posts to the
    ledger is taken by the holder himself. It gives rights only while the delegate has a post of
    his own beside the lent one.
    """

    post = models.ForeignKey(
        Post, models.PROTECT, related_name="delegations", verbose_name="委派岗位"
    )
    delegate = models.ForeignKey(
        User, models.PROTECT, related_name="delegations", verbose_name="代办人"
    )
    valid_from = models.DateField("代办自")
    valid_until = models.DateField("代办至")
    reason = models.CharField("事由", max_length=100, validators=[refuse_personal_data])
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")
    made_at = models.DateTimeField("登记时间", default=timezone.now)
    revoked_at = models.DateTimeField("收回时间", null=True, blank=True)
    revoked_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="收回人"
    )

    objects = DelegationQuerySet.as_manager()

    class Meta:
        verbose_name = "委派"
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until__gte=F("valid_from")),
                name="delegation_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_by__isnull=True)
                | Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="delegation_revoked_by_somebody",
            ),
            ExclusionConstraint(
                name="delegation_to_one_at_a_time",
                expressions=[
                    ("post", RangeOperators.EQUAL),
                    (days_held(), RangeOperators.OVERLAPS),
                ],
                condition=Q(revoked_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.delegate} 代 {self.post.user}"

    @property
    def state(self) -> str:
        """In words for a list, as of today."""
        today = timezone.localdate()
        if self.revoked_at:
            return f"{timezone.localtime(self.revoked_at):%Y-%m-%d} 由 {self.revoked_by} 收回"
        if self.valid_until < today:
            return "已到期"
        return "代办中" if self.valid_from <= today else "未开始"

    @property
    def is_standing(self) -> bool:
        return self.revoked_at is None and self.valid_until >= timezone.localdate()
