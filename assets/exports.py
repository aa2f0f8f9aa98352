"""资产总台账 as a sheet, with the columns of the official form (FACTS §5.2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import count
from typing import Any

from django.http import Http404, QueryDict
from django.utils import timezone

from approvals.models import Decision
from funds.exports import BATCH, TOTAL, Export, batches
from funds.spreadsheets import as_rows
from funds.workbooks import AMOUNT, DATE, WHOLE, Column, Sheet
from organizations.models import User

from .filters import AssetFilter
from .incomes import years_by_asset
from .models import Asset, Disposal, Handover, HandoverItem, Stocktake, StocktakeLine
from .queries import Share, payments_used, sources_in_words, sums_of

REGISTER = Sheet(
    "资产总台账",
    (
        Column("序号", "number", format=WHOLE, width=6),
        Column("资产编号", "code", width=22),
        Column("资产名称", "name", width=28),
        Column("类别", "asset_class", width=12),
        Column("子类", "type", width=18),
        Column("形成项目编号", "project_code", width=18),
        Column("形成项目名称", "project_name", width=30),
        Column("项目年度", "year", format=WHOLE, width=9),
        Column("资金来源构成", "sources", width=40),
        Column("原值（元）", "original_value", format=AMOUNT, width=17),
        Column("其中财政扶贫资金（元）", "fiscal", format=AMOUNT, width=17),
        Column("数量", "quantity", width=10),
        Column("计量单位", "unit", width=9),
        Column("规格型号（面积、长度）", "specification", width=20),
        Column("坐落区划代码", "division_code", width=15),
        Column("坐落位置", "place", width=30),
        Column("坐标", "coordinates", width=22),
        Column("购建（竣工）日期", "built_on", format=DATE, width=12),
        Column("预计使用年限（年）", "useful_years", format=WHOLE, width=9),
        Column("折旧方式", "depreciation", width=12),
        Column("累计折旧（元）", "written_off", format=AMOUNT, width=17),
        Column("净值（元）", "net_value", format=AMOUNT, width=17),
        Column("所有权人", "owner", width=26),
        Column("所有权人统一社会信用代码", "owner_code", width=20),
        Column("权属层级", "owner_level", width=9),
        Column("确权日期", "titled_on", format=DATE, width=12),
        Column("确权文号（证号）", "title_document", width=22),
        Column("移交日期", "handed_on", format=DATE, width=12),
        Column("移交单", "handover", width=22),
        Column("移交人", "handed_by", width=10),
        Column("接收人", "received_by", width=10),
        Column("经营主体", "operator", width=26),
        Column("经营方式", "mode", width=9),
        Column("合同编号", "contract_number", width=18),
        Column("合同起", "starts_on", format=DATE, width=12),
        Column("合同止", "ends_on", format=DATE, width=12),
        Column("年租金（收益，元）", "yearly_rent", format=AMOUNT, width=15),
        Column("累计应收收益（元）", "income_due", format=AMOUNT, width=15),
        Column("累计实收收益（元）", "income_received", format=AMOUNT, width=15),
        Column("累计分配收益（元）", "income_distributed", format=AMOUNT, width=15),
        Column("使用状况", "condition", width=9),
        Column("处理去向", "remedy", width=12),
        Column("管护责任单位", "keeper_unit", width=24),
        Column("管护责任岗位", "keeper_post", width=14),
        Column("管护方式", "keeping", width=12),
        Column("管护经费来源", "keeping_funds", width=18),
        Column("受益村数", "villages", format=WHOLE, width=9),
        Column("受益户数", "households", format=WHOLE, width=9),
        Column("受益人数", "people", format=WHOLE, width=9),
        Column("项目效益", "benefit", width=40),
        Column("监督管理单位", "supervisor_unit", width=24),
        Column("监督管理责任岗位", "supervisor_post", width=16),
        Column("会计入账", "booked_in", width=16),
        Column("入账凭证号", "booking_number", width=14),
        Column("抵押担保", "mortgaged", width=9),
        Column("清查记录", "stocktake", width=24),
        Column("处置情况", "disposal", width=28),
        Column("退出台账日期", "left_on", format=DATE, width=12),
        Column("备注", "remark", width=24),
    ),
)
# Read from the row as they stand.
PLAIN = (
    "name", "year", "original_value", "unit", "specification", "built_on", "useful_years",
    "written_off", "net_value", "owner", "owner_code", "titled_on", "title_document",
    "keeper_unit", "keeper_post", "keeping_funds", "villages", "households", "people", "benefit",
    "supervisor_unit", "supervisor_post", "booking_number", "left_on", "remark",
)  # fmt: skip
CHOSEN = (
    "asset_class", "depreciation", "owner_level", "condition", "remedy", "keeping", "booked_in",
)  # fmt: skip


def register_export(params: QueryDict, user: User) -> Export:
    filters = AssetFilter(params, Asset.objects.visible_to(user), user=user)
    found = filters.qs

    def rows() -> Iterator[list[Any]]:
        number = count(1)
        shown = found.with_value().select_related("division__parent", "type", "project")
        shown = shown.prefetch_related("operations").order_by("county_id", "year", "sequence")
        for batch in batches(shown.iterator(BATCH)):
            shares, since = shares_of(batch), uses_of(batch)
            for asset in batch:
                values = {**values_of(asset, shares[asset.pk]), **since[asset.pk]}
                yield from as_rows(REGISTER, [{**values, "number": next(number)}])
        total = sums_of(found)[-1].total
        last = {"code": TOTAL, "name": f"{total.count} 项", "original_value": total.amount}
        yield from as_rows(REGISTER, [last])

    return Export(REGISTER, f"扶贫项目资产总台账 {timezone.localdate()}", found.count(), rows)


STOCKTAKE = Sheet(
    "资产清查表",
    (
        Column("序号", "number", format=WHOLE, width=6),
        Column("资产编号", "code", width=22),
        Column("资产名称", "name", width=28),
        Column("类别", "asset_class", width=12),
        Column("坐落位置", "place", width=28),
        Column("计量单位", "unit", width=9),
        Column("账面数", "book", width=10),
        Column("实盘数", "counted", width=10),
        Column("差异", "difference", width=10),
        Column("清查结果", "result", width=10),
        Column("状况", "condition", width=9),
        Column("照片", "photo", width=20),
        Column("原因", "reason", width=28),
        Column("处理意见", "opinion", width=14),
        Column("盘点人", "counted_by", width=10),
        Column("盘点日期", "counted_on", format=DATE, width=12),
    ),
)


def stocktake_export(params: QueryDict, user: User) -> Export:
    """One sheet, of the assets in the person's territory."""
    asked = str(params.get("stocktake", ""))
    known = asked.isdecimal() and len(asked) < 19
    sheet = Stocktake.objects.visible_to(user).filter(pk=int(asked) if known else 0).first()
    if sheet is None:
        raise Http404("没有这次清查")
    found = sheet.lines.filter(asset__in=Asset.objects.visible_to(user)).order_by(
        "asset__division__code", "pk"
    )

    def rows() -> Iterator[list[Any]]:
        number = count(1)
        shown = found.select_related("asset__division__parent", "counted_by")
        for line in shown.iterator(BATCH):
            values = line_values(line)
            yield from as_rows(STOCKTAKE, [{**values, "number": next(number)}])

    return Export(STOCKTAKE, f"{sheet} {sheet.as_of}", found.count(), rows)


