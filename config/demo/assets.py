"""What the finished projects of the demonstration left behind, and what earlier years did."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from assets.models import Asset, AssetType
from assets.services import register_asset, register_earlier_asset
from organizations.models import Division, Role
from organizations.models.divisions import Level

from .days import days_ago
from .people import YANQI

if TYPE_CHECKING:
    from .story import Scene, Story

C = Asset.Condition
FISHERY = "焉耆湖畔水产养殖农民专业合作社"
# By the number of the project: type, name, quantity, unit, value, who runs it, rent of a year.
LEFT: dict[int, tuple[tuple[str, str, str, str, str, str, str], ...]] = {
    3: (("JY01", "标准化鱼塘", "60", "亩", "570000.00", FISHERY, "42000.00"),
        ("JY07", "增氧、投饵设备", "20", "台", "124000.00", FISHERY, "9800.00"),
        ("GY02", "鱼塘进排水渠及附属设施", "1", "项", "102350.00", "", "")),
    9: (("GY02", "提水蓄水池", "2600", "立方米", "884000.00", "", ""),
        ("GY02", "提水泵房", "1", "座", "230000.00", "", "")),
}  # fmt: skip
# Type, name, division, year, quantity, unit, value, operator, rent, condition, days in it.
EARLIER: tuple[tuple[Any, ...], ...] = (
    ("JY06", "村级扶贫车间（演示）", "652826102200", 2018, "360", "平方米", "468000.00",
     "焉耆绿洲服装加工有限公司", "36000.00", C.IN_USE, 900),
    ("JY05", "村级光伏电站（演示）", "652826102201", 2019, "60", "千瓦", "390000.00",
     "马莲滩村股份经济合作社", "", C.IN_USE, 900),
    ("JY02", "辣椒烘干房（演示）", "652826101201", 2019, "2", "座", "286000.00",
     "七个星镇农产品加工农民专业合作社", "24000.00", C.IDLE, 210),
    ("JY06", "集镇铺面（演示）", "652826101000", 2020, "240", "平方米", "528000.00",
     "七个星镇资产运营服务站", "48000.00", C.IN_USE, 900),
    ("GY01", "通村柏油路（演示）", "652826102200", 2018, "3.2", "公里", "1856000.00", "", "",
     C.IN_USE, 900),
    ("GY03", "农村饮水管网（演示）", "652826200203", 2017, "5.6", "公里", "742000.00", "", "",
     C.IN_USE, 900),
    ("GY02", "机电井（演示）", "652826204203", 2016, "3", "眼", "327000.00", "", "",
     C.POOR, 95),
    ("DH01", "庭院养殖生产母羊（演示）", "652826102200", 2019, "312", "只", "374400.00", "", "",
     C.IN_USE, 900),
)  # fmt: skip


def register_what_is_left(story: Story) -> None:
    """By the township, at the last step of the project."""
    project, clerk = story.project, story.person(Role.TOWNSHIP_CLERK)
    settled = project.settlements.first()
    for code, name, quantity, unit, value, operator, rent in LEFT[story.plan.no]:
        register_asset(
            project=project,
            by=clerk,
            facts=facts_of(
                story.scene, code, name, quantity, unit, project.division.code, days_ago(6),
                households=project.households, people=project.people,
                benefit=project.linkage_note,
            ),
            value=Decimal(value),
            document=settled.report_number if settled else "竣工决算",
            operation=lease(operator, rent, f"ZL-2025-{story.plan.no:02d}", days_ago(1)),
        )  # fmt: skip


def record_earlier_years(scene: Scene) -> None:
    """By the county, as its old ledger had them."""
    county = scene.divisions[YANQI]
    clerk = scene.staff.of(Role.PROJECT_CLERK, county)
    for row in EARLIER:
        code, name, division, year, quantity, unit, value, operator, rent, condition, days = row
        facts = facts_of(
            scene, code, name, quantity, unit, division, dt.date(year, 10, 30),
            condition=condition, condition_since=days_ago(days),
        )  # fmt: skip
        idle = condition != C.IN_USE
        facts |= {
            "year": year,
            "earlier_project": f"{year}年{name}",
            "earlier_sources": f"中央·财政专项扶贫资金 {value} 元",
            "earlier_fiscal": Decimal(value),
            "remedy": Asset.Remedy.REVIVE if idle else "",
            "remedy_note": "重新招租，调整用途" if idle else "",
        }
        register_earlier_asset(
            county=county,
            by=clerk,
            facts=facts,
            value=Decimal(value),
            document=f"焉扶领字〔{year}〕12号",
            operation=lease(operator, rent, f"ZL-{year}-01", dt.date(year + 1, 1, 1)),
        )


def facts_of(
    scene: Scene, code: str, name: str, quantity: str, unit: str, place: str, built_on: dt.date,
    **more: Any,
) -> dict[str, Any]:  # fmt: skip
    division = scene.divisions[place]
    supervisor = scene.staff.of(Role.TOWNSHIP_CLERK, division).posts_today[0].organization.name
    own = owned_by(division, supervisor)
    household = {"owner_level": Asset.Level.HOUSEHOLD}
    return {
        "name": name,
        "asset_class": code[:2],
        "type": AssetType.objects.in_force().get(code=code),
        "quantity": Decimal(quantity),
        "unit": unit,
        "division": division,
        "built_on": built_on,
        "condition_since": built_on,
        "depreciation": Asset.Depreciation.STRAIGHT if code[:2] == "JY" else "none",
        "useful_years": 20 if code[:2] == "JY" else None,
        "villages": 1,
        "households": 86,
        "people": 312,
        "benefit": "改善生产条件，增加村集体和农户收入",
        "supervisor_unit": supervisor,
        "supervisor_post": "扶贫专干",
        **(household if code[:2] == "DH" else own),
        **more,
    }


def owned_by(place: Division, township: str) -> dict[str, str]:
    """By the village where it lies in one, else by the township."""
    if place.level == Level.TOWNSHIP:
        return {
            "owner_level": Asset.Level.TOWNSHIP, "owner_name": township, "keeper_unit": township,
            "keeper_post": "资产管理员", "keeping": Asset.Keeping.COLLECTIVE,
        }  # fmt: skip
    village = place.name.removesuffix("委会")
    return {
        "owner_level": Asset.Level.VILLAGE, "owner_name": f"{village}股份经济合作社",
        "keeper_unit": place.name, "keeper_post": "集体资产管理员",
        "keeping": Asset.Keeping.COLLECTIVE,
    }  # fmt: skip


def lease(operator: str, rent: str, number: str, since: dt.date) -> dict[str, Any] | None:
    """For ten years; without a rent the owner runs it himself."""
    if not operator:
        return None
    own = {"operator_name": operator, "mode": "own", "starts_on": since}
    if not rent:
        return own
    until = since.replace(year=since.year + 10, day=min(since.day, 28)) - dt.timedelta(days=1)
    return {
        **own, "mode": "lease", "contract_number": number, "ends_on": until,
        "yearly_rent": Decimal(rent),
    }  # fmt: skip
