"""The tables of the ledger. The application may read them; only `ledger_post` writes them."""

from __future__ import annotations

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from approvals.models import Decision
from organizations.models import Division, Post, User
from organizations.models.divisions import under

from .allotments import Allotment


class Earmark(models.Model):
    """What allocated money is for, as the ledger knows it: a code and a title.

    A project points at its earmark; the earmark does not know the project.
    """

    county = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name="县（市）")
    code = models.CharField("项目编号", max_length=40)
    title = models.CharField("项目名称", max_length=120)

    history = HistoricalRecords()

    class Meta:
        verbose_name = "用款项目"
        constraints = [models.UniqueConstraint(fields=("county", "code"), name="earmark_code_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"


class AccountQuerySet(models.QuerySet["Account"]):
    def visible_to(self, user: User) -> AccountQuerySet:
        return self.filter(under("county__path", user.territory()))


class Account(models.Model):
    """Where money of one allotment stands in one county, and for which earmark.

    `balance` is a counter kept by `ledger_post`. Only the outside account may fall below
    zero, down to `floor`, the allotment's amount turned round: that is how the database
    refuses a receipt above its allotment.
    """

    class Kind(models.TextChoices):
        OUTSIDE = "outside", "上级未到"
        POOL = "pool", "资金池"
        ALLOCATED = "allocated", "已分配未核拨"
        RELEASED = "released", "已核拨未支付"
        PAID = "paid", "已支付"
        RETURNED = "returned", "已上缴"

    county = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name="县（市）")
    kind = models.CharField("账户", max_length=10, choices=Kind.choices)
    allotment = models.ForeignKey(
        Allotment, models.PROTECT, related_name="accounts", verbose_name="指标"
    )
    earmark = models.ForeignKey(
        Earmark, models.PROTECT, null=True, related_name="accounts", verbose_name="用款项目"
    )
    balance = models.DecimalField("余额（元）", max_digits=18, decimal_places=2, default=Decimal(0))
    floor = models.DecimalField("下限（元）", max_digits=18, decimal_places=2, default=Decimal(0))

    objects = AccountQuerySet.as_manager()

    class Meta:
        verbose_name = "账户"
        constraints = [
            models.UniqueConstraint(
                fields=("allotment", "earmark", "kind"), name="account_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(balance__gte=F("floor")), name="account_balance_not_below_floor"
            ),
            models.CheckConstraint(
                condition=Q(floor=0) | Q(kind="outside", floor__lt=0),
                name="account_floor_only_outside",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=("outside", "pool", "returned"), earmark__isnull=True)
                | Q(kind__in=("allocated", "released", "paid"), earmark__isnull=False),
                name="account_earmark_follows_kind",
            ),
        ]
        indexes = [
            models.Index(fields=("county", "kind"), name="account_county_kind"),
            models.Index(fields=("earmark", "kind"), name="account_earmark_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.allotment}"


class Book(models.Model):
    """A county's ledger: lock, running number and head of the chain in one row."""

    county = models.OneToOneField(
        Division, models.PROTECT, primary_key=True, related_name="book", verbose_name="县（市）"
    )
    sequence = models.BigIntegerField("链上序号", default=0)
    head = models.CharField("链首", max_length=64)
    balance = models.DecimalField(
        "专账余额（元）", max_digits=18, decimal_places=2, default=Decimal(0)
    )
    last_posted_at = models.DateTimeField("最近入账时间", null=True)
    closed_through = models.DateField("已结账至", null=True)

    class Meta:
        verbose_name = "专账"

    def __str__(self) -> str:
        return f"{self.county}专账"


class NumberSeries(models.Model):
    """The last voucher number of a county and year; numbers run without a gap."""

    county = models.ForeignKey(Division, models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField("年度")
    last_number = models.PositiveIntegerField("最后编号", default=0)

    class Meta:
        verbose_name = "凭证编号"
        constraints = [
            models.UniqueConstraint(fields=("county", "year"), name="number_series_once")
        ]

    def __str__(self) -> str:
        return f"{self.county} {self.year}"


class VoucherQuerySet(models.QuerySet["Voucher"]):
    def visible_to(self, user: User) -> VoucherQuerySet:
        return self.filter(under("county__path", user.territory()))


class Voucher(models.Model):
    """凭证: one act on the money, for ever. `occurred_on` is the business date, `posted_at` the
    server's clock; `number` runs without a gap per county and year of `occurred_on`."""

    class Kind(models.TextChoices):
        RECEIVE = "receive", "到账"
        ALLOCATE = "allocate", "分配"
        RELEASE = "release", "核拨"
        PAY = "pay", "支付"
        REFUND = "refund", "退回"
        WITHDRAW = "withdraw", "收回核拨"
        RECOVER = "recover", "收回结余"
        RETURN = "return", "上缴"
        REVERSE = "reverse", "红字冲销"

    county = models.ForeignKey(
        Division, models.PROTECT, related_name="vouchers", verbose_name="县（市）"
    )
    year = models.PositiveSmallIntegerField("年度")
    number = models.PositiveIntegerField("凭证号")
    sequence = models.BigIntegerField("链上序号")
    kind = models.CharField("凭证种类", max_length=10, choices=Kind.choices)
    key = models.CharField("入账键", max_length=80, unique=True)
    body_digest = models.CharField("内容摘要", max_length=64)
    occurred_on = models.DateField("业务日期")
    posted_at = models.DateTimeField("入账时间")
    total = models.DecimalField("金额（元）", max_digits=18, decimal_places=2)
    balance_after = models.DecimalField("专账余额（元）", max_digits=18, decimal_places=2)
    memo = models.CharField("摘要", max_length=200)
    document = models.CharField("依据文号", max_length=80, blank=True)
    counterparty = models.CharField("收付款单位", max_length=120, blank=True)
    evidence = ArrayField(models.CharField(max_length=64), verbose_name="佐证", default=list)
    by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="经办人")
    post = models.ForeignKey(Post, models.PROTECT, related_name="+", verbose_name="所任岗位")
    by_name = models.CharField("经办人姓名", max_length=40)
    by_unit = models.CharField("经办单位", max_length=80)
    by_title = models.CharField("职务", max_length=40)
    decision = models.OneToOneField(
        Decision, models.PROTECT, null=True, related_name="voucher", verbose_name="依据的办理记录"
    )
    refers_to = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="followers", verbose_name="原凭证"
    )
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="reversal", verbose_name="冲销的凭证"
    )
    hash_version = models.PositiveSmallIntegerField("摘要版本", default=1)
    previous_digest = models.CharField("前一摘要", max_length=64)
    digest = models.CharField("摘要值", max_length=64)

    objects = VoucherQuerySet.as_manager()

    class Meta:
        verbose_name = "凭证"
        ordering = ("county", "sequence")
        constraints = [
            models.UniqueConstraint(
                fields=("county", "year", "number"), name="voucher_number_once"
            ),
            models.UniqueConstraint(fields=("county", "sequence"), name="voucher_sequence_once"),
            models.CheckConstraint(condition=Q(total__gt=0), name="voucher_total_positive"),
            models.CheckConstraint(
                condition=Q(kind="reverse", reverses__isnull=False)
                | (~Q(kind="reverse") & Q(reverses__isnull=True)),
                name="voucher_reverse_names_original",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=("refund", "withdraw")) | Q(refers_to__isnull=False),
                name="voucher_refund_names_original",
            ),
            models.CheckConstraint(
                condition=~Q(
                    kind__in=("allocate", "release", "pay", "refund", "withdraw", "recover")
                )
                | Q(decision__isnull=False),
                name="voucher_rests_on_decision",
            ),
            models.CheckConstraint(
                condition=~Q(kind="return") | ~Q(document=""), name="voucher_return_names_document"
            ),
        ]
        indexes = [
            models.Index(
                fields=("county", "-occurred_on", "-sequence"), name="voucher_county_date"
            ),
            models.Index(fields=("county", "kind", "-sequence"), name="voucher_county_kind"),
            GinIndex(OpClass("memo", name="gin_trgm_ops"), name="voucher_memo_trgm"),
        ]

    def __str__(self) -> str:
        return f"{self.year}-{self.number:04d}"

    def get_absolute_url(self) -> str:
        return f"/vouchers/{self.pk}/"


class Entry(models.Model):
    """One movement of a voucher: source account → destination account, amount > 0."""

    voucher = models.ForeignKey(
        Voucher, models.PROTECT, related_name="entries", verbose_name="凭证"
    )
    line = models.PositiveSmallIntegerField("行号")
    source = models.ForeignKey(
        Account, models.PROTECT, related_name="outflows", verbose_name="转出"
    )
    destination = models.ForeignKey(
        Account, models.PROTECT, related_name="inflows", verbose_name="转入"
    )
    amount = models.DecimalField("金额（元）", max_digits=18, decimal_places=2)

    class Meta:
        verbose_name = "分录"
        ordering = ("voucher", "line")
        constraints = [
            models.UniqueConstraint(fields=("voucher", "line"), name="entry_line_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="entry_amount_positive"),
            models.CheckConstraint(
                condition=~Q(source=F("destination")), name="entry_accounts_differ"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.voucher} {self.line}"
