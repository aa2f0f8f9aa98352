from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from organizations.personal_data import refuse_personal_data

from .people import Post, User, days_held


class DelegationQuerySet(models.QuerySet["Delegation"]):
    def in_force(self) -> DelegationQuerySet:
        today = timezone.localdate()
        return self.filter(valid_from__lte=today, valid_until__gte=today, revoked_at__isnull=True)


class Delegation(models.Model):
    """委派: the holder of a post lets a colleague act for him from a day to a day.

    The decision shows “甲代乙”; what either did before in the case counts for the separation of
    duties. Append-only but for being revoked once. A vote, and the handing out of accounts, can
    not be delegated.
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
    made_at = models.DateTimeField("登记时间", default=timezone.now)
    revoked_at = models.DateTimeField("收回时间", null=True, blank=True)

    objects = DelegationQuerySet.as_manager()

    class Meta:
        verbose_name = "委派"
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until__gte=F("valid_from")),
                name="delegation_ends_after_it_begins",
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
