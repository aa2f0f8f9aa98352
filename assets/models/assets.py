from __future__ import annotations

from decimal import Decimal

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Sum
from django.utils import timezone
from simple_history.models import HistoricalRecords

from assets.depreciation import written_off
from organizations.models import Division, User
from organizations.models.divisions import under
from organizations.personal_data import refuse_personal_data
from projects.models import Project

from .operations import Operation
from .types import AssetClass, AssetType


class AssetQuerySet(models.QuerySet["Asset"]):
    def visible_to(self, user: User) -> AssetQuerySet:
        return self.filter(under("division__path", user.territory()))

    def with_value(self) -> AssetQuerySet:
        """With each row's `original_value` read along."""
        own = Asset.objects.filter(pk=OuterRef("pk")).order_by().values("pk")
        worth = own.annotate(total=Sum("value_rows__amount")).values("total")
        return self.annotate(worth=Subquery(worth))

    def search(self, words: str) -> AssetQuerySet:
        words = words.strip()
        run = Operation.objects.filter(operator_name__icontains=words)
        return self.filter(
            Q(name__icontains=words)
            | Q(number__icontains=words)
            | Q(owner_name__icontains=words)
            | Q(pk__in=run.values("asset_id"))
            | Q(project__code__istartswith=words)
            | Q(project__name__icontains=words)
            | Q(earlier_project__icontains=words)
        )


