"""Who works in the demonstration. Every name is made of a season, a plant or a landscape."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from organizations.models import Division, Organization, Role, User
from organizations.pinyin import pinyin_of
from organizations.services import appoint, create_user

Kind = Organization.Kind
Industry = Organization.Industry
R = Role

PASSWORD = "Qing-Shan+Lv-Shui-26"  # noqa: S105 - shown on the log-in page of the demonstration
SINCE = dt.date(2025, 1, 1)
REGION, PREFECTURE = "650000000000", "652800000000"
YANQI, HEJING = "652826000000", "652827000000"


@dataclass(frozen=True)
class Unit:
    name: str
    kind: str
    division: str
    industry: str = ""


@dataclass(frozen=True)
class Person:
    name: str
    role: Role
    unit: Unit
    title: str

    @property
    def username(self) -> str:
        return pinyin_of(self.name)[0]


def bureaux(county: str, short: str) -> dict[str, Unit]:
    return {
        "finance": Unit(f"{short}财政局", Kind.FINANCE, county),
        "projects": Unit(f"{short}扶贫开发办公室", Kind.PROJECT_DEPARTMENT, county),
        "water": Unit(f"{short}水利局", Kind.INDUSTRY, county, Industry.WATER),
        "farming": Unit(f"{short}农业农村局", Kind.INDUSTRY, county, Industry.FARMING),
        "group": Unit(f"{short}扶贫开发领导小组", Kind.LEADING_GROUP, county),
        "audit": Unit(f"{short}审计局", Kind.AUDIT, county),
        "discipline": Unit(f"{short}纪委监委", Kind.DISCIPLINE, county),
        "information": Unit(f"{short}信息中心", Kind.ADMINISTRATION, county),
    }


Y = bureaux(YANQI, "焉耆县")
H = bureaux(HEJING, "和静县")
ABOVE = (
    Person("石磐安", R.SYSTEM_ADMIN, Unit("自治区信息中心", Kind.ADMINISTRATION, REGION), "管理员"),
    Person(
        "云天阔", R.REGION_CLERK, Unit("自治区扶贫开发办公室", Kind.REGION, REGION), "资金处处长"
    ),
    Person(
        "江流远",
        R.PREFECTURE_CLERK,
        Unit("巴州扶贫开发办公室", Kind.PREFECTURE, PREFECTURE),
        "项目科科长",
    ),
    # Who added up a roll-up does not sign it: each office has a second person.
    Person("高远山", R.REGION_CLERK, Unit("自治区扶贫开发办公室", Kind.REGION, REGION), "副主任"),
    Person(
        "童雪松",
        R.PREFECTURE_CLERK,
        Unit("巴州扶贫开发办公室", Kind.PREFECTURE, PREFECTURE),
        "主任",
    ),
    Person("岳静安", R.SYSTEM_ADMIN, Y["information"], "管理员"),
    Person("谷静川", R.SYSTEM_ADMIN, H["information"], "管理员"),
)
YANQI_BUREAUX = (
    Person("朱砚清", R.FINANCE_CLERK, Y["finance"], "会计"),
    Person("秦松年", R.FINANCE_REVIEWER, Y["finance"], "农业股股长"),
    Person("尤晴岚", R.FINANCE_HEAD, Y["finance"], "局长"),
    Person("许月白", R.TREASURY_CLERK, Y["finance"], "国库股股长"),
    Person("卫林深", R.PROJECT_CLERK, Y["projects"], "项目股股长"),
    Person("蒋田野", R.PROJECT_REVIEWER, Y["projects"], "主任"),
    Person("沈海澜", R.INDUSTRY_REVIEWER, Y["water"], "副局长"),
    Person("苗向阳", R.INDUSTRY_REVIEWER, Y["farming"], "副局长"),
    Person("韩川页", R.GROUP_SECRETARY, Y["group"], "办公室主任"),
    Person("杨岱宗", R.GROUP_MEMBER, Y["group"], "组长"),
    Person("柏长青", R.GROUP_MEMBER, Y["group"], "副组长"),
    Person("林泽远", R.GROUP_MEMBER, Y["group"], "成员、发改委主任"),
    Person("叶知秋", R.GROUP_MEMBER, Y["group"], "成员、审批局局长"),
    Person("梅映雪", R.GROUP_MEMBER, Y["group"], "成员、自然资源局局长"),
    Person("何正平", R.AUDITOR, Y["audit"], "审计组长"),
    Person("吕清源", R.DISCIPLINE_INSPECTOR, Y["discipline"], "室主任"),
)
HEJING_BUREAUX = (
    Person("曹雨霖", R.FINANCE_CLERK, H["finance"], "会计"),
    Person("严风和", R.FINANCE_REVIEWER, H["finance"], "农业股股长"),
    Person("华雪晴", R.FINANCE_HEAD, H["finance"], "局长"),
    Person("霍朝晖", R.TREASURY_CLERK, H["finance"], "国库股股长"),
    Person("潘溪石", R.PROJECT_CLERK, H["projects"], "项目股股长"),
    Person("葛原上", R.PROJECT_REVIEWER, H["projects"], "主任"),
    Person("范泽水", R.INDUSTRY_REVIEWER, H["farming"], "副局长"),
    Person("彭书简", R.GROUP_SECRETARY, H["group"], "办公室主任"),
    Person("金石坚", R.GROUP_MEMBER, H["group"], "组长"),
)
# (division, government, clerk, reviewer, the reviewer's title)
TOWNSHIPS = (
    ("652826100000", "焉耆镇人民政府", "鲁麦青", "韦晨光", "镇长"),
    ("652826101000", "七个星镇人民政府", "陈山梅", "马星河", "镇长"),
    ("652826102000", "永宁镇人民政府", "王秋实", "冯冬阳", "镇长"),
    ("652826103000", "四十里城子镇人民政府", "任稻香", "袁城北", "镇长"),
    ("652826200000", "北大渠乡人民政府", "柳絮飞", "鲍渠清", "乡长"),
    ("652826201000", "五号渠乡人民政府", "史竹君", "唐晓月", "乡长"),
    ("652826203000", "查汗采开乡人民政府", "费兰草", "廉雨时", "乡长"),
    ("652826204000", "包尔海乡人民政府", "岑桑榆", "薛雷鸣", "乡长"),
    ("652826400000", "王家庄牧场场部", "贺草原", "倪牧歌", "场长"),
    ("652826401000", "苏海良种场场部", "汤禾苗", "滕丰年", "场长"),
    ("652827100000", "和静镇人民政府", "罗泉声", "毕云帆", "镇长"),
)
# (division, village, committee's cadre, leader of the work team)
VILLAGES = (
    ("652826102200", "下岔河村", "吴春晓", "郑夏荷"),
    ("652826102201", "马莲滩村", "安芷兰", "常青藤"),
    ("652826101201", "夏热采开村", "褚河清", "于飞鸿"),
    ("652826200203", "北渠村", "时雨润", "傅晚霞"),
    ("652826200204", "六十户村", "皮影疏", "卞玉竹"),
    ("652826204203", "包尔海村", "齐鹿鸣", "康乐泉"),
    ("652827100203", "查汗通古村", "伍芳菲", "余霞飞"),
)
# One person for each role, in the order of the life of a yuan (of the levels above the county also
# who signs), and the neighbour's clerk.
SHOWN = (
    "吴春晓", "郑夏荷", "王秋实", "冯冬阳", "卫林深", "蒋田野", "沈海澜", "苗向阳", "韩川页",
    "杨岱宗", "柏长青", "林泽远", "叶知秋",
    "朱砚清", "秦松年", "尤晴岚", "许月白", "江流远", "童雪松", "云天阔", "高远山", "何正平",
    "吕清源", "岳静安", "曹雨霖",
)  # fmt: skip


def everybody() -> Iterator[Person]:
    """Those who give posts to others come before them."""
    yield from ABOVE
    yield from YANQI_BUREAUX
    yield from HEJING_BUREAUX
    for code, government, clerk, reviewer, title in TOWNSHIPS:
        unit = Unit(government, Kind.TOWNSHIP, code)
        yield Person(clerk, R.TOWNSHIP_CLERK, unit, "扶贫专干")
        yield Person(reviewer, R.TOWNSHIP_REVIEWER, unit, title)
    for code, village, cadre, leader in VILLAGES:
        committee = Unit(f"{village}村民委员会", Kind.VILLAGE, code)
        yield Person(cadre, R.VILLAGE_CADRE, committee, "村委会主任")
        team = Unit(f"{village}驻村工作队", Kind.WORK_TEAM, code)
        yield Person(leader, R.WORK_TEAM, team, "队长")


def demo_logins() -> list[dict[str, str]]:
    """Username, password, name, role and unit; for the log-in page and the launcher."""
    people = {person.name: person for person in everybody()}
    return [
        {
            "username": person.username,
            "password": PASSWORD,
            "name": person.name,
            "role": str(person.role.label),
            "unit": person.unit.name,
        }
        for person in (people[name] for name in SHOWN)
    ]


@dataclass
class Staff:
    """Finds who holds a role over a division, asking upwards along the line of reporting."""

    holders: dict[tuple[str, str], list[tuple[str, User]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def of(self, role: Role, division: Division, unit: str = "") -> User:
        for code in reversed(division.path.strip("/").split("/")):
            for name, user in self.holders.get((role, code), ()):
                if name.endswith(unit):
                    return user
        raise LookupError(f"{division}没有{role.label}")


def appoint_everybody() -> Staff:
    """The first administrator by the command itself, the others by their administrator."""
    staff = Staff()
    codes = {person.unit.division for person in everybody()}
    divisions = {d.code: d for d in Division.objects.filter(code__in=codes)}
    for person in everybody():
        division = divisions[person.unit.division]
        user = create_user(
            username=person.username, real_name=person.name, password=PASSWORD, must_change=False
        )
        appoint(
            user=user,
            role=person.role,
            organization=set_up(person.unit, division),
            title=person.title,
            valid_from=SINCE,
            by=administrator_over(staff, division),
        )
        staff.holders[person.role, division.code].append((person.unit.name, user))
    return staff


def administrator_over(staff: Staff, division: Division) -> User | None:
    try:
        return staff.of(R.SYSTEM_ADMIN, division)
    except LookupError:
        return None


def set_up(unit: Unit, division: Division) -> Organization:
    return Organization.objects.get_or_create(
        division=division,
        name=unit.name,
        defaults={
            "kind": unit.kind,
            "industry": unit.industry,
            "office_phone": "0996-0000000",
            "pinyin": " ".join(pinyin_of(unit.name)),
        },
    )[0]
