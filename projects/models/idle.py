"""Money that lies still, as a view of the ledger."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from funds.models import Account, Allotment, Voucher
from organizations.models import Division, User
from organizations.models.divisions import Level

from .projects import Project


class IdleLayerQuerySet(models.QuerySet["IdleLayer"]):
    def visible_to(self, user: User) -> IdleLayerQuerySet:
        """By ids of counties and divisions, which the view's window lets through; a join on
        paths would count the whole ledger first."""
        own = [post.division for post in user.posts_today]
        small = [d.path for d in own if d.level in (Level.TOWNSHIP, Level.VILLAGE)]
        counties = Division.objects.visible_to(user).filter(level=Level.COUNTY)
        seen = Q(county__in=list(counties.values_list("pk", flat=True)))
        if small:
            divisions = Division.objects.within(small).values_list("pk", flat=True)
            seen |= Q(division__in=list(divisions))
        return self.filter(seen)


class IdleLayer(models.Model):
    """What is left of one sum that came into one account, first in first out.

    In an account the oldest money leaves first, so what stands is the newest that came in: of the
    sum that came i-th, `amount` = min(sum_i, balance − Σ of those that came after it), where that
    is above zero. What came in counts from the day of its voucher: into the pool 到账 and 收回结余,
    to a project 分配, to its payees' account 核拨 and 退回. 收回核拨 starts no new day: the money
    is as old as its 分配. A voucher that was reversed, and its reversal, count as nothing.
    So the layers of an account add up to its balance.

    `surplus` is another view of money that is in the layers of its project already: of a project
    accepted (or terminated) and not settled, what is allocated above the audited amount, or above
    what is paid as long as nothing is audited, since the day of acceptance (or termination).
    """

    class Kind(models.TextChoices):
        POOL = "pool", "池内未分配"
        ALLOCATED = "allocated", "已分配未核拨"
        RELEASED = "released", "已核拨未支付"
        SURPLUS = "surplus", "验收后结余未核定"

    id = models.BigIntegerField(primary_key=True)
    account = models.ForeignKey(Account, models.PROTECT, null=True, related_name="+")
    kind = models.CharField("类别", max_length=10, choices=Kind.choices)
    county = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name="县（市）")
    division = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name="地点")
    allotment = models.ForeignKey(
        Allotment, models.PROTECT, null=True, related_name="+", verbose_name="资金来源"
    )
    project = models.ForeignKey(
        Project, models.PROTECT, null=True, related_name="+", verbose_name="项目"
    )
    voucher = models.ForeignKey(
        Voucher, models.PROTECT, null=True, related_name="+", verbose_name="凭证"
    )
    since = models.DateField("起算日期")
    amount = models.DecimalField("金额（元）", max_digits=18, decimal_places=2)

    objects = IdleLayerQuerySet.as_manager()

    class Meta:
        verbose_name = "闲置资金"
        managed = False
        db_table = "projects_idlelayer"

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.amount}"
