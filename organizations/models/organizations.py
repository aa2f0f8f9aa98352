from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from simple_history.models import HistoricalRecords

from .divisions import Division, under

if TYPE_CHECKING:
    from .people import User


class OrganizationQuerySet(models.QuerySet["Organization"]):
    def visible_to(self, user: User) -> OrganizationQuerySet:
        return self.filter(under("division__path", user.territory()))


class Organization(models.Model):
    """A unit that people hold posts in. It acts over the territory of its division."""

    class Kind(models.TextChoices):
        FINANCE = "finance", "财政局"
        PROJECT_DEPARTMENT = "project_department", "项目主管部门"
        INDUSTRY = "industry", "行业主管部门"
        TOWNSHIP = "township", "乡镇人民政府"
        VILLAGE = "village", "村民委员会"
        WORK_TEAM = "work_team", "驻村工作队"
        LEADING_GROUP = "leading_group", "领导小组"
        PREFECTURE = "prefecture", "地（州）级部门"
        REGION = "region", "自治区级部门"
        AUDIT = "audit", "审计机关"
        DISCIPLINE = "discipline", "纪检监察机关"
        ADMINISTRATION = "administration", "系统管理"

    class Industry(models.TextChoices):
        FARMING = "farming", "农业农村"
        WATER = "water", "水利"
        FORESTRY = "forestry", "林业草原"
        TRANSPORT = "transport", "交通运输"
        HOUSING = "housing", "住房建设"
        DEVELOPMENT = "development", "发展改革"
        EDUCATION = "education", "教育"
        HEALTH = "health", "卫生健康"
        LABOUR = "labour", "人力资源和社会保障"
        CIVIL_AFFAIRS = "civil_affairs", "民政"
        CULTURE = "culture", "文化旅游"
        COMMERCE = "commerce", "商务和工业信息化"
        ENVIRONMENT = "environment", "生态环境"
        RESOURCES = "resources", "自然资源"

    name = models.CharField("单位名称", max_length=80)
    kind = models.CharField("单位类别", max_length=20, choices=Kind.choices)
    division = models.ForeignKey(
        Division, models.PROTECT, related_name="organizations", verbose_name="所属区划"
    )
    credit_code = models.CharField("统一社会信用代码", max_length=18, blank=True)
    office_phone = models.CharField("办公电话", max_length=20, blank=True)
    pinyin = models.CharField("拼音与首字母", max_length=300, blank=True)
    industry = models.CharField("行业", max_length=20, choices=Industry.choices, blank=True)
    is_active = models.BooleanField("在用", default=True)

    objects = OrganizationQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        verbose_name = "单位"
        ordering = ("division__code", "kind", "name")
        constraints = [
            models.UniqueConstraint(fields=("division", "name"), name="organization_name_once")
        ]

    def __str__(self) -> str:
        return self.name