def line_values(line: StocktakeLine) -> dict[str, Any]:
    asset = line.asset
    numbers = {
        "book": line.book_quantity, "counted": line.counted_quantity,
        "difference": line.difference,
    }  # fmt: skip
    return {
        **{
            name: "" if value is None else f"{value.normalize():f}"
            for name, value in numbers.items()
        },
        "code": asset.number,
        "name": asset.name,
        "asset_class": asset.get_asset_class_display(),
        "place": place_of(asset),
        "unit": asset.unit,
        "result": line.result,
        "condition": line.get_condition_display(),
        "photo": line.photo[:12],
        "reason": line.reason,
        "opinion": line.get_opinion_display(),
        "counted_by": str(line.counted_by or ""),
        "counted_on": timezone.localdate(line.counted_at) if line.counted_at else None,
    }


def shares_of(assets: Iterable[Asset]) -> Mapping[int, list[Share]]:
    return payments_used({a.project for a in assets if a.project}).shares


def uses_of(assets: Sequence[Asset]) -> Mapping[int, dict[str, Any]]:
    """What came of each since: hand-over, income, the last count and disposal."""
    found: dict[int, dict[str, Any]] = defaultdict(dict)
    for asset, years in years_by_asset(assets).items():
        found[asset] |= {
            "income_due": sum((year.overdue for year in years), Decimal(0)),
            "income_received": sum((year.received for year in years), Decimal(0)),
            "income_distributed": sum((year.distributed for year in years), Decimal(0)),
        }
    for item, signers in handovers_of(assets):
        found[item.asset_id] |= {
            "handed_on": item.handover.handed_on,
            "handover": item.handover.number,
            "handed_by": signers.get("hand_over", ""),
            "received_by": signers.get("receive", ""),
        }
    counted = StocktakeLine.objects.filter(asset__in=assets, counted_quantity__isnull=False)
    for line in counted.select_related("stocktake").order_by("stocktake__year", "pk"):
        found[line.asset_id]["stocktake"] = f"{line.stocktake.year}年度 {line.result}"
    for row in Disposal.objects.filter(asset__in=assets).order_by("pk"):
        state = f"{row.get_way_display()}，{row.get_status_display()}"
        found[row.asset_id]["disposal"] = f"{row.number} {state}"
    return found