class Asset(models.Model):
    """A row of 资产总台账: what a project left behind, whose it is, who runs it and for whom.

    County, township and village read the same rows. What it is worth stands in its value rows,
    who runs it in its operations. An asset of a project of the register has its sources from the
    project's payments; one of earlier years has them as they were written down (`earlier_…`).
    Of what went to households there are counts and sums alone.
    """

    class Level(models.TextChoices):
        COUNTY = "county", "县级"
        TOWNSHIP = "township", "乡级"
        VILLAGE = "village", "村级"
        HOUSEHOLD = "household", "到户"

    class Condition(models.TextChoices):
        IN_USE = "in_use", "在用"
        IDLE = "idle", "闲置"
        POOR = "poor", "低效"
        DAMAGED = "damaged", "损毁"
        SCRAPPED = "scrapped", "报废"
        LOST = "lost", "流失"

    class Depreciation(models.TextChoices):
        NONE = "none", "不计提"
        STRAIGHT = "straight", "年限平均法"

    class Keeping(models.TextChoices):
        POST = "post", "公益性岗位"
        COLLECTIVE = "collective", "集体管护"
        THIRD = "third", "第三方管护"

    class Books(models.TextChoices):
        NONE = "none", "未入账"
        STATE = "state", "国有资产账"
        COLLECTIVE = "collective", "农村集体“三资”账"

    class Remedy(models.TextChoices):
        SETTLE = "settle", "规范巩固"
        REVIVE = "revive", "盘活"
        ADJUST = "adjust", "调整用途"
        WRITE_OFF = "write_off", "核销、另行安排"

    county = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name="县（市）")
    year = models.PositiveSmallIntegerField("项目年度")
    sequence = models.PositiveIntegerField("年度内序号")
    number = models.CharField("资产编号", max_length=30, unique=True)
    project = models.ForeignKey(
        Project,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="assets",
        verbose_name="形成项目",
    )
    earlier_project = models.CharField(
        "形成项目（以前年度）", max_length=160, blank=True, validators=[refuse_personal_data]
    )
    earlier_sources = models.CharField(
        "资金来源构成（以前年度）", max_length=200, blank=True, validators=[refuse_personal_data]
    )
    earlier_fiscal = models.DecimalField(
        "其中财政扶贫资金（以前年度，元）",
        max_digits=18,
        decimal_places=2,
        null=True,
        blank=True,
    )
    name = models.CharField("资产名称", max_length=80, validators=[refuse_personal_data])
    asset_class = models.CharField("类别", max_length=2, choices=AssetClass.choices)
    type = models.ForeignKey(AssetType, models.PROTECT, related_name="+", verbose_name="子类")
    quantity = models.DecimalField("数量", max_digits=14, decimal_places=3)
    unit = models.CharField("计量单位", max_length=20)
    specification = models.CharField("规格型号（面积、长度）", max_length=120, blank=True)
    division = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name="坐落区划"
    )
    address = models.CharField(
        "坐落地址", max_length=120, blank=True, validators=[refuse_personal_data]
    )
    longitude = models.DecimalField("经度", max_digits=9, decimal_places=6, null=True, blank=True)
    latitude = models.DecimalField("纬度", max_digits=8, decimal_places=6, null=True, blank=True)
    built_on = models.DateField("购建（竣工）日期")
    useful_years = models.PositiveSmallIntegerField("预计使用年限（年）", null=True, blank=True)
    depreciation = models.CharField(
        "折旧方式", max_length=10, choices=Depreciation.choices, default=Depreciation.NONE
    )
    owner_level = models.CharField("权属层级", max_length=10, choices=Level.choices)
    owner_name = models.CharField("所有权人", max_length=80, blank=True)
    owner_code = models.CharField("所有权人统一社会信用代码", max_length=18, blank=True)
    titled_on = models.DateField("确权日期", null=True, blank=True)
    title_document = models.CharField("确权文号（证号）", max_length=80, blank=True)
    condition = models.CharField(
        "使用状况", max_length=10, choices=Condition.choices, default=Condition.IN_USE
    )
    condition_since = models.DateField("状况起始日期")
    remedy = models.CharField("处理去向", max_length=10, choices=Remedy.choices, blank=True)
    remedy_note = models.CharField(
        "处理措施", max_length=200, blank=True, validators=[refuse_personal_data]
    )
    keeper_unit = models.CharField("管护责任单位", max_length=80, blank=True)
    keeper_post = models.CharField("管护责任岗位", max_length=40, blank=True)
    keeping = models.CharField("管护方式", max_length=10, choices=Keeping.choices, blank=True)
    keeping_funds = models.CharField("管护经费来源", max_length=80, blank=True)
    villages = models.PositiveIntegerField("受益村数", default=0)
    households = models.PositiveIntegerField("受益户数", default=0)
    people = models.PositiveIntegerField("受益人数", default=0)
    benefit = models.TextField("项目效益", validators=[refuse_personal_data])
    supervisor_unit = models.CharField("监督管理单位", max_length=80)
    supervisor_post = models.CharField("监督管理责任岗位", max_length=40)
    booked_in = models.CharField(
        "会计入账", max_length=10, choices=Books.choices, default=Books.NONE
    )
    booking_number = models.CharField("入账凭证号", max_length=40, blank=True)
    is_mortgaged = models.BooleanField("有抵押担保", default=False)
    remark = models.CharField("备注", max_length=200, blank=True, validators=[refuse_personal_data])
    left_on = models.DateField("退出台账日期", null=True, blank=True)
    registered_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="登记人")
    registered_at = models.DateTimeField("登记时间", default=timezone.now)

    objects = AssetQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = "项目资产"
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=("county", "year", "sequence"), name="asset_number_once"
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="asset_quantity_positive"),
            models.CheckConstraint(
                condition=Q(households__lte=F("people")), name="asset_households_within_people"
            ),
            models.CheckConstraint(
                condition=Q(project__isnull=False, earlier_project="", earlier_sources="")
                & Q(earlier_fiscal__isnull=True)
                | Q(project__isnull=True) & ~Q(earlier_project="") & ~Q(earlier_sources=""),
                name="asset_sources_known",
            ),
            models.CheckConstraint(
                condition=Q(asset_class="DH", owner_level="household", households__gt=0)
                & Q(owner_name="", owner_code="", address="", keeper_unit="", keeper_post="")
                & Q(longitude__isnull=True)
                | ~Q(asset_class="DH") & ~Q(owner_level="household") & ~Q(owner_name=""),
                name="asset_households_as_counts",
                violation_error_message="到户类资产只登记户数、人数和金额，"
                "不登记所有权人、地址和管护人；其他资产须登记所有权人",
            ),
            models.CheckConstraint(
                condition=Q(asset_class="DH") | ~Q(keeper_unit="") & ~Q(keeper_post=""),
                name="asset_has_a_keeper",
                violation_error_message="请登记管护责任单位和责任岗位",
            ),
            # Of the five of the founding document those that stand in this row.
            models.CheckConstraint(
                condition=~Q(benefit="") & ~Q(supervisor_unit="") & ~Q(supervisor_post=""),
                name="asset_benefit_and_supervision",
            ),
            models.CheckConstraint(
                condition=Q(villages__gt=0) | Q(households__gt=0),
                name="asset_benefits_somebody",
                violation_error_message="请登记受益村数或受益户数、人数",
            ),
            models.CheckConstraint(
                condition=Q(depreciation="none")
                | Q(useful_years__isnull=False, useful_years__gt=0),
                name="asset_depreciates_over_years",
                violation_error_message="按年限平均法计提折旧的，请填写预计使用年限",
            ),
            models.CheckConstraint(
                condition=Q(longitude__isnull=True, latitude__isnull=True)
                | Q(longitude__isnull=False, longitude__range=(73, 97))
                & Q(latitude__isnull=False, latitude__range=(34, 50)),
                name="asset_lies_in_xinjiang",
                violation_error_message="坐标须同时填写经度（73—97）和纬度（34—50）",
            ),
            models.CheckConstraint(
                condition=Q(titled_on__isnull=True, title_document="")
                | Q(titled_on__isnull=False) & ~Q(title_document=""),
                name="asset_title_with_its_document",
                violation_error_message="确权日期和确权文号须同时填写",
            ),
            models.CheckConstraint(
                condition=Q(booked_in="none", booking_number="")
                | ~Q(booked_in="none") & ~Q(booking_number=""),
                name="asset_booked_with_number",
                violation_error_message="已入账的须填写入账凭证号，未入账的不填",
            ),
        ]
        indexes = [
            models.Index(fields=("division", "asset_class"), name="asset_division_class"),
            GinIndex(OpClass("name", name="gin_trgm_ops"), name="asset_name_trgm"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"

    def get_absolute_url(self) -> str:
        return f"/assets/{self.pk}/"

    @property
    def is_household(self) -> bool:
        return self.asset_class == AssetClass.HOUSEHOLD

    @property
    def owner(self) -> str:
        return f"农户（{self.households} 户）" if self.is_household else self.owner_name

    @property
    def original_value(self) -> Decimal:
        """原值 in yuan: what was registered, capitalised and corrected since."""
        read: Decimal | None = self.__dict__.get("worth")
        if read is None:
            read = self.value_rows.aggregate(total=Sum("amount"))["total"]
        return read or Decimal(0)

    @property
    def operation(self) -> Operation | None:
        """Of today; else the one that begins next, or ended last."""
        today = timezone.localdate()
        rows = sorted(self.operations.all(), key=lambda row: row.starts_on)
        now = [row for row in rows if row.starts_on <= today <= (row.last_day or today)]
        found = now or rows
        return found[-1] if found else None

    @property
    def written_off(self) -> Decimal:
        """累计折旧 to today, in yuan."""
        if self.depreciation == self.Depreciation.NONE or not self.useful_years:
            return Decimal(0)
        until = self.left_on or timezone.localdate()
        return written_off(self.original_value, self.built_on, self.useful_years, until)

    @property
    def net_value(self) -> Decimal:
        return (self.original_value) - self.written_off

    @property
    def idle_days(self) -> int | None:
        """None for an asset that is neither idle nor of little use."""
        if self.left_on or self.condition not in (self.Condition.IDLE, self.Condition.POOR):
            return None
        return (timezone.localdate() - self.condition_since).days
