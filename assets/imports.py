"""资产 of earlier years from a workbook: the sheet that goes out, and what is wrong with which cell
of the one that comes back. Every row is asked by the form that a person would fill in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Choices
from django.http import QueryDict

from approvals.job_runs import JobError, Progress
from approvals.models import Job
from funds import cells
from funds.exports import BATCH, Export, chosen_county
from funds.imports import Checked, parse_rows
from funds.jobs import Importer, at_row, counted
from funds.money import AmountError, parse_amount
from funds.policies import counties_of
from funds.spreadsheets import ID, PROTECTED, UNCHANGED, as_rows
from funds.workbooks import AMOUNT, DATE, WHOLE, Cell, CellError, Column, Filled, Row, Sheet
from organizations.models import Division, User
from organizations.policies import Refused, demand_role

from .forms.assets import EARLIER, OPERATION, OWN, EarlierAssetForm
from .models import Asset, AssetClass, AssetType, AssetValue, Operation
from .policies import IMPORTERS
from .services import register_earlier_asset

# What the sheet writes as a word and the register as a code.
CHOICES: dict[str, type[Choices]] = {
    "asset_class": AssetClass,
    "depreciation": Asset.Depreciation,
    "owner_level": Asset.Level,
    "mode": Operation.Mode,
    "condition": Asset.Condition,
    "remedy": Asset.Remedy,
    "keeping": Asset.Keeping,
    "booked_in": Asset.Books,
}
# Of an asset that nobody runs.
NOBODY = {**dict.fromkeys(OPERATION, ""), "starts_on": None, "ends_on": None, "yearly_rent": None}
BLANK_IS = {"depreciation": "none", "condition": "in_use", "booked_in": "none"}


def or_nothing(parse: Callable[[Cell], Any]) -> Callable[[Cell], Any]:
    return lambda cell: parse(cell) if cell.text.strip() else None


def money(cell: Cell) -> Decimal:
    try:
        return parse_amount(cell.text, allow_zero=True)
    except AmountError as error:
        raise CellError(str(error).rstrip("。")) from error


def number(cell: Cell) -> Decimal:
    try:
        value = Decimal(cell.text.strip().replace(",", ""))
    except InvalidOperation:
        raise CellError("请填数字") from None
    if not value.is_finite():
        raise CellError("请填数字")
    return value


def whole(cell: Cell) -> int:
    value = number(cell)
    if value != int(value):
        raise CellError("请填整数")
    return int(value)


def words(header: str, field: str, length: int = 80, width: float = 20, note: str = "") -> Column:
    required = note.startswith("必填")
    return Column(
        header, field, cells.text(length, is_required=required), width=width, note=note
    )  # fmt: skip


def choice(header: str, field: str, note: str = "") -> Column:
    labels = [str(label) for label in CHOICES[field].labels]
    parse = cells.one_of(labels, is_required=note.startswith("必填"))
    return Column(header, field, parse, width=14, choices=field, note=note)


def date(header: str, field: str, note: str = "") -> Column:
    parse = cells.day if note else or_nothing(cells.day)
    return Column(header, field, parse, DATE, 12, note=note)


def figure(header: str, field: str, parse: Callable[[Cell], Any], format: str = "@") -> Column:
    return Column(header, field, or_nothing(parse), format, 12)


SHEET = Sheet(
    "以前年度资产",
    (
        ID,
        words("资产名称", "name", width=28, note="必填"),
        choice("类别", "asset_class", "必填。到户类只填户数、人数和金额"),
        Column("子类", "type", cells.text(40, is_required=True), width=18, choices="type",
               note="必填。须属于所填类别"),
        Column("项目年度", "year", whole, WHOLE, 10, note="必填。2012 年以后"),
        words("形成项目", "earlier_project", 160, 30, "必填"),
        words("资金来源构成", "earlier_sources", 200, 36, "必填。类别、级次和金额"),
        Column("其中财政扶贫资金（元）", "earlier_fiscal", or_nothing(money), AMOUNT, 17),
        Column("原值（元）", "amount", cells.amount, AMOUNT, 17,
               note="必填。大于零，最多两位小数"),
        words("原值依据文号", "document", note="必填。决算审计报告、竣工决算等文号"),
        Column("数量", "quantity", number, width=10, note="必填。最多三位小数"),
        words("计量单位", "unit", 20, 9, "必填"),
        words("规格型号（面积、长度）", "specification", 120),
        Column("坐落区划代码", "division", cells.text(12, is_required=True), width=15,
               note="必填。本县乡镇或村的 12 位统计用区划代码；单元格请用文本格式"),
        words("坐落地址", "address", 120),
        figure("经度", "longitude", number),
        figure("纬度", "latitude", number),
        date("购建（竣工）日期", "built_on", "必填。不晚于今天"),
        figure("预计使用年限（年）", "useful_years", whole, WHOLE),
        choice("折旧方式", "depreciation"),
        choice("权属层级", "owner_level", "必填。到户类填“到户”"),
        words("所有权人", "owner_name", width=26),
        words("所有权人统一社会信用代码", "owner_code", 18),
        date("确权日期", "titled_on"),
        words("确权文号（证号）", "title_document"),
        words("经营主体", "operator_name", width=26),
        words("经营主体统一社会信用代码", "operator_code", 18),
        choice("经营方式", "mode"),
        words("合同编号", "contract_number", 60),
        date("合同起", "starts_on"),
        date("合同止", "ends_on"),
        Column("年租金（收益，元）", "yearly_rent", or_nothing(money), AMOUNT, 15),
        choice("使用状况", "condition"),
        date("状况起始日期", "condition_since"),
        choice("处理去向", "remedy"),
        words("处理措施", "remedy_note", 200),
        words("管护责任单位", "keeper_unit", width=24),
        words("管护责任岗位", "keeper_post", 40, 14),
        choice("管护方式", "keeping"),
        words("管护经费来源", "keeping_funds"),
        figure("受益村数", "villages", whole, WHOLE),
        figure("受益户数", "households", whole, WHOLE),
        figure("受益人数", "people", whole, WHOLE),
        words("项目效益", "benefit", 1000, 40, "必填"),
        words("监督管理单位", "supervisor_unit", width=24, note="必填"),
        words("监督管理责任岗位", "supervisor_post", 40, 16, "必填"),
        choice("会计入账", "booked_in"),
        words("入账凭证号", "booking_number", 40, 14),
        Column("抵押担保", "is_mortgaged", cells.yes_or_no, width=9, choices="yes_or_no"),
        words("备注", "remark", 200, 24),
    ),
    ("以前年度项目形成的资产登记表：每项资产一行，不含本系统登记的项目所形成的资产。",
     UNCHANGED, PROTECTED),
)  # fmt: skip


def lists_of(county: Division) -> dict[str, list[str]]:
    """What the drop-downs of the sheet offer."""
    names = AssetType.objects.order_by("code").values_list("name", flat=True)
    return {
        "type": list(dict.fromkeys(names)),
        "yes_or_no": ["是", "否"],
        **{field: [str(label) for label in kind.labels] for field, kind in CHOICES.items()},
    }


def earlier_assets(county: Division) -> Any:
    rows = Asset.objects.filter(county=county, project__isnull=True, left_on__isnull=True)
    rows = rows.with_value().select_related("division", "type")
    return rows.prefetch_related("operations", "value_rows").order_by("pk")


def values_of(asset: Asset) -> dict[str, Any]:
    """The row of an asset that is in the register, as the sheet writes it."""
    operation = asset.operation
    found = {name: getattr(asset, name) for name in (*OWN, *EARLIER)}
    found |= {name: getattr(operation, name) for name in OPERATION} if operation else NOBODY
    return {
        **found,
        **{
            name: str(kind(found[name]).label) if found[name] else ""
            for name, kind in CHOICES.items()
        },
        "id": str(asset.pk),
        "type": asset.type.name,
        "division": asset.division.code,
        "quantity": f"{asset.quantity.normalize():f}",
        "amount": asset.original_value,
        "document": next(row.document for row in asset.value_rows.all() if row.kind == "initial"),
        "is_mortgaged": "是" if asset.is_mortgaged else "否",
    }


# --- Back -------------------------------------------------------------------------------------


def check_earlier(filled: Filled, county: Division) -> Checked:
    there = {asset.pk: asset for asset in earlier_assets(county)}
    checked = parse_rows(
        filled,
        SHEET,
        lambda pk: values_of(there[pk]) if pk in there else None,
        "这一项资产已登记，不能用导入修改；请在资产页面修改",
    )
    places = {place.code: place for place in Division.objects.within([county.path])}
    types = list(AssetType.objects.order_by("valid_from"))
    new, checked.new = checked.new, []
    for row, facts in new:
        form = form_of(facts, county, places, types)
        if form.is_valid():
            checked.new.append((row, {**facts, "registration": form.registration()}))
        for name, errors in form.errors.items():
            field = {"value": "amount", NON_FIELD_ERRORS: ""}.get(name, name)
            checked.refuse(row, field, "；".join(str(error) for error in errors))
    refuse_repeated(checked, county)
    return checked


def form_of(
    facts: Mapping[str, Any],
    county: Division,
    places: Mapping[str, Division],
    types: Iterable[AssetType],
) -> EarlierAssetForm:
    """The row as if it had been typed."""
    typed = {name: value for name, value in facts.items() if value not in (None, "")}
    for field, kind in CHOICES.items():
        codes = {str(label): code for code, label in kind.choices}
        typed[field] = codes.get(facts[field], BLANK_IS.get(field, ""))
    named = [t for t in types if (t.asset_class, t.name) == (typed["asset_class"], facts["type"])]
    began = [t for t in named if t.valid_from <= facts["built_on"]] or named[:1]
    place = places.get(facts["division"])
    typed |= {
        "type": began[-1].pk if began else "0",
        "division": place.pk if place else "0",
        "value": str(facts["amount"]),
        "yearly_rent": str(facts["yearly_rent"] or ""),
    }
    if typed["condition"] == Asset.Condition.IN_USE:
        typed.setdefault("condition_since", facts["built_on"])
    for count in ("villages", "households", "people"):
        typed.setdefault(count, 0)
    return EarlierAssetForm(typed, county=county)


def refuse_repeated(checked: Checked, county: Division) -> None:
    """The same thing of the same project in the same place, worth the same."""
    initial = AssetValue.objects.filter(
        kind=AssetValue.Kind.INITIAL, asset__county=county, asset__project__isnull=True
    )
    names = ("year", "earlier_project", "name", "division__code", "specification", "number")
    rows = initial.values_list("amount", *(f"asset__{name}" for name in names))
    there = {tuple(same): number for *same, number in rows}
    seen: dict[tuple[Any, ...], int] = {}
    for row, facts in checked.new:
        same = tuple(
            facts[name]
            for name in ("amount", "year", "earlier_project", "name", "division", "specification")
        )
        if same in there:
            checked.refuse(row, "name", f"这一项资产已登记（{there[same]}）")
        elif same in seen:
            checked.refuse(row, "name", f"与第 {seen[same]} 行重复；确是两项的请在规格型号中区分")
        seen.setdefault(same, row.number)


IMPORTER = Importer(
    SHEET, check_earlier, ("查看资产台账", "asset_list"), "asset_import", IMPORTERS, lists_of
)


def write_assets(job: Job, checked: Checked, county: Division, progress: Progress) -> None:
    for row, facts in counted(checked.new, progress):
        try:
            register_earlier_asset(county=county, by=job.owner, **facts["registration"])
        except Refused as refused:
            raise JobError(at_row(row.number, refused)) from refused
        except ValidationError as error:
            raise JobError(said_of(row, error)) from error


def said_of(row: Row, error: ValidationError) -> dict[str, str]:
    return {"where": f"第 {row.number} 行", "reason": "；".join(error.messages)}


def demand_importer(user: User) -> None:
    demand_role(user, IMPORTERS)


def earlier_export(params: QueryDict, user: User) -> Export:
    county = chosen_county(params, counties_of(user))
    found = earlier_assets(county)
    if "blank" in params:
        found = found.none()
    return Export(
        SHEET,
        f"{county.name} {SHEET.title}登记表",
        found.count(),
        lambda: as_rows(SHEET, map(values_of, found.iterator(BATCH))),
        lists=lists_of(county),
        is_form=True,
    )
