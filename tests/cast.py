"""The people and places that every test knows: one county in full, and one beside it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from assets.reference_data import load_asset_data
from funds.reference_data import load_fund_categories
from organizations.models import Division, Organization, Post, Role, User
from organizations.models.divisions import Level
from organizations.reference_data import load_parameters, load_workdays
from performance.reference_data import load_indicators
from projects.reference_data import (
    load_negative_rules,
    load_payment_papers,
    load_procurement_ways,
    load_project_types,
    load_type_bureaux,
)
from publicity.reference_data import load_notice_types
from supervision.reference_data import load_alert_rules

PASSWORD = "Zhang-guan-4-qian!"  # noqa: S105 - of invented people in a test database
SINCE = dt.date(2020, 1, 1)
Kind = Organization.Kind

DIVISIONS = (
    ("650000000000", "新疆维吾尔自治区", Level.REGION, None),
    ("652800000000", "巴音郭楞蒙古自治州", Level.PREFECTURE, "650000000000"),
    ("652826000000", "焉耆回族自治县", Level.COUNTY, "652800000000"),
    ("652826102000", "永宁镇", Level.TOWNSHIP, "652826000000"),
    ("652826102200", "下岔河村", Level.VILLAGE, "652826102000"),
    ("652826101000", "七个星镇", Level.TOWNSHIP, "652826000000"),
    ("652826101201", "夏热采开村", Level.VILLAGE, "652826101000"),
    ("652827000000", "和静县", Level.COUNTY, "652800000000"),
    ("652827100000", "和静镇", Level.TOWNSHIP, "652827000000"),
    ("652827100200", "查汗通古村", Level.VILLAGE, "652827100000"),
)

# (name in the cast, real name, role, organisation kind, organisation, division, title)
PEOPLE = (
    ("village_cadre", "吴春", Role.VILLAGE_CADRE, Kind.VILLAGE, "下岔河村村民委员会", "652826102200", "村委会主任"),
    ("work_team", "郑夏", Role.WORK_TEAM, Kind.WORK_TEAM, "下岔河村驻村工作队", "652826102200", "队长"),
    ("township_clerk", "王秋", Role.TOWNSHIP_CLERK, Kind.TOWNSHIP, "永宁镇人民政府", "652826102000", "扶贫专干"),
    ("township_reviewer", "冯冬", Role.TOWNSHIP_REVIEWER, Kind.TOWNSHIP, "永宁镇人民政府", "652826102000", "镇长"),
    ("other_township_clerk", "陈山", Role.TOWNSHIP_CLERK, Kind.TOWNSHIP, "七个星镇人民政府", "652826101000", "扶贫专干"),
    ("other_village_cadre", "褚河", Role.VILLAGE_CADRE, Kind.VILLAGE, "夏热采开村村民委员会", "652826101201", "村委会主任"),
    ("project_clerk", "卫林", Role.PROJECT_CLERK, Kind.PROJECT_DEPARTMENT, "焉耆县扶贫开发办公室", "652826000000", "项目股长"),
    ("project_reviewer", "蒋田", Role.PROJECT_REVIEWER, Kind.PROJECT_DEPARTMENT, "焉耆县扶贫开发办公室", "652826000000", "主任"),
    ("industry_reviewer", "沈海", Role.INDUSTRY_REVIEWER, Kind.INDUSTRY, "焉耆县水利局", "652826000000", "副局长"),
    ("farming_reviewer", "苗青", Role.INDUSTRY_REVIEWER, Kind.INDUSTRY, "焉耆县农业农村局", "652826000000", "副局长"),
    ("group_secretary", "韩川", Role.GROUP_SECRETARY, Kind.LEADING_GROUP, "焉耆县扶贫开发领导小组", "652826000000", "办公室主任"),
    ("group_member", "杨岳", Role.GROUP_MEMBER, Kind.LEADING_GROUP, "焉耆县扶贫开发领导小组", "652826000000", "组长"),
    ("finance_clerk", "朱明", Role.FINANCE_CLERK, Kind.FINANCE, "焉耆县财政局", "652826000000", "会计"),
    ("finance_reviewer", "秦朗", Role.FINANCE_REVIEWER, Kind.FINANCE, "焉耆县财政局", "652826000000", "农业股股长"),
    ("finance_head", "尤晴", Role.FINANCE_HEAD, Kind.FINANCE, "焉耆县财政局", "652826000000", "局长"),
    ("treasury_clerk", "许月", Role.TREASURY_CLERK, Kind.FINANCE, "焉耆县财政局", "652826000000", "国库股股长"),
    ("auditor", "何正", Role.AUDITOR, Kind.AUDIT, "焉耆县审计局", "652826000000", "审计组长"),
    ("discipline_inspector", "吕清", Role.DISCIPLINE_INSPECTOR, Kind.DISCIPLINE, "焉耆县纪委监委", "652826000000", "室主任"),
    ("system_admin", "施安", Role.SYSTEM_ADMIN, Kind.ADMINISTRATION, "焉耆县信息中心", "652826000000", "管理员"),
    ("prefecture_clerk", "张天", Role.PREFECTURE_CLERK, Kind.PREFECTURE, "巴州扶贫开发办公室", "652800000000", "科长"),
    ("region_clerk", "孔云", Role.REGION_CLERK, Kind.REGION, "自治区扶贫开发办公室", "650000000000", "处长"),
    ("other_finance_clerk", "曹雨", Role.FINANCE_CLERK, Kind.FINANCE, "和静县财政局", "652827000000", "会计"),
    ("other_finance_reviewer", "严风", Role.FINANCE_REVIEWER, Kind.FINANCE, "和静县财政局", "652827000000", "股长"),
    ("other_finance_head", "华雪", Role.FINANCE_HEAD, Kind.FINANCE, "和静县财政局", "652827000000", "局长"),
    ("other_group_member", "金石", Role.GROUP_MEMBER, Kind.LEADING_GROUP, "和静县扶贫开发领导小组", "652827000000", "组长"),
)  # fmt: skip


@dataclass
class Cast:
    """`cast["finance_clerk"]` is a user; `cast.county`, `cast.other_county` are divisions."""

    county: Division
    other_county: Division
    township: Division
    village: Division
    users: dict[str, User] = field(default_factory=dict)

    def __getitem__(self, name: str) -> User:
        """A fresh object, as each request would load it: posts are read anew."""
        return User.objects.get(pk=self.users[name].pk)

    def post(self, name: str) -> Post:
        return Post.objects.select_related("organization__division").get(user=self.users[name])


def read_cast() -> Cast:
    """The cast as it stands in the present database."""
    divisions = {d.code: d for d in Division.objects.all()}
    users = {user.username: user for user in User.objects.all()}
    return Cast(
        county=divisions["652826000000"],
        other_county=divisions["652827000000"],
        township=divisions["652826102000"],
        village=divisions["652826102200"],
        users=users,
    )


def make_cast() -> Cast:
    divisions = make_divisions()
    load_parameters()
    load_workdays()
    load_fund_categories()
    load_project_types()
    load_type_bureaux()
    load_procurement_ways()
    load_notice_types()
    load_asset_data()
    load_alert_rules()
    load_indicators()
    load_negative_rules()
    load_payment_papers()
    for name, real_name, role, kind, unit, code, title in PEOPLE:
        make_person(name, real_name, role, make_organization(unit, kind, divisions[code]), title)
    User.objects.create_user(username="nobody", password=PASSWORD, real_name="魏空")
    return read_cast()


def make_divisions() -> dict[str, Division]:
    made: dict[str, Division] = {}
    for code, name, level, parent in DIVISIONS:
        superior = made.get(parent or "")
        made[code] = Division.objects.create(
            code=code,
            name=name,
            level=level,
            parent=superior,
            reports_to=superior,
            path=f"{superior.path if superior else ''}{code}/",
        )
    return made


INDUSTRIES = {"焉耆县水利局": "water", "焉耆县农业农村局": "farming"}


def make_organization(name: str, kind: str, division: Division) -> Organization:
    return Organization.objects.get_or_create(
        division=division,
        name=name,
        defaults={
            "kind": kind,
            "office_phone": "0996-0000000",
            "industry": INDUSTRIES.get(name, ""),
        },
    )[0]


def make_person(
    username: str, real_name: str, role: str, organization: Organization, title: str
) -> User:
    user = User.objects.create_user(username=username, password=PASSWORD, real_name=real_name)
    Post.objects.create(
        user=user,
        role=role,
        organization=organization,
        title=title,
        valid_from=SINCE,
        accepted_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC),
    )
    return user