def handovers_of(assets: Sequence[Asset]) -> Iterator[tuple[HandoverItem, dict[str, str]]]:
    """Those that all three signed, with who signed."""
    items = HandoverItem.objects.filter(asset__in=assets, handover__status="closed")
    rows = list(items.select_related("handover").order_by("pk"))
    decisions = Decision.objects.filter(
        subject_type=Handover.life(), subject_id__in={item.handover_id for item in rows}
    )
    signers: dict[int, dict[str, str]] = defaultdict(dict)
    for decision in decisions.order_by("pk"):
        signers[decision.subject_id][decision.action] = decision.signed_by
    for item in rows:
        yield item, signers[item.handover_id]


def values_of(asset: Asset, shares: list[Share]) -> dict[str, Any]:
    project = asset.project
    return {
        **{name: getattr(asset, name) for name in PLAIN},
        **{name: getattr(asset, f"get_{name}_display")() for name in CHOSEN},
        **operation_values(asset),
        "code": asset.number,
        "type": str(asset.type),
        "project_code": project.code if project else "",
        "project_name": project.name if project else asset.earlier_project,
        "sources": sources_in_words(asset, shares),
        "fiscal": asset.original_value if project else asset.earlier_fiscal,
        "quantity": f"{asset.quantity.normalize():f}",
        "division_code": asset.division.code,
        "place": place_of(asset),
        "coordinates": f"{asset.longitude}, {asset.latitude}" if asset.longitude else "",
        "mortgaged": "是" if asset.is_mortgaged else "否",
    }


def place_of(asset: Asset) -> str:
    above = asset.division.parent
    village = asset.division.level == "village" and above
    return f"{above if village else ''}{asset.division}{asset.address}"


def operation_values(asset: Asset) -> dict[str, Any]:
    operation = asset.operation
    if operation is None:
        return {}
    return {
        "operator": operation.operator_name,
        "mode": operation.get_mode_display(),
        "contract_number": operation.contract_number,
        "starts_on": operation.starts_on,
        "ends_on": operation.last_day,
        "yearly_rent": operation.yearly_rent,
    }
