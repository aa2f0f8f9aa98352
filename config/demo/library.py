"""What the demonstration's projects are: twelve real ones, and proposals marked （演示）.

Of the real ones the name, the place, the source and the sum are real
(projects/reference/yanqi_2025_projects.csv); contents and counts are invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from organizations.reference_data import read_rows
from projects.models import Project
from projects.reference_data import REFERENCE

from .people import HEJING, YANQI

S = Project.Status
WAN = Decimal(10_000)
# Answers for the one project that the document names for the county as a whole.
LEAD_TOWNSHIP = "652826100000"


@dataclass(frozen=True)
class Text:
    """Why a kind of project is needed; what the village has."""

    type_code: str
    causes: str
    resources: str
    needs: str


WATER = Text(
    "B0301",
    "灌溉水源不稳，渠系老化渗漏，旱季亩均用水缺口大，种植收入波动",
    "地处开都河灌区，现有支渠引水条件，耕地连片，已完成土地权属确认",
    "新增调蓄和加压能力，保证灌溉用水，节水增收，惠及全部帮扶对象农户",
)  # fmt: skip
TRADE = Text(
    "B0102",
    "产业链条短，农产品就地加工能力不足，村集体经营性收入低",
    "原料充足，用地和水电已落实，已有一期设施和合作社运营经验",
    "扩大加工和仓储规模，吸纳就近务工，增加村集体收入和分红",
)  # fmt: skip
BREEDING = Text(
    "B0101",
    "传统种植收益低，养殖规模小、圈舍简陋，抗风险能力弱",
    "有天然草场和水面，养殖技术成熟，已有龙头企业签订保底收购意向",
    "建设标准化养殖设施，带动帮扶对象农户以务工、订单和分红增收",
)  # fmt: skip

Item = tuple[str, str, str, str]  # work, unit, quantity, price of one


@dataclass(frozen=True)
class Plan:
    """One project and how far it has come. `no` is its number in the real list, 0 if invented."""

    name: str
    division: str
    amount: Decimal
    text: Text
    content: str
    items: tuple[Item, ...]
    people: tuple[int, int, int, int]  # households, people, of them poor households, poor people
    status: str
    ending: str = ""  # a step back from there
    no: int = 0
    county: str = YANQI
    places: tuple[str, ...] = ()
    category: str = "ZX-FZ"
    document: str = ""
    overdue_days: int = 0

    @property
    def contractor(self) -> str:
        return "焉耆兴农建设有限公司" if self.text is WATER else "巴州绿洲装备有限公司"

    @property
    def contract(self) -> str:
        return f"HT-2025-{self.no:02d}"


# no → text, content, items, people, where it stands
REAL: dict[int, tuple[Text, str, tuple[Item, ...], tuple[int, int, int, int], str]] = {
    1: (TRADE, "在一期基础上新建保鲜库房1座，配套冷链设备、场地硬化和供电线路",
        (("保鲜库房", "平方米", "1200", "1680"), ("冷链设备", "套", "2", "310000")),
        (126, 458, 31, 112), S.SETTLEMENT),
    2: (TRADE, "购置卫生纸复卷、分切、包装生产线1条，改造厂房并配套供电",
        (("生产线", "条", "1", "880000"), ("厂房改造", "平方米", "600", "650")),
        (98, 372, 24, 93), S.SETTLEMENT_REVIEW),
    3: (BREEDING, "改造标准化鱼塘，购置增氧、投饵设备和鱼苗",
        (("鱼塘改造", "亩", "60", "9500"), ("增氧设备", "台", "20", "6200")),
        (64, 231, 17, 60), S.CLOSED),
    4: (TRADE, "新增桶装水灌装线1条，扩建成品仓库，配套水处理设备",
        (("灌装线", "条", "1", "980000"), ("成品仓库", "平方米", "400", "1500")),
        (310, 1124, 82, 296), S.SECOND_APPRAISAL),
    5: (BREEDING, "新建马鹿圈舍、饲草料库和围栏，引进种鹿",
        (("圈舍", "平方米", "2000", "620"), ("种鹿", "头", "60", "15000")),
        (87, 334, 26, 97), S.ACCEPTANCE),
    6: (WATER, "新建加压蓄水池1座，配套水泵、管道和阀门井",
        (("蓄水池", "立方米", "3000", "350"), ("输水管道", "米", "2600", "180")),
        (142, 521, 35, 128), S.IMPLEMENTATION),
    7: (WATER, "新建蓄水池2座，配套引水渠、护栏和自动化计量设施",
        (("蓄水池", "立方米", "8000", "320"), ("引水渠", "米", "1500", "260")),
        (205, 763, 49, 183), S.IMPLEMENTATION),
    8: (WATER, "改造斗渠、农渠及配套节制闸、分水闸，维修机井",
        (("防渗渠", "米", "9200", "310"), ("配套建筑物", "座", "46", "8500")),
        (268, 981, 61, 224), S.RESULT_FEEDBACK),
    9: (WATER, "新建蓄水池1座，配套提水泵房和输水管道",
        (("蓄水池", "立方米", "2600", "340"), ("泵房", "座", "1", "230000")),
        (73, 276, 19, 70), S.ASSET_REGISTRATION),
    10: (WATER, "新建蓄水池1座，配套进出水管道和安全护栏",
         (("蓄水池", "立方米", "2600", "340"), ("管道", "米", "1400", "190")),
         (81, 305, 22, 84), S.JOINT_REVIEW),
    11: (WATER, "新建蓄水池1座，改造上游引水口，配套量水设施",
         (("蓄水池", "立方米", "6200", "330"), ("引水口改造", "处", "2", "145000")),
         (118, 447, 33, 125), S.PRELIMINARY_ACCEPTANCE),
    12: (WATER, "改造防渗渠道，新建桥涵和分水闸，覆盖查汗采开乡和苏海良种场",
         (("防渗渠", "米", "6800", "305"), ("桥涵", "座", "14", "28000")),
         (176, 652, 41, 150), S.DETERMINATION),
}  # fmt: skip

INVENTED = (
    Plan("永宁镇下岔河村冷藏保鲜库建设项目（演示）", "652826102200", 120 * WAN, TRADE,
         "新建小型冷藏保鲜库1座", (("保鲜库", "平方米", "500", "1900"),), (52, 190, 12, 44),
         S.DRAFT, overdue_days=40),
    Plan("永宁镇下岔河村农机具停放棚建设项目（演示）", "652826102200", 45 * WAN, TRADE,
         "新建农机具停放棚1座，硬化场地", (("停放棚", "平方米", "600", "520"),), (66, 240, 15, 52),
         S.TOWNSHIP_REVIEW, ending="return"),
    Plan("永宁镇下岔河村辣椒晾晒场建设项目（演示）", "652826102200", 68 * WAN, TRADE,
         "新建晾晒场1处，配套排水和运输车辆回转场地",
         (("晾晒场", "平方米", "4000", "125"),), (88, 320, 21, 78), S.VILLAGE_NOTICE),
    Plan("永宁镇马莲滩村斗渠防渗改造项目（演示）", "652826102201", 96 * WAN, WATER,
         "改造斗渠3条", (("防渗渠", "米", "2800", "305"),), (104, 389, 27, 99),
         S.TOWNSHIP_REVIEW),
    Plan("五号渠乡查汗渠村机井更新项目（演示）", "652826201200", 75 * WAN, WATER,
         "更新机井4眼，配套变频设备", (("机井", "眼", "4", "160000"),), (79, 286, 18, 66),
         S.COUNTY_APPRAISAL),
    Plan("七个星镇霍拉山村葡萄分拣车间项目（演示）", "652826101207", 130 * WAN, TRADE,
         "新建分拣车间1座，购置分拣线", (("分拣车间", "平方米", "700", "1300"),), (93, 351, 25, 91),
         S.FEEDBACK),
    Plan("永宁镇马莲滩村育苗大棚建设项目（演示）", "652826102201", 88 * WAN, BREEDING,
         "新建育苗大棚6座", (("育苗大棚", "座", "6", "128000"),), (71, 262, 16, 61),
         S.REVISION),
    Plan("永宁镇下岔河村村集体磨坊改造项目（演示）", "652826102200", 52 * WAN, TRADE,
         "改造磨坊，购置面粉加工设备", (("加工设备", "套", "1", "360000"),), (126, 458, 31, 112),
         S.REVISION_NOTICE),
    Plan("焉耆镇上四号渠村观景步道建设项目（演示）", "652826100201", 60 * WAN, TRADE,
         "新建步道及亮化设施", (("步道", "米", "1500", "320"),), (64, 231, 17, 60),
         S.DETERMINATION, ending="reject"),
    Plan("五号渠乡查汗渠村砖混羊圈改造项目（演示）", "652826201200", 38 * WAN, BREEDING,
         "改造砖混羊圈12座", (("羊圈", "座", "12", "28000"),), (48, 176, 11, 40),
         S.COUNTY_APPRAISAL, ending="leave"),
    Plan("和静镇查汗通古村庭院经济发展项目（演示）", "652827100203", 43 * WAN, BREEDING,
         "对86户发展庭院种养给予补助，每户5000元", (("庭院种养", "户", "86", "5000"),),
         (86, 318, 86, 318), S.RECTIFICATION, county=HEJING, document="巴财农〔2025〕900号"),
)  # fmt: skip


def plans() -> list[Plan]:
    """The real projects in the order of their document, then the invented ones."""
    return [*map(real, read_rows(REFERENCE / "yanqi_2025_projects.csv")), *INVENTED]


def real(row: dict[str, str]) -> Plan:
    no, places = int(row["no"]), tuple(row["division_code"].split(";"))
    text, content, items, people, status = REAL[no]
    return Plan(
        no=no,
        name=row["project"],
        division=LEAD_TOWNSHIP if places == (YANQI,) else places[0],
        places=places,
        amount=Decimal(row["amount_wan_yuan"]) * WAN,
        category="ZX-SM" if row["fund_category"] == "少数民族发展任务" else "ZX-FZ",
        document=row["allotment_document"],
        text=text,
        content=content,
        items=items,
        people=people,
        status=status,
    )
