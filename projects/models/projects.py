from __future__ import annotations

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from simple_history.models import HistoricalRecords

from approvals.models import AgendaItem, Meeting, Subject
from funds.models import Allotment, Earmark
from organizations.models import Division, Organization, User
from organizations.models.dated import DatedQuerySet
from organizations.models.divisions import under
from organizations.personal_data import refuse_personal_data


class ProjectType(models.Model):
    """A project type of two levels as the regime of its years names it (FACTS §4.4)."""

    code = models.CharField("代码", max_length=20)
    name = models.CharField("项目类型", max_length=60)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name="一级类型",
    )
    regime = models.CharField("制度时期", max_length=40)
    valid_from = models.DateField("生效日期")
    valid_until = models.DateField("失效日期", null=True, blank=True)

    objects = DatedQuerySet["ProjectType"].as_manager()

    class Meta:
        verbose_name = "项目类型"
        ordering = ("code",)
        constraints = [
            models.UniqueConstraint(
                fields=("code", "valid_from"), name="project_type_once_per_regime"
            )
        ]

    def __str__(self) -> str:
        return self.name


class TypeBureau(models.Model):
    """Which industry's bureau joins the review of a project type (新扶贫领字〔2018〕76号
    二(三)“二下”: 会同相关行业部门). Dated reference data; which bureaux is a default."""

    type_code = models.CharField("项目类型代码", max_length=20)
    industry = models.CharField("行业", max_length=20, choices=Organization.Industry.choices)
    valid_from = models.DateField("生效日期")
    valid_until = models.DateField("失效日期", null=True, blank=True)

    objects = DatedQuerySet["TypeBureau"].as_manager()

    class Meta:
        verbose_name = "会审行业"
        constraints = [
            models.UniqueConstraint(
                fields=("type_code", "industry", "valid_from"), name="type_bureau_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.type_code} {self.get_industry_display()}"


class ProjectQuerySet(models.QuerySet["Project"]):
    def visible_to(self, user: User) -> ProjectQuerySet:
        return self.filter(under("division__path", user.territory()))

    def search(self, words: str) -> ProjectQuerySet:
        """By name, code or pinyin initials."""
        words = words.strip()
        return self.filter(
            Q(name__icontains=words)
            | Q(code__istartswith=words)
            | Q(pinyin__icontains=words.lower())
        )


class Project(Subject):
    """A project of the county's library, from a village's proposal to the assets it leaves.

    `division` is who answers for it (a village, or the township that leads it); where it is
    built stands in its places. Beneficiaries are counts, never names.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", "村级谋划"
        VILLAGE_NOTICE = "village_notice", "村内公示"
        TOWNSHIP_REVIEW = "township_review", "乡镇审核"
        COUNTY_APPRAISAL = "county_appraisal", "县级论证"
        FEEDBACK = "feedback", "反馈意见"
        REVISION = "revision", "修改完善"
        REVISION_NOTICE = "revision_notice", "再次公示与二次上报"
        SECOND_APPRAISAL = "second_appraisal", "再次论证"
        JOINT_REVIEW = "joint_review", "行业会审"
        DETERMINATION = "determination", "领导小组审定"
        RESULT_FEEDBACK = "result_feedback", "反馈乡村"
        IMPLEMENTATION = "implementation", "组织实施"
        PRELIMINARY_ACCEPTANCE = "preliminary_acceptance", "乡镇初验"
        RECTIFICATION = "rectification", "整改"
        ACCEPTANCE = "acceptance", "竣工验收"
        SETTLEMENT = "settlement", "结算审定"
        SETTLEMENT_REVIEW = "settlement_review", "财政会签"
        ASSET_REGISTRATION = "asset_registration", "资产登记"
        CLOSED = "closed", "办结"
        REJECTED = "rejected", "不予立项"
        LEFT = "left_library", "出库"

    class Nature(models.TextChoices):
        NEW = "new", "新建"
        REBUILD = "rebuild", "改建"
        EXTEND = "extend", "扩建"
        CONTINUE = "continue", "续建"
        OTHER = "other", "其他"

    class Level(models.TextChoices):
        COUNTY = "county", "县级"
        TOWNSHIP = "township", "乡级"
        VILLAGE = "village", "村级"
        HOUSEHOLD = "household", "到户"

    class Linkage(models.TextChoices):
        LAND = "land", "土地流转"
        WORK = "work", "务工就业"
        DIVIDEND = "dividend", "资产收益分红"
        ORDER = "order", "订单收购"
        SERVICE = "service", "技术服务"
        SELF = "self", "自主经营"
        PUBLIC = "public", "公益服务"
        OTHER = "other", "其他"

    code = models.CharField("项目编号", max_length=40, unique=True)
    county = models.ForeignKey(Division, models.PROTECT, related_name="+", verbose_name="县（市）")
    division = models.ForeignKey(
        Division, models.PROTECT, related_name="projects", verbose_name="申报单位所在区划"
    )
    earmark = models.OneToOneField(
        Earmark, models.PROTECT, related_name="project", verbose_name="用款项目"
    )
    status = models.CharField("状态", max_length=30, choices=Status.choices, default=Status.DRAFT)
    name = models.CharField("项目名称", max_length=120, validators=[refuse_personal_data])
    year = models.PositiveSmallIntegerField("年度")
    type = models.ForeignKey(ProjectType, models.PROTECT, related_name="+", verbose_name="项目类型")
    nature = models.CharField("建设性质", max_length=10, choices=Nature.choices, default=Nature.NEW)
    level = models.CharField(
        "项目级别", max_length=10, choices=Level.choices, default=Level.VILLAGE
    )
    department = models.ForeignKey(
        Organization, models.PROTECT, related_name="+", verbose_name="项目主管部门"
    )
    implementing_unit = models.CharField("实施单位", max_length=80)
    implementing_unit_code = models.CharField("实施单位信用代码", max_length=18, blank=True)
    leader_name = models.CharField("责任领导", max_length=40)
    leader_title = models.CharField("责任领导职务", max_length=40)
    owner_name = models.CharField("责任人", max_length=40)
    owner_title = models.CharField("责任人职务", max_length=40)
    planned_start = models.DateField("计划开工")
    planned_end = models.DateField("计划完工")
    content = models.TextField("建设内容与规模", validators=[refuse_personal_data])
    subsidy_standard = models.CharField("补助标准", max_length=120, blank=True)
    total_investment = models.DecimalField("估算总投资（元）", max_digits=18, decimal_places=2)
    requested_amount = models.DecimalField("申请财政资金（元）", max_digits=18, decimal_places=2)
    self_raised = models.DecimalField(
        "自筹资金（元）", max_digits=18, decimal_places=2, default=Decimal(0)
    )
    villages_covered = models.PositiveIntegerField("覆盖村数", default=0)
    households = models.PositiveIntegerField("受益户数", default=0)
    people = models.PositiveIntegerField("受益人数", default=0)
    poor_households = models.PositiveIntegerField("其中帮扶对象户数", default=0)
    poor_people = models.PositiveIntegerField("其中帮扶对象人数", default=0)
    linkages = ArrayField(
        models.CharField(max_length=10, choices=Linkage.choices),
        verbose_name="带贫减贫机制",
        default=list,
    )
    linkage_note = models.TextField("利益联结说明", blank=True, validators=[refuse_personal_data])
    causes = models.TextField("致贫原因分析", validators=[refuse_personal_data])
    resources = models.TextField("资源禀赋分析", validators=[refuse_personal_data])
    funding = models.TextField("资金保障分析", validators=[refuse_personal_data])
    needs = models.TextField("脱贫需求分析", validators=[refuse_personal_data])
    meeting = models.ForeignKey(
        Meeting,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="projects",
        verbose_name="审定会议",
    )
    rank = models.PositiveSmallIntegerField("排序号", null=True, blank=True)
    pinyin = models.CharField("拼音与首字母", max_length=500, blank=True)
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="申报人")
    proposed_at = models.DateTimeField("申报时间", default=timezone.now)

    amount_field = "requested_amount"
    author_field = "proposed_by"
    title_fields = ("name", "code", "pinyin")
    locked_with = ("division", "county")

    objects = ProjectQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = "项目"
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                condition=Q(planned_end__gte=F("planned_start")),
                name="project_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(requested_amount__gt=0), name="project_requested_amount_positive"
            ),
            models.CheckConstraint(
                condition=Q(total_investment__gte=F("requested_amount") + F("self_raised")),
                name="project_investment_covers_sources",
            ),
            models.CheckConstraint(
                condition=Q(households__lte=F("people"), poor_households__lte=F("poor_people")),
                name="project_households_within_people",
            ),
            models.CheckConstraint(
                condition=Q(poor_households__lte=F("households"), poor_people__lte=F("people")),
                name="project_poor_within_all",
            ),
            models.UniqueConstraint(
                fields=("division", "year", "name"),
                condition=~Q(status__in=("rejected", "left_library")),
                name="project_once_a_year",
                violation_error_message="本村（乡镇）本年度已有同名项目，没有重复申报",
            ),
            # At the end, because numbers change places.
            models.UniqueConstraint(
                fields=("county", "year", "rank"),
                name="project_rank_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(condition=Q(rank__gte=1), name="project_rank_from_one"),
        ]
        indexes = [
            models.Index(fields=("county", "status"), name="project_county_status"),
            models.Index(fields=("division", "status"), name="project_division_status"),
            GinIndex(OpClass("name", name="gin_trgm_ops"), name="project_name_trgm"),
            GinIndex(OpClass("pinyin", name="gin_trgm_ops"), name="project_pinyin_trgm"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/projects/{self.pk}/"

    def case_keys(self) -> list[str]:
        return [f"project:{self.earmark_id}"]


class ProjectPlace(models.Model):
    """Where a project is built: a division of any level inside the county."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="places", verbose_name="项目")
    division = models.ForeignKey(
        Division, models.PROTECT, related_name="+", verbose_name="实施地点"
    )
    note = models.CharField(
        "地点说明", max_length=120, blank=True, validators=[refuse_personal_data]
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = "实施地点"
        ordering = ("id",)
        constraints = [models.UniqueConstraint(fields=("project", "division"), name="place_once")]

    def __str__(self) -> str:
        return f"{self.division}{self.note}"


class ProjectSource(models.Model):
    """What the leading group approved for a project out of one allotment: one row when it is
    determined, one more for each adjustment that gives or takes money of that allotment. What
    stands approved is their sum."""

    project = models.ForeignKey(
        Project, models.PROTECT, related_name="sources", verbose_name="项目"
    )
    allotment = models.ForeignKey(
        Allotment, models.PROTECT, related_name="+", verbose_name="资金来源"
    )
    adjustment = models.ForeignKey(
        "projects.Adjustment",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="sources",
        verbose_name="项目调整",
    )
    amount = models.DecimalField("批准金额（元）", max_digits=18, decimal_places=2)

    class Meta:
        verbose_name = "资金来源"
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(
                fields=("project", "allotment", "adjustment"),
                nulls_distinct=False,
                name="project_source_once_each_time",
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0) | Q(amount__lt=0, adjustment__isnull=False),
                name="project_source_amount",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.project} {self.allotment}"


class ItemSource(models.Model):
    """What an agenda item proposes to give out of one allotment; the secretary's to change
    until the meeting closes, each change is a new version to vote on."""

    item = models.ForeignKey(
        AgendaItem, models.PROTECT, related_name="sources", verbose_name="议题"
    )
    allotment = models.ForeignKey(
        Allotment, models.PROTECT, related_name="+", verbose_name="资金来源"
    )
    amount = models.DecimalField("拟批准金额（元）", max_digits=18, decimal_places=2)

    class Meta:
        verbose_name = "议题资金来源"
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=("item", "allotment"), name="item_source_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="item_source_amount_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.item} {self.allotment}"


class WorkItem(models.Model):
    """A line of the bill of quantities: so many units at so much."""

    project = models.ForeignKey(
        Project, models.PROTECT, related_name="work_items", verbose_name="项目"
    )
    name = models.CharField("工程内容", max_length=80, validators=[refuse_personal_data])
    unit = models.CharField("单位", max_length=20)
    quantity = models.DecimalField("数量", max_digits=14, decimal_places=3)
    unit_price = models.DecimalField("单价（元）", max_digits=18, decimal_places=2)

    history = HistoricalRecords()

    class Meta:
        verbose_name = "工程量"
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gt=0, unit_price__gte=0), name="work_item_quantity_positive"
            )
        ]

    def __str__(self) -> str:
        return self.name
